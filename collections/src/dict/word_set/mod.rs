//! The set of words.

#[cfg(feature = "serde")]
mod serial;

use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher, iter::FusedIterator};

use super::{
    builder::{self, Build, DictBuilder, Plan},
    word::WordKey,
    word_dict::{WordDict, WordDrain, WordIntoIter, WordKeys},
};

/// A concurrent set of plain words: a [`WordDict`] without values, whose page says what holds for all methods.
///
/// # Examples
///
/// ```
/// use std::thread;
///
/// use polder_collections::WordSet;
///
/// let seen = WordSet::new();
/// let first: usize = thread::scope(|scope| {
///     let visit = || (0_u32..100).filter(|&page| seen.insert(page)).count();
///     let threads = [scope.spawn(visit), scope.spawn(visit)];
///     threads.into_iter().map(|thread| thread.join().unwrap()).sum()
/// });
/// assert_eq!(first, 100);
/// ```
pub struct WordSet<K, S = RandomState> {
    dict: WordDict<K, (), S>,
}

impl<K: WordKey> WordSet<K> {
    /// An empty set, which allocates nothing yet, with the default hasher.
    #[must_use]
    pub fn new() -> Self {
        Self { dict: WordDict::new() }
    }

    /// With room for so many keys.
    ///
    /// # Panics
    ///
    /// If it is more than can be had ("capacity overflow").
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { dict: WordDict::with_capacity(capacity) }
    }

    /// All that can be chosen, one by one.
    pub fn builder() -> DictBuilder<Self> {
        DictBuilder::new()
    }
}

impl<K: WordKey, S: BuildHasher> WordSet<K, S> {
    /// An empty set, which allocates nothing yet, with this hasher.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self { dict: WordDict::with_hasher(hasher) }
    }

    /// With room for so many keys, and this hasher.
    ///
    /// # Panics
    ///
    /// If the capacity is more than can be had ("capacity overflow").
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self { dict: WordDict::with_capacity_and_hasher(capacity, hasher) }
    }

    /// The hasher.
    pub fn hasher(&self) -> &S {
        self.dict.hasher()
    }

    /// Whether the key is there: [`WordDict::contains_key`].
    #[inline]
    pub fn contains(&self, key: &K) -> bool {
        self.dict.contains_key(key)
    }

    /// Puts a key in; whether it was not there. O(1); writes nothing if it was, else waits for other writers of the same bin.
    #[inline]
    pub fn insert(&self, key: K) -> bool {
        self.dict.try_insert(key, ()).is_ok()
    }

    /// Puts keys in; how many were not there: [`WordDict::insert_many`].
    pub fn insert_many(&self, keys: impl IntoIterator<Item = K>) -> usize {
        self.dict.insert_many(keys.into_iter().map(|key| (key, ())))
    }

    /// Takes a key out; whether it was there: [`WordDict::remove`].
    #[inline]
    pub fn remove(&self, key: &K) -> bool {
        self.dict.remove(key).is_some()
    }

    /// Takes out all keys that the closure does not want to keep: [`WordDict::retain`].
    pub fn retain(&self, mut is_wanted: impl FnMut(K) -> bool) {
        self.dict.retain(|key, ()| is_wanted(key));
    }

    /// Takes out all keys: [`WordDict::clear`].
    pub fn clear(&self) {
        self.dict.clear();
    }

    /// Takes keys out one by one: [`WordDict::drain`].
    pub fn drain(&self) -> WordSetDrain<'_, K, S> {
        WordSetDrain(self.dict.drain())
    }

    /// How many keys there are: [`WordDict::len`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.dict.len()
    }

    /// Whether there are none: [`WordDict::is_empty`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dict.is_empty()
    }

    /// How many keys the table, as it is, is meant for: [`WordDict::capacity`].
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.dict.capacity()
    }

    /// Makes room for so many keys more: [`WordDict::reserve`].
    ///
    /// # Panics
    ///
    /// If it is more than can be had ("capacity overflow").
    pub fn reserve(&self, additional: usize) {
        self.dict.reserve(additional);
    }

    /// Gives up room: [`WordDict::shrink_to_fit`].
    pub fn shrink_to_fit(&self) {
        self.dict.shrink_to_fit();
    }

    /// All keys, in no order, weakly consistent: [`WordDict::keys`].
    pub fn iter(&self) -> WordSetIter<'_, K, S> {
        WordSetIter(self.dict.keys())
    }

    /// All keys that are there at one moment, in no order: [`WordDict::snapshot`].
    #[must_use]
    pub fn to_vec(&self) -> Vec<K> {
        self.dict.to_vec().into_iter().map(|(key, ())| key).collect()
    }

    /// Whether all keys are in the other set. Key by key, so while others change them it is of no one moment.
    pub fn is_subset<T: BuildHasher>(&self, other: &WordSet<K, T>) -> bool {
        self.iter().all(|key| other.contains(&key))
    }

    /// Whether no key is in the other set. Key by key, so while others change them it is of no one moment.
    pub fn is_disjoint<T: BuildHasher>(&self, other: &WordSet<K, T>) -> bool {
        !self.iter().any(|key| other.contains(&key))
    }
}

