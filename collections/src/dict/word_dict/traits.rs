//! What dicts do as other collections do.

use std::{fmt, hash::BuildHasher};

use super::{Growth, Plan, WordDict};
use crate::dict::word::{Word, WordKey};

impl<K: WordKey, V: Word, S: BuildHasher + Default> Default for WordDict<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

/// All entries; weakly consistent, as [`iter`](WordDict::iter).
impl<K: WordKey + fmt::Debug, V: Word + fmt::Debug, S: BuildHasher> fmt::Debug for WordDict<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// The entries of one moment, in a dict that grows as this one does.
impl<K: WordKey, V: Word, S: BuildHasher + Clone> Clone for WordDict<K, V, S> {
    fn clone(&self) -> Self {
        let items = self.table.snapshot();
        let capacity = match self.growth {
            Growth::Automatic => items.len(),
            Growth::Fixed => self.capacity(),
        };
        let plan = Plan { growth: self.growth, huge_pages: self.huge_pages, ..Plan::new(capacity) };
        let clone = Self::of_plan(plan, self.hasher.clone());
        clone.insert_many(items.into_iter().map(Self::entry));
        clone
    }
}

/// Whether they have the same keys with equal values. Entry by entry, so while others change them it is of no one moment.
impl<K: WordKey, V: Word + PartialEq, S: BuildHasher, T: BuildHasher> PartialEq<WordDict<K, V, T>>
    for WordDict<K, V, S>
{
    fn eq(&self, other: &WordDict<K, V, T>) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(&key) == Some(value))
    }
}

impl<K: WordKey, V: Word + Eq, S: BuildHasher> Eq for WordDict<K, V, S> {}

/// As [`insert_many`](WordDict::insert_many).
impl<K: WordKey, V: Word, S: BuildHasher> Extend<(K, V)> for WordDict<K, V, S> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        self.insert_many(entries);
    }
}

/// As [`insert_many`](WordDict::insert_many).
impl<K: WordKey, V: Word, S: BuildHasher> Extend<(K, V)> for &WordDict<K, V, S> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        self.insert_many(entries);
    }
}

impl<K: WordKey, V: Word, S: BuildHasher + Default> FromIterator<(K, V)> for WordDict<K, V, S> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let dict = Self::default();
        dict.insert_many(entries);
        dict
    }
}

impl<K: WordKey, V: Word, const N: usize> From<[(K, V); N]> for WordDict<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}
