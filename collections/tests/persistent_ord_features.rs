//! Ordered maps and sets with serde and rayon.
#![cfg(all(not(polder_loom), any(feature = "serde", feature = "rayon")))]

use polder_collections::persistent::{OrdMap, OrdSet};

const COUNT: u32 = if cfg!(miri) { 100 } else { 10_000 };

#[cfg(feature = "serde")]
mod serial {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let map: OrdMap<_, _> = (0..COUNT).map(|n| (n.to_string(), n)).collect();
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(serde_json::from_str::<OrdMap<String, u32>>(&text).unwrap(), map);
        let set: OrdSet<_> = (0..COUNT).collect();
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<OrdSet<u32>>(&text).unwrap(), set);
    }

    #[test]
    fn the_form_is_that_of_std() {
        let map = OrdMap::from([(2, "two"), (1, "one")]);
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"1":"one","2":"two"}"#);
        assert_eq!(serde_json::to_string(&OrdSet::from([2, 1])).unwrap(), "[1,2]");
    }

    #[test]
    fn what_is_read_need_not_be_in_order() {
        let map: OrdMap<u8, u8> = serde_json::from_str(r#"{"3":1,"1":2,"3":3}"#).unwrap();
        assert_eq!(map, OrdMap::from([(1, 2), (3, 3)]));
        assert_eq!(serde_json::from_str::<OrdSet<u8>>("[3,1,3]").unwrap(), OrdSet::from([1, 3]));
        assert!(serde_json::from_str::<OrdSet<u8>>("{}").is_err());
        assert!(serde_json::from_str::<OrdMap<u8, u8>>("[]").is_err());
    }
}

// Miri would have to run rayon's threads, and there is nothing unsafe here to be found.
#[cfg(all(feature = "rayon", not(miri)))]
mod parallel {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn every_entry_comes_once_and_in_order() {
        for count in [0, 1, 40, COUNT] {
            let map: OrdMap<_, _> = (0..count).map(|n| (n, 2 * n)).collect();
            let all: Vec<_> = map.par_iter().map(|(key, value)| (*key, *value)).collect();
            assert!(all.into_iter().eq(map.clone()));
            assert_eq!(map.clone().into_par_iter().map(|(_, value)| value).sum::<u32>(), map.values().sum::<u32>());
            let set: OrdSet<_> = map.into_keys().collect();
            assert!(set.par_iter().copied().collect::<Vec<_>>().into_iter().eq(0..count));
            assert_eq!(set.into_par_iter().max(), count.checked_sub(1));
        }
    }

    #[test]
    fn collecting_is_as_in_one_thread() {
        let entries = || (0..COUNT).map(|n| (n * 7919 % 1_000, n));
        let map: OrdMap<_, _> = entries().collect::<Vec<_>>().into_par_iter().collect();
        assert_eq!(map, entries().collect());
        let mut extended = OrdMap::from([(5, 0), (5_000, 0)]);
        extended.par_extend(entries().collect::<Vec<_>>());
        assert_eq!(extended, map.insert(5_000, 0));
        let mut set = OrdSet::from([1]);
        set.par_extend((10..COUNT).into_par_iter());
        assert_eq!(set, (10..COUNT).into_par_iter().chain([1]).collect());
    }
}
