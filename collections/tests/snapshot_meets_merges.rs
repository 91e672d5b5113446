//! A snapshot that begins while a bin is merged into another has each entry once.
#![cfg(feature = "std")]

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use polder_collections::WordDict;

#[test]
fn what_stays_is_in_each_snapshot_once() {
    const KEPT: u64 = 8;
    const PASSING: u64 = if cfg!(miri) { 20 } else { 60 };
    const SNAPSHOTS: u32 = if cfg!(miri) { 20 } else { 100_000 };
    let dict = WordDict::<u64, u64>::new();
    for key in 0..KEPT {
        dict.insert(key, key);
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for own in 1..3 {
            let (dict, over) = (&dict, &over);
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    for key in 0..PASSING {
                        dict.insert(own * 1000 + key, key);
                    }
                    for key in 0..PASSING {
                        dict.remove(&(own * 1000 + key));
                    }
                }
            });
        }
        let bad = (0..SNAPSHOTS).find_map(|_| {
            let mut keys: Vec<u64> = dict.to_vec().into_iter().map(|(key, _)| key).collect();
            keys.sort_unstable();
            let once = keys.is_sorted_by(|a, b| a < b);
            let whole = keys.iter().filter(|&&key| key < KEPT).count() as u64 == KEPT;
            (!once || !whole).then_some(keys)
        });
        over.store(true, Relaxed);
        assert_eq!(bad, None);
    });
}
