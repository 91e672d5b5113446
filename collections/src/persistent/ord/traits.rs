//! What ordered maps do as other collections do.

use alloc::vec::Vec;
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::{Index, IndexMut},
};

use equivalent::Comparable;

use super::{
    node::build,
    ord_map::{IntoIter, Iter, IterMut},
};
use crate::persistent::OrdMap;

impl<K, V> Clone for OrdMap<K, V> {
    /// The same version: one increment of a counter, whatever the entries are.
    fn clone(&self) -> Self {
        Self { root: self.root.clone() }
    }
}

impl<K, V> Default for OrdMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OrdMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Hash, V: Hash> Hash for OrdMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K: Ord, V: Eq + PartialOrd> PartialOrd for OrdMap<K, V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.iter().partial_cmp(other)
    }
}

/// As sequences of entries.
impl<K: Ord, V: Ord> Ord for OrdMap<K, V> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.ptr_eq(other) { Ordering::Equal } else { self.iter().cmp(other) }
    }
}

impl<K, V, Q: ?Sized + Comparable<K>> Index<&Q> for OrdMap<K, V> {
    type Output = V;

    /// # Panics
    ///
    /// If there is no entry of the key.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry of the key")
    }
}

impl<K: Clone, V: Clone, Q: ?Sized + Comparable<K>> IndexMut<&Q> for OrdMap<K, V> {
    /// # Panics
    ///
    /// If there is no entry of the key.
    fn index_mut(&mut self, key: &Q) -> &mut V {
        self.get_mut(key).expect("no entry of the key")
    }
}

/// Of keys that come twice, the first is kept, with the last value. Linear if the keys ascend, else as long as sorting takes.
impl<K: Ord + Clone, V> FromIterator<(K, V)> for OrdMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        if !entries.is_sorted_by(|one, other| one.0 < other.0) {
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            dedup(&mut entries);
        }
        Self { root: build(entries) }
    }
}

/// Of keys that come twice, which are in order, lets the first stay, with the last value.
pub(super) fn dedup<K: Eq, V>(entries: &mut Vec<(K, V)>) {
    entries.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            core::mem::swap(&mut next.1, &mut kept.1);
        }
        is_same
    });
}

impl<K: Ord + Clone, V, const N: usize> From<[(K, V); N]> for OrdMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// As [`insert_mut`](OrdMap::insert_mut), entry by entry.
impl<K: Ord + Clone, V: Clone> Extend<(K, V)> for OrdMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert_mut(key, value);
        }
    }
}

impl<'a, K: Ord + Copy, V: Copy> Extend<(&'a K, &'a V)> for OrdMap<K, V> {
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        self.extend(entries.into_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<'a, K, V> IntoIterator for &'a OrdMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K: Clone, V: Clone> IntoIterator for &'a mut OrdMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K: Clone, V: Clone> IntoIterator for OrdMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter::new(self)
    }
}
