//! Two frozen maps or sets at once, against std's.
#![cfg(not(polder_loom))]

#[path = "support/shape.rs"]
mod shape;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::BuildHasher,
};

use polder_collections::frozen::{Joined, Map, Set};
use proptest::{collection::vec, prelude::*};
use shape::{SHAPES, Shape};

type Model = BTreeMap<u64, u64>;

fn model<S>(map: &Map<u64, u64, S>) -> Model {
    assert_eq!(map.len(), map.iter().map(|(key, _)| key).collect::<BTreeSet<_>>().len());
    map.iter().map(|(key, value)| (*key, *value)).collect()
}

/// A map that is as it is to be, and finds what it has.
fn same(map: &Map<u64, u64, Shape>, expected: impl IntoIterator<Item = (u64, u64)>, shape: Shape) {
    let expected: Model = expected.into_iter().collect();
    assert_eq!(model(map), expected);
    assert_eq!(*map.hasher(), shape);
    assert!(map.keys().is_sorted_by_key(|key| shape.hash_one(key)));
    assert!((0..100).all(|key| map.get(&key) == expected.get(&key)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 6 } else { 256 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn joins_are_those_of_std(
        left in vec((0..60_u64, any::<u64>()), 0..if cfg!(miri) { 20 } else { 80 }),
        right in vec((0..60_u64, any::<u64>()), 0..if cfg!(miri) { 20 } else { 80 }),
        shape in prop::sample::select(&SHAPES[..]),
        other in prop::sample::select(&SHAPES[..]),
    ) {
        let (a, b) = (Map::from_vec(left, shape), Map::from_vec(right, other));
        let (l, r) = (model(&a), model(&b));
        // In union and intersection alike, the left side's value wins.
        same(&a.union(&b), r.iter().chain(&l).map(|(k, v)| (*k, *v)), shape);
        same(&b.union(&a), l.iter().chain(&r).map(|(k, v)| (*k, *v)), other);
        same(&a.intersection(&b), l.iter().filter(|(k, _)| r.contains_key(k)).map(|(k, v)| (*k, *v)), shape);
        same(&a.difference(&b), l.iter().filter(|(k, _)| !r.contains_key(k)).map(|(k, v)| (*k, *v)), shape);
        let either = l.iter().chain(&r).filter(|(k, _)| l.contains_key(k) != r.contains_key(k));
        same(&a.symmetric_difference(&b), either.map(|(k, v)| (*k, *v)), shape);

        // The order of the arguments is that of the maps, whichever is larger.
        let minus = |_: &u64, x: &u64, y: &u64| x.wrapping_sub(*y);
        let both: Model = l.iter().filter_map(|(k, v)| Some((*k, v.wrapping_sub(*r.get(k)?)))).collect();
        same(&a.intersection_with(&b, minus), both.clone(), shape);
        same(&a.union_with(&b, minus), r.iter().chain(&l).chain(&both).map(|(k, v)| (*k, *v)), shape);

        let mut hashes = Vec::new();
        let mut seen = (Model::new(), Model::new());
        let join = a.merge_join(&b);
        let (least, most) = join.size_hint();
        for joined in join {
            let (key, x, y) = match joined {
                Joined::Left(key, x) => (key, Some(x), None),
                Joined::Right(key, y) => (key, None, Some(y)),
                Joined::Both(key, x, y) => (key, Some(x), Some(y)),
            };
            hashes.push(shape.hash_one(key));
            prop_assert_eq!((x, y), (l.get(key), r.get(key)));
            prop_assert!(x.is_none_or(|x| seen.0.insert(*key, *x).is_none()));
            prop_assert!(y.is_none_or(|y| seen.1.insert(*key, *y).is_none()));
        }
        prop_assert!(hashes.is_sorted());
        prop_assert!((least..=most.unwrap()).contains(&hashes.len()));
        prop_assert_eq!(seen, (l, r));
    }

    #[test]
    fn sets_are_those_of_std(
        left in vec(0..40_u64, 0..30),
        right in vec(0..40_u64, 0..30),
        shape in prop::sample::select(&SHAPES[..]),
        other in prop::sample::select(&SHAPES[..]),
    ) {
        let (a, b) = (Set::from_vec(left.clone(), shape), Set::from_vec(right.clone(), other));
        let (l, r): (BTreeSet<_>, BTreeSet<_>) = (left.into_iter().collect(), right.into_iter().collect());
        let sorted = |set: Set<u64, Shape>| set.into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted(a.union(&b)), &l | &r);
        prop_assert_eq!(sorted(a.intersection(&b)), &l & &r);
        prop_assert_eq!(sorted(a.difference(&b)), &l - &r);
        prop_assert_eq!(sorted(a.symmetric_difference(&b)), &l ^ &r);
        prop_assert_eq!(a.is_subset(&b), l.is_subset(&r));
        prop_assert_eq!(a.is_superset(&b), l.is_superset(&r));
        prop_assert_eq!(a.is_disjoint(&b), l.is_disjoint(&r));
        prop_assert_eq!(a == b, l == r);
        prop_assert!(a.is_subset(&a.union(&b)) && a.is_superset(&a.intersection(&b)));
    }
}

#[test]
fn the_iterator_can_be_left_and_copied_anywhere() {
    let maps = [Shape::Good, Shape::Constant].map(|shape| Map::from_vec((0..9).map(|n| (n, n)).collect(), shape));
    let other: Map<u64, u64> = (5..15).map(|n| (n, n)).collect();
    for map in &maps {
        let all: Vec<_> = map.merge_join(&other).collect();
        assert_eq!(all.len(), 15);
        for taken in 0..all.len() {
            let mut join = map.merge_join(&other);
            assert!(join.by_ref().take(taken).eq(all[..taken].iter().copied()));
            assert!(join.clone().eq(all[taken..].iter().copied()));
            let (least, most) = join.size_hint();
            assert!((least..=most.unwrap()).contains(&(all.len() - taken)));
        }
    }
}

#[test]
fn the_key_and_the_entry_come_from_the_left() {
    let (left, right) = (Map::from([("a".to_owned(), 1)]), Map::from([("a".to_owned(), 2)]));
    let Some(Joined::Both(key, 1, 2)) = left.merge_join(&right).next() else { panic!("both have it") };
    assert!(std::ptr::eq(key, left.keys().next().unwrap()));
}

#[test]
fn a_set_answers() {
    let set = Set::from(["one", "two", "two"].map(str::to_owned));
    assert_eq!((set.len(), set.is_empty(), set.contains("one"), set.contains("three")), (2, false, true, false));
    assert_eq!(set.get("two").map(String::as_str), Some("two"));
    assert_eq!(set.iter().len(), 2);
    assert_eq!(set, set.clone());
    assert_eq!(format!("{:?}", Set::from([1])), "{1}");
    assert_eq!(set.as_map().get("one"), Some(&()));
    #[cfg(feature = "std")]
    assert_eq!(set, std::collections::HashSet::from(["one", "two"].map(str::to_owned)).into());
    assert_eq!(Set::<u8>::new(), Set::<u8, _>::with_hasher(Shape::Four));
    let refused = Set::try_from_vec(vec!['a', 'b', 'a'], Shape::Good).unwrap_err();
    assert_eq!((refused.first, refused.second, &*refused.entries), (0, 2, &['a', 'b', 'a'][..]));
    assert_eq!(refused.to_string(), "entries 0 and 2 have equal keys");
    assert_eq!(Set::try_from_vec(vec!['a', 'b'], Shape::Good), Ok(Set::from_vec(vec!['b', 'a'], Shape::Good)));
}
