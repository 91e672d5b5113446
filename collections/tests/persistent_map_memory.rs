//! What a persistent map takes of the heap: by the entry, by the version that is kept, and in the end.

use polder_collections::persistent::{Map, Set};

#[path = "support/heap.rs"]
mod heap;

use heap::bytes_of;

/// Numbers that look random; of the 2⁶⁴, each once.
fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number >> 3)
}

const SIZES: &[u64] = if cfg!(miri) { &[200] } else { &[1000, 100_000, 300_000] };

#[test]
fn an_entry_takes_little_more_than_its_own_size() {
    for &len in SIZES {
        let (built, map) = bytes_of(|| (0..len).map(|number| (spread(number), number)).collect::<Map<_, _>>());
        let (grown, other) = bytes_of(|| {
            let mut map = Map::new();
            for number in 0..len {
                map.insert_mut(spread(number), number);
            }
            map
        });
        let by_entry = [built, grown].map(|bytes| bytes as f64 / len as f64);
        assert!(by_entry[0] <= 20.0 && by_entry[1] <= 24.0, "{len}: {by_entry:?}");
        assert_eq!(map, other);
        let (set, _items) = bytes_of(|| (0..len as u32).collect::<Set<u32>>());
        assert!(set as f64 / len as f64 <= 8.0, "{len}: {set}");
    }
}

#[test]
fn a_version_takes_one_path() {
    for &len in SIZES {
        let map: Map<_, _> = (0..len).map(|number| (spread(number), number)).collect();
        const VERSIONS: u64 = 100;
        let (bytes, versions) = bytes_of(|| {
            let versions = (0..VERSIONS).map(|number| map.insert(spread(len + number), 0));
            versions.collect::<Vec<_>>()
        });
        let by_version = bytes as u64 / VERSIONS;
        assert!(by_version <= 1600, "{len}: {by_version}");
        assert!(versions.iter().all(|version| version.len() as u64 == len + 1));
        let (bytes, _versions) = bytes_of(|| {
            let versions = (0..VERSIONS).map(|number| map.remove(&spread(number)));
            versions.collect::<Vec<_>>()
        });
        assert!(bytes as u64 / VERSIONS <= 1600, "{len}: {bytes}");
    }
}

#[test]
fn all_comes_back() {
    let (left, ()) = bytes_of(|| {
        let mut map: Map<u64, String> = Map::new();
        let mut versions = Vec::new();
        for number in 0..if cfg!(miri) { 100 } else { 5000 } {
            map.insert_mut(spread(number % 700), number.to_string());
            if number % 50 == 0 {
                versions.push(map.clone());
                map = map.union(&versions[versions.len() / 2]).retain(|key, _| key % 7 != number % 7);
            }
        }
        assert_eq!(Map::<u64, String>::new().len(), 0);
        assert!(map.into_iter().take(3).count() > 0);
    });
    assert_eq!(left, 0);
    let (nothing, map) = bytes_of(Map::<u64, u64>::new);
    assert_eq!((nothing, map.len()), (0, 0));
}
