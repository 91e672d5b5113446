//! Ordered maps against std's: the same calls get the same answers, and versions that were kept stay what they were.
#![cfg(not(polder_loom))]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
    ops::Bound::{self, Excluded, Included, Unbounded},
};

use foldhash::fast::FixedState;
use polder_collections::persistent::{
    OrdMap, OrdSet,
    ord_map::{Entry, Iter},
};
use proptest::{collection::vec, prelude::*};

const CASES: u32 = if cfg!(miri) { 1 } else { 60 };
const CALLS: usize = if cfg!(miri) { 40 } else { 400 };
const KEYS: u16 = if cfg!(miri) { 80 } else { 900 };

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

type Map = OrdMap<u16, String>;
type Standard = BTreeMap<u16, String>;

/// A call, in one form or the other.
#[derive(Clone, Debug)]
enum Call {
    Insert(u16, u8),
    /// Many in a row, so that trees grow.
    InsertRun(u16, u16),
    Remove(u16),
    RemoveRun(u16, u16),
    Alter(u16, Option<u8>),
    Entry(u16, u8),
    EntryRemove(u16),
    GetMut(u16),
    PopFirst,
    PopLast,
    IterMut,
    RangeMut(Bound<u16>, Bound<u16>),
    Retain(u16),
    Filter(u16),
    Split(u16),
    SplitOff(u16),
    Extend(Vec<u16>),
    Clear,
    /// Goes back to a version that was kept.
    Back(usize),
}

fn bound() -> impl Strategy<Value = Bound<u16>> {
    prop_oneof![Just(Unbounded), (0..KEYS).prop_map(Included), (0..KEYS).prop_map(Excluded)]
}

fn call() -> impl Strategy<Value = Call> {
    let key = || 0..KEYS;
    prop_oneof![
        8 => (key(), any::<u8>()).prop_map(|(key, value)| Call::Insert(key, value)),
        3 => (key(), 0..KEYS / 8).prop_map(|(start, length)| Call::InsertRun(start, length)),
        8 => key().prop_map(Call::Remove),
        2 => (key(), 0..KEYS / 8).prop_map(|(start, length)| Call::RemoveRun(start, length)),
        2 => (key(), any::<Option<u8>>()).prop_map(|(key, value)| Call::Alter(key, value)),
        3 => (key(), any::<u8>()).prop_map(|(key, value)| Call::Entry(key, value)),
        2 => key().prop_map(Call::EntryRemove),
        3 => key().prop_map(Call::GetMut),
        2 => Just(Call::PopFirst),
        2 => Just(Call::PopLast),
        1 => Just(Call::IterMut),
        2 => (bound(), bound()).prop_map(|(start, end)| Call::RangeMut(start, end)),
        1 => (5..9_u16).prop_map(Call::Retain),
        1 => (5..9_u16).prop_map(Call::Filter),
        2 => key().prop_map(Call::Split),
        1 => key().prop_map(Call::SplitOff),
        2 => vec(key(), 0..30).prop_map(Call::Extend),
        1 => Just(Call::Clear),
        3 => any::<usize>().prop_map(Call::Back),
    ]
}

/// std's panics for such a range; here it is empty.
fn is_backwards(range: (Bound<u16>, Bound<u16>)) -> bool {
    match range {
        (Included(start), Included(end) | Excluded(end)) | (Excluded(start), Included(end)) => start > end,
        (Excluded(start), Excluded(end)) => start >= end,
        _ => false,
    }
}

