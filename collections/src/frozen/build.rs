//! From entries in any order to entries in the order of their hashes.

use alloc::vec::Vec;
use core::{error::Error, fmt, mem};

/// Entries that are sorted by comparing, on average: the others are put where they belong by their upper bits. Sorting is quickest
/// where it is done by insertion.
const SORTED_AT_ONCE: usize = 8;

/// Two of the entries that a [`Map`](super::Map) or a [`Set`](super::Set) was to be made of have equal keys. Nothing was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateError<E> {
    /// The position of the first of them.
    pub first: usize,
    /// The position of the second one, which is the least that any second one of two has.
    pub second: usize,
    /// All that were given, in the order in which they were.
    pub entries: Vec<E>,
}

impl<E> fmt::Display for DuplicateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entries {} and {} have equal keys", self.first, self.second)
    }
}

impl<E: fmt::Debug> Error for DuplicateError<E> {}

/// The order of some entries by their hashes; those with equal ones stay in the order in which they came.
pub(super) struct Order {
    places: Vec<(u64, usize)>,
}

impl Order {
    /// Of entries with these hashes. O(n), if they are even; O(n log n) else.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        let len = hashes.len();
        let buckets = len / SORTED_AT_ONCE + 1;
        let bucket = |hash: u64| ((u128::from(hash) * buckets as u128) >> 64) as usize;
        // Where the next entry of each bucket goes.
        let mut ends = alloc::vec![0; buckets];
        for hash in &hashes {
            ends[bucket(*hash)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += mem::replace(end, sum);
        }
        let mut places = alloc::vec![(0, 0); len];
        for (place, hash) in hashes.into_iter().enumerate() {
            let end = &mut ends[bucket(hash)];
            places[*end] = (hash, place);
            *end += 1;
        }
        let mut start = 0;
        for end in ends {
            places[start..end].sort_unstable();
            start = end;
        }
        Self { places }
    }

    /// The positions of two entries with equal keys: the second one's is the least possible.
    pub(super) fn duplicate<E>(&self, entries: &[E], is_same: impl Fn(&E, &E) -> bool) -> Option<(usize, usize)> {
        let runs = self.places.chunk_by(|left, right| left.0 == right.0).filter(|run| run.len() > 1);
        let duplicates = runs.filter_map(|run| {
            (1..run.len()).find_map(|last| {
                let (earlier, second) = (&run[..last], run[last].1);
                let mut same = earlier.iter().filter(|place| is_same(&entries[place.1], &entries[second]));
                same.next().map(|first| (first.1, second))
            })
        });
        duplicates.min_by_key(|(_, second)| *second)
    }

    /// The entries in this order, of those with equal keys the last one; and their hashes.
    ///
    /// A panic of `is_same` drops all entries.
    pub(super) fn arrange<E>(self, mut entries: Vec<E>, is_same: impl Fn(&E, &E) -> bool) -> (Vec<E>, Vec<u64>) {
        // Where each entry goes: those with a successor that has the same key go behind all others.
        let mut targets = alloc::vec![usize::MAX; entries.len()];
        let mut hashes = Vec::with_capacity(entries.len());
        for run in self.places.chunk_by(|left, right| left.0 == right.0) {
            for (at, &(hash, place)) in run.iter().enumerate() {
                if run[at + 1..].iter().any(|later| is_same(&entries[place], &entries[later.1])) {
                    continue;
                }
                targets[place] = hashes.len();
                hashes.push(hash);
            }
        }
        drop(self);
        let behind = targets.iter_mut().filter(|target| **target == usize::MAX);
        for (target, place) in behind.zip(hashes.len()..) {
            *target = place;
        }
        for place in 0..entries.len() {
            while targets[place] != place {
                let target = targets[place];
                entries.swap(place, target);
                targets.swap(place, target);
            }
        }
        entries.truncate(hashes.len());
        (entries, hashes)
    }
}
