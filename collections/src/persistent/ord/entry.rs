//! The entry of one key, to be changed in place.

use core::{fmt, mem};

use super::node::Steps;
use crate::persistent::OrdMap;

/// The entry of a key: of [`entry_mut`](OrdMap::entry_mut).
#[derive(Debug)]
pub enum Entry<'a, K, V> {
    /// The key is there.
    Occupied(OccupiedEntry<'a, K, V>),
    /// It is not.
    Vacant(VacantEntry<'a, K, V>),
}

/// An entry that is there.
pub struct OccupiedEntry<'a, K, V> {
    map: &'a mut OrdMap<K, V>,
    /// Of this key, until the map changes.
    steps: Steps,
}

/// An entry that is not there.
pub struct VacantEntry<'a, K, V> {
    map: &'a mut OrdMap<K, V>,
    key: K,
}

/// What only an entry without a map would lack.
const THERE: &str = "the entry is in the map";

impl<'a, K: Ord + Clone, V: Clone> Entry<'a, K, V> {
    pub(super) fn new(map: &'a mut OrdMap<K, V>, key: K) -> Self {
        match map.root.as_ref().and_then(|root| Steps::find(root, &key)) {
            Some(steps) => Self::Occupied(OccupiedEntry { map, steps }),
            None => Self::Vacant(VacantEntry { map, key }),
        }
    }

    /// The key that is in the map, or else the one asked for.
    pub fn key(&self) -> &K {
        match self {
            Self::Occupied(entry) => entry.key(),
            Self::Vacant(entry) => entry.key(),
        }
    }

    /// The value, this one if there was none.
    pub fn or_insert(self, default: V) -> &'a mut V {
        self.or_insert_with(|| default)
    }

    /// The value, which is made if there is none. If `make` panics, nothing has changed.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        self.or_insert_with_key(|_| make())
    }

    /// The value, which is made of the key if there is none. If `make` panics, nothing has changed.
    pub fn or_insert_with_key(self, make: impl FnOnce(&K) -> V) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => {
                let value = make(&entry.key);
                entry.insert(value)
            }
        }
    }

    /// The value, the default one if there was none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// Changes the value if there is one.
    #[must_use = "the entry is for what comes next"]
    pub fn and_modify(mut self, f: impl FnOnce(&mut V)) -> Self {
        if let Self::Occupied(entry) = &mut self {
            f(entry.get_mut());
        }
        self
    }

    /// Sets the value.
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V> {
        match self {
            Self::Occupied(mut entry) => {
                entry.insert(value);
                entry
            }
            Self::Vacant(entry) => entry.insert_entry(value),
        }
    }
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    fn entry(&self) -> (&K, &V) {
        self.steps.follow(self.map.root.as_ref().expect(THERE))
    }

    /// The key in the map.
    pub fn key(&self) -> &K {
        self.entry().0
    }

    /// The value.
    pub fn get(&self) -> &V {
        self.entry().1
    }
}

impl<'a, K: Clone, V: Clone> OccupiedEntry<'a, K, V> {
    /// The value, to be changed.
    pub fn get_mut(&mut self) -> &mut V {
        let (leaf, index) = self.steps.follow_mut(self.map.root.as_mut().expect(THERE));
        &mut leaf.values[index]
    }

    /// The value, to be changed as long as the map is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        let (leaf, index) = self.steps.follow_mut(self.map.root.as_mut().expect(THERE));
        &mut leaf.values[index]
    }

    /// Sets the value and returns the one before.
    pub fn insert(&mut self, value: V) -> V {
        mem::replace(self.get_mut(), value)
    }

    /// Takes out the entry and returns its value.
    pub fn remove(self) -> V
    where
        K: Ord,
    {
        let (key, value) = self.remove_entry();
        // Here, and not when the result is made, which would be lost if the drop panicked.
        drop(key);
        value
    }

    /// Takes out the entry.
    ///
    /// # Panics
    ///
    /// If the `Ord` of the keys says something else than when the entry was found.
    pub fn remove_entry(self) -> (K, V)
    where
        K: Ord,
    {
        let key = self.key().clone();
        let entry = self.map.remove_entry_mut(&key).expect(THERE);
        drop(key);
        entry
    }
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    /// The key asked for.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key asked for, back.
    pub fn into_key(self) -> K {
        self.key
    }
}

impl<'a, K: Ord + Clone, V: Clone> VacantEntry<'a, K, V> {
    /// Sets the value.
    pub fn insert(self, value: V) -> &'a mut V {
        self.insert_entry(value).into_mut()
    }

    /// Sets the value.
    ///
    /// # Panics
    ///
    /// If the `Ord` of the keys does not find what was just inserted.
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V> {
        let key = self.key.clone();
        self.map.insert_mut(self.key, value);
        let steps = self.map.root.as_ref().and_then(|root| Steps::find(root, &key)).expect(THERE);
        drop(key);
        OccupiedEntry { map: self.map, steps }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OccupiedEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedEntry").field("key", self.key()).field("value", self.get()).finish()
    }
}

impl<K: fmt::Debug, V> fmt::Debug for VacantEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(&self.key).finish()
    }
}
