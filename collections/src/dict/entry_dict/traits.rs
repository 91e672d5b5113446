//! What other traits make of a dict.

use std::{
    fmt,
    hash::{BuildHasher, Hash},
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::Dict;
use crate::dict::builder::Plan;

// A panic leaves a dict as it was, or as it was to become.
impl<K, V, S: UnwindSafe> UnwindSafe for Dict<K, V, S> {}
impl<K, V, S: RefUnwindSafe> RefUnwindSafe for Dict<K, V, S> {}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for Dict<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for entry in self {
            map.entry(entry.key(), entry.value());
        }
        map.finish()
    }
}

/// A copy, weakly consistent, with clones of the entries and of the hasher.
impl<K: Clone + Eq + Hash, V: Clone, S: Clone + BuildHasher> Clone for Dict<K, V, S> {
    fn clone(&self) -> Self {
        let plan = Plan { capacity: self.len(), ..self.plan() };
        let copy = Self::planned(plan, self.hasher.clone());
        copy.insert_many(self.iter().map(|entry| (entry.key().clone(), entry.value().clone())));
        copy
    }
}

/// Whether the entries are equal. Weakly consistent.
impl<K: Eq + Hash, V: PartialEq, S: BuildHasher, T: BuildHasher> PartialEq<Dict<K, V, T>> for Dict<K, V, S> {
    fn eq(&self, other: &Dict<K, V, T>) -> bool {
        let mut count = 0;
        self.len() == other.len()
            && self.iter().all(|entry| {
                count += 1;
                other.read(entry.key(), |value| value == entry.value()) == Some(true)
            })
            && count == other.len()
    }
}

impl<K: Eq + Hash, V: Eq, S: BuildHasher> Eq for Dict<K, V, S> {}

impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for Dict<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.insert_many(entries);
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for &Dict<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.insert_many(entries);
    }
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> FromIterator<(K, V)> for Dict<K, V, S> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let dict = Self::with_hasher(S::default());
        dict.insert_many(entries);
        dict
    }
}

impl<K: Eq + Hash, V, const N: usize> From<[(K, V); N]> for Dict<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}
