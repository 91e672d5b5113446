//! Foreign code that calls the same dict again, for the same entry even: every call ends, and does what it says.
#![cfg(not(polder_loom))]

#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/watchdog.rs"]
mod watchdog;

use std::{
    cell::Cell,
    hash::{BuildHasher, Hasher},
    sync::{Arc, OnceLock},
};

use hashers::{Constant, Masked};
use polder_collections::WordDict;
use watchdog::ends;

type Words = WordDict<u64, u64, Constant>;

/// What a closure does to the dict that runs it: everything that there is, to the same entry, its neighbours in the bin, and
/// to all; and at the end the bin is as it was, but for the neighbours.
fn meddle(words: &Words, key: u64) {
    let before = words.get(&key);
    for other in 50..80 {
        words.insert(other, other);
    }
    words.insert(key, 7);
    assert_eq!(words.update(&key, |seven| seven + 1), Some(8));
    assert_eq!(words.remove(&key), Some(8));
    assert_eq!(words.iter().filter(|(other, _)| (50..80).contains(other)).count(), 30);
    words.retain(|other, _| *other != 60);
    words.shrink_to_fit();
    for other in 50..80 {
        words.remove(&other);
    }
    if let Some(value) = before {
        words.insert(key, value);
    }
}

fn words() -> Words {
    let words = Words::with_hasher(Constant);
    for key in 0..10 {
        words.insert(key, key);
    }
    words
}
