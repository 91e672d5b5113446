//! flurry: Java's `ConcurrentHashMap` in Rust.

use ::flurry::HashMap;

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

/// A guard for each operation.
pub(in crate::dicts) struct Flurry<K>(HashMap<K, u64, Hasher>);

pub(in crate::dicts) struct FlurrySeat<'a, K>(&'a HashMap<K, u64, Hasher>);

impl<K: Key> Table<K> for Flurry<K> {
    type Seat<'a> = FlurrySeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> FlurrySeat<'_, K> {
        FlurrySeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        self.0.guard().flush();
    }
}

impl<K: Key> Seat<K> for FlurrySeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.get(key, &self.0.guard()).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.insert(key, value, &self.0.guard()).copied()
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.remove(key, &self.0.guard()).copied()
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        self.0.compute_if_present(key, |_, value| Some(change(*value)), &self.0.guard()).is_some()
    }
}

impl<K: Key> Iterate<K> for Flurry<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.values(&self.0.guard()).copied())
    }
}
