//! What maps and sets are made from, and the traits of std that they have.

use alloc::vec::Vec;
use core::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    ops::Index,
};

use equivalent::Equivalent;

use super::{Map, Set};
use crate::persistent::sum;

/// Of pairs with equal keys, the last one stays.
impl<K: Hash + Eq, V, S: BuildHasher + Default> FromIterator<(K, V)> for Map<K, V, S> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self::from(entries.into_iter().collect::<Vec<_>>())
    }
}

/// Of pairs with equal keys, the last one stays.
impl<K: Hash + Eq, V, S: BuildHasher + Default> From<Vec<(K, V)>> for Map<K, V, S> {
    fn from(entries: Vec<(K, V)>) -> Self {
        Self::from_vec(entries, S::default())
    }
}

/// Of pairs with equal keys, the last one stays.
impl<K: Hash + Eq, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        Self::from(Vec::from(entries))
    }
}

/// With the hasher of the other map; if their states are equal, so is the order.
#[cfg(feature = "std")]
impl<K: Hash + Eq, V, S: BuildHasher + Clone> From<std::collections::HashMap<K, V, S>> for Map<K, V, S> {
    fn from(map: std::collections::HashMap<K, V, S>) -> Self {
        let hasher = map.hasher().clone();
        Self::from_vec(map.into_iter().collect(), hasher)
    }
}

/// What a dict held at one moment, to be read as often as one likes.
///
/// ```
/// use polder_collections::{Dict, frozen::Map};
///
/// let dict = Dict::from([("one".to_owned(), 1), ("two".to_owned(), 2)]);
/// let frozen: Map<String, i32> = dict.snapshot().into();
/// assert_eq!(frozen.get("two"), Some(&2));
/// ```
#[cfg(feature = "std")]
impl<K: Hash + Eq, V, S: BuildHasher + Default> From<crate::Snapshot<K, V>> for Map<K, V, S> {
    fn from(snapshot: crate::Snapshot<K, V>) -> Self {
        Self::from(snapshot.into_vec())
    }
}

impl<K: Clone, V: Clone, S: Clone> Clone for Map<K, V, S> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), index: self.index.clone(), hasher: self.hasher.clone() }
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for Map<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Equal entries, whatever the hashers. O(n); if the hashers are equal, no key is hashed but those with equal hashes.
impl<K: Hash + Eq, V: PartialEq, S: BuildHasher, R> PartialEq<Map<K, V, R>> for Map<K, V, S> {
    fn eq(&self, other: &Map<K, V, R>) -> bool {
        // Where the order is the same, the entry is at the same place; elsewhere it is looked for.
        let is_in_self = |(place, (key, value)): (usize, &(K, V))| match &self.entries[place] {
            (same, found) if same == key => found == value,
            _ => self.get(key).is_some_and(|found| found == value),
        };
        self.len() == other.len() && other.entries.iter().enumerate().all(is_in_self)
    }
}

impl<K: Hash + Eq, V: Eq, S: BuildHasher> Eq for Map<K, V, S> {}

/// A sum over the entries, so that it is the same for equal maps with different hashers: good for this process alone.
impl<K: Hash, V: Hash, S> Hash for Map<K, V, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        state.write_u64(sum(self.entries.iter()));
    }
}

impl<K, V, Q, S> Index<&Q> for Map<K, V, S>
where
    Q: Hash + Equivalent<K> + ?Sized,
    S: BuildHasher,
{
    type Output = V;

    /// The value of a key.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("there is no entry with this key")
    }
}

/// Of equal items, the last one stays.
impl<T: Hash + Eq, S: BuildHasher + Default> FromIterator<T> for Set<T, S> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { map: items.into_iter().map(|item| (item, ())).collect() }
    }
}

/// Of equal items, the last one stays.
impl<T: Hash + Eq, S: BuildHasher + Default> From<Vec<T>> for Set<T, S> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

/// Of equal items, the last one stays.
impl<T: Hash + Eq, const N: usize> From<[T; N]> for Set<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

/// With the hasher of the other set.
#[cfg(feature = "std")]
impl<T: Hash + Eq, S: BuildHasher + Clone> From<std::collections::HashSet<T, S>> for Set<T, S> {
    fn from(set: std::collections::HashSet<T, S>) -> Self {
        let hasher = set.hasher().clone();
        Self::from_vec(set.into_iter().collect(), hasher)
    }
}

impl<T, S: Default> Default for Set<T, S> {
    fn default() -> Self {
        Self { map: Map::default() }
    }
}

impl<T: Clone, S: Clone> Clone for Set<T, S> {
    fn clone(&self) -> Self {
        Self { map: self.map.clone() }
    }
}

impl<T: fmt::Debug, S> fmt::Debug for Set<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

/// Equal items, whatever the hashers. As of [`Map`].
impl<T: Hash + Eq, S: BuildHasher, R> PartialEq<Set<T, R>> for Set<T, S> {
    fn eq(&self, other: &Set<T, R>) -> bool {
        self.map == other.map
    }
}

impl<T: Hash + Eq, S: BuildHasher> Eq for Set<T, S> {}

/// As of [`Map`].
impl<T: Hash, S> Hash for Set<T, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.map.hash(state);
    }
}
