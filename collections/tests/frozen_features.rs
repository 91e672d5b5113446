//! Frozen maps and sets with serde and rayon.
#![cfg(all(not(polder_loom), feature = "serde", feature = "rayon"))]

use polder_collections::frozen::{Map, Set};
use rayon::prelude::*;

const SIZE: u64 = if cfg!(miri) { 20 } else { 10_000 };

#[test]
fn what_is_written_is_read() {
    let map: Map<String, u64> = (0..100).map(|n| (n.to_string(), n)).collect();
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(serde_json::from_str::<Map<String, u64>>(&text).unwrap(), map);
    let set: Set<u64> = map.values().copied().collect();
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<Set<u64>>(&text).unwrap(), set);
}

#[test]
fn of_keys_that_come_twice_the_last_is_read() {
    let map: Map<String, u64> = serde_json::from_str(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
    assert_eq!(map, Map::from([("a".to_owned(), 3), ("b".to_owned(), 2)]));
    assert!(serde_json::from_str::<Map<String, u64>>("[1]").unwrap_err().to_string().contains("expected a map"));
    assert!(serde_json::from_str::<Set<u64>>("{}").unwrap_err().to_string().contains("expected a sequence"));
}

#[test]
fn many_threads_make_and_read_the_same() {
    let map: Map<u64, u64> = (0..SIZE).into_par_iter().map(|n| (n / 2, n)).collect();
    assert_eq!(map, Map::<u64, u64>::from((0..SIZE).map(|n| (n / 2, n)).collect::<Vec<_>>()));
    let entries: Vec<_> = map.par_iter().map(|(key, value)| (*key, *value)).collect();
    assert_eq!(entries, map.as_slice());
    assert_eq!(map.clone().into_par_iter().collect::<Vec<_>>(), entries);
    let set: Set<u64> = map.par_iter().map(|(key, _)| *key).collect();
    assert!(set.par_iter().all(|item| map.contains_key(item)));
    assert_eq!(set.clone().into_par_iter().sum::<u64>(), set.iter().sum::<u64>());
    assert_eq!(set.len() as u64, SIZE / 2);
}
