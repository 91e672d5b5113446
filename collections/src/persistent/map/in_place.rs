//! Changes in place.

use core::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::{
    Map, change, combine,
    hash::Hashed,
    node::{Item, Link},
    walk::{IterMut, ValuesMut},
};

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Map<K, V, S> {
    /// Inserts an entry, in the place of the one with an equal key, if there is one, whose value is the result.
    ///
    /// Key and value are both replaced, as a version may share the entry with others.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let mut map = Map::new();
    /// assert_eq!(map.insert_mut("a", 1), None);
    /// assert_eq!(map.insert_mut("a", 2), Some(1));
    /// ```
    pub fn insert_mut(&mut self, key: K, value: V) -> Option<V> {
        self.put(key, value).map(Item::into_value)
    }

    pub(super) fn put(&mut self, key: K, value: V) -> Option<Item<K, V>> {
        let hash = Hashed::of(&self.hasher, &key);
        let item = Item::new(hash.bits(), key, value);
        change::insert(&mut self.root, hash, 0, item, &self.hasher)
    }

    /// Removes the entry of a key; its value is the result.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let mut map = Map::from([("a", 1)]);
    /// assert_eq!(map.remove_mut("a"), Some(1));
    /// assert_eq!(map.remove_mut("a"), None);
    /// ```
    pub fn remove_mut<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<V> {
        self.take(key).map(Item::into_value)
    }

    /// Removes the entry of a key, which is the result.
    pub fn remove_entry_mut<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<(K, V)> {
        self.take(key).map(Item::into_pair)
    }

    pub(super) fn take<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<Item<K, V>> {
        let hash = Hashed::of(&self.hasher, key);
        let (_, index) = change::find(&self.root, hash, |other| key.equivalent(other))?;
        Some(change::remove(&mut self.root, hash, index))
    }

    /// The value of a key, to be changed. The entry is cloned first if another version has it; if there is none, nothing is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let one = Map::from([("a", 1)]);
    /// let mut two = one.clone();
    /// *two.get_mut("a").unwrap() += 1;
    /// assert_eq!((one["a"], two["a"]), (1, 2));
    /// ```
    pub fn get_mut<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<&mut V> {
        let hash = Hashed::of(&self.hasher, key);
        let (_, index) = change::find(&self.root, hash, |other| key.equivalent(other))?;
        Some(change::entry_mut(&mut self.root, hash.bits(), index).1)
    }

    /// Removes all entries but those for which the closure says yes.
    ///
    /// If the closure panics, nothing is removed.
    pub fn retain_mut(&mut self, keep: impl FnMut(&K, &V) -> bool) {
        let kept = combine::filter(&self.root, keep);
        drop(core::mem::replace(&mut self.root, kept));
    }
}

impl<K: Clone, V: Clone, S> Map<K, V, S> {
    /// The entries with their values to be changed. What other versions have is cloned as the iterator comes to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let mut map = Map::from([("a", 1), ("b", 2)]);
    /// map.iter_mut().for_each(|(_, value)| *value *= 10);
    /// assert_eq!(map["b"], 20);
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new(&mut self.root)
    }

    /// The values, to be changed, as [`iter_mut`](Self::iter_mut).
    pub fn values_mut(&mut self) -> ValuesMut<'_, K, V> {
        ValuesMut(self.iter_mut())
    }
}

impl<K, V, S> Map<K, V, S> {
    /// Removes all entries.
    pub fn clear_mut(&mut self) {
        drop(core::mem::replace(&mut self.root, Link::EMPTY));
    }
}
