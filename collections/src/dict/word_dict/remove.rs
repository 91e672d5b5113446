//! Taking entries out.

use std::hash::BuildHasher;

use super::{Sight, WordDict, iter::WordDrain};
use crate::dict::{
    op::Op,
    word::{Word, WordKey},
};

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// Takes an entry out; returns its value. O(1); writes nothing if there is none, else waits for other writers of the same bin.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10)]);
    /// assert_eq!(dict.remove(&1), Some(10));
    /// assert_eq!(dict.remove(&1), None);
    /// ```
    #[inline]
    pub fn remove(&self, key: &K) -> Option<V> {
        let (hash, bits) = (self.hash(*key), key.to_bits());
        // Most removals in vain write nothing.
        let claim = self.table.claim_if_present(hash)?;
        let (place, (_, old)) = claim.find(hash, move |(key, _)| key == bits)?;
        self.take_out(claim, hash, place);
        Some(V::from_bits(old))
    }

    /// Takes an entry out if the closure says so of its value, which is returned then.
    ///
    /// As [`update`](Self::update): the closure runs with nothing locked, and again if the value was changed meanwhile. If it panics,
    /// nothing was changed.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.remove_if(&1, |value| value > 15), None);
    /// assert_eq!(dict.remove_if(&2, |value| value > 15), Some(20));
    /// assert_eq!(dict.len(), 1);
    /// ```
    #[inline]
    pub fn remove_if(&self, key: &K, mut is_unwanted: impl FnMut(V) -> bool) -> Option<V> {
        let (hash, bits) = (self.hash(*key), key.to_bits());
        let seen = self.see(hash, bits);
        let (old, is_gone) = self.change((hash, bits), seen, |value| match value {
            Some(value) if is_unwanted(V::from_bits(value)) => (Op::Remove, true),
            _ => (Op::Keep, false),
        });
        old.filter(|_| is_gone).map(V::from_bits)
    }

    /// Takes out all entries that the closure does not want to keep.
    ///
    /// O(n). Weakly consistent, as iterators are: an entry that is there all the time is asked about once, or more often if its value is
    /// changed meanwhile; what is removed had the value that the closure did not want. It runs with nothing locked; if it panics, the
    /// entries that it has seen are treated, and the others stay.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict: polder_collections::WordDict<i32, i32> = (0..10).map(|key| (key, key * key)).collect();
    /// dict.retain(|key, value| key % 2 == 0 && value > 10);
    /// assert_eq!(dict.len(), 3);
    /// ```
    pub fn retain(&self, mut is_wanted: impl FnMut(K, V) -> bool) {
        let mut walk = self.table.walk();
        let mut items = Vec::new();
        while self.table.next_class(&mut walk, &mut items, self.hash_item()) {
            for &(bits, value) in &items {
                let key = K::from_bits(bits);
                // What is to stay is not hashed.
                if !is_wanted(key, V::from_bits(value)) {
                    let mut first = Some(value);
                    let seen = Sight { value: first, found: None };
                    self.change((self.hash(key), bits), seen, |now| match now {
                        // The closure has spoken about this one.
                        _ if first.take().is_some() => (Op::Remove, ()),
                        Some(value) if !is_wanted(key, V::from_bits(value)) => (Op::Remove, ()),
                        _ => (Op::Keep, ()),
                    });
                }
            }
        }
    }

    /// Takes out all entries. Room that was asked for stays, as with std's maps.
    ///
    /// O(capacity). What is there when it begins, and still when it ends, is gone; what others put in meanwhile may stay. Blocks as writers
    /// do. Runs nothing of the user's.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// dict.clear();
    /// assert!(dict.is_empty());
    /// ```
    pub fn clear(&self) {
        let mut walk = self.table.walk();
        let mut items = Vec::new();
        while self.table.take_class(&mut walk, &mut items) {}
    }

    /// Takes entries out one by one, as the iterator is asked for them. When it is dropped, those that it has not given stay.
    ///
    /// Several threads may drain at the same time: each entry goes to one of them. Weakly consistent, as iterators are; each step is as
    /// [`remove`](Self::remove).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.drain().map(|(_, value)| value).sum::<i32>(), 30);
    /// assert!(dict.is_empty());
    /// ```
    pub fn drain(&self) -> WordDrain<'_, K, V, S> {
        WordDrain::new(self)
    }
}
