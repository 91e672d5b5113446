//! polder: `WordDict`, which has no guard.

use polder_collections::WordDict;

use super::super::table::{BATCH, Hasher, Iterate, Seat, Table, hasher, total};

/// Keys and values in place.
pub(in crate::dicts) struct PolderWord(WordDict<u64, u64, Hasher>);

pub(in crate::dicts) struct WordSeat<'a>(&'a WordDict<u64, u64, Hasher>);

impl Table<u64> for PolderWord {
    type Seat<'a> = WordSeat<'a>;

    fn new(capacity: usize) -> Self {
        Self(WordDict::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> WordSeat<'_> {
        WordSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Seat<u64> for WordSeat<'_> {
    #[inline]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get(key)
    }

    #[inline]
    fn get_many(&mut self, keys: &[u64; BATCH], values: &mut [Option<u64>; BATCH]) {
        self.0.get_many(keys, values);
    }

    #[inline]
    fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        self.0.insert(key, value)
    }

    #[inline]
    fn remove(&mut self, key: &u64) -> Option<u64> {
        self.0.remove(key)
    }

    #[inline]
    fn update(&mut self, key: &u64, change: impl Fn(u64) -> u64) -> bool {
        self.0.update(key, change).is_some()
    }

    #[inline]
    fn fetch_add(&mut self, key: &u64, delta: u64) -> bool {
        self.0.fetch_add(key, delta).is_some()
    }
}

impl Iterate<u64> for PolderWord {
    fn walk(&self) -> (u64, u64) {
        total(self.0.values())
    }
}
