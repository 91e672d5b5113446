//! Collections that are no values, without a word about other versions: hashbrown, `BTreeMap`, `Vec`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::super::key::Key;
use super::super::kinds::{Hasher, Lookup, Map, Sequence, sum, total};

pub(in crate::persistent) type Bare<K> = HashMap<K, u64, Hasher>;
pub(in crate::persistent) type BareOrd<K> = BTreeMap<K, u64>;

macro_rules! limit {
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
                self.insert(key, value);
            }

            #[inline]
            fn cut(&mut self, key: &K) -> bool {
                self.remove(key).is_some()
            }
        }
    )+};
}

limit! {
    Bare<K>, Self::with_hasher(Hasher::default());
    BareOrd<K>, Self::new();
}

impl Sequence for Vec<u64> {
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
        self.push(value);
    }
}