/// Does the call in the form that `in_place` says, and compares what it returns.
fn run(call: &Call, in_place: bool, map: &mut Map, standard: &mut Standard, kept: &[(Map, Standard)]) {
    match call {
        Call::Insert(key, value) => {
            let old = standard.insert(*key, value.to_string());
            if in_place {
                assert_eq!(map.insert_mut(*key, value.to_string()), old);
            } else {
                *map = map.insert(*key, value.to_string());
            }
        }
        Call::InsertRun(start, length) => {
            for key in *start..start + length {
                run(&Call::Insert(key, 0), in_place, map, standard, kept);
            }
        }
        Call::Remove(key) => {
            let old = standard.remove_entry(key);
            if in_place {
                assert_eq!(map.remove_entry_mut(key), old);
            } else {
                *map = map.remove(key);
            }
        }
        Call::RemoveRun(start, length) => {
            for key in *start..start + length {
                assert_eq!(map.remove_mut(&key), standard.remove(&key));
            }
        }
        Call::Alter(key, value) => {
            *map = map.alter(*key, |old| {
                assert_eq!(old, standard.get(key));
                value.map(|value| value.to_string())
            });
            match value {
                Some(value) => drop(standard.insert(*key, value.to_string())),
                None => drop(standard.remove(key)),
            }
        }
        Call::Entry(key, value) => {
            assert_eq!(map.entry_mut(*key).key(), key);
            let mine = map.entry_mut(*key).and_modify(|old| old.push('!')).or_insert_with(|| value.to_string());
            let theirs = standard.entry(*key).and_modify(|old| old.push('!')).or_insert_with(|| value.to_string());
            mine.push('?');
            theirs.push('?');
            assert_eq!(mine, theirs);
        }
        Call::EntryRemove(key) => match map.entry_mut(*key) {
            Entry::Occupied(mut entry) => {
                assert_eq!(Some(entry.get()), standard.get(key));
                let old = entry.insert("new".into());
                assert_eq!(Some(old), standard.insert(*key, "new".into()));
                assert_eq!(Some(entry.remove_entry()), standard.remove_entry(key));
            }
            Entry::Vacant(entry) => {
                assert_eq!(standard.get(key), None);
                assert_eq!(entry.into_key(), *key);
            }
        },
        Call::GetMut(key) => {
            let (mine, theirs) = (map.get_mut(key), standard.get_mut(key));
            assert_eq!(mine, theirs);
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                mine.push('+');
                theirs.push('+');
            }
        }
        Call::PopFirst => {
            let expected = standard.pop_first();
            if in_place {
                assert_eq!(map.pop_first_mut(), expected);
            } else {
                let popped = map.pop_first();
                assert_eq!(popped.as_ref().map(|popped| &popped.0), expected.as_ref());
                *map = popped.map_or_else(Map::new, |popped| popped.1);
            }
        }
        Call::PopLast => {
            let expected = standard.pop_last();
            if in_place {
                assert_eq!(map.pop_last_mut(), expected);
            } else {
                let popped = map.pop_last();
                assert_eq!(popped.as_ref().map(|popped| &popped.0), expected.as_ref());
                *map = popped.map_or_else(Map::new, |popped| popped.1);
            }
        }
        Call::IterMut => {
            assert_eq!(map.iter_mut().len(), standard.len());
            map.values_mut().rev().for_each(|value| value.push('*'));
            standard.values_mut().for_each(|value| value.push('*'));
        }
        Call::RangeMut(start, end) => {
            let range = (*start, *end);
            if is_backwards(range) {
                assert_eq!(map.range_mut(range).next(), None);
                assert_eq!(map.range(range).next_back(), None);
            } else {
                assert!(map.range_mut(range).eq(standard.range_mut(range)));
                assert!(map.range_mut(range).rev().eq(standard.range_mut(range).rev()));
                map.range_mut(range).for_each(|(_, value)| value.push('-'));
                standard.range_mut(range).for_each(|(_, value)| value.push('-'));
            }
        }
        Call::Retain(every) => {
            let f = |key: &u16, value: &mut String| {
                value.push('=');
                !key.is_multiple_of(*every)
            };
            map.retain_mut(f);
            standard.retain(f);
        }
        Call::Filter(every) => {
            *map = map.filter(|key, _| !key.is_multiple_of(*every));
            standard.retain(|key, _| !key.is_multiple_of(*every));
        }
        Call::Split(key) => {
            let (below, at, above) = map.split(key);
            let rest = standard.split_off(key);
            assert!(below.iter().eq(&*standard));
            assert_eq!(at.as_ref().map(|(_, value)| value), rest.get(key));
            assert!(above.iter().eq(rest.range((Excluded(key), Unbounded))));
            if in_place {
                *map = below;
            } else {
                *map = above;
                *standard = rest;
                standard.remove(key);
            }
        }
        Call::SplitOff(key) => {
            let mut rest = map.split_off_mut(key);
            let mut standard_rest = standard.split_off(key);
            assert!(rest.iter().eq(&standard_rest));
            // Back together, the other way round.
            rest.append_mut(map);
            standard_rest.append(standard);
            *map = rest;
            *standard = standard_rest;
        }
        Call::Extend(keys) => {
            map.extend(keys.iter().map(|key| (*key, "extended".into())));
            standard.extend(keys.iter().map(|key| (*key, "extended".into())));
        }
        Call::Clear => {
            map.clear_mut();
            standard.clear();
        }
        Call::Back(index) => {
            if !kept.is_empty() {
                (*map, *standard) = kept[index % kept.len()].clone();
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn calls_do_what_they_do_to_a_standard_map(calls in vec((call(), any::<bool>(), any::<bool>()), 0..CALLS)) {
        let (mut map, mut standard) = (Map::new(), Standard::new());
        let mut kept = Vec::new();
        for (call, in_place, keeps) in calls {
            run(&call, in_place, &mut map, &mut standard, &kept);
            prop_assert_eq!(map.len(), standard.len(), "after {:?}", call);
            prop_assert_eq!(map.is_empty(), standard.is_empty());
            if keeps {
                kept.push((map.clone(), standard.clone()));
            }
        }
        for (map, standard) in &kept {
            prop_assert!(map.iter().eq(standard), "a version that was kept has changed");
        }
        prop_assert!(map.iter().eq(&standard));
        prop_assert!(map.into_iter().eq(standard));
    }

    #[test]
    fn looks_find_what_they_find_in_a_standard_map(keys in vec(0..KEYS, 0..usize::from(KEYS)), asked in vec(0..KEYS, 20)) {
        let map: OrdMap<_, _> = keys.iter().map(|key| (*key, key / 2)).collect();
        let standard: BTreeMap<_, _> = keys.iter().map(|key| (*key, key / 2)).collect();
        prop_assert_eq!(map.first_key_value(), standard.first_key_value());
        prop_assert_eq!(map.last_key_value(), standard.last_key_value());
        prop_assert!(map.keys().eq(standard.keys()));
        prop_assert!(map.values().rev().eq(standard.values().rev()));
        prop_assert!(map.clone().into_keys().eq(standard.clone().into_keys()));
        prop_assert!(map.clone().into_values().rev().eq(standard.clone().into_values().rev()));
        prop_assert_eq!(format!("{map:?}"), format!("{standard:?}"));
        prop_assert_eq!(format!("{:?}", map.iter()), format!("{:?}", standard.iter()));
        for key in &asked {
            prop_assert_eq!(map.get(key), standard.get(key));
            prop_assert_eq!(map.get_key_value(key), standard.get_key_value(key));
            prop_assert_eq!(map.contains_key(key), standard.contains_key(key));
            let before = standard.range(..key).count();
            prop_assert_eq!(map.rank(key), if standard.contains_key(key) { Ok(before) } else { Err(before) });
            let index = usize::from(*key);
            prop_assert_eq!(map.get_index(index), standard.iter().nth(index));
        }
    }

    #[test]
    fn ranges_are_those_of_a_standard_map(
        keys in vec(0..KEYS, 0..usize::from(KEYS)),
        ranges in vec((bound(), bound()), 20),
        turns in vec(any::<bool>(), usize::from(KEYS)),
    ) {
        let map: OrdMap<_, _> = keys.iter().map(|key| (*key, ())).collect();
        let standard: BTreeMap<_, _> = keys.iter().map(|key| (*key, ())).collect();
        for range in ranges {
            if is_backwards(range) {
                prop_assert_eq!(map.range(range).next(), None);
                continue;
            }
            let (mut mine, mut theirs) = (map.range(range), standard.range(range));
            prop_assert_eq!(mine.clone().count(), theirs.clone().count());
            for from_front in &turns {
                let (one, other) = if *from_front {
                    (mine.next(), theirs.next())
                } else {
                    (mine.next_back(), theirs.next_back())
                };
                prop_assert_eq!(one, other);
                if one.is_none() {
                    break;
                }
            }
        }
    }

    /// Every way to go through a map, from both ends in turn.
    #[test]
    fn iterators_meet(count in 0..usize::from(KEYS), turns in vec(any::<bool>(), usize::from(KEYS) + 1)) {
        let mut map: OrdMap<_, _> = (0..count).map(|n| (n, n)).collect();
        meet(map.iter().map(|(key, _)| *key), count, &turns);
        meet(map.clone().into_iter().map(|(key, _)| key), count, &turns);
        let other = map.clone();
        meet(map.iter_mut().map(|(key, _)| *key), count, &turns);
        meet(map.into_keys(), count, &turns);
        meet(OrdSet::from_iter(other.into_keys()).into_iter(), count, &turns);
    }
}

/// Takes the numbers up to `count` from both ends.
fn meet(mut numbers: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator, count: usize, turns: &[bool]) {
    let mut left = 0..count;
    for from_front in turns {
        assert_eq!(numbers.len(), left.len());
        if *from_front {
            assert_eq!(numbers.next(), left.next());
        } else {
            assert_eq!(numbers.next_back(), left.next_back());
        }
    }
    assert!(numbers.eq(left));
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn of_equal_keys_the_last_value_stays() {
    let entries = [("b", 1), ("a", 2), ("b", 3), ("a", 4), ("a", 5)];
    assert!(OrdMap::from(entries).iter().eq([(&"a", &5), (&"b", &3)]));
    assert_eq!(OrdMap::from([("a", 1), ("a", 2)]).len(), 1);
}

/// A key that is equal to others, but not the same.
#[derive(Clone, Copy, Debug)]
struct Named(u8, char);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Named {}

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[test]
fn the_key_that_is_there_stays() {
    let mut map = OrdMap::from([(Named(1, 'a'), 1)]);
    assert_eq!(map.insert_mut(Named(1, 'b'), 2), Some(1));
    assert_eq!(map.first_key_value().map(|(key, value)| (key.1, *value)), Some(('a', 2)));
    let other = OrdMap::from([(Named(1, 'b'), 3)]);
    let key = |map: &OrdMap<Named, i32>| map.first_key_value().map(|(key, value)| (key.1, *value));
    assert_eq!(key(&map.union(&other)), Some(('a', 2)));
    assert_eq!(key(&other.union(&map)), Some(('b', 3)));
}

#[test]
fn lookups_take_what_keys_borrow_as() {
    let mut map = OrdMap::from([("one".to_owned(), 1), ("two".to_owned(), 2)]);
    assert_eq!(map.get("one"), Some(&1));
    assert_eq!(map["two"], 2);
    assert_eq!(map.range::<str>((Included("p"), Unbounded)).count(), 1);
    *map.get_mut("one").unwrap() += 4;
    map["one"] += 6;
    assert_eq!(map.remove_mut("one"), Some(11));
    assert_eq!(map.remove("two").len(), 0);
    assert_eq!(map.rank("two"), Ok(0));
}

#[test]
#[should_panic(expected = "no entry of the key")]
fn an_index_that_is_not_there_panics() {
    let _ = OrdMap::from([(1, 1)])[&2];
}

#[test]
fn equality_hash_and_order_are_of_the_entries() {
    let map: OrdMap<_, _> = (0..200).map(|n| (n, n)).collect();
    let mut other = OrdMap::new();
    for n in (0..200).rev() {
        other.insert_mut(n, n);
    }
    assert_eq!(map, other);
    assert_eq!(hash(&map), hash(&other));
    assert_eq!(map.cmp(&other), std::cmp::Ordering::Equal);
    let larger = other.insert(100, 101);
    assert_ne!(map, larger);
    assert_eq!(map.partial_cmp(&larger), Some(std::cmp::Ordering::Less));
    assert_eq!(larger.cmp(&map), std::cmp::Ordering::Greater);
    assert!(map.remove(&199) < map);
    assert_ne!(map, map.remove(&3));
    assert_ne!(FixedState::default().hash_one(&map), FixedState::default().hash_one(&larger));
}

#[test]
fn versions_are_told_from_equal_maps() {
    let map = OrdMap::from([(1, 1)]);
    let version = map.clone();
    assert!(map.ptr_eq(&version));
    assert!(!map.ptr_eq(&OrdMap::from([(1, 1)])));
    assert!(!map.ptr_eq(&version.insert(1, 1)));
    assert!(!map.ptr_eq(&OrdMap::new()));
    assert!(OrdMap::<u8, u8>::new().ptr_eq(&OrdMap::default()));
}

#[test]
fn empty_maps_answer() {
    let mut map = OrdMap::<u8, u8>::new();
    assert_eq!((map.len(), map.iter().next(), map.get(&1)), (0, None, None));
    assert_eq!((map.first_key_value(), map.last_key_value(), map.pop_first()), (None, None, None));
    assert_eq!((map.get_index(0), map.rank(&1)), (None, Err(0)));
    assert_eq!((map.get_mut(&1).copied(), map.pop_last_mut(), map.remove_mut(&1)), (None, None, None));
    assert_eq!(map.split(&1), (OrdMap::new(), None, OrdMap::new()));
    assert!(map.split_off_mut(&1).is_empty());
    assert_eq!((map.range::<u8>(..).count(), map.range_mut(1..).count(), map.iter_mut().len()), (0, 0, 0));
    map.retain_mut(|_, _| unreachable!());
    assert_eq!(map.union(&map), map);
    assert_eq!(format!("{map:?}"), "{}");
    assert_eq!(Iter::<u8, u8>::default().len(), 0);
}

/// Values without `Clone` can be put in, looked at and iterated over.
#[test]
fn only_copies_ask_for_clone() {
    #[derive(Debug, Eq, PartialEq)]
    struct Unclonable(u32);
    let map: OrdMap<_, _> = (0..100).map(|n| (n, Unclonable(n))).collect();
    let version = map.clone();
    assert_eq!(version.get(&7), Some(&Unclonable(7)));
    assert_eq!(version.range(90..).count(), 10);
    assert_eq!(map, version);
    assert_eq!(map.diff(&version).count(), 0);
}

/// Whoever can share values between threads can share maps of them.
#[test]
fn maps_are_passed_between_threads() {
    let map: OrdMap<_, _> = (0..500).map(|n| (n, n.to_string())).collect();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let mut map = map.clone();
            scope.spawn(move || {
                for n in (thread..500).step_by(if cfg!(miri) { 97 } else { 3 }) {
                    assert_eq!(map.remove_mut(&n), Some(n.to_string()));
                    map.insert_mut(1_000 + n, String::new());
                }
                assert_eq!(map.len(), 500);
            });
        }
    });
    assert!(map.iter().all(|(n, text)| n.to_string() == *text));
}

