//! The parts of a hash, and hashers that may be the same.

use core::hash::{BuildHasher, Hash};

/// A hash, spread so that its highest bits depend on all others: the trie goes by them, from the highest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hashed(u64);

impl Hashed {
    /// 2⁶⁴ over the golden ratio. As it is odd, no two hashes become the same.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    /// Times the factor, this is one.
    const INVERSE: u64 = {
        // Any odd number is its own inverse in the three lowest bits; each step doubles how many are right.
        let mut inverse = Self::FACTOR;
        let mut right = 3;
        while right < u64::BITS {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(Self::FACTOR.wrapping_mul(inverse)));
            right *= 2;
        }
        inverse
    };

    #[inline(always)]
    pub(super) fn of<Q: Hash + ?Sized>(hasher: &impl BuildHasher, key: &Q) -> Self {
        Self::spread(hasher.hash_one(key))
    }

    /// Of what the hasher has made of a key.
    #[inline(always)]
    pub(super) fn spread(plain: u64) -> Self {
        Self(plain.wrapping_mul(Self::FACTOR))
    }

    /// What the hasher has made of the key.
    pub(super) fn plain(self) -> u64 {
        self.0.wrapping_mul(Self::INVERSE)
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

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use super::Hashed;

    #[test]
    fn what_is_spread_is_found_again() {
        for plain in [0, 1, 2, 0x1234_5678_9ABC_DEF0, 1 << 63, u64::MAX] {
            assert_eq!(Hashed::spread(plain).plain(), plain);
        }
    }
}
