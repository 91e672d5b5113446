//! Entries by place.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
};

use super::{
    Map, ProcessState, change,
    hash::Hashed,
    node::{Form, Item},
};

/// Where a key is in a [`Map`], or would be: of [`entry_mut`](Map::entry_mut).
pub enum Entry<'a, K, V, S = ProcessState> {
    /// It is there.
    Occupied(OccupiedEntry<'a, K, V, S>),
    /// It is not.
    Vacant(VacantEntry<'a, K, V, S>),
}

/// The place of a key that is there.
pub struct OccupiedEntry<'a, K, V, S = ProcessState> {
    map: &'a mut Map<K, V, S>,
    hash: Hashed,
    /// In its leaf.
    index: usize,
}

/// The place of a key that is not there.
pub struct VacantEntry<'a, K, V, S = ProcessState> {
    map: &'a mut Map<K, V, S>,
    hash: Hashed,
    key: K,
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Map<K, V, S> {
    /// The place of a key, to look and change with one search. Nothing is copied before something is changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let mut counts = Map::new();
    /// for word in ["one", "two", "one"] {
    ///     *counts.entry_mut(word).or_insert(0) += 1;
    /// }
    /// assert_eq!(counts["one"], 2);
    /// ```
    pub fn entry_mut(&mut self, key: K) -> Entry<'_, K, V, S> {
        let hash = Hashed::of(&self.hasher, &key);
        match change::find(&self.root, hash, |other| key == *other) {
            Some((_, index)) => Entry::Occupied(OccupiedEntry { map: self, hash, index }),
            None => Entry::Vacant(VacantEntry { map: self, hash, key }),
        }
    }
}

impl<'a, K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Entry<'a, K, V, S> {
    /// The value, which is this one if there was none.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value, which is the closure's if there was none. If that panics, nothing has changed.
    pub fn or_insert_with(self, value: impl FnOnce() -> V) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(value()),
        }
    }

    /// The value, which is the default one if there was none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// Changes the value, if there is one.
    #[must_use = "the entry is to be used further; `get_mut` changes a value"]
    pub fn and_modify(mut self, change: impl FnOnce(&mut V)) -> Self {
        if let Self::Occupied(entry) = &mut self {
            change(entry.get_mut());
        }
        self
    }

    /// The key.
    pub fn key(&self) -> &K {
        match self {
            Self::Occupied(entry) => entry.key(),
            Self::Vacant(entry) => entry.key(),
        }
    }
}

impl<'a, K, V, S> OccupiedEntry<'a, K, V, S> {
    fn pair(&self) -> (&K, &V) {
        change::leaf_at(&self.map.root, self.hash.bits()).expect("the leaf of an entry").pair(self.index)
    }

    /// The key that is in the map.
    pub fn key(&self) -> &K {
        self.pair().0
    }

    /// The value.
    pub fn get(&self) -> &V {
        self.pair().1
    }
}

impl<'a, K: Clone, V: Clone, S> OccupiedEntry<'a, K, V, S> {
    /// The value, to be changed.
    pub fn get_mut(&mut self) -> &mut V {
        change::entry_mut(&mut self.map.root, self.hash.bits(), self.index).1
    }

    /// The value, to be changed as long as the map is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        change::entry_mut(&mut self.map.root, self.hash.bits(), self.index).1
    }

    /// Another value; the old one is the result.
    pub fn insert(&mut self, value: V) -> V {
        core::mem::replace(self.get_mut(), value)
    }

    /// Removes the entry; the value is the result.
    pub fn remove(self) -> V {
        change::remove(&mut self.map.root, self.hash, self.index).into_value()
    }

    /// Removes the entry, which is the result.
    pub fn remove_entry(self) -> (K, V) {
        change::remove(&mut self.map.root, self.hash, self.index).into_pair()
    }
}

impl<'a, K, V, S> VacantEntry<'a, K, V, S> {
    /// The key that was looked for.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key that was looked for, back.
    pub fn into_key(self) -> K {
        self.key
    }
}

impl<'a, K: Hash + Eq + Clone, V: Clone, S: BuildHasher> VacantEntry<'a, K, V, S> {
    /// Inserts an entry with this value, which is the result.
    ///
    /// # Panics
    ///
    /// If the key's `Eq` lies: it is not found where it was inserted.
    pub fn insert(self, value: V) -> &'a mut V {
        let Self { map, hash, key } = self;
        let leaf = |map: &Map<K, V, S>| change::leaf_at(&map.root, hash.bits()).map_or(0, |leaf| leaf.len());
        // In a leaf that is not divided, it becomes the last one; in others it has to be found.
        let sought = (leaf(map) >= Form::<K, V>::MOST).then(|| key.clone());
        let item = Item::new(hash.bits(), key, value);
        drop(change::insert(&mut map.root, hash, 0, item, &map.hasher));
        let index = match sought {
            None => leaf(map) - 1,
            Some(key) => change::find(&map.root, hash, |other| key == *other).expect("a key that was inserted").1,
        };
        change::entry_mut(&mut map.root, hash.bits(), index).1
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for Entry<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Occupied(entry) => entry.fmt(f),
            Self::Vacant(entry) => entry.fmt(f),
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for OccupiedEntry<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = self.pair();
        f.debug_struct("OccupiedEntry").field("key", key).field("value", value).finish_non_exhaustive()
    }
}

impl<K: fmt::Debug, V, S> fmt::Debug for VacantEntry<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(&self.key).finish()
    }
}
