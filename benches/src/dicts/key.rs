//! What the dictionaries hold: keys and values that follow from a number, so that every answer can be checked.

use std::hash::Hash;

/// An odd number whose multiples fill all the bits: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// What tells a value from its key.
const SALT: u64 = 0x5851_F42D_4C95_7F2D;

/// A key that is made from a number, a different one for each.
pub(super) trait Key: Eq + Ord + Hash + Clone + Send + Sync + 'static {
    /// Its name in titles.
    const NAME: &'static str;
    /// The key of `number`.
    fn new(number: u64) -> Self;
    /// Makes this one the key of `number`, in place: looking up costs no allocation.
    fn set(&mut self, number: u64);
}

/// The bits of the key of `number`.
#[inline]
pub(crate) const fn spread(number: u64) -> u64 {
    number.wrapping_mul(GOLDEN)
}

/// The value that belongs to the key of `number` before anyone changes it.
#[inline]
pub(crate) const fn value(number: u64) -> u64 {
    spread(number).rotate_left(32) ^ SALT
}

impl Key for u64 {
    const NAME: &'static str = "u64";

    #[inline]
    fn new(number: u64) -> Self {
        spread(number)
    }

    #[inline]
    fn set(&mut self, number: u64) {
        *self = spread(number);
    }
}

/// Bytes of a string key.
const LENGTH: usize = 21;
/// What all of them begin with.
const PREFIX: &[u8; LENGTH - 16] = b"user:";

impl Key for String {
    const NAME: &'static str = "String";

    fn new(number: u64) -> Self {
        let mut key = Self::with_capacity(LENGTH);
        key.set(number);
        key
    }

    #[inline]
    fn set(&mut self, number: u64) {
        let bits = spread(number);
        let mut bytes = [0; LENGTH];
        bytes[..5].copy_from_slice(PREFIX);
        bytes[5..13].copy_from_slice(&letters((bits >> 32) as u32));
        bytes[13..].copy_from_slice(&letters(bits as u32));
        // SAFETY: the prefix and the letters are ASCII. Checking that would cost as much as half a lookup.
        let text = unsafe { std::str::from_utf8_unchecked(&bytes) };
        self.clear();
        self.push_str(text);
    }
}

/// Eight letters from `a` to `p`, one for four bits each.
#[inline]
pub(crate) const fn letters(bits: u32) -> [u8; 8] {
    let mut wide = bits as u64;
    wide = (wide | wide << 16) & 0x0000_FFFF_0000_FFFF;
    wide = (wide | wide << 8) & 0x00FF_00FF_00FF_00FF;
    wide = (wide | wide << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    (wide + u64::from_ne_bytes([b'a'; 8])).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_differ_and_can_be_set_in_place() {
        fn check<K: Key>() {
            let mut key = K::new(0);
            let mut seen = HashSet::new();
            for number in 0..5000 {
                key.set(number);
                assert!(key == K::new(number));
                assert!(seen.insert(key.clone()), "{number} has a key of its own");
            }
        }
        check::<u64>();
        check::<String>();
    }

    #[test]
    fn strings_are_ascii_of_one_length() {
        for number in [0, 1, 77, u64::MAX] {
            let key = <String as Key>::new(number);
            assert!(key.len() == LENGTH && key.is_ascii() && key.starts_with("user:"), "{key:?}");
        }
        assert_eq!(letters(0x0123_ABCF), *b"abcdklmp");
    }

    #[test]
    fn values_are_no_keys() {
        assert!((0..5000).all(|number| value(number) != <u64 as Key>::new(number)));
    }
}
