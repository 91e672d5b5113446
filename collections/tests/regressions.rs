//! What other concurrent maps got wrong, each in a test named after the report.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::{
    hash::{BuildHasher, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::WordDict;
use watchdog::ends;

const MANY: u64 = if cfg!(miri) { 100 } else { 20_000 };

/// A hash function that panics in one of so many calls, in any thread, while it is told to.
#[derive(Clone, Debug, Default)]
struct Moody {
    calls: Arc<AtomicU64>,
    one_in: Arc<AtomicU64>,
}

struct MoodyHasher {
    hash: u64,
    moody: Moody,
}

impl BuildHasher for Moody {
    type Hasher = MoodyHasher;

    fn build_hasher(&self) -> MoodyHasher {
        MoodyHasher { hash: 0, moody: self.clone() }
    }
}

impl Hasher for MoodyHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, number: u64) {
        let one_in = self.moody.one_in.load(Relaxed);
        if one_in > 0 && self.moody.calls.fetch_add(1, Relaxed).is_multiple_of(one_in) {
            panic!("not in the mood");
        }
        self.hash = number;
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

/// All keys collide.
#[derive(Clone, Debug)]
struct Same;

impl BuildHasher for Same {
    type Hasher = SameHasher;

    fn build_hasher(&self) -> SameHasher {
        SameHasher
    }
}

struct SameHasher;

impl Hasher for SameHasher {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        0x1234_5678_9abc_def0
    }
}

/// papaya #92: a writer that gave up a resize woke the wrong waiters, and the right ones slept for ever. Here steps of growth
/// break off in a panicking hasher, in several threads at once; whoever waited for one goes on.
#[test]
fn papaya_92_a_resize_that_is_given_up_leaves_nobody_waiting() {
    ends(|| {
        let moody = Moody::default();
        let words = WordDict::<u64, u64, _>::with_hasher(moody.clone());
        moody.one_in.store(7, Relaxed);
        let panics: u64 = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let words = &words;
                    scope.spawn(move || {
                        let keys = thread * MANY / 4..(thread + 1) * MANY / 4;
                        keys.filter(|key| catch_unwind(AssertUnwindSafe(|| words.insert(*key, !key))).is_err()).count()
                            as u64
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("panics are caught")).sum()
        });
        moody.one_in.store(0, Relaxed);
        assert_ne!(panics, 0, "the hasher has panicked");
        for key in 0..MANY {
            // Absent only if its own hash, or the growth after it, has panicked.
            assert!([None, Some(!key)].contains(&words.insert(key, !key)), "{key} has another value");
        }
        assert_eq!(words.len() as u64, MANY);
    });
}

/// papaya #16: writers that waited for a copied entry deadlocked. Here all writers want the same few entries of one bin, while
/// others make the table grow and shrink.
#[test]
fn papaya_16_waiting_writers_do_not_deadlock() {
    ends(|| {
        let words = WordDict::<u64, u64, _>::with_hasher(Same);
        thread::scope(|scope| {
            for thread in 0..6 {
                let words = &words;
                scope.spawn(move || {
                    for number in 0..MANY / 4 {
                        let key = if thread < 4 { number % 5 } else { 5 + number % 40 };
                        match number / 40 % 2 {
                            0 => words.insert(key, number),
                            _ => words.remove(&key),
                        };
                    }
                });
            }
        });
        for key in 0..45 {
            words.remove(&key);
        }
        assert_eq!(words.len(), 0);
        assert_eq!(words.iter().count(), 0);
    });
}

/// An iterator that knows nothing of its length, or lies about it.
struct Counting {
    next: u64,
    end: u64,
    hint: (usize, Option<usize>),
}

impl Iterator for Counting {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        let key = self.next;
        self.next += 1;
        // Each key twice, the later one counts.
        (key < 2 * self.end).then_some((key % self.end, key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.hint
    }
}

/// papaya #20: a big iterator collected into a map crashed.
#[test]
fn papaya_20_a_big_iterator_is_collected() {
    for hint in [(0, None), (1, Some(1)), (2 * MANY as usize, Some(2 * MANY as usize))] {
        let words: WordDict<u64, u64> = Counting { next: 0, end: MANY, hint }.collect();
        assert_eq!(words.len() as u64, MANY);
        for key in 0..MANY {
            assert_eq!(words.get(&key), Some(key + MANY), "{key} has its last value");
        }
    }
}

/// cereggii: a lookup returned the value of another key that had got the slot meanwhile. Here keys of one bin come and go
/// around a few that stay; values tell their keys, and absent keys stay absent.
#[test]
fn cereggii_a_get_never_returns_another_keys_value() {
    const STAYING: u64 = 4;
    let words = WordDict::<u64, u64, _>::with_hasher(Same);
    for key in 0..STAYING {
        words.insert(key, key << 32);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..2 {
            let (words, done) = (&words, &done);
            scope.spawn(move || {
                let mut number = 0;
                while !done.load(Relaxed) {
                    // Different ones each time: the slots of few go to many.
                    let key = STAYING + thread + 2 * (number % 1_000);
                    words.insert(key, key << 32 | number);
                    words.remove(&key);
                    number += 1;
                }
            });
        }
        let reader = scope.spawn(|| {
            for number in 0..MANY * 20 {
                let key = number % STAYING;
                assert_eq!(words.get(&key), Some(key << 32), "{key} stays");
                let key = STAYING + number % 2_000;
                assert_eq!(words.get(&key).unwrap_or(key << 32) >> 32, key, "a value of another key");
                assert_eq!(words.get(&(key + 10_000)), None, "a key that was never there");
            }
        });
        let outcome = reader.join();
        done.store(true, Relaxed);
        outcome.unwrap();
    });
}

/// dashmap #74 and its kin: a lookup inside an iteration inside a change, all of one entry, locked itself out.
#[test]
fn dashmap_74_calls_inside_calls_of_the_same_key_end() {
    ends(|| {
        let words = WordDict::<u64, u64, _>::with_hasher(Same);
        words.insert(1, 1);
        words.insert(2, 2);
        let changed = words.update(&1, |old| {
            let seen: u64 = words.iter().map(|(key, _)| words.get(&key).expect("nothing is removed")).sum();
            words.insert(3, seen);
            old + seen
        });
        assert!(changed.is_some());
        assert_eq!(words.get(&1), Some(1 + 3));
        assert_eq!(words.get(&3), Some(3));
    });
}
