//! Whatever takes two ordered maps, against the same done to std's, entry by entry: for maps with nothing in common, for versions of one
//! map, and for one far larger than the other.
#![cfg(not(polder_loom))]

use std::collections::BTreeMap;

use polder_collections::persistent::{Change, Discard, Keep, OrdMap, OrdSet, Patch};
use proptest::{collection::vec, prelude::*};

const CASES: u32 = if cfg!(miri) { 2 } else { 100 };
const KEYS: u16 = if cfg!(miri) { 60 } else { 2_000 };

type Map = OrdMap<u16, i32>;
type Standard = BTreeMap<u16, i32>;

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

fn map(most: u16) -> impl Strategy<Value = Map> {
    vec((0..KEYS, 0..9), 0..usize::from(most)).prop_map(|entries| {
        let mut map = Map::new();
        map.extend(entries);
        map
    })
}

fn change(map: &Map, changes: &[(u16, Option<i32>)]) -> Map {
    map.apply(&changes.iter().copied().collect())
}

fn pairs() -> impl Strategy<Value = (Map, Map)> {
    let changes = || vec((0..KEYS, proptest::option::of(0..9)), 0..12);
    prop_oneof![
        (map(KEYS / 2), map(KEYS / 2)),
        (map(KEYS), map(5)),
        (map(5), map(KEYS)),
        (map(KEYS), changes(), changes()).prop_map(|(map, one, other)| (change(&map, &one), change(&map, &other))),
        // One before the other.
        (map(KEYS / 2), map(KEYS / 2))
            .prop_map(|(one, other)| (one, other.iter().map(|(key, value)| (key + KEYS, *value)).collect())),
    ]
}

fn standard(map: &Map) -> Standard {
    map.iter().map(|(key, value)| (*key, *value)).collect()
}

