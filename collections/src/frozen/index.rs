//! Where in the order of hashes a key is.
//!
//! # Representation
//!
//! The entries stand in one slice, in the order of their hashes. The range of hashes is cut into *buckets* of equal width, a bucket for three
//! entries on average; bucket `b` is `(hash * buckets) >> 64`, so buckets come in the order of hashes too. A bucket has one word:
//!
//! ```text
//!  63        52 51   48 47 46     40         7 6      0
//! ┌────────────┬───────┬──┬─────────┬─ … ─┬──┬─────────┐
//! │   offset   │ later │ 0│  tag 5  │     │ 0│  tag 0  │
//! └────────────┴───────┴──┴─────────┴─ … ─┴──┴─────────┘
//!                                      words[b]           bases[b / 512]
//! entries: … ┊ e₀ e₁ e₂ e₃ ┊ …         offset         +   base            = place of e₀
//! ```
//!
//! - *Tag i* is that of the entry at place `start + i`: the seven bits of the hash that come after those which chose the bucket (the upper bits of
//!   the lower half of the product). All six are compared at once, inside a register: of the entries whose tag is another, none is touched.
//! - *Later*: the seventh entry of a bucket and those after it have no tag. Each sets the bit that the two lowest bits of its tag name, so most
//!   absent keys are not looked for among them.
//! - *Bases*: where every 512th bucket starts. Offsets are counted from there, and so fit into 12 bits.
//!
//! So a lookup reads one line of words and one line of entries (the bases are few, and stay in the first cache): 2⅔ bytes of index an entry.
//!
//! # Invariants
//!
//! - I1: the start of bucket `b` is `bases[b / 512] + (words[b] >> 52)`; one bucket more than there are ends the last one.
//! - I2: no bucket has more than [`LONGEST`] entries. Where that, or the 12 bits, would not hold (the hash function leaves its upper bits
//!   as they are, or gives many keys one hash), `bases` is empty and `words` holds all hashes instead, in order: a lookup searches
//!   them by halves, O(log n).
//!
//! Nothing here is unsafe: a hash function that lies leads to wrong answers, as with any map.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

/// Entries in a bucket, on average. Fewer cost memory, more let a bucket have too many for its tags: at 3, one entry in 60 has no tag.
const AVERAGE: usize = 3;
/// Buckets that share a base: their entries are some 1536, and may be 4095.
const SHARING: usize = 1 << SHARING_BITS;
const SHARING_BITS: u32 = 9;
/// How many entries a lookup is ever to look at.
const LONGEST: usize = 32;
/// Tags in a word.
const TAGS: usize = 6;
const OFFSET_BITS: u32 = 12;
const OFFSET_SHIFT: u32 = 64 - OFFSET_BITS;
const LATER_SHIFT: u32 = 48;
/// A one in each byte that holds a tag.
const ONES: u64 = 0x0101_0101_0101;
/// The bit above each tag.
const ABOVE: u64 = ONES << 7;

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    buckets: u64,
    words: Box<[u64]>,
    bases: Box<[usize]>,
}

/// A hash, cut up: its bucket and its tag.
#[derive(Clone, Copy)]
struct Cut {
    bucket: usize,
    tag: u64,
}

impl Cut {
    #[inline]
    fn new(hash: u64, buckets: u64) -> Self {
        let product = u128::from(hash) * u128::from(buckets);
        Self { bucket: (product >> 64) as usize, tag: product as u64 >> 57 }
    }

    /// The bit of a word that says that entries of such a tag come after those that have tags.
    #[inline]
    fn later(self) -> u64 {
        1 << (LATER_SHIFT + (self.tag & 3) as u32)
    }
}

impl Index {
    /// Of entries with these hashes, which are in order.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        debug_assert!(hashes.is_sorted());
        Self::of_buckets(&hashes).unwrap_or_else(|| Self { buckets: 0, words: hashes.into(), bases: Box::default() })
    }

    fn of_buckets(hashes: &[u64]) -> Option<Self> {
        let buckets = hashes.len() / AVERAGE + 1;
        let mut words = Vec::with_capacity(buckets + 1);
        let mut bases = Vec::with_capacity(buckets / SHARING + 1);
        let (mut start, mut base) = (0, 0);
        for bucket in 0..=buckets {
            if bucket % SHARING == 0 {
                base = start;
                bases.push(base);
            }
            let offset = (start - base) as u64;
            let mut word = offset << OFFSET_SHIFT;
            let cuts = hashes[start..].iter().map(|hash| Cut::new(*hash, buckets as u64));
            let mut len = 0;
            for cut in cuts.take_while(|cut| cut.bucket == bucket) {
                word |= if len < TAGS { cut.tag << (8 * len) } else { cut.later() };
                len += 1;
            }
            if offset >> OFFSET_BITS != 0 || len > LONGEST {
                return None;
            }
            words.push(word);
            start += len;
        }
        Some(Self { buckets: buckets as u64, words: words.into(), bases: bases.into() })
    }

    /// The place of the entry that has this hash and is wanted, if there is one among the entries. Of some others with the same tag, it is asked
    /// too whether they are.
    #[inline]
    pub(super) fn find<'a, E>(
        &self,
        entries: &'a [E],
        hash: u64,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let cut = Cut::new(hash, self.buckets);
        let (Some(word), Some(base)) = (self.words.get(cut.bucket), self.bases.get(cut.bucket >> SHARING_BITS)) else {
            return self.find_by_halves(entries, hash, is_wanted);
        };
        let start = base + (word >> OFFSET_SHIFT) as usize;
        // A byte of the difference is zero where the tags are equal, and below 128 elsewhere, so that nothing is borrowed from the next one.
        let difference = word ^ cut.tag * ONES;
        let mut equal = ABOVE.wrapping_sub(difference) & ABOVE;
        while equal != 0 {
            // A tag that stands for nobody may lead past the last entry.
            let entry = entries.get(start + (equal.trailing_zeros() >> 3) as usize);
            if let Some(entry) = entry.filter(|entry| is_wanted(entry)) {
                return Some(entry);
            }
            equal &= equal - 1;
        }
        if word & cut.later() == 0 { None } else { self.find_later(entries, cut.bucket, is_wanted) }
    }

    /// Among the entries of a bucket that have no tag.
    #[cold]
    fn find_later<'a, E>(
        &self,
        entries: &'a [E],
        bucket: usize,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let Range { start, end } = self.start(bucket)..self.start(bucket + 1);
        entries[start + TAGS..end].iter().find(|entry| is_wanted(entry))
    }

    /// I1.
    fn start(&self, bucket: usize) -> usize {
        self.bases[bucket >> SHARING_BITS] + (self.words[bucket] >> OFFSET_SHIFT) as usize
    }

    /// Where the words are the hashes.
    #[cold]
    fn find_by_halves<'a, E>(
        &self,
        entries: &'a [E],
        hash: u64,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let first = self.words.partition_point(|other| *other < hash);
        let same = self.words[first..].iter().take_while(|other| **other == hash);
        same.zip(&entries[first..]).map(|(_, entry)| entry).find(|entry| is_wanted(entry))
    }
}
