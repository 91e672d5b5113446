//! Changing entries in the light of what they are.

use std::hash::BuildHasher;

use super::WordDict;
use crate::dict::{
    error::CompareError,
    op::{Computed, Op},
    word::{Word, WordKey},
};

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// Gives a key that has a value the one that the closure makes of it; returns that, or nothing if the key has none.
    ///
    /// O(1). The closure runs with nothing locked, and again if the value was changed meanwhile, so that no change is lost; each repetition
    /// means that another thread has changed the entry. It may use the dict. If it panics, nothing was changed. For sums and the like there
    /// is [`fetch_add`](Self::fetch_add), which repeats nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10)]);
    /// assert_eq!(dict.update(&1, |value| value * 2), Some(20));
    /// assert_eq!(dict.update(&2, |value| value * 2), None);
    /// ```
    #[inline]
    pub fn update(&self, key: &K, mut change: impl FnMut(V) -> V) -> Option<V> {
        let (hash, bits) = (self.hash(*key), key.to_bits());
        let seen = self.see(hash, bits);
        self.change((hash, bits), seen, |value| match value.map(|value| change(V::from_bits(value))) {
            Some(new) => (Op::Insert(new.to_bits()), Some(new)),
            None => (Op::Keep, None),
        })
        .1
    }

    /// As [`update`](Self::update); but a key that has no value gets this one. Returns the value that the key has then.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::new();
    /// assert_eq!(dict.update_or_insert('a', |count| count * 2, 1), 1);
    /// assert_eq!(dict.update_or_insert('a', |count| count * 2, 1), 2);
    /// ```
    #[inline]
    pub fn update_or_insert(&self, key: K, change: impl FnMut(V) -> V, value: V) -> V {
        self.update_or_insert_with(key, change, || value)
    }

    /// As [`update`](Self::update); but a key that has no value gets one from the second closure. Returns the value that the key
    /// has then. Both closures may run several times, in whatever order entries come and go.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::new();
    /// assert_eq!(dict.update_or_insert_with('a', |count| count * 2, || 1), 1);
    /// assert_eq!(dict.update_or_insert_with('a', |count| count * 2, || 1), 2);
    /// ```
    #[inline]
    pub fn update_or_insert_with(&self, key: K, mut change: impl FnMut(V) -> V, mut make: impl FnMut() -> V) -> V {
        let (hash, bits) = (self.hash(key), key.to_bits());
        self.change((hash, bits), self.see(hash, bits), |value| {
            let new = value.map(V::from_bits).map_or_else(&mut make, &mut change);
            (Op::Insert(new.to_bits()), new)
        })
        .1
    }

    /// Inserts, replaces, removes or keeps an entry, as the closure decides, which sees its value or that there is none; says what
    /// was done.
    ///
    /// O(1). As in [`update`](Self::update), the closure runs with nothing locked, and again if the entry was changed meanwhile. To keep
    /// an entry takes no lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{Computed, Op, WordDict};
    ///
    /// let leases = WordDict::from([("a".len(), 1), (2, 3)]);
    /// let release = |count| match count {
    ///     None => Op::Keep,
    ///     Some(1) => Op::Remove,
    ///     Some(more) => Op::Insert(more - 1),
    /// };
    /// assert_eq!(leases.compute(1, release), Computed::Removed(1));
    /// assert_eq!(leases.compute(2, release), Computed::Replaced { old: 3, new: 2 });
    /// assert_eq!(leases.compute(3, release), Computed::Kept(None));
    /// ```
    #[inline]
    pub fn compute(&self, key: K, mut decide: impl FnMut(Option<V>) -> Op<V>) -> Computed<V> {
        let (hash, bits) = (self.hash(key), key.to_bits());
        let (_, done) = self.change((hash, bits), self.see(hash, bits), |value| {
            let old = value.map(V::from_bits);
            match (decide(old), old) {
                (Op::Insert(new), None) => (Op::Insert(new.to_bits()), Computed::Inserted(new)),
                (Op::Insert(new), Some(old)) => (Op::Insert(new.to_bits()), Computed::Replaced { old, new }),
                (Op::Remove, Some(old)) => (Op::Remove, Computed::Removed(old)),
                (Op::Remove, None) | (Op::Keep, _) => (Op::Keep, Computed::Kept(old)),
            }
        });
        done
    }

    /// Gives a key that has a value another one; returns the old one. Does nothing if it has none, where
    /// [`insert`](Self::insert) would put an entry in. O(1); waits for other writers of the same bin.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10)]);
    /// assert_eq!(dict.swap(&1, 11), Some(10));
    /// assert_eq!(dict.swap(&2, 11), None);
    /// assert!(!dict.contains_key(&2));
    /// ```
    #[inline]
    pub fn swap(&self, key: &K, value: V) -> Option<V> {
        let new = value.to_bits();
        self.replace(key, |_| new).map(V::from_bits)
    }

    /// Replaces the value of a key; `new` is not foreign code. The old one.
    #[inline(always)]
    pub(super) fn replace(&self, key: &K, new: impl FnOnce(u64) -> u64) -> Option<u64> {
        let bits = key.to_bits();
        let (mut claim, found) = self.claim(self.hash(*key), bits);
        let (place, old) = found?;
        claim.replace(place, (bits, new(old)));
        Some(old)
    }

    /// Gives a key a value if it has the expected one, or none if none is expected.
    ///
    /// O(1); writes nothing if it is another one, else waits for other writers of the same bin. Values are equal if their bits
    /// are: a float that is not a number equals itself, and the two zeros differ.
    ///
    /// # Errors
    ///
    /// If it is another one: that.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{CompareError, WordDict};
    ///
    /// let dict = WordDict::new();
    /// assert_eq!(dict.compare_and_set(1, None, 10), Ok(()));
    /// assert_eq!(dict.compare_and_set(1, Some(10), 11), Ok(()));
    /// assert_eq!(dict.compare_and_set(1, Some(10), 12), Err(CompareError { present: Some(11) }));
    /// ```
    #[inline]
    pub fn compare_and_set(&self, key: K, expected: Option<V>, new: V) -> Result<(), CompareError<V>> {
        self.compare(key, expected, Op::Insert(new.to_bits()))
    }

    /// Takes an entry out if it has the expected value.
    ///
    /// As [`compare_and_set`](Self::compare_and_set).
    ///
    /// # Errors
    ///
    /// If the key has another value, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{CompareError, WordDict};
    ///
    /// let dict = WordDict::from([(1, 10)]);
    /// assert_eq!(dict.compare_and_remove(&1, 11), Err(CompareError { present: Some(10) }));
    /// assert_eq!(dict.compare_and_remove(&1, 10), Ok(()));
    /// assert_eq!(dict.compare_and_remove(&1, 10), Err(CompareError { present: None }));
    /// ```
    #[inline]
    pub fn compare_and_remove(&self, key: &K, expected: V) -> Result<(), CompareError<V>> {
        self.compare(*key, Some(expected), Op::Remove)
    }

    #[inline]
    fn compare(&self, key: K, expected: Option<V>, op: Op<u64>) -> Result<(), CompareError<V>> {
        let (hash, bits) = (self.hash(key), key.to_bits());
        let expected = expected.map(V::to_bits);
        let (present, is_equal) = self.change((hash, bits), self.see(hash, bits), |value| {
            if value == expected { (op, true) } else { (Op::Keep, false) }
        });
        if is_equal { Ok(()) } else { Err(CompareError { present: present.map(V::from_bits) }) }
    }
}
