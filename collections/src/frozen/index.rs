//! Where in the order of hashes a key is.
//!
//! # Representation
//!
//! The entries stand in one slice, in the order of their hashes. The range of hashes is cut into *buckets* of equal width, two for five entries;
//! bucket `b` is `(hash * buckets) >> 64`, so buckets come in the order of hashes too. A bucket has one word:
//!
//! ```text
//!  63      44 43   40 39 38     32         7 6      0
//! ┌──────────┬───────┬──┬─────────┬─ … ─┬──┬─────────┐
//! │  excess  │ later │ 0│  tag 4  │     │ 0│  tag 0  │
//! └──────────┴───────┴──┴─────────┴─ … ─┴──┴─────────┘
//! start of the bucket = b * 5 / 2 + excess:  … ┊ e₀ e₁ e₂ ┊ …
//! ```
//!
//! - *Excess*, with a sign: how many entries there are before the bucket more than there would be if all buckets had equally many. It is as small as
//!   the hash function is even: about half the square root of the number of entries, so that 20 bits do for some 10¹⁰.
//! - *Tag i* is that of the entry at place `start + i`: the seven bits of the hash that come after those which chose the bucket (the upper bits of
//!   the lower half of the product). All five are compared at once, inside a register: of the entries whose tag is another, none is touched.
//! - *Later*: the sixth entry of a bucket and those after it have no tag. Each sets the bit that the two lowest bits of its tag name, so most
//!   absent keys are not looked for among them. One entry in 40 is such a one.
//!
//! So a lookup reads one line of words and one line of entries; the index takes 3.2 bytes an entry.
//!
//! # Invariants
//!
//! - I1: the start of bucket `b` is `b * 5 / 2` and the excess of its word; one word more than there are buckets ends the last one.
//! - I2: no bucket has more than [`LONGEST`] entries, and every excess fits. Where that would not hold (the hash function leaves the upper bits
//!   as they are, or gives many keys one hash), there are no words; all hashes are kept instead, in order, and a lookup searches them
//!   by halves.
//!
//! Nothing here is unsafe: a hash function that lies leads to wrong answers, as with any map.

use alloc::{boxed::Box, vec::Vec};

/// How many entries a lookup is ever to look at, where hashes differ.
const LONGEST: usize = 32;
/// Tags in a word.
const TAGS: usize = 5;
const LATER_SHIFT: u32 = 40;
const EXCESS_SHIFT: u32 = 44;
const EXCESS_LIMIT: isize = 1 << (63 - EXCESS_SHIFT);
/// A one in each byte that holds a tag.
const ONES: u64 = 0x01_0101_0101;
/// The bit above each tag.
const ABOVE: u64 = ONES << 7;

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    buckets: u64,
    words: Box<[u64]>,
    /// Empty, where there are words.
    hashes: Box<[u64]>,
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

/// Where a bucket starts if all have equally many entries. Fewer would cost memory, with more there were more entries without a tag.
#[inline]
fn even_start(bucket: usize) -> usize {
    bucket * 5 / 2
}

/// I1.
#[inline]
fn start(bucket: usize, word: u64) -> usize {
    even_start(bucket).wrapping_add_signed((word.cast_signed() >> EXCESS_SHIFT) as isize)
}

impl Index {
    /// Of entries with these hashes, which are in order.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        debug_assert!(hashes.is_sorted());
        match Self::words(&hashes) {
            Some(words) => Self { buckets: words.len() as u64 - 1, words, hashes: Box::default() },
            None => Self { buckets: 0, words: Box::default(), hashes: hashes.into() },
        }
    }

    /// The hashes of all entries, in order, where they are kept; else none.
    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// `None`: I2 would not hold.
    fn words(hashes: &[u64]) -> Option<Box<[u64]>> {
        let buckets = hashes.len() * 2 / 5 + 1;
        let mut words = Vec::with_capacity(buckets + 1);
        let mut start = 0_usize;
        for bucket in 0..=buckets {
            let excess = start.checked_signed_diff(even_start(bucket))?;
            let mut word = (excess as u64) << EXCESS_SHIFT;
            let mut len = 0;
            for cut in hashes[start..].iter().map(|hash| Cut::new(*hash, buckets as u64)) {
                if cut.bucket != bucket {
                    break;
                }
                word |= if len < TAGS { cut.tag << (8 * len) } else { cut.later() };
                len += 1;
            }
            if len > LONGEST || !(-EXCESS_LIMIT..EXCESS_LIMIT).contains(&excess) {
                return None;
            }
            words.push(word);
            start += len;
        }
        Some(words.into())
    }

    /// The entry that has this hash and is wanted, if there is one among the entries. Of some others with the same tag, it is asked too
    /// whether they are.
    // Always: a lookup is little more than a call, but the compiler counts what is cold in it too.
    #[inline(always)]
    pub(super) fn find<'a, E>(
        &self,
        entries: &'a [E],
        hash: u64,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let cut = Cut::new(hash, self.buckets);
        let Some(&word) = self.words.get(cut.bucket) else { return self.find_by_halves(entries, hash, is_wanted) };
        let start = start(cut.bucket, word);
        // A byte of the difference is zero where the tags are equal, and below 128 elsewhere, so that nothing is borrowed from the next one.
        let difference = word ^ (cut.tag * ONES);
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
    #[inline(never)]
    fn find_later<'a, E>(
        &self,
        entries: &'a [E],
        bucket: usize,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let (first, end) = (start(bucket, self.words[bucket]) + TAGS, start(bucket + 1, self.words[bucket + 1]));
        entries[first..end].iter().find(|entry| is_wanted(entry))
    }

    /// Where there are no words.
    #[cold]
    #[inline(never)]
    fn find_by_halves<'a, E>(
        &self,
        entries: &'a [E],
        hash: u64,
        mut is_wanted: impl FnMut(&'a E) -> bool,
    ) -> Option<&'a E> {
        let first = self.hashes.partition_point(|other| *other < hash);
        let same = self.hashes[first..].iter().take_while(|other| **other == hash);
        same.zip(&entries[first..]).map(|(_, entry)| entry).find(|entry| is_wanted(entry))
    }
}
