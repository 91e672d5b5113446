//! Frozen maps against std's, with hash functions of many shapes.
#![cfg(not(polder_loom))]

#[path = "support/shape.rs"]
mod shape;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
};

use polder_collections::{
    Equivalent,
    frozen::{Map, ProcessState},
};
use proptest::{collection::vec, prelude::*};
use shape::{SHAPES, Shape};

/// Sizes around all that changes with the size: looked through or indexed, one bucket or several, one line of words or many.
const SIZES: &[u64] = if cfg!(miri) { &[0, 1, 8, 9, 24] } else { &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 33, 100, 5_000] };

fn number(n: u64) -> (u64, u64) {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n)
}

/// Everything that can be asked of a map, against the entries that it is to have.
fn check<K, S>(map: &Map<K, u64, S>, model: &BTreeMap<K, u64>, absent: &[K])
where
    K: Ord + Hash + Debug + Clone,
    S: BuildHasher,
{
    assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
    for (key, value) in model {
        assert_eq!(map.get(key), Some(value));
        assert_eq!(map.get_key_value(key), Some((key, value)));
        assert_eq!(&map[key], value);
        assert!(map.contains_key(key));
    }
    for key in absent {
        assert_eq!((map.get(key), map.contains_key(key)), (None, false));
    }
    for (known, unknown) in model.keys().zip(absent) {
        assert_eq!(map.get_many([known, unknown, known]), [model.get(known), None, model.get(known)]);
    }
    let entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), *value)).collect();
    assert_eq!(entries.iter().cloned().collect::<BTreeMap<_, _>>(), *model);
    assert_eq!(entries.len(), model.len());
    assert_eq!(map.as_slice(), entries);
    assert!(entries.is_sorted_by_key(|(key, _)| map.hasher().hash_one(key)));
    assert!(map.keys().eq(entries.iter().map(|(key, _)| key)));
    assert!(map.values().eq(entries.iter().map(|(_, value)| value)));
    assert!(map.iter().rev().eq(entries.iter().rev().map(|(key, value)| (key, value))));
    assert_eq!((map.iter().len(), map.keys().len(), map.values().len()), (map.len(), map.len(), map.len()));
}

