//! What the collections hold: keys and values that follow from a number, so that every answer can be checked.

use std::hash::Hash;

pub(super) use crate::dicts::key::value;
use crate::dicts::key::{letters, spread};

/// A key that is made from a number, a different one for each. Neighbours in number are far apart in order.
pub(super) trait Key: Eq + Ord + Hash + Clone + Send + Sync + 'static {
    /// The key of `number`.
    fn new(number: u64) -> Self;
    /// Makes this one the key of `number`, in place: looking up costs no allocation.
    fn set(&mut self, number: u64);
    /// Something about it that can be added up: who walks over entries looks at the keys, too.
    fn word(&self) -> u64;
}

/// What the value of `number` is changed to.
#[inline]
pub(super) const fn changed(number: u64) -> u64 {
    !value(number)
}

impl Key for u64 {
    #[inline]
    fn new(number: u64) -> Self {
        spread(number)
    }

    #[inline]
    fn set(&mut self, number: u64) {
        *self = spread(number);
    }

    #[inline]
    fn word(&self) -> u64 {
        *self
    }
}

/// Bytes of a string key.
const LENGTH: usize = 20;
/// What all of them begin with.
const PREFIX: &[u8; LENGTH - 16] = b"key:";

impl Key for String {
    fn new(number: u64) -> Self {
        let mut key = Self::with_capacity(LENGTH);
        key.set(number);
        key
    }

    #[inline]
    fn set(&mut self, number: u64) {
        let bits = spread(number);
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(PREFIX);
        bytes[4..12].copy_from_slice(&letters((bits >> 32) as u32));
        bytes[12..].copy_from_slice(&letters(bits as u32));
        // SAFETY: the prefix and the letters are ASCII. Checking that would cost as much as half a lookup.
        let text = unsafe { std::str::from_utf8_unchecked(&bytes) };
        self.clear();
        self.push_str(text);
    }

    #[inline]
    fn word(&self) -> u64 {
        self.len() as u64
    }
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
            assert!(key.len() == LENGTH && key.is_ascii() && key.starts_with("key:"), "{key:?}");
        }
    }
}
