//! polder: `WordDict`, which has no guard, and `Dict` with a guard for each operation and under one that is held.

use polder_collections::{Dict, Pinned, WordDict};
use polder_sync::reclaim;

use super::super::key::Key;
use super::super::table::{BATCH, Hasher, Iterate, Seat, Table, hasher, total};

/// Operations for which the row with a held pin keeps one, as papaya's.
const HELD: u32 = 256;

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

/// Entries by pointer; a guard for each operation.
pub(in crate::dicts) struct PolderDict<K>(Dict<K, u64, Hasher>);

pub(in crate::dicts) struct DictSeat<'a, K>(&'a Dict<K, u64, Hasher>);

impl<K: Key> Table<K> for PolderDict<K> {
    type Seat<'a> = DictSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(Dict::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> DictSeat<'_, K> {
        DictSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        reclaim::flush();
    }
}

impl<K: Key> Seat<K> for DictSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.get(key).map(|value| *value)
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.insert(key, value).map(|old| *old)
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.remove(key).map(|old| *old)
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        self.0.update(key, |value| change(*value)).is_some()
    }
}

impl<K: Key> Iterate<K> for PolderDict<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.pin().values().copied())
    }
}

/// The same under a pin for many operations.
pub(in crate::dicts) struct PolderPinned<K>(Dict<K, u64, Hasher>);

pub(in crate::dicts) struct PinnedSeat<'a, K> {
    pinned: Pinned<'a, K, u64, Hasher>,
    left: u32,
}

impl<K: Key> Table<K> for PolderPinned<K> {
    type Seat<'a> = PinnedSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(Dict::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> PinnedSeat<'_, K> {
        PinnedSeat { pinned: self.0.pin(), left: HELD }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        reclaim::flush();
    }
}

impl<'a, K: Key> PinnedSeat<'a, K> {
    /// The dict under the pin.
    #[inline]
    fn held(&mut self) -> &Pinned<'a, K, u64, Hasher> {
        self.left -= 1;
        if self.left == 0 {
            self.left = HELD;
            self.pinned.refresh();
        }
        &self.pinned
    }
}

impl<K: Key> Seat<K> for PinnedSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.held().get(key).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.held().insert(key, value).copied()
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.held().remove(key).copied()
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        self.held().dict().update(key, |value| change(*value)).is_some()
    }
}