#[test]
fn every_size_and_shape_is_found() {
    for shape in SHAPES {
        for &size in SIZES {
            let size = if matches!(shape, Shape::Constant | Shape::Four | Shape::Lumped) {
                size.min(if cfg!(miri) { 12 } else { 400 })
            } else {
                size
            };
            let model: BTreeMap<_, _> = (0..size).map(number).collect();
            let absent: Vec<_> = (size..2 * size + 9).map(|n| number(n).0).collect();
            check(&Map::from_vec((0..size).map(number).collect(), shape), &model, &absent);
            let text = |n: &u64| format!("{n:020}");
            let texts: BTreeMap<_, _> = model.iter().map(|(key, value)| (text(key), *value)).collect();
            let absent: Vec<_> = absent.iter().map(text).collect();
            check(&Map::from_vec(texts.clone().into_iter().collect(), shape), &texts, &absent);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "large")]
fn a_large_map_is_found() {
    const SIZE: u64 = 100_000;
    for shape in [Shape::Good, Shape::Low, Shape::High, Shape::Skewed] {
        let map = Map::from_vec((0..SIZE).map(number).collect(), shape);
        assert!((0..SIZE).map(number).all(|(key, value)| map.get(&key) == Some(&value)), "{shape:?}");
        assert!((SIZE..2 * SIZE).all(|n| !map.contains_key(&number(n).0)), "{shape:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 6 } else { 256 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_last_of_equal_keys_stays(
        entries in vec((0..60_u64, any::<u64>()), 0..if cfg!(miri) { 30 } else { 120 }),
        shape in prop::sample::select(&SHAPES[..]),
    ) {
        let model: BTreeMap<_, _> = entries.iter().copied().collect();
        let absent: Vec<_> = (0..80).filter(|key| !model.contains_key(key)).collect();
        let map = Map::from_vec(entries.clone(), shape);
        check(&map, &model, &absent);
        let texts: Vec<_> = entries.iter().map(|(key, value)| (key.to_string(), *value)).collect();
        let model: BTreeMap<_, _> = texts.iter().cloned().collect();
        let absent: Vec<_> = absent.iter().map(u64::to_string).collect();
        check(&Map::from_vec(texts, shape), &model, &absent);
    }

    #[test]
    fn duplicates_are_refused_with_their_positions(
        entries in vec((0..40_u64, any::<u64>()), 0..20),
        shape in prop::sample::select(&SHAPES[..]),
    ) {
        // The least second position, and the first one before it.
        let second = (0..entries.len()).find(|at| entries[..*at].iter().any(|entry| entry.0 == entries[*at].0));
        let first = second.map(|second| entries.iter().position(|entry| entry.0 == entries[second].0).unwrap());
        match Map::try_from_vec(entries.clone(), shape) {
            Ok(map) => {
                prop_assert_eq!(second, None);
                prop_assert_eq!(map, Map::from_vec(entries, shape));
            }
            Err(error) => {
                prop_assert_eq!((Some(error.first), Some(error.second)), (first, second));
                prop_assert_eq!(error.entries, entries);
            }
        }
    }

    #[test]
    fn equality_is_that_of_contents(
        left in vec((0..6_u64, 0..2_u64), 0..8),
        right in vec((0..6_u64, 0..2_u64), 0..8),
        shapes in prop::sample::select(&SHAPES[..]).prop_flat_map(|shape| (Just(shape), prop::sample::select(&SHAPES[..]))),
    ) {
        let models = (left.iter().copied().collect::<BTreeMap<_, _>>(), right.iter().copied().collect::<BTreeMap<_, _>>());
        let maps = (Map::from_vec(left, shapes.0), Map::from_vec(right, shapes.1));
        prop_assert_eq!(maps.0 == maps.1, models.0 == models.1);
        prop_assert_eq!(maps.1 == maps.0, models.0 == models.1);
        if models.0 == models.1 {
            prop_assert_eq!(hash(&maps.0), hash(&maps.1));
        }
        let rebuilt = Map::from_vec(maps.0.iter().rev().map(|(key, value)| (*key, *value)).collect(), shapes.1);
        prop_assert_eq!(&rebuilt, &maps.0);
        prop_assert_eq!(hash(&rebuilt), hash(&maps.0));
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn equal_hashes_may_stand_in_any_order() {
    let (there, back) = ((0..50).map(number), (0..50).rev().map(number));
    let maps = (Map::from_vec(there.collect(), Shape::Constant), Map::from_vec(back.collect(), Shape::Constant));
    assert_ne!(maps.0.as_slice(), maps.1.as_slice());
    assert_eq!(maps.0, maps.1);
    assert_eq!(hash(&maps.0), hash(&maps.1));
    assert_ne!(maps.0, Map::from_vec((0..50).map(|n| (number(n).0, 0)).collect(), Shape::Constant));
}

#[test]
fn different_contents_hash_differently() {
    let maps: Vec<_> = (0..200_u64).map(|n| Map::from([(n / 2, n % 2), (1_000, 0)])).collect();
    let mut hashes: Vec<_> = maps.iter().map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), maps.len());
}

#[test]
fn maps_are_made_from_what_there_is() {
    let model = HashMap::from([(1, "one"), (2, "two"), (3, "three")]);
    let maps: [Map<i32, &str>; 3] = [
        model.clone().into_iter().collect(),
        Map::from([(3, "three"), (1, "one"), (2, "two")]),
        Map::from(vec![(2, "two"), (1, "one"), (3, "three")]),
    ];
    for map in &maps {
        #[cfg(feature = "std")]
        assert_eq!(*map, Map::from(model.clone()));
        assert_eq!(map.iter().map(|(key, value)| (*key, *value)).collect::<HashMap<_, _>>(), model);
        assert_eq!(map.as_slice(), maps[0].as_slice());
        assert_eq!(map.clone(), *map);
    }
    assert_eq!(maps[0].clone().into_iter().collect::<HashMap<_, _>>(), model);
    assert!(maps[0].clone().into_iter().rev().eq(maps[0].clone().into_vec().into_iter().rev()));
}

#[test]
fn the_empty_map_has_nothing() {
    let map = Map::<String, u64>::new();
    check(&map, &BTreeMap::new(), &["one".to_owned()]);
    assert_eq!(map, Map::<String, u64>::default());
    assert_eq!(map, Map::<String, u64, _>::with_hasher(Shape::Good));
    assert_eq!(format!("{map:?}"), "{}");
    assert_eq!(map.into_iter().next(), None);
}

#[test]
fn keys_are_found_by_equivalents() {
    #[derive(Hash)]
    struct Pair<'a>(&'a str, u64);
    impl Equivalent<(String, u64)> for Pair<'_> {
        fn equivalent(&self, key: &(String, u64)) -> bool {
            (self.0, self.1) == (key.0.as_str(), key.1)
        }
    }
    let map: Map<(String, u64), u64> = (0..100).map(|n| ((format!("n{n}"), n), n)).collect();
    assert!((0..100).all(|n| map.get(&Pair(&format!("n{n}"), n)) == Some(&n)));
    assert_eq!(map.get(&Pair("n5", 6)), None);
}

#[test]
fn values_of_no_size_and_keys_of_one_value_work() {
    let unit = Map::from([((), 1), ((), 2)]);
    assert_eq!((unit.len(), unit.get(&())), (1, Some(&2)));
    let nothing: Map<(), ()> = Map::from([((), ())]);
    assert_eq!((nothing.len(), nothing[&()]), (1, ()));
}

#[test]
#[should_panic = "there is no entry with this key"]
fn an_absent_key_has_no_value() {
    let _ = Map::from([(1, 2)])[&2];
}

#[test]
fn the_hasher_of_the_process_has_one_state() {
    let hashes = [ProcessState::new(), *Map::<u8, u8>::new().hasher()].map(|state| state.hash_one("polder"));
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(std::thread::spawn(|| ProcessState::new().hash_one("polder")).join().unwrap(), hashes[0]);
    assert_ne!(ProcessState::new().hash_one("polders"), hashes[0]);
}

#[test]
fn debug_shows_the_entries() {
    assert_eq!(format!("{:?}", Map::from([("one", 1)])), r#"{"one": 1}"#);
    let map = Map::from([("one", 1)]);
    assert_eq!(format!("{:?} {:?} {:?}", map.iter(), map.keys(), map.values()), r#"[("one", 1)] ["one"] [1]"#);
}

#[test]
fn what_a_map_is_made_of_says_whether_it_is_shared() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Map<String, Vec<u8>>>();
}
