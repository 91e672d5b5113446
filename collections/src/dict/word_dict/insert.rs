//! Putting entries in.

use std::hash::BuildHasher;

use super::WordDict;
use crate::dict::{
    engine::{BATCH, Hashed},
    error::OccupiedError,
    word::{Word, WordKey},
};

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// Gives a key a value; returns the one that it had. O(1); waits for other writers of the same bin.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::new();
    /// assert_eq!(dict.insert(1, 10), None);
    /// assert_eq!(dict.insert(1, 11), Some(10));
    /// ```
    #[inline]
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        self.insert_bits(self.hash(key), (key.to_bits(), value.to_bits())).map(V::from_bits)
    }

    #[inline(always)]
    fn insert_bits(&self, hash: Hashed, item: (u64, u64)) -> Option<u64> {
        let (mut claim, found) = self.claim(hash, item.0);
        match found {
            Some((place, old)) => {
                claim.replace(place, item);
                Some(old)
            }
            None => {
                self.put_in(claim, hash, item);
                None
            }
        }
    }

    /// Puts an entry in, unless the key has a value already. O(1); writes nothing if it has, else waits for other writers of the
    /// same bin.
    ///
    /// # Errors
    ///
    /// If the key has a value: that one, and the one that was refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{OccupiedError, WordDict};
    ///
    /// let dict = WordDict::new();
    /// assert_eq!(dict.try_insert(1, 10), Ok(()));
    /// assert_eq!(dict.try_insert(1, 11), Err(OccupiedError { present: 10, refused: 11 }));
    /// ```
    #[inline]
    pub fn try_insert(&self, key: K, value: V) -> Result<(), OccupiedError<V>> {
        match self.try_insert_bits(self.hash(key), key.to_bits(), || value.to_bits()) {
            Ok(_) => Ok(()),
            Err(present) => Err(OccupiedError { present: V::from_bits(present), refused: value }),
        }
    }

    /// What was put in, or what is there.
    #[inline(always)]
    fn try_insert_bits(&self, hash: Hashed, key: u64, value: impl FnOnce() -> u64) -> Result<u64, u64> {
        // A look first: most who find something write nothing.
        if let Some(present) = self.look(hash, key) {
            return Err(present);
        }
        let value = value();
        let (claim, found) = self.claim(hash, key);
        match found {
            Some((_, present)) => Err(present),
            None => {
                self.put_in(claim, hash, (key, value));
                Ok(value)
            }
        }
    }

    /// The value of a key, which gets this one if it has none. As [`try_insert`](Self::try_insert).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::new();
    /// assert_eq!(dict.get_or_insert(1, 10), 10);
    /// assert_eq!(dict.get_or_insert(1, 11), 10);
    /// ```
    #[inline]
    pub fn get_or_insert(&self, key: K, value: V) -> V {
        self.get_or_insert_with(key, || value)
    }

    /// The value of a key, which gets one from the closure if it has none.
    ///
    /// As [`try_insert`](Self::try_insert). The closure runs at most once in a call, with nothing locked; callers who race may each run theirs, and
    /// then one result wins, which all of them return. If it panics, nothing was put in.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::new();
    /// assert_eq!(dict.get_or_insert_with(1, || 5 + 5), 10);
    /// assert_eq!(dict.get_or_insert_with(1, || unreachable!()), 10);
    /// ```
    #[inline]
    pub fn get_or_insert_with(&self, key: K, make: impl FnOnce() -> V) -> V {
        let value = self.try_insert_bits(self.hash(key), key.to_bits(), || make().to_bits());
        V::from_bits(value.unwrap_or_else(|present| present))
    }

    /// Puts entries in, one by one and in order; returns how many of the keys had no value. Faster than single insertions where the dict is
    /// larger than caches, because bins are fetched from memory at the same time: sixteen pairs are taken from the iterator, then put in.
    ///
    /// Each insertion is one of its own, as [`insert`](Self::insert). The iterator runs with nothing locked; if it panics, up to fifteen
    /// pairs that it has given are not put in.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(3, 0)]);
    /// assert_eq!(dict.insert_many((0..10).map(|key| (key, key * key))), 9);
    /// assert_eq!(dict.get(&3), Some(9));
    /// ```
    pub fn insert_many(&self, entries: impl IntoIterator<Item = (K, V)>) -> usize {
        let mut entries = entries.into_iter();
        let mut batch = Vec::with_capacity(BATCH);
        let mut new = 0;
        loop {
            batch.extend(entries.by_ref().take(BATCH).map(|(key, value)| (key, (key.to_bits(), value.to_bits()))));
            let hashes = self.hash_batch(&batch, |&(key, _)| key);
            let is_last = batch.len() < BATCH;
            for ((_, item), hash) in batch.drain(..).zip(hashes) {
                new += usize::from(self.insert_bits(hash, item).is_none());
            }
            if is_last {
                return new;
            }
        }
    }
}
