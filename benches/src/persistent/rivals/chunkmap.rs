//! immutable-chunkmap: maps by order, in chunks of 512.

use immutable_chunkmap::map::MapM;

use super::super::key::Key;
use super::super::kinds::{Lookup, Map, Persistent, in_step, total};

pub(in crate::persistent) type ChunkMap<K> = MapM<K, u64>;

impl<K: Key> Lookup<K> for ChunkMap<K> {
    /// Many at once, and sorted, as its documentation advises.
    fn collect(mut entries: Vec<(K, u64)>) -> Self {
        entries.sort_unstable();
        Self::new().insert_many(entries)
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn find(&self, key: &K) -> Option<u64> {
        self.get(key).copied()
    }

    fn walk(&self) -> (u64, u64) {
        total(self.into_iter())
    }
}

impl<K: Key> Map<K> for ChunkMap<K> {
    fn empty() -> Self {
        Self::new()
    }

    #[inline]
    fn put(&mut self, key: K, value: u64) {
        self.insert_cow(key, value);
    }

    #[inline]
    fn cut(&mut self, key: &K) -> bool {
        self.remove_cow(key).is_some()
    }
}

impl<K: Key> Persistent<K> for ChunkMap<K> {
    #[inline]
    fn plus(&self, key: K, value: u64) -> Self {
        self.insert(key, value).0
    }

    #[inline]
    fn minus(&self, key: &K) -> Self {
        self.remove(key).0
    }

    fn joined(&self, other: &Self) -> Self {
        self.union(other, |_, value, _| Some(*value))
    }

    /// Its `diff` is that of sets of keys.
    fn changes(&self, newer: &Self) -> u64 {
        in_step(self.into_iter(), newer.into_iter())
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}
