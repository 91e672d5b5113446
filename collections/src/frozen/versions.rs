//! From persistent maps and sets, and to them.

use core::hash::{BuildHasher, Hash};

use super::{Map, Set};
use crate::persistent::{self, map::Row};

/// With the hasher of the persistent map. Entries that other versions have too are cloned, the rest is moved.
///
/// O(n) if the hashes are even. Keys are hashed where the entries are small and own nothing; of others, the hash is known.
///
/// # Examples
///
/// ```
/// use polder_collections::{frozen, persistent};
///
/// let versions = persistent::Map::from([("a", 1)]).insert("b", 2);
/// let frozen = frozen::Map::from(versions);
/// assert_eq!(frozen["b"], 2);
/// ```
impl<K: Hash + Clone, V: Clone, S: BuildHasher> From<persistent::Map<K, V, S>> for Map<K, V, S> {
    fn from(map: persistent::Map<K, V, S>) -> Self {
        Self::of_row(map.into_row())
    }
}

/// With clones of the entries and of the hasher; else as from the persistent map itself.
impl<K: Hash + Clone, V: Clone, S: BuildHasher + Clone> From<&persistent::Map<K, V, S>> for Map<K, V, S> {
    fn from(map: &persistent::Map<K, V, S>) -> Self {
        Self::of_row(map.to_row())
    }
}

impl<K, V, S> Map<K, V, S> {
    fn of_row(row: Row<K, V, S>) -> Self {
        Self::from_unordered(row.entries, row.hashes, row.hasher)
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> Map<K, V, S> {
    /// The persistent map of these entries, with the same hasher: to go on from here by versions.
    ///
    /// Clones the entries, hashes each key once and sorts by the hashes. `persistent::Map::from` moves the entries instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::frozen::Map;
    ///
    /// let defaults = Map::from([("retries", 3), ("port", 80)]);
    /// let mine = defaults.to_persistent().insert("port", 8080);
    /// assert_eq!((mine["retries"], mine["port"]), (3, 8080));
    /// ```
    #[must_use]
    pub fn to_persistent(&self) -> persistent::Map<K, V, S> {
        self.into()
    }
}

/// With the hasher of the frozen map, and its entries. Hashes each key once, and sorts by the hashes.
impl<K: Hash + Eq, V, S: BuildHasher> From<Map<K, V, S>> for persistent::Map<K, V, S> {
    fn from(map: Map<K, V, S>) -> Self {
        let Map { entries, index, hasher } = map;
        Self::from_row(entries, index.hashes().iter().copied(), hasher)
    }
}

/// With clones of the entries and of the hasher; else as from the frozen map itself.
impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> From<&Map<K, V, S>> for persistent::Map<K, V, S> {
    fn from(map: &Map<K, V, S>) -> Self {
        Self::from_row(map.entries.iter().cloned(), map.index.hashes().iter().copied(), map.hasher.clone())
    }
}

/// With the hasher of the persistent set. As between maps.
impl<T: Hash + Clone, S: BuildHasher> From<persistent::Set<T, S>> for Set<T, S> {
    fn from(set: persistent::Set<T, S>) -> Self {
        Self { map: set.into_map().into() }
    }
}

/// With clones of the items. As between maps.
impl<T: Hash + Clone, S: BuildHasher + Clone> From<&persistent::Set<T, S>> for Set<T, S> {
    fn from(set: &persistent::Set<T, S>) -> Self {
        Self { map: set.as_map().into() }
    }
}

impl<T: Hash + Eq + Clone, S: BuildHasher + Clone> Set<T, S> {
    /// The persistent set of these items, with the same hasher. As [`Map::to_persistent`].
    #[must_use]
    pub fn to_persistent(&self) -> persistent::Set<T, S> {
        self.into()
    }
}

/// With the hasher of the frozen set. As between maps.
impl<T: Hash + Eq, S: BuildHasher> From<Set<T, S>> for persistent::Set<T, S> {
    fn from(set: Set<T, S>) -> Self {
        Self::from_map(set.map.into())
    }
}

/// With clones of the items. As between maps.
impl<T: Hash + Eq + Clone, S: BuildHasher + Clone> From<&Set<T, S>> for persistent::Set<T, S> {
    fn from(set: &Set<T, S>) -> Self {
        Self::from_map(set.as_map().into())
    }
}

impl<K: Hash + Clone, V: Clone, S: BuildHasher + Clone> persistent::Map<K, V, S> {
    /// The frozen map of these entries, with the same hasher: to be read much, and not to be changed any more.
    ///
    /// Clones the entries; `frozen::Map::from` moves what no other version has. O(n) if the hashes are even. Keys are hashed where the entries are
    /// small and own nothing; of others, the hash is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let map = Map::from([("a", 1)]).insert("b", 2);
    /// assert_eq!(map.to_frozen().get("b"), Some(&2));
    /// ```
    #[must_use]
    pub fn to_frozen(&self) -> Map<K, V, S> {
        self.into()
    }
}

impl<T: Hash + Clone, S: BuildHasher + Clone> persistent::Set<T, S> {
    /// The frozen set of these items, with the same hasher. As [`Map::to_frozen`](persistent::Map::to_frozen).
    #[must_use]
    pub fn to_frozen(&self) -> Set<T, S> {
        self.into()
    }
}
