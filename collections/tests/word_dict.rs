//! What a dict of words does.

use std::{collections::HashMap, thread};

use polder_collections::WordDict;

const MANY: u64 = if cfg!(miri) { 300 } else { 100_000 };

#[test]
fn what_is_put_in_is_found() {
    let dict = WordDict::new();
    assert_eq!(dict.get(&1), None);
    for key in 0..MANY {
        assert_eq!(dict.insert(key, key + 1), None);
    }
    for key in 0..MANY {
        assert_eq!(dict.get(&key), Some(key + 1));
        assert_eq!(dict.get(&(key + MANY)), None);
    }
    assert_eq!(dict.len() as u64, MANY);
    let mut seen = HashMap::new();
    dict.for_each(|key, value| assert!(seen.insert(key, value).is_none()));
    assert_eq!(seen.len() as u64, MANY);
    let mut all = dict.to_vec();
    all.sort_unstable();
    assert!(all.iter().copied().eq((0..MANY).map(|key| (key, key + 1))));
    for key in 0..MANY {
        assert_eq!(dict.update(&key, |value| value * 2), Some(key * 2 + 2));
        assert_eq!(dict.remove(&key), Some(key * 2 + 2), "{key}");
        assert_eq!(dict.remove(&key), None);
        assert_eq!(dict.get(&key), None);
    }
    assert!(dict.is_empty());
    assert_eq!(dict.to_vec(), []);
}

#[test]
fn threads_do_not_disturb_each_other() {
    let dict = WordDict::new();
    let threads = 4;
    thread::scope(|scope| {
        for own in 0..threads {
            let dict = &dict;
            scope.spawn(move || {
                for round in 0..3 {
                    for key in (0..MANY).map(|key| key * threads + own) {
                        assert_eq!(dict.insert(key, key + round), None);
                        assert_eq!(dict.get(&key), Some(key + round));
                    }
                    for key in (0..MANY).map(|key| key * threads + own) {
                        assert_eq!(dict.get(&key), Some(key + round));
                        assert_eq!(dict.remove(&key), Some(key + round));
                    }
                }
            });
        }
    });
    assert_eq!(dict.len(), 0);
}
