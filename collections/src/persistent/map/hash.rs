//! The parts of a hash, and hashers that may be the same.

use core::hash::{BuildHasher, Hash};

/// A hash, spread so that its highest bits depend on all others: the trie goes by them, from the highest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hashed(u64);

impl Hashed {
    /// 2⁶⁴ over the golden ratio. As it is odd, no two hashes become the same.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    #[inline(always)]
    pub(super) fn of<Q: Hash + ?Sized>(hasher: &impl BuildHasher, key: &Q) -> Self {
        Self(hasher.hash_one(key).wrapping_mul(Self::FACTOR))
    }

    /// What [`bits`](Self::bits) gave.
    #[inline]
    pub(super) fn again(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// What is left of it after so many bits, at the top.
    #[inline(always)]
    pub(super) fn after(self, bits: u32) -> u64 {
        self.0.checked_shl(bits).unwrap_or(0)
    }

    /// Eight bits by which entries of a leaf are told apart; the trie gets to them beyond a hundred million entries. Never zero.
    #[inline(always)]
    pub(super) fn tag(self) -> u8 {
        let tag = (self.0 >> 32) as u8;
        tag + u8::from(tag == 0)
    }
}

/// Whether two hashers are taken to hash alike: if their type has no state, or they are at one place, or hash two numbers to the same.
pub(super) fn are_alike<S: BuildHasher>(one: &S, other: &S) -> bool {
    const PROBES: [u64; 2] = [0x5DEE_CE66_D1CE_4E5B, 0x0123_4567_89AB_CDEF];
    size_of::<S>() == 0
        || core::ptr::eq(one, other)
        || PROBES.iter().all(|probe| one.hash_one(probe) == other.hash_one(probe))
}
