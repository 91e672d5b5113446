//! Lookups.

use std::hash::BuildHasher;

use super::WordDict;
use crate::dict::{
    engine::{BATCH, Hashed},
    word::{Word, WordKey},
};

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// The value of a key, if it has one. O(1); lock-free; writes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 1.5)]);
    /// assert_eq!(dict.get(&'a'), Some(1.5));
    /// assert_eq!(dict.get(&'b'), None);
    /// ```
    #[inline]
    pub fn get(&self, key: &K) -> Option<V> {
        self.look(self.hash(*key), key.to_bits()).map(V::from_bits)
    }

    /// Whether the key has a value. As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 1.5)]);
    /// assert!(dict.contains_key(&'a'));
    /// ```
    #[inline]
    pub fn contains_key(&self, key: &K) -> bool {
        self.look(self.hash(*key), key.to_bits()).is_some()
    }

    /// The values of several keys, each into the place that its key has. Faster than one by one where the dict is larger than
    /// caches, because bins are fetched from memory at the same time.
    ///
    /// Each lookup is one of its own, as [`get`](Self::get): together they are not of one moment. If `Hash` panics, some places have been
    /// filled.
    ///
    /// # Panics
    ///
    /// If there are not as many places as keys.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// let mut values = [None; 3];
    /// dict.get_many(&[2, 3, 1], &mut values);
    /// assert_eq!(values, [Some(20), None, Some(10)]);
    /// ```
    pub fn get_many(&self, keys: &[K], values: &mut [Option<V>]) {
        assert_eq!(keys.len(), values.len(), "there are to be as many places for values as there are keys");
        for (keys, values) in keys.chunks(BATCH).zip(values.chunks_mut(BATCH)) {
            let hashes = self.hash_batch(keys, |&key| key);
            for ((key, value), hash) in keys.iter().zip(values).zip(hashes) {
                *value = self.look(hash, key.to_bits()).map(V::from_bits);
            }
        }
    }

    /// The hashes of up to a batch of keys, whose bins are on the way into the caches then.
    #[inline]
    pub(super) fn hash_batch<T>(&self, items: &[T], key: impl Fn(&T) -> K) -> [Hashed; BATCH] {
        let mut hashes = [Hashed::new(0); BATCH];
        for (hash, item) in hashes.iter_mut().zip(items) {
            *hash = self.hash(key(item));
            self.table.prefetch(*hash);
        }
        hashes
    }
}
