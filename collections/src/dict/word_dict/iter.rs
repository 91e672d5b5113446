//! Iterators.

use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher, iter::FusedIterator, marker::PhantomData, mem};

use super::WordDict;
use crate::dict::{
    engine::{Table, Walk, WordBin},
    snapshot::Snapshot,
    word::{Word, WordKey},
};

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// All entries, in no order, by value.
    ///
    /// Weakly consistent: an entry that is there from the call to the end is met once, however the dict changes and grows meanwhile; one that
    /// comes or goes is met or not. Each step copies what is in a bin or two, all there at one moment; lock-free, unless others write to
    /// the same bins all the time: then it waits as writers do. For all at one moment there is [`snapshot`](Self::snapshot).
    ///
    /// If `Hash` panics, up to a few bins are left out when the iterator goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.iter().map(|(key, value)| key + value).sum::<i32>(), 33);
    /// ```
    pub fn iter(&self) -> WordIter<'_, K, V, S> {
        WordIter { dict: self, walk: self.table.walk(), items: Vec::new() }
    }

    /// All keys. As [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.keys().sum::<i32>(), 3);
    /// ```
    pub fn keys(&self) -> WordKeys<'_, K, V, S> {
        WordKeys { entries: self.iter() }
    }

    /// All values. As [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.values().sum::<i32>(), 30);
    /// ```
    pub fn values(&self) -> WordValues<'_, K, V, S> {
        WordValues { entries: self.iter() }
    }

    /// Runs a closure on all entries: [`iter`](Self::iter) with less ado. The closure runs with nothing locked; if it panics, that is
    /// all.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// let mut sum = 0;
    /// dict.for_each(|key, value| sum += key + value);
    /// assert_eq!(sum, 33);
    /// ```
    pub fn for_each(&self, mut f: impl FnMut(K, V)) {
        let mut walk = self.table.walk();
        let mut items = Vec::new();
        while self.table.next_class(&mut walk, &mut items, self.hash_item()) {
            for &(key, value) in &items {
                f(K::from_bits(key), V::from_bits(value));
            }
        }
    }

    /// All entries as they are at one moment, between the call and its return.
    ///
    /// O(capacity), and a copy of all entries. Others go on meanwhile: a writer that comes to a bin first copies it for the snapshot, once. Blocks
    /// as writers do, and while another snapshot of the same dict is made. Runs nothing of the user's before it has all.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// let snapshot = dict.snapshot();
    /// dict.clear();
    /// assert_eq!(snapshot.get(&2), Some(&20));
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<K, V> {
        Snapshot::new(self.to_vec())
    }

    /// The entries of a [`snapshot`](Self::snapshot), as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 10), (2, 20)]);
    /// let mut entries = dict.to_vec();
    /// entries.sort();
    /// assert_eq!(entries, [(1, 10), (2, 20)]);
    /// ```
    #[must_use]
    pub fn to_vec(&self) -> Vec<(K, V)> {
        self.table.snapshot().into_iter().map(Self::entry).collect()
    }
}

/// The entries of a [`WordDict`]: of [`WordDict::iter`].
pub struct WordIter<'a, K, V, S = RandomState> {
    dict: &'a WordDict<K, V, S>,
    walk: Walk,
    /// What is left of the class before.
    items: Vec<(u64, u64)>,
}

impl<K: WordKey, V: Word, S: BuildHasher> WordIter<'_, K, V, S> {
    fn next_item(&mut self) -> Option<(u64, u64)> {
        while self.items.is_empty() {
            // Not in its place while the hasher may panic.
            let mut items = mem::take(&mut self.items);
            if !self.dict.table.next_class(&mut self.walk, &mut items, self.dict.hash_item()) {
                return None;
            }
            self.items = items;
        }
        self.items.pop()
    }
}

