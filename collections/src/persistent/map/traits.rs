//! Traits of std that a map has.

use core::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    ops::Index,
};

use equivalent::Equivalent;

use super::{IntoIter, Iter, IterMut, Map, two::collect};
use crate::persistent::sum;

/// O(1) of an empty map.
impl<K, V, S: Default> Default for Map<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

/// Whether the keys and values are the same. Nodes that both maps have are passed over; so a value has to be equal to itself (`V: Eq`). For
/// values that are not, as floats, there is [`eq_by`](Map::eq_by).
impl<K: Hash + Eq, V: Eq, S: BuildHasher> PartialEq for Map<K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.root.ptr_eq(&other.root) || self.len() == other.len() && self.diff(other).next().is_none()
    }
}

impl<K: Hash + Eq, V: Eq, S: BuildHasher> Eq for Map<K, V, S> {}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// Whether the keys are the same, and their values by the closure, which is asked for each: O(n).
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let map = Map::from([("a", 1.0), ("b", f64::NAN)]);
    /// assert!(!map.eq_by(&map, |one, other| one == other));
    /// ```
    pub fn eq_by<W, T: BuildHasher>(&self, other: &Map<K, W, T>, mut are_equal: impl FnMut(&V, &W) -> bool) -> bool {
        self.len() == other.len()
            && self.iter().all(|(key, value)| other.get(key).is_some_and(|other| are_equal(value, other)))
    }
}

/// Of equal maps the same, whatever their hashers: a sum over all entries, O(n).
impl<K: Hash, V: Hash, S> Hash for Map<K, V, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        state.write_u64(sum(self.iter()));
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for Map<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// # Panics
///
/// If there is no such key.
impl<K, V, S: BuildHasher, Q: Hash + Equivalent<K> + ?Sized> Index<&Q> for Map<K, V, S> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry found for key")
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// The map of these entries, with this hasher; of equal keys, the last one counts.
    pub(in crate::persistent) fn from_entries(entries: impl IntoIterator<Item = (K, V)>, hasher: S) -> Self {
        Self { root: collect(entries, &hasher), hasher }
    }
}

/// Built from below, with nodes of exact size. Of equal keys, the last one counts.
impl<K: Hash + Eq, V, S: BuildHasher + Default> FromIterator<(K, V)> for Map<K, V, S> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self::from_entries(entries, S::default())
    }
}

/// Built as by `FromIterator`.
impl<K: Hash + Eq, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// In place, one after the other; of equal keys, the last one counts.
impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Extend<(K, V)> for Map<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            drop(self.put(key, value));
        }
    }
}

impl<'a, K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Extend<(&'a K, &'a V)> for Map<K, V, S> {
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        self.extend(entries.into_iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

impl<'a, K, V, S> IntoIterator for &'a Map<K, V, S> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K: Clone, V: Clone, S> IntoIterator for &'a mut Map<K, V, S> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

/// What other versions have too is cloned; the rest is moved.
impl<K: Clone, V: Clone, S> IntoIterator for Map<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter::new(self.root)
    }
}
