//! The dicts under the same few names, for numbers.

use std::hash::BuildHasher;

use polder_collections::{Dict, WordDict};

/// A dict of numbers by number. What is returned is what was there before.
pub(crate) trait Numbers: Sync {
    fn value(&self, key: u64) -> Option<u64>;
    fn put(&self, key: u64, value: u64) -> Option<u64>;
    /// Whether the key was absent and now has the value.
    fn put_new(&self, key: u64, value: u64) -> bool;
    fn take(&self, key: u64) -> Option<u64>;
    fn change(&self, key: u64, change: impl Fn(u64) -> u64) -> Option<u64>;
    fn add(&self, key: u64, delta: u64) -> Option<u64>;
    fn entries(&self) -> Vec<(u64, u64)>;
    fn length(&self) -> usize;
    fn shrink(&self);
}

impl<S: BuildHasher + Sync> Numbers for WordDict<u64, u64, S> {
    fn value(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }

    fn put(&self, key: u64, value: u64) -> Option<u64> {
        self.insert(key, value)
    }

    fn put_new(&self, key: u64, value: u64) -> bool {
        self.try_insert(key, value).is_ok()
    }

    fn take(&self, key: u64) -> Option<u64> {
        self.remove(&key)
    }

    fn change(&self, key: u64, change: impl Fn(u64) -> u64) -> Option<u64> {
        let mut seen = 0;
        let outcome = self.update(&key, |old| {
            seen = old;
            change(old)
        });
        outcome.map(|_| seen)
    }

    fn add(&self, key: u64, delta: u64) -> Option<u64> {
        self.fetch_add(&key, delta)
    }

    fn entries(&self) -> Vec<(u64, u64)> {
        self.iter().collect()
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn shrink(&self) {
        self.shrink_to_fit();
    }
}

impl<S: BuildHasher + Sync> Numbers for Dict<u64, u64, S> {
    fn value(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|value| *value)
    }

    fn put(&self, key: u64, value: u64) -> Option<u64> {
        self.insert(key, value).map(|old| *old)
    }

    fn put_new(&self, key: u64, value: u64) -> bool {
        self.try_insert(key, value).is_ok()
    }

    fn take(&self, key: u64) -> Option<u64> {
        self.remove(&key).map(|old| *old)
    }

    fn change(&self, key: u64, change: impl Fn(u64) -> u64) -> Option<u64> {
        let mut seen = 0;
        let outcome = self.update(&key, |old| {
            seen = *old;
            change(seen)
        });
        outcome.map(|_| seen)
    }

    fn add(&self, key: u64, delta: u64) -> Option<u64> {
        self.change(key, |old| old.wrapping_add(delta))
    }

    fn entries(&self) -> Vec<(u64, u64)> {
        self.pin().iter().map(|(key, value)| (*key, *value)).collect()
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn shrink(&self) {
        self.shrink_to_fit();
    }
}
