//! Dicts of words with serde and with rayon.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[cfg(feature = "serde")]
mod serde {
    use polder_collections::{WordDict, WordSet};
    use serde_json::{Value, json};

    #[test]
    fn dicts_are_maps() {
        let dict = WordDict::from([(1, 1.5), (-2, 2.5)]);
        let value = serde_json::to_value(&dict).unwrap();
        assert_eq!(value, json!({"1": 1.5, "-2": 2.5}));
        assert_eq!(serde_json::from_value::<WordDict<i32, f64>>(value).unwrap(), dict);
        let empty = WordDict::<i32, f64>::new();
        assert_eq!(serde_json::to_value(&empty).unwrap(), json!({}));
        assert_eq!(serde_json::from_str::<WordDict<i32, f64>>(r#"{"3": 1, "3": 2}"#).unwrap().get(&3), Some(2.0));
    }

    #[test]
    fn sets_are_sequences() {
        let set = WordSet::from([7]);
        let value = serde_json::to_value(&set).unwrap();
        assert_eq!(value, json!([7]));
        assert_eq!(serde_json::from_value::<WordSet<i32>>(value).unwrap(), set);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        let error = serde_json::from_value::<WordDict<i32, f64>>(Value::Bool(true)).unwrap_err();
        assert!(error.to_string().contains("a map"), "{error}");
        let error = serde_json::from_value::<WordSet<i32>>(Value::Bool(true)).unwrap_err();
        assert!(error.to_string().contains("a sequence"), "{error}");
    }
}

#[cfg(all(feature = "rayon", not(miri)))]
mod rayon {
    use polder_collections::WordDict;
    use rayon::prelude::*;

    #[test]
    fn entries_are_met_once_and_by_many() {
        for count in [0, 1, 7, 100_000_u64] {
            let dict: WordDict<u64, u64> = (0..count).into_par_iter().map(|key| (key, key + 1)).collect();
            assert_eq!(dict.len() as u64, count);
            let mut entries: Vec<_> = dict.par_iter().collect();
            entries.sort_unstable();
            assert!(entries.into_iter().eq((0..count).map(|key| (key, key + 1))));
            assert_eq!(dict.into_par_iter().map(|(key, value)| value - key).sum::<u64>(), count);
        }
    }

    #[test]
    fn dicts_are_extended_by_many() {
        let mut dict = WordDict::from([(0_u64, 7_u64)]);
        dict.par_extend((0..1000).into_par_iter().map(|key| (key, 1)));
        (&dict).par_extend((500..1500).into_par_iter().map(|key| (key, 1)));
        assert_eq!((dict.len(), dict.values().sum::<u64>()), (1500, 1500));
    }
}