#[cfg(feature = "rayon")]
impl<K, V, S> WordIter<'_, K, V, S> {
    /// Leaves half of the classes that are to come to another iterator.
    pub(super) fn split(&mut self) -> Option<Self> {
        let walk = self.walk.split()?;
        Some(Self { dict: self.dict, walk, items: Vec::new() })
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> Iterator for WordIter<'_, K, V, S> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        self.next_item().map(WordDict::<K, V, S>::entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.items.len(), None)
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> FusedIterator for WordIter<'_, K, V, S> {}

impl<K, V, S> Clone for WordIter<'_, K, V, S> {
    fn clone(&self) -> Self {
        Self { dict: self.dict, walk: self.walk, items: self.items.clone() }
    }
}

impl<K, V, S> fmt::Debug for WordIter<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordIter").finish_non_exhaustive()
    }
}

/// One side of the entries.
macro_rules! sides {
    ($($(#[$doc:meta])* $name:ident: $item:ident, $side:tt;)*) => {$(
        $(#[$doc])*
        pub struct $name<'a, K, V, S = RandomState> {
            entries: WordIter<'a, K, V, S>,
        }

        impl<K: WordKey, V: Word, S: BuildHasher> Iterator for $name<'_, K, V, S> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.entries.next_item().map(|item| $item::from_bits(item.$side))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.entries.size_hint()
            }
        }

        impl<K: WordKey, V: Word, S: BuildHasher> FusedIterator for $name<'_, K, V, S> {}

        impl<K, V, S> Clone for $name<'_, K, V, S> {
            fn clone(&self) -> Self {
                Self { entries: self.entries.clone() }
            }
        }

        impl<K, V, S> fmt::Debug for $name<'_, K, V, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

sides! {
    /// The keys of a [`WordDict`]: of [`WordDict::keys`].
    WordKeys: K, 0;
    /// The values of a [`WordDict`]: of [`WordDict::values`].
    WordValues: V, 1;
}

/// Takes entries out of a [`WordDict`]: of [`WordDict::drain`].
pub struct WordDrain<'a, K, V, S = RandomState> {
    entries: WordIter<'a, K, V, S>,
}

impl<'a, K: WordKey, V: Word, S: BuildHasher> WordDrain<'a, K, V, S> {
    pub(super) fn new(dict: &'a WordDict<K, V, S>) -> Self {
        Self { entries: dict.iter() }
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> Iterator for WordDrain<'_, K, V, S> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        let Self { entries } = self;
        loop {
            let (key, _) = entries.next()?;
            // Somebody else may have been faster, or changed the value.
            if let Some(value) = entries.dict.remove(&key) {
                return Some((key, value));
            }
        }
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> FusedIterator for WordDrain<'_, K, V, S> {}

impl<K, V, S> fmt::Debug for WordDrain<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordDrain").finish_non_exhaustive()
    }
}

/// The entries that a [`WordDict`] had.
pub struct WordIntoIter<K, V> {
    table: Table<WordBin>,
    next_bin: u64,
    items: Vec<(u64, u64)>,
    left: usize,
    entries: PhantomData<(K, V)>,
}

impl<K: Word, V: Word> Iterator for WordIntoIter<K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        while self.items.is_empty() {
            if !self.table.items_of_bin(self.next_bin, &mut self.items) {
                return None;
            }
            self.next_bin += 1;
        }
        let (key, value) = self.items.pop()?;
        self.left = self.left.saturating_sub(1);
        Some((K::from_bits(key), V::from_bits(value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K: Word, V: Word> ExactSizeIterator for WordIntoIter<K, V> {}
impl<K: Word, V: Word> FusedIterator for WordIntoIter<K, V> {}

impl<K, V> fmt::Debug for WordIntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordIntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> IntoIterator for WordDict<K, V, S> {
    type Item = (K, V);
    type IntoIter = WordIntoIter<K, V>;

    /// All entries, in no order. Nothing is hashed or locked.
    fn into_iter(self) -> WordIntoIter<K, V> {
        let left = self.len();
        WordIntoIter { table: self.table, next_bin: 0, items: Vec::new(), left, entries: PhantomData }
    }
}

impl<'a, K: WordKey, V: Word, S: BuildHasher> IntoIterator for &'a WordDict<K, V, S> {
    type Item = (K, V);
    type IntoIter = WordIter<'a, K, V, S>;

    fn into_iter(self) -> WordIter<'a, K, V, S> {
        self.iter()
    }
}
