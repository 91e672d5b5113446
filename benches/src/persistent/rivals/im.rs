//! im: maps by hash and by order, vectors. [`like_im`] is for its fork, too, whose methods have the same names.

use super::super::key::Key;
use super::super::kinds::{Cut, Fronted, Hasher, Lookup, Map, Persistent, Sequence, by_lookup, sum, total};

pub(in crate::persistent) type ImHash<K> = im::HashMap<K, u64, Hasher>;
pub(in crate::persistent) type ImOrd<K> = im::OrdMap<K, u64>;
pub(in crate::persistent) type ImVector = im::Vector<u64>;

/// The methods that maps have in common; only those by order have a `diff`.
macro_rules! like_im {
    ($type:ty, $empty:expr, $changes:expr) => {
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
                self.insert(key, value);
            }

            #[inline]
            fn cut(&mut self, key: &K) -> bool {
                self.remove(key).is_some()
            }
        }

        impl<K: Key> Persistent<K> for $type {
            #[inline]
            fn plus(&self, key: K, value: u64) -> Self {
                self.update(key, value)
            }

            #[inline]
            fn minus(&self, key: &K) -> Self {
                self.without(key)
            }

            fn joined(&self, other: &Self) -> Self {
                // It puts the smaller one into the larger one itself.
                self.clone().union(other.clone())
            }

            fn changes(&self, newer: &Self) -> u64 {
                $changes(self, newer)
            }

            fn is_same(&self, other: &Self) -> bool {
                self == other
            }
        }
    };
}

/// The same for vectors.
macro_rules! vector_like_im {
    ($type:ty) => {
        impl Sequence for $type {
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
                self.push_back(value);
            }
        }

        impl Fronted for $type {
            #[inline]
            fn put_front(&mut self, value: u64) {
                self.push_front(value);
            }
        }

        impl Cut for $type {
            fn concat(&self, other: &Self) -> Self {
                let mut joined = self.clone();
                joined.append(other.clone());
                joined
            }

            fn slice(&self, start: usize, end: usize) -> Self {
                // Their own `slice` cuts in place, and puts together again what is left.
                self.skip(start).take(end - start)
            }
        }
    };
}

pub(super) use {like_im, vector_like_im};

like_im!(ImHash<K>, Self::with_hasher(Hasher::default()), |older: &Self, newer: &Self| {
    by_lookup([older, newer], older.iter(), newer.iter())
});
like_im!(ImOrd<K>, Self::new(), |older: &Self, newer: &Self| older.diff(newer).count() as u64);
vector_like_im!(ImVector);
