//! The key of a process without `std`: who gives one first, or else whoever hashes first, decides it for all.
//!
//! # Representation
//!
//! 128 bits, in words of the machine, as 64 bits at once are not atomic everywhere. Zero is a word that nobody has decided yet; a zero that is given becomes a one.
//!
//! # Invariants
//!
//! - A word changes once, from zero. So whoever has seen it not zero has seen what all others will see.
//! - A key is used only when each of its words was seen not zero: there is one key for all threads, whatever order they come in. Where two
//!   give keys at the same time, it may have words of both, and then neither is told that the key is his.
//!
//! # Orderings
//!
//! All are relaxed: a word is all there is to know, and nothing else is read on the strength of it.

use core::{array, hash::BuildHasher, sync::atomic::Ordering::Relaxed};

use crate::primitive::AtomicUsize;

const WORDS: usize = 128 / usize::BITS as usize;

/// A key that is decided once.
pub(super) struct Key([AtomicUsize; WORDS]);

/// The one of this process.
#[cfg(not(feature = "std"))]
pub(super) static PROCESS: Key = Key::new();

impl Key {
    pub(super) const fn new() -> Self {
        Self([const { AtomicUsize::new(0) }; WORDS])
    }

    /// The key, which from now on is that one. Wait-free.
    #[inline]
    pub(super) fn get(&self) -> [u64; 2] {
        let mut words = [0; WORDS];
        for (word, place) in words.iter_mut().zip(&self.0) {
            *word = place.load(Relaxed);
        }
        if words.contains(&0) {
            words = self.decide();
        }
        let all = words.iter().rfold(0_u128, |all, word| all << usize::BITS | *word as u128);
        [all as u64, (all >> 64) as u64]
    }

    /// Decides what is open. Whether the key is this one now. Wait-free.
    pub(super) fn give(&self, key: [u64; 2]) -> bool {
        let all = u128::from(key[1]) << 64 | u128::from(key[0]);
        let words = array::from_fn(|index| ((all >> (index as u32 * usize::BITS)) as usize).max(1));
        self.offer(words) == words
    }

    /// Decides by addresses, which differ where the system sees to it.
    #[cold]
    fn decide(&self) -> [usize; WORDS] {
        // The hasher mixes the addresses of a function, of a static and of places on the stack.
        let state = foldhash::quality::RandomState::default();
        self.offer(array::from_fn(|index| (state.hash_one(index) as usize).max(1)))
    }

    /// Puts these words where there are none yet; what stands there now.
    fn offer(&self, words: [usize; WORDS]) -> [usize; WORDS] {
        array::from_fn(|index| match self.0[index].compare_exchange(0, words[index], Relaxed, Relaxed) {
            Ok(_) => words[index],
            Err(word) => word,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::Key;

    #[test]
    fn a_key_that_is_given_first_is_the_key() {
        let key = Key::new();
        let given = [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210];
        assert!(key.give(given));
        assert_eq!(key.get(), given);
        assert!(key.give(given), "it is the key");
        assert!(!key.give([given[0], 0]) && !key.give([0, given[1]]) && !key.give([0; 2]));
        assert_eq!(key.get(), given);
    }

    #[test]
    fn a_key_that_was_used_stays() {
        let key = Key::new();
        let used = key.get();
        assert_eq!(key.get(), used);
        assert!(!key.give(used.map(|half| !half)));
        assert_eq!(key.get(), used);
    }

    #[test]
    fn no_word_of_a_key_is_zero() {
        let key = Key::new();
        assert!(key.give([0; 2]));
        assert_eq!(key.get(), key.get());
        assert!(key.get().iter().all(|half| *half != 0));
        assert!(key.0.into_iter().all(|word| word.into_inner() == 1));
    }

    #[test]
    fn threads_agree_on_a_key() {
        for _ in 0..if cfg!(miri) { 5 } else { 200 } {
            let key = &Key::new();
            thread::scope(|scope| {
                let givers = [[!0, !1], [!2, !3]].map(|given| scope.spawn(move || (given, key.give(given), key.get())));
                let user = scope.spawn(|| key.get());
                let seen = key.get();
                assert_eq!(user.join().unwrap(), seen);
                for giver in givers {
                    let (given, is_his, of_giver) = giver.join().unwrap();
                    assert_eq!(of_giver, seen);
                    assert_eq!(is_his, given == seen);
                }
            });
        }
    }
}
