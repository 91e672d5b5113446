//! polder: maps by hash and by order, flat maps, vectors.

use polder_collections::frozen;
use polder_collections::persistent::{self, OrdMap, Vector};

use super::super::key::Key;
use super::super::kinds::{Cut, Fronted, Hasher, Lookup, Map, Persistent, Sequence, sum, total};

pub(in crate::persistent) type PolderMap<K> = persistent::Map<K, u64, Hasher>;
pub(in crate::persistent) type PolderOrd<K> = OrdMap<K, u64>;
pub(in crate::persistent) type PolderFrozen<K> = frozen::Map<K, u64, Hasher>;
pub(in crate::persistent) type PolderVector = Vector<u64>;

/// The methods that maps by hash and by order have in common.
macro_rules! polder_map {
    ($($type:ty, $empty:expr;)+) => {$(
        impl<K: Key> Lookup<K> for $type {
            fn collect(entries: Vec<(K, u64)>) -> Self {
                entries.into_iter().collect()
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
                total(self.iter())
            }
        }

        impl<K: Key> Map<K> for $type {
            fn empty() -> Self {
                $empty
            }

            #[inline]
            fn put(&mut self, key: K, value: u64) {
                self.insert_mut(key, value);
            }

            #[inline]
            fn cut(&mut self, key: &K) -> bool {
                self.remove_mut(key).is_some()
            }
        }

        impl<K: Key> Persistent<K> for $type {
            #[inline]
            fn plus(&self, key: K, value: u64) -> Self {
                self.insert(key, value)
            }

            #[inline]
            fn minus(&self, key: &K) -> Self {
                self.remove(key)
            }

            fn joined(&self, other: &Self) -> Self {
                self.union(other)
            }

            fn changes(&self, newer: &Self) -> u64 {
                self.diff(newer).count() as u64
            }

            fn is_same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )+};
}

polder_map! {
    PolderMap<K>, Self::with_hasher(Hasher::default());
    PolderOrd<K>, Self::new();
}

impl<K: Key> Lookup<K> for PolderFrozen<K> {
    fn collect(entries: Vec<(K, u64)>) -> Self {
        Self::from_vec(entries, Hasher::default())
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
        total(self.iter())
    }
}

impl Sequence for PolderVector {
    fn collect(count: u64) -> Self {
        (0..count).collect()
    }

    fn empty() -> Self {
        Self::new()
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

impl Fronted for PolderVector {
    #[inline]
    fn put_front(&mut self, value: u64) {
        self.push_front_mut(value);
    }
}

impl Cut for PolderVector {
    fn concat(&self, other: &Self) -> Self {
        self.concat(other)
    }

    fn slice(&self, start: usize, end: usize) -> Self {
        self.slice(start..end)
    }
}
