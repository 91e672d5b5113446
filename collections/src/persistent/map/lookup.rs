//! Lookups, and changes that make a new version.

use core::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::{Map, change, combine, hash::Hashed};

impl<K, V, S: BuildHasher> Map<K, V, S> {
    /// The value of a key.
    ///
    /// Keys are found by what they are [`Equivalent`] to, as a `String` by a `str`: that has to hash alike.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let map = Map::from([("a".to_owned(), 1)]);
    /// assert_eq!(map.get("a"), Some(&1));
    /// assert_eq!(map.get("b"), None);
    /// ```
    #[inline]
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&V> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The entry of a key.
    #[inline]
    pub fn get_key_value<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<(&K, &V)> {
        let hash = Hashed::of(&self.hasher, key);
        let (leaf, index) = change::find(&self.root, hash, |other| key.equivalent(other))?;
        Some(leaf.pair(index))
    }

    /// Whether there is an entry with this key.
    #[inline]
    pub fn contains_key<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> bool {
        let hash = Hashed::of(&self.hasher, key);
        change::find(&self.root, hash, |other| key.equivalent(other)).is_some()
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> Map<K, V, S> {
    /// The map with this entry, in the place of the one with an equal key, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let one = Map::new().insert("a", 1);
    /// let two = one.insert("a", 2);
    /// assert_eq!((one["a"], two["a"]), (1, 2));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn insert(&self, key: K, value: V) -> Self {
        let mut new = self.clone();
        drop(new.put(key, value));
        new
    }

    /// The map without the entry of this key; the same version, if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let one = Map::from([("a", 1), ("b", 2)]);
    /// let two = one.remove("a");
    /// assert_eq!((one.len(), two.len()), (2, 1));
    /// assert!(two.ptr_eq(&two.remove("a")));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn remove<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Self {
        let mut new = self.clone();
        drop(new.take(key));
        new
    }

    /// The map with another value of this key: what the closure makes of the one that is there. `None` removes the entry, or makes none.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let count = |map: &Map<_, u32>, word| map.update(word, |count| Some(count.copied().unwrap_or(0) + 1));
    /// let map = count(&count(&Map::new(), "one"), "one");
    /// assert_eq!(map["one"], 2);
    /// assert!(map.update("one", |_| None).is_empty());
    /// ```
    #[must_use = "the new version is the result"]
    pub fn update(&self, key: K, change: impl FnOnce(Option<&V>) -> Option<V>) -> Self {
        match change(self.get(&key)) {
            Some(value) => self.insert(key, value),
            None => self.remove(&key),
        }
    }

    /// The map with those entries alone for which the closure says yes; what all of a node's entries are kept of is shared.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let map: Map<u32, u32> = (0..10).map(|n| (n, n * n)).collect();
    /// assert_eq!(map.retain(|n, _| n % 2 == 0).len(), 5);
    /// assert!(map.retain(|_, _| true).ptr_eq(&map));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn retain(&self, keep: impl FnMut(&K, &V) -> bool) -> Self {
        self.with_root(combine::filter(&self.root, keep))
    }
}
