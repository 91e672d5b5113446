//! Length and room.

use std::hash::BuildHasher;

use super::WordDict;
use crate::dict::word::{Word, WordKey};

/// Entries to two bins of seven each, so that few bins spill.
const TO_TWO_BINS: u128 = 11;

/// The bins that so many entries ask for.
pub(super) fn bins_for(capacity: usize) -> u64 {
    u64::try_from((capacity as u128 * 2).div_ceil(TO_TWO_BINS)).expect("a fifth of a number of 64 bits")
}

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// The number of entries: a sum of what each thread has added and removed, exact when nobody changes the dict. Wait-free;
    /// linear in the number of threads that have changed it.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 2), (3, 4)]);
    /// assert_eq!(dict.len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are no entries, as [`len`](Self::len) knows it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries the table, as it is, is meant for: with more it grows, or slows down. Zero if nothing was allocated yet.
    /// Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::WordDict;
    ///
    /// assert_eq!(WordDict::<u64, u64>::new().capacity(), 0);
    /// assert!(WordDict::<u64, u64>::with_capacity(100).capacity() >= 100);
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        let entries = u128::from(self.table.bin_count()) * TO_TWO_BINS / 2;
        usize::try_from(entries).unwrap_or(usize::MAX)
    }

    /// Makes room for so many entries more than there are, and keeps it until [`shrink_to_fit`](Self::shrink_to_fit) is
    /// called. Others go on meanwhile.
    ///
    /// Linear in the bins that are added. Blocks as writers do. Keys are hashed anew, with nothing locked; if that panics, some of the
    /// room is there.
    ///
    /// # Panics
    ///
    /// If it is more than can be had ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::from([(1, 2)]);
    /// dict.reserve(1000);
    /// assert!(dict.capacity() >= 1001);
    /// ```
    pub fn reserve(&self, additional: usize) {
        let capacity = self.len().checked_add(additional).expect("capacity overflow");
        if capacity > 0 {
            self.table.reserve(bins_for(capacity), self.hash_item());
        }
    }

    /// Gives up the capacity that was asked for, and merges bins from the end on, as long as what is in two of them fits into one;
    /// memory behind the last one goes back to the system, in pieces of some hundred thousand bytes.
    ///
    /// Linear in the bins that are merged. Blocks as writers do. Also a dict of fixed growth does this when told to.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::<u64, u64>::with_capacity(1000);
    /// dict.insert(1, 2);
    /// dict.shrink_to_fit();
    /// assert!(dict.capacity() < 1000);
    /// ```
    pub fn shrink_to_fit(&self) {
        self.table.shrink_to(0);
    }
}
