//! The two words at the head of a bin, and the parts of a hash.

/// What one tag byte holds in the lowest byte, for all slots.
const ONES: u64 = 0x0001_0101_0101_0101;
const TAGS: u64 = 0x00FF_FFFF_FFFF_FFFF;
const HIGH: u64 = ONES << 7;

/// A hash, spread so that every bit counts: the low 31 bits choose the bin, the eight from bit 32 on are the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hashed(u64);

impl Hashed {
    /// 2⁶⁴ over the golden ratio, odd.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    /// Spreads what a hasher has made. In a product the highest bits depend on all others: they become the lowest. Without it,
    /// bins next to each other would be unequally full with hashers whose low bits are not their best.
    #[inline(always)]
    pub(crate) fn new(hash: u64) -> Self {
        Self(hash.wrapping_mul(Self::FACTOR).swap_bytes())
    }

    /// A hash of these bits as they are.
    #[cfg(all(test, polder_loom))]
    pub(super) fn unspread(bits: u64) -> Self {
        Self(bits)
    }

    /// What the hasher had made.
    pub(crate) fn given(self) -> u64 {
        /// Of the factor, modulo 2⁶⁴.
        const INVERSE: u64 = 0xF1DE_83E1_9937_733D;
        self.0.swap_bytes().wrapping_mul(INVERSE)
    }

    /// Never zero, which is the tag of an empty slot.
    #[inline(always)]
    pub(crate) fn tag(self) -> u64 {
        let tag = self.0 >> 32 & 0xFF;
        tag + u64::from(tag == 0)
    }

    /// Eight bits that choose neither bin nor tag.
    #[inline(always)]
    pub(crate) fn coin(self) -> u64 {
        self.0 >> 40 & 0xFF
    }

    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// The bin at this level.
    #[inline(always)]
    pub(crate) fn at_level(self, level: u32) -> u64 {
        self.0 & low_bits(level)
    }
}

/// As many ones as that, from the lowest on; at most 63.
#[inline(always)]
pub(crate) const fn low_bits(count: u32) -> u64 {
    (1 << count) - 1
}

/// The bin that this one is split off from: its number without the highest bit.
#[inline(always)]
pub(crate) fn parent(index: u64) -> u64 {
    index & (u64::MAX >> 1 >> index.leading_zeros())
}

/// The level at which a bin with this number is split off from its parent.
#[inline(always)]
pub(crate) fn birth(index: u64) -> u32 {
    index.ilog2()
}

/// The first word of a bin: a tag for each slot, the level, two flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header(pub(crate) u64);

/// What a header says of a bin's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Nothing: as all bins begin.
    Unwritten,
    /// It holds the hashes that agree with its number in so many low bits.
    At(u32),
    /// It was merged into its parent.
    Gone,
}

impl Header {
    const LEVEL_SHIFT: u32 = 56;
    const LEVEL: u64 = 63 << Self::LEVEL_SHIFT;
    /// What is written for a bin that was merged; other levels are written as 64 less themselves.
    const GONE: u64 = 1;
    const STAMP: u64 = 1 << 63;

    /// A bin that was merged into its parent, where zero would mean that it is empty.
    pub(crate) const MERGED: Self = Self(Self::GONE << Self::LEVEL_SHIFT);

    /// Whether the bin holds this hash, if it holds anything.
    #[inline(always)]
    pub(crate) fn may_hold(self, index: u64, hash: Hashed) -> bool {
        // The shift is taken modulo 64, so the flags above the level do not matter.
        (hash.0 ^ index).wrapping_shl((self.0 >> Self::LEVEL_SHIFT) as u32) == 0
    }

    /// Whether the level is written down.
    #[inline(always)]
    pub(crate) fn is_written(self) -> bool {
        ((self.0 >> Self::LEVEL_SHIFT) & 63) > 1
    }

    #[inline(always)]
    pub(crate) fn level(self) -> Level {
        match (self.0 & Self::LEVEL) >> Self::LEVEL_SHIFT {
            0 => Level::Unwritten,
            Self::GONE => Level::Gone,
            written => Level::At(64 - written as u32),
        }
    }

    #[inline(always)]
    pub(crate) fn with_level(self, level: u32) -> Self {
        Self(self.0 & !Self::LEVEL | u64::from(64 - level) << Self::LEVEL_SHIFT)
    }

    /// The parity of the last snapshot that has this bin.
    #[inline(always)]
    pub(crate) fn stamp(self) -> bool {
        self.0 & Self::STAMP != 0
    }

    #[inline(always)]
    pub(crate) fn with_stamp(self, stamp: bool) -> Self {
        Self(self.0 & !Self::STAMP | u64::from(stamp) << 63)
    }

    #[inline(always)]
    pub(crate) fn tags(self) -> Tags {
        Tags(self.0 & TAGS)
    }

    /// The first slot that has this tag.
    #[inline(always)]
    pub(crate) fn first_with(self, tag: u64) -> Option<usize> {
        let differences = self.0 ^ (tag * ONES);
        // Borrows make further bytes look like zero, but none below the first that is; those above the tags do not count.
        let zeros = differences.wrapping_sub(ONES) & !differences & HIGH;
        (zeros != 0).then(|| zeros.trailing_zeros() as usize / 8)
    }

    /// An empty slot among the first `count`.
    #[inline(always)]
    pub(crate) fn free_slot(self, count: usize) -> Option<usize> {
        self.first_with(0).filter(|&slot| slot < count)
    }

    #[inline(always)]
    pub(crate) fn with_tag(self, slot: usize, tag: u64) -> Self {
        Self(self.0 | tag << (slot * 8))
    }