/// The slow twin: asks for each key of either.
fn merged(
    one: &Map,
    other: &Map,
    left: impl Fn(&u16, &i32) -> Option<i32>,
    right: impl Fn(&u16, &i32) -> Option<i32>,
    both: impl Fn(&u16, &i32, &i32) -> Option<i32>,
) -> Standard {
    let mut all = standard(one);
    all.extend(standard(other));
    let value = |key: &u16| match (one.get(key), other.get(key)) {
        (Some(one), Some(other)) => both(key, one, other),
        (Some(one), None) => left(key, one),
        (None, Some(other)) => right(key, other),
        (None, None) => None,
    };
    all.into_keys().filter_map(|key| value(&key).map(|value| (key, value))).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn merges_are_entry_by_entry((one, other) in pairs()) {
        let keep = |_: &u16, value: &i32| Some(*value);
        let discard = |_: &u16, _: &i32| None;
        let first = |_: &u16, value: &i32, _: &i32| Some(*value);
        let neither = |_: &u16, _: &i32, _: &i32| None;
        // Of one value twice they make that value, as they have to.
        let both = |key: &u16, one: &i32, other: &i32| Some(if one == other { *one } else { 100 * one + 10_000 * other + i32::from(*key) });
        let odd = |key: &u16, value: &i32| (!key.is_multiple_of(2)).then_some(value + 50);
        for (mine, theirs) in [
            (one.union(&other), merged(&one, &other, keep, keep, first)),
            (one.append(&other), merged(&other, &one, keep, keep, first)),
            (one.union_with(&other, |key, one, other| both(key, one, other).unwrap()), merged(&one, &other, keep, keep, both)),
            (one.intersection(&other), merged(&one, &other, discard, discard, first)),
            (
                one.intersection_with(&other, |key, one, other| both(key, one, other).unwrap()),
                merged(&one, &other, discard, discard, both),
            ),
            (one.difference(&other), merged(&one, &other, keep, discard, neither)),
            (one.symmetric_difference(&other), merged(&one, &other, keep, keep, neither)),
            (one.merge_with(&other, Keep, Discard, both), merged(&one, &other, keep, discard, both)),
            (one.merge_with(&other, Discard, Keep, both), merged(&one, &other, discard, keep, both)),
            (one.merge_with(&other, odd, Keep, both), merged(&one, &other, odd, keep, both)),
            (one.merge_with(&other, Discard, odd, both), merged(&one, &other, discard, odd, both)),
        ] {
            prop_assert_eq!(mine.len(), theirs.len());
            prop_assert!(mine.iter().eq(&theirs), "{mine:?} instead of {theirs:?}");
        }
    }

    #[test]
    fn differences_are_entry_by_entry((old, new) in pairs()) {
        let mut keys = standard(&old);
        keys.extend(standard(&new));
        let expected: Vec<_> = keys
            .keys()
            .filter_map(|key| match (old.get_key_value(key), new.get_key_value(key)) {
                (Some((key, old)), Some((_, new))) => (old != new).then_some(Change::Changed { key, old, new }),
                (Some((key, value)), None) => Some(Change::Removed(key, value)),
                (None, Some((key, value))) => Some(Change::Added(key, value)),
                (None, None) => None,
            })
            .collect();
        prop_assert_eq!(old.diff(&new).collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(old == new, expected.is_empty());
        let patch: Patch<_, _> = old.diff(&new).collect();
        prop_assert_eq!(patch.len(), expected.len());
        prop_assert_eq!(patch.is_empty(), expected.is_empty());
        let patched = old.apply(&patch);
        prop_assert_eq!(&patched, &new);
        prop_assert_eq!(new.diff(&patched).count(), 0);
        // And back.
        prop_assert_eq!(new.apply(&new.diff(&old).collect()), old);
    }
}

/// Named after a fault of immutable-chunkmap 2.1.5, whose `union` gave its closure the two values in the order of the heights of the
/// trees: whoever wanted the other map's value got his own for most keys.
#[test]
fn chunkmap_union_takes_the_wrong_side() {
    let sizes = if cfg!(miri) { [1, 40, 150] } else { [1, 100, 30_000] };
    for left in sizes {
        for right in sizes {
            let one: OrdMap<_, _> = (0..left).map(|key| (key, ("left", key))).collect();
            let other: OrdMap<_, _> = (0..right).map(|key| (key, ("right", key))).collect();
            let common = left.min(right);
            let side =
                |map: &OrdMap<i32, (&str, i32)>, side| map.values().filter(|value| value.0 == side).count() as i32;
            let last_wins = one.union_with(&other, |key, one, other| {
                assert_eq!((*one, *other), (("left", *key), ("right", *key)));
                *other
            });
            assert_eq!((side(&last_wins, "right"), side(&last_wins, "left")), (right, left - common));
            let first_wins = one.union(&other);
            assert_eq!((side(&first_wins, "left"), side(&first_wins, "right")), (left, right - common));
            assert_eq!(side(&one.append(&other), "right"), right);
            assert_eq!(side(&one.intersection(&other), "left"), common);
            let merged = one.merge_with(&other, Keep, Keep, |_, one, other| {
                assert_eq!((one.0, other.0), ("left", "right"));
                Some(*other)
            });
            assert_eq!(merged, last_wins);
        }
    }
}

/// `both` is for entries that differ as nodes; shared ones stay, without a call.
#[test]
fn what_is_shared_is_not_asked_about() {
    let count = if cfg!(miri) { 300 } else { 20_000 };
    let map: Map = (0..count).map(|key| (key, 0)).collect();
    let version = map.insert(count / 2, 1);
    let mut calls = 0;
    let merged = map.union_with(&version, |_, one, other| {
        calls += 1;
        one + other
    });
    assert_eq!(merged, version);
    assert!(calls < 100, "{calls} calls");
    assert!(map.union_with(&map, |_, _, _| unreachable!("the same map")).ptr_eq(&map));
    assert!(map.intersection(&map).ptr_eq(&map));
    assert!(map.difference(&map).is_empty() && map.symmetric_difference(&map).is_empty());
}

#[test]
fn nothing_beside_a_map_leaves_it_as_it_is() {
    let map: Map = (0..300).map(|key| (key, 0)).collect();
    let empty = Map::new();
    assert!(map.union(&empty).ptr_eq(&map) && empty.union(&map).ptr_eq(&map));
    assert!(map.difference(&empty).ptr_eq(&map) && empty.difference(&map).is_empty());
    assert!(map.intersection(&empty).is_empty());
    assert_eq!(empty.diff(&map).count(), 300);
    assert!(empty.diff(&map).all(|change| change.before().is_none() && change.after() == Some(&0)));
    assert!(map.diff(&empty).all(|change| change.after().is_none() && map.contains_key(change.key())));
}

/// Comparisons of keys are counted: what is shared is not looked into, nor is what lies wholly before.
#[test]
fn few_keys_are_compared() {
    use std::{cell::Cell, cmp::Ordering};
    thread_local!(static COMPARED: Cell<u32> = const { Cell::new(0) });
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    struct Key(u32);
    impl PartialOrd for Key {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Key {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }
    fn compared<T>(work: impl FnOnce() -> T) -> (T, u32) {
        COMPARED.set(0);
        let result = work();
        (result, COMPARED.get())
    }
    let count = if cfg!(miri) { 400 } else { 50_000 };
    let set: OrdSet<_> = (0..count).map(|key| Key(2 * key)).collect();
    let version = set.insert(Key(count + 1)).remove(&Key(count / 2));
    for (same, comparisons) in [
        compared(|| set == version),
        compared(|| set.union(&version) == set),
        compared(|| set.diff(&version).count() == 1),
        compared(|| set.is_subset(&version)),
    ] {
        assert!(!same);
        assert!(comparisons < 1_500, "{comparisons} comparisons");
    }
    let later: OrdSet<_> = (0..count).map(|key| Key(4 * count + key)).collect();
    let (both, comparisons) = compared(|| set.union(&later));
    assert_eq!(both.len(), 2 * set.len());
    assert!(comparisons < 500, "{comparisons} comparisons");
}
