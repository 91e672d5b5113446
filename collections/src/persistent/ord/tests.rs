//! The invariants of trees, after calls at random, and how little is copied.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    config::LEAF,
    node::{Node, NodeRef},
};
use crate::persistent::{Discard, Keep, OrdMap, Patch};

type Map = OrdMap<u16, u32>;

/// Large enough for three levels of branches, in a space of keys that makes them meet.
const KEYS: u16 = if cfg!(miri) { 80 } else { 6_000 };
const CASES: u32 = if cfg!(miri) { 2 } else { 60 };
/// Entries of a tree with two levels of branches, whose leaves are full.
const COUNT: u16 = 100 * LEAF as u16;

fn check(map: &Map) {
    if let Some(root) = &map.root {
        root.by_ref().check(true);
    }
    assert_eq!(map.iter().count(), map.len());
}

/// Maps that came about in one of several ways: at once, one by one, and by removals of runs.
fn maps() -> impl Strategy<Value = Map> {
    let keys = || proptest::collection::vec(0..KEYS, 0..usize::from(KEYS) / 2);
    let runs = proptest::collection::vec((0..KEYS, 0..KEYS / 4), 0..6);
    (keys(), any::<bool>(), runs).prop_map(|(keys, at_once, runs)| {
        let entries = keys.iter().map(|key| (*key, u32::from(*key)));
        let mut map = Map::new();
        if at_once {
            map = entries.collect();
        } else {
            map.extend(entries);
        }
        for (start, length) in runs {
            for key in start..start.saturating_add(length) {
                map.remove_mut(&key);
            }
        }
        map
    })
}

/// A version of a map: some keys set, some taken out.
fn versions() -> impl Strategy<Value = (Map, Map)> {
    (maps(), proptest::collection::vec((0..KEYS, any::<Option<u8>>()), 0..20)).prop_map(|(map, changes)| {
        let mut version = map.clone();
        for (key, value) in changes {
            match value {
                Some(value) => drop(version.insert_mut(key, value.into())),
                None => drop(version.remove_mut(&key)),
            }
        }
        (map, version)
    })
}

/// Pairs of maps that share much or nothing.
fn pairs() -> impl Strategy<Value = (Map, Map)> {
    prop_oneof![versions(), (maps(), maps())]
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn changes_keep_the_tree_whole((map, version) in versions()) {
        check(&map);
        check(&version);
    }

    #[test]
    fn splits_are_whole(map in maps(), key in 0..KEYS) {
        let (below, at, above) = map.split(&key);
        check(&below);
        check(&above);
        prop_assert_eq!(at.map(|(_, value)| value), map.get(&key).copied());
        prop_assert!(below.iter().eq(map.range(..key)));
        prop_assert!(above.iter().eq(map.range(key + 1..)));
        let whole = below.append(&above);
        check(&whole);
        prop_assert!(whole.iter().eq(map.iter().filter(|(other, _)| **other != key)));
        let mut start = map.clone();
        let rest = start.split_off_mut(&key);
        check(&start);
        check(&rest);
        prop_assert!(start.iter().chain(&rest).eq(&map));
    }

    #[cfg_attr(miri, ignore = "too many steps")]
    #[test]
    fn merges_are_whole((one, other) in pairs()) {
        let both = |_: &_, value: &_, _: &_| Some(*value);
        let standard = |map: &Map| map.iter().map(|(key, value)| (*key, *value)).collect::<BTreeMap<_, _>>();
        let (left, right) = (standard(&one), standard(&other));
        let mut united = right.clone();
        united.extend(left.clone());
        for (map, expected) in [
            (one.union(&other), united.clone()),
            (one.merge_with(&other, Keep, Discard, both), left.clone()),
            (one.merge_with(&other, |_: &_, value: &_| Some(*value), |_: &_, value: &_| Some(*value), both), united),
            (one.intersection(&other), left.iter().filter(|(key, _)| right.contains_key(key)).map(|(key, value)| (*key, *value)).collect()),
            (one.difference(&other), left.iter().filter(|(key, _)| !right.contains_key(key)).map(|(key, value)| (*key, *value)).collect()),
        ] {
            check(&map);
            prop_assert!(map.iter().eq(&expected));
        }
        let patch: Patch<_, _> = one.diff(&other).collect();
        prop_assert_eq!(one.apply(&patch), other);
    }

    #[cfg_attr(miri, ignore = "too many steps")]
    #[test]
    fn filters_are_whole(map in maps(), bits in 1..16_u16) {
        let filtered = map.filter(|key, _| key & bits != 0);
        check(&filtered);
        prop_assert!(filtered.iter().eq(map.iter().filter(|(key, _)| **key & bits != 0)));
    }
}