    #[inline(always)]
    pub(crate) fn without_tag(self, slot: usize) -> Self {
        Self(self.0 & !(0xFF << (slot * 8)))
    }

    #[inline(always)]
    pub(crate) fn with_tags(self, tags: Tags) -> Self {
        Self(self.0 & !TAGS | tags.0)
    }
}

/// The tags of up to seven slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tags(pub(crate) u64);

impl Tags {
    /// The slots that have this tag. Exact: a slot that is empty is none of them.
    #[inline(always)]
    pub(crate) fn with(self, tag: u64) -> Slots {
        Slots(zero_bytes(self.0 ^ (tag * ONES)))
    }

    /// The used slots.
    #[inline(always)]
    pub(crate) fn used(self) -> Slots {
        Slots(zero_bytes(self.0) ^ HIGH)
    }

    /// An empty slot among the first `count`.
    #[inline(always)]
    pub(crate) fn free(self, count: usize) -> Option<usize> {
        Slots(zero_bytes(self.0)).next().filter(|&slot| slot < count)
    }

    /// The tag of a slot.
    #[inline(always)]
    pub(crate) fn at(self, slot: usize) -> u64 {
        self.0 >> (slot * 8) & 0xFF
    }

    #[inline(always)]
    pub(crate) fn set(self, slot: usize, tag: u64) -> Self {
        Self(self.clear(slot).0 | tag << (slot * 8))
    }

    #[inline(always)]
    pub(crate) fn clear(self, slot: usize) -> Self {
        Self(self.0 & !(0xFF << (slot * 8)))
    }

    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        self.used().0.count_ones() as usize
    }
}

/// The high bit of each of the seven low bytes that is zero.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    const LOW: u64 = ONES * 0x7F;
    !(((word & LOW) + LOW) | word) & HIGH
}

/// Some slots of a bin, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots(u64);

impl Iterator for Slots {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        (self.0 != 0).then(|| {
            let slot = self.0.trailing_zeros() / 8;
            self.0 &= self.0 - 1;
            slot as usize
        })
    }
}

/// The second word of a bin: a lock, a version, which tags are outside, a link to the entries there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(pub(crate) u64);

impl State {
    const LOCKED: u64 = 1;
    const VERSION: u64 = low_bits(27) << 1;
    const USED: u64 = 2;
    const OUTSIDE_SHIFT: u32 = 28;
    const LINK_SHIFT: u32 = 36;

    #[inline(always)]
    pub(crate) fn is_locked(self) -> bool {
        self.0 & Self::LOCKED != 0
    }

    #[inline(always)]
    pub(crate) fn locked(self) -> Self {
        Self(self.0 | Self::LOCKED)
    }

    #[inline(always)]
    pub(crate) fn unlocked(self) -> Self {
        Self(self.0 & !Self::LOCKED)
    }

    /// Whether the bin was ever in use. If not, its version is zero, and it has no tags; a bin whose memory was given back is such a
    /// one again.
    #[inline(always)]
    pub(crate) fn is_used(self) -> bool {
        self.0 & Self::USED != 0
    }

    /// That of a bin that comes into use, with a version that depends on how often memory was given back before: it is not likely
    /// to be one that the bin had in an earlier life.
    pub(crate) fn used(self, releases: u64) -> Self {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let version = releases.wrapping_mul(FACTOR) >> Self::OUTSIDE_SHIFT & Self::VERSION;
        Self(self.0 & !Self::VERSION | version | Self::USED)
    }

    /// 26 bits and the mark of use; it comes back after as many removals from one bin.
    #[inline(always)]
    pub(crate) fn version(self) -> u64 {
        self.0 & Self::VERSION
    }

    /// Whether what was found in a slot after this state was current: the bin is `now` in use, and its version the same.
    #[inline(always)]
    pub(crate) fn lasts(self, now: Self) -> bool {
        (self.0 | Self::USED) & Self::VERSION == now.version()
    }

    #[inline(always)]
    pub(crate) fn next_version(self) -> Self {
        Self(self.0 & !Self::VERSION | (self.0 + 2 * Self::USED) & Self::VERSION)
    }

    /// Whether an entry with this tag may be outside the bin. One bit stands for 32 tags.
    #[inline(always)]
    pub(crate) fn may_have_outside(self, tag: u64) -> bool {
        self.0 >> (u64::from(Self::OUTSIDE_SHIFT) + (tag & 7)) & 1 != 0
    }

    /// Another entry outside.
    #[inline(always)]
    pub(crate) fn with_outside(self, tag: u64) -> Self {
        Self(self.0 | 1 << (u64::from(Self::OUTSIDE_SHIFT) + (tag & 7)))
    }

    /// The first spill, if there is one.
    #[inline(always)]
    pub(crate) fn link(self) -> Link {
        Link((self.0 >> Self::LINK_SHIFT) as u32)
    }

    /// With another first spill; with none there is nothing outside.
    #[inline(always)]
    pub(crate) fn with_link(self, link: Link) -> Self {
        debug_assert!(link.0 <= Link::MOST, "a link has 28 bits");
        let kept = if link.is_none() { low_bits(Self::OUTSIDE_SHIFT) } else { low_bits(Self::LINK_SHIFT) };
        Self(self.0 & kept | u64::from(link.0) << Self::LINK_SHIFT)
    }
}

/// A spill's number, from one on; zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(pub(crate) u32);

impl Link {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const MOST: u32 = low_bits(28) as u32;

    #[inline(always)]
    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_can_be_taken_back() {
        for hash in [0, 1, 2, 0xFF, 1 << 63, u64::MAX, 0x0123_4567_89AB_CDEF] {
            assert_eq!(Hashed::new(hash).given(), hash);
        }
    }
}
