//! rpds, with the pointers of triomphe: maps by hash, vectors.

use super::super::key::Key;
use super::super::kinds::{Hasher, Lookup, Map, Persistent, Sequence, by_lookup, sum, total};

pub(in crate::persistent) type RpdsHash<K> = rpds::HashTrieMapSync<K, u64, Hasher>;
pub(in crate::persistent) type RpdsVector = rpds::VectorSync<u64>;

impl<K: Key> Lookup<K> for RpdsHash<K> {
    fn collect(entries: Vec<(K, u64)>) -> Self {
        entries.into_iter().collect()
    }

    #[inline]
    fn count(&self) -> usize {
        self.size()
    }

    #[inline]
    fn find(&self, key: &K) -> Option<u64> {
        self.get(key).copied()
    }

    fn walk(&self) -> (u64, u64) {
        total(self.iter())
    }
}

impl<K: Key> Map<K> for RpdsHash<K> {
    fn empty() -> Self {
        Self::new_with_hasher_and_ptr_kind(Hasher::default())
    }

    #[inline]
    fn put(&mut self, key: K, value: u64) {
        self.insert_mut(key, value);
    }

    #[inline]
    fn cut(&mut self, key: &K) -> bool {
        self.remove_mut(key)
    }
}

impl<K: Key> Persistent<K> for RpdsHash<K> {
    #[inline]
    fn plus(&self, key: K, value: u64) -> Self {
        self.insert(key, value)
    }

    #[inline]
    fn minus(&self, key: &K) -> Self {
        self.remove(key)
    }

    /// It has no union. Lookups cost less than inserts that change nothing: only what is missing is put in.
    fn joined(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        for (key, value) in other.iter() {
            if !joined.contains_key(key) {
                joined.insert_mut(key.clone(), *value);
            }
        }
        joined
    }

    fn changes(&self, newer: &Self) -> u64 {
        by_lookup([self, newer], self.iter(), newer.iter())
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Sequence for RpdsVector {
    fn collect(count: u64) -> Self {
        (0..count).collect()
    }

    fn empty() -> Self {
        Self::new_sync()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn find(&self, index: usize) -> Option<u64> {
        self.get(index).copied()
    }

    fn walk(&self) -> (u64, u64) {
        sum(self.iter().copied())
    }

    #[inline]
    fn put(&mut self, value: u64) {
        self.push_back_mut(value);
    }

    #[inline]
    fn plus(&self, value: u64) -> Self {
        self.push_back(value)
    }
}