fn nodes(map: &Map) -> Vec<NodeRef<'_, u16, u32>> {
    let mut nodes: Vec<_> = map.root.iter().map(Node::by_ref).collect();
    let mut done = 0;
    while let Some(node) = nodes.get(done) {
        done += 1;
        if let NodeRef::Branch(branch) = *node {
            nodes.extend(branch.children.iter());
        }
    }
    nodes
}

/// The nodes of a map that another one does not have.
fn own(map: &Map, other: &Map) -> usize {
    let theirs = nodes(other);
    nodes(map).into_iter().filter(|node| !theirs.iter().any(|other| node.ptr_eq(*other))).count()
}

#[test]
fn a_change_copies_one_path() {
    let map: Map = (0..COUNT).map(|n| (2 * n, 0)).collect();
    let height = usize::from(map.root.as_ref().unwrap().by_ref().height());
    assert!(height >= 2);
    assert_eq!(own(&map.insert(COUNT, 1), &map), height + 1);
    assert!(map.remove(&(COUNT + 1)).ptr_eq(&map), "nothing was there");
    // A leaf that is full is divided, and so is what is full above it.
    assert!((height + 2..=2 * (height + 1) + 1).contains(&own(&map.insert(COUNT + 1, 1), &map)));
    assert!(own(&map.remove(&COUNT), &map) <= 2 * height + 1);
}

#[test]
fn what_is_not_shared_changes_where_it_is() {
    let mut map: Map = (0..COUNT).map(|n| (n, 0)).collect();
    let addresses = |map: &Map| map.values().map(|value| (&raw const *value).addr()).collect::<Vec<_>>();
    let before = addresses(&map);
    map.iter_mut().for_each(|(_, value)| *value += 1);
    *map.get_mut(&7).unwrap() += 1;
    *map.entry_mut(8).or_default() += 1;
    map.insert_mut(9, 1);
    assert_eq!(addresses(&map), before);
}

#[test]
fn a_union_of_versions_shares() {
    let map: Map = (0..COUNT).map(|n| (n, 0)).collect();
    let version = map.insert(COUNT / 3, 1).insert(2 * (COUNT / 3), 1).remove(&(COUNT / 20));
    let height = usize::from(map.root.as_ref().unwrap().by_ref().height());
    for merged in [map.union(&version), version.intersection(&map), version.append(&map)] {
        assert!(own(&merged, &map) <= 6 * (height + 1), "{} of {}", own(&merged, &map), nodes(&map).len());
    }
    assert_eq!(version.diff(&map).count(), 3);
}

/// Keys in order leave leaves three quarters full, in either direction.
#[test]
fn keys_in_order_make_full_leaves() {
    for descending in [false, true] {
        let mut map = Map::new();
        for n in 0..COUNT {
            map.insert_mut(if descending { COUNT - n } else { n }, 0);
        }
        check(&map);
        let leaves = nodes(&map).into_iter().filter(|node| node.height() == 0).count();
        assert!(leaves <= usize::from(COUNT) / (LEAF * 3 / 4) + 1, "{leaves}");
    }
}

// Miri would have to run rayon's threads.
#[cfg(all(feature = "rayon", not(miri)))]
#[test]
fn many_threads_make_the_same_tree() {
    use rayon::prelude::*;

    for count in (0..300).chain([COUNT]) {
        let entries: Vec<_> = (0..2 * u32::from(count)).rev().map(|number| ((number / 2) as u16, number)).collect();
        let made: Map = entries.clone().into_par_iter().collect();
        check(&made);
        let built: Map = entries.into_iter().collect();
        assert_eq!(made, built);
        let sizes = |map: &Map| nodes(map).into_iter().map(NodeRef::len).collect::<Vec<_>>();
        assert_eq!(sizes(&made), sizes(&built));
    }
}