fn assert_same<T: Debug + PartialEq>(mine: impl IntoIterator<Item = T>, theirs: impl IntoIterator<Item = T>) {
    assert_eq!(mine.into_iter().collect::<Vec<_>>(), theirs.into_iter().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sets_do_what_standard_sets_do(one in vec(0..KEYS, 0..200), other in vec(0..KEYS, 0..200), item in 0..KEYS) {
        let (mut mine, more) = (OrdSet::from_iter(one.clone()), OrdSet::from_iter(other.clone()));
        let (mut theirs, others) = (BTreeSet::from_iter(one), BTreeSet::from_iter(other));
        assert_same(&mine, &theirs);
        assert_same(&(&mine | &more), &(&theirs | &others));
        assert_same(&(&mine & &more), &(&theirs & &others));
        assert_same(&(&mine - &more), &(&theirs - &others));
        assert_same(&(&mine ^ &more), &(&theirs ^ &others));
        prop_assert_eq!(mine.is_subset(&more), theirs.is_subset(&others));
        prop_assert!((&mine & &more).is_subset(&more) && mine.is_superset(&(&mine - &more)));
        prop_assert_eq!(mine.is_disjoint(&more), theirs.is_disjoint(&others));
        prop_assert!((&mine - &more).is_disjoint(&more));
        prop_assert_eq!(mine == more, theirs == others);
        prop_assert_eq!(mine.cmp(&more), theirs.cmp(&others));
        prop_assert_eq!(mine.contains(&item), theirs.contains(&item));
        prop_assert_eq!(mine.get(&item), theirs.get(&item));
        prop_assert_eq!((mine.first(), mine.last()), (theirs.first(), theirs.last()));
        prop_assert_eq!(mine.rank(&item).unwrap_or_else(|rank| rank), theirs.range(..item).count());
        prop_assert_eq!(mine.get_index(item.into()), theirs.iter().nth(item.into()));
        assert_same(mine.range(item..).rev(), theirs.range(item..).rev());
        prop_assert_eq!(mine.apply(&mine.diff(&more).collect()), more.clone());
        let (below, at, above) = mine.split(&item);
        prop_assert_eq!(at, theirs.get(&item).copied());
        assert_same(below, theirs.range(..item).copied());
        assert_same(above.iter(), theirs.range(item + 1..));
        prop_assert_eq!(mine.insert(item).len(), theirs.len() + usize::from(!theirs.contains(&item)));
        prop_assert_eq!(mine.remove(&item).len(), theirs.len() - usize::from(theirs.contains(&item)));
        prop_assert_eq!(mine.insert_mut(item), theirs.insert(item));
        prop_assert_eq!(mine.pop_first_mut(), theirs.pop_first());
        prop_assert_eq!(mine.pop_last_mut(), theirs.pop_last());
        prop_assert_eq!(mine.take_mut(&item), theirs.take(&item));
        prop_assert_eq!(mine.remove_mut(&(item / 2)), theirs.remove(&(item / 2)));
        mine.retain_mut(|item| !item.is_multiple_of(3));
        theirs.retain(|item| !item.is_multiple_of(3));
        let rest = mine.split_off_mut(&item);
        assert_same(&rest, &theirs.split_off(&item));
        mine.append_mut(&more);
        mine.extend(&[1, 2]);
        theirs.extend(others);
        theirs.extend([1, 2]);
        prop_assert_eq!(format!("{mine:?}"), format!("{theirs:?}"));
        prop_assert_eq!(hash(&mine), hash(&mine.iter().copied().collect::<OrdSet<_>>()));
        mine.clear_mut();
        prop_assert!(mine.is_empty() && mine.pop_first().is_none() && mine.pop_last().is_none());
    }
}