impl<K, S> builder::sealed::Sealed for WordSet<K, S> {}

impl<K: WordKey, S> Build for WordSet<K, S> {
    type With<T> = WordSet<K, T>;

    fn build<T: BuildHasher>(plan: Plan, hasher: T) -> WordSet<K, T> {
        WordSet { dict: WordDict::<K, (), S>::build(plan, hasher) }
    }
}

impl<K: WordKey, S: BuildHasher + Default> Default for WordSet<K, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: WordKey + fmt::Debug, S: BuildHasher> fmt::Debug for WordSet<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<K: WordKey, S: BuildHasher + Clone> Clone for WordSet<K, S> {
    fn clone(&self) -> Self {
        Self { dict: self.dict.clone() }
    }
}

impl<K: WordKey, S: BuildHasher, T: BuildHasher> PartialEq<WordSet<K, T>> for WordSet<K, S> {
    fn eq(&self, other: &WordSet<K, T>) -> bool {
        self.dict == other.dict
    }
}

impl<K: WordKey, S: BuildHasher> Eq for WordSet<K, S> {}

impl<K: WordKey, S: BuildHasher> Extend<K> for WordSet<K, S> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        self.insert_many(keys);
    }
}

impl<K: WordKey, S: BuildHasher> Extend<K> for &WordSet<K, S> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        self.insert_many(keys);
    }
}

impl<K: WordKey, S: BuildHasher + Default> FromIterator<K> for WordSet<K, S> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let set = Self::default();
        set.insert_many(keys);
        set
    }
}

impl<K: WordKey, const N: usize> From<[K; N]> for WordSet<K> {
    fn from(keys: [K; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<K: WordKey, S: BuildHasher> IntoIterator for WordSet<K, S> {
    type Item = K;
    type IntoIter = WordSetIntoIter<K>;

    fn into_iter(self) -> WordSetIntoIter<K> {
        WordSetIntoIter(self.dict.into_iter())
    }
}

impl<'a, K: WordKey, S: BuildHasher> IntoIterator for &'a WordSet<K, S> {
    type Item = K;
    type IntoIter = WordSetIter<'a, K, S>;

    fn into_iter(self) -> WordSetIter<'a, K, S> {
        self.iter()
    }
}

/// The keys of a [`WordSet`]: of [`WordSet::iter`].
#[derive(Debug)]
pub struct WordSetIter<'a, K, S = RandomState>(WordKeys<'a, K, (), S>);

impl<K, S> Clone for WordSetIter<'_, K, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: WordKey, S: BuildHasher> Iterator for WordSetIter<'_, K, S> {
    type Item = K;

    #[inline]
    fn next(&mut self) -> Option<K> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K: WordKey, S: BuildHasher> FusedIterator for WordSetIter<'_, K, S> {}

/// Takes keys out of a [`WordSet`]: of [`WordSet::drain`].
#[derive(Debug)]
pub struct WordSetDrain<'a, K, S = RandomState>(WordDrain<'a, K, (), S>);

impl<K: WordKey, S: BuildHasher> Iterator for WordSetDrain<'_, K, S> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        self.0.next().map(|(key, ())| key)
    }
}

impl<K: WordKey, S: BuildHasher> FusedIterator for WordSetDrain<'_, K, S> {}

/// The keys that a [`WordSet`] had.
#[derive(Debug)]
pub struct WordSetIntoIter<K>(WordIntoIter<K, ()>);

impl<K: WordKey> Iterator for WordSetIntoIter<K> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        self.0.next().map(|(key, ())| key)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K: WordKey> ExactSizeIterator for WordSetIntoIter<K> {}
impl<K: WordKey> FusedIterator for WordSetIntoIter<K> {}
