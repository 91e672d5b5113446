//! Calculating with values where they are.

use std::hash::BuildHasher;

use super::WordDict;
use crate::dict::word::{IntegerWord, WordKey, integer::sealed::Integer};

/// All that follow: O(1); they wait for other writers of the same bin; nothing of the user's runs but `Hash`, and nothing twice.
/// Arithmetic wraps around, as that of atomics does.
impl<K: WordKey, V: IntegerWord, S: BuildHasher> WordDict<K, V, S> {
    /// Adds to the value of a key; returns the old one, or nothing if there is none: then nothing is done.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 250_u8)]);
    /// assert_eq!(dict.fetch_add(&'a', 10), Some(250));
    /// assert_eq!(dict.get(&'a'), Some(4));
    /// assert_eq!(dict.fetch_add(&'b', 10), None);
    /// ```
    #[inline]
    pub fn fetch_add(&self, key: &K, delta: V) -> Option<V> {
        self.calculate(key, delta, Integer::added)
    }

    /// Subtracts from the value of a key; returns the old one. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 5)]);
    /// assert_eq!(dict.fetch_sub(&'a', 10), Some(5));
    /// assert_eq!(dict.get(&'a'), Some(-5));
    /// ```
    #[inline]
    pub fn fetch_sub(&self, key: &K, delta: V) -> Option<V> {
        self.calculate(key, delta, Integer::subtracted)
    }

    /// Keeps the bits of a key's value that this one has too; returns the old value. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 0b0110)]);
    /// assert_eq!(dict.fetch_and(&'a', 0b1100), Some(0b0110));
    /// assert_eq!(dict.get(&'a'), Some(0b0100));
    /// ```
    #[inline]
    pub fn fetch_and(&self, key: &K, bits: V) -> Option<V> {
        self.calculate(key, bits, Integer::anded)
    }

    /// Sets the bits of a key's value that this one has; returns the old value. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 0b0110)]);
    /// assert_eq!(dict.fetch_or(&'a', 0b1100), Some(0b0110));
    /// assert_eq!(dict.get(&'a'), Some(0b1110));
    /// ```
    #[inline]
    pub fn fetch_or(&self, key: &K, bits: V) -> Option<V> {
        self.calculate(key, bits, Integer::ored)
    }

    /// Flips the bits of a key's value that this one has; returns the old value. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 0b0110)]);
    /// assert_eq!(dict.fetch_xor(&'a', 0b1100), Some(0b0110));
    /// assert_eq!(dict.get(&'a'), Some(0b1010));
    /// ```
    #[inline]
    pub fn fetch_xor(&self, key: &K, bits: V) -> Option<V> {
        self.calculate(key, bits, Integer::xored)
    }

    /// Gives a key this value if it is less than the one that it has; returns the old one. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', 5)]);
    /// assert_eq!(dict.fetch_min(&'a', -1), Some(5));
    /// assert_eq!(dict.get(&'a'), Some(-1));
    /// ```
    #[inline]
    pub fn fetch_min(&self, key: &K, value: V) -> Option<V> {
        self.calculate(key, value, Ord::min)
    }

    /// Gives a key this value if it is more than the one that it has; returns the old one. As [`fetch_add`](Self::fetch_add).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([('a', -5)]);
    /// assert_eq!(dict.fetch_max(&'a', -1), Some(-5));
    /// assert_eq!(dict.get(&'a'), Some(-1));
    /// ```
    #[inline]
    pub fn fetch_max(&self, key: &K, value: V) -> Option<V> {
        self.calculate(key, value, Ord::max)
    }

    /// Adds to the value of a key, which gets this one if it has none; returns the old one. As
    /// [`fetch_add`](Self::fetch_add), but for that.
    ///
    /// # Examples
    ///
    /// ```
    /// let counts = polder_collections::WordDict::new();
    /// for letter in "polder".chars().chain("older".chars()) {
    ///     counts.add_or_insert(letter, 1);
    /// }
    /// assert_eq!(counts.get(&'o'), Some(2));
    /// assert_eq!(counts.get(&'p'), Some(1));
    /// ```
    #[inline]
    pub fn add_or_insert(&self, key: K, delta: V) -> Option<V> {
        let (hash, bits) = (self.hash(key), key.to_bits());
        let (mut claim, found) = self.claim(hash, bits);
        match found {
            Some((place, old)) => {
                // Ours, as all integers are: not foreign code.
                let old = V::from_bits(old);
                claim.replace(place, (bits, old.added(delta).to_bits()));
                Some(old)
            }
            None => {
                self.put_in(claim, hash, (bits, delta.to_bits()));
                None
            }
        }
    }

    #[inline(always)]
    fn calculate(&self, key: &K, other: V, new: impl FnOnce(V, V) -> V) -> Option<V> {
        // Ours, as all integers are: not foreign code.
        self.replace(key, |old| new(V::from_bits(old), other).to_bits()).map(V::from_bits)
    }
}
