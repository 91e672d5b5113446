//! Many threads on tables that are tiny, that collide, or that grow and shrink: what must hold at any time and at rest.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/jolts.rs"]
mod jolts;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/random.rs"]
mod random;
#[path = "support/tally.rs"]
mod tally;

use std::{
    collections::HashSet,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use foldhash::fast::FixedState;
use hashers::{Clustered, Constant, Four, Identity};
use jolts::Jolts;
use numbers::Numbers;
use polder_collections::{Dict, WordDict};
use random::Random;
use tally::{Counted, Tally};

const THREADS: u64 = if cfg!(miri) { 3 } else { 6 };
const ROUNDS: u64 = if cfg!(miri) { 1 } else { 3 };
/// Calls of each thread.
const CALLS: u64 = if cfg!(miri) { 60 } else { 15_000 };
/// Keys of a table that has grown.
const MANY: u64 = if cfg!(miri) { 60 } else { 20_000 };
/// Keys that collide: each costs a walk past all the others.
const COLLIDING: u64 = if cfg!(miri) { 12 } else { 100 };

/// A test for each kind of dict, with hashes spread and colliding. The number is how many keys it takes.
macro_rules! each_dict {
    ($($test:ident)*) => {$(
        mod $test {
            use super::*;

            #[test]
            fn words() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher(FixedState::default()), MANY);
            }

            #[test]
            fn words_that_are_their_hash() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher(Identity), MANY);
            }

            #[test]
            fn words_in_clusters() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher(Clustered), MANY);
            }

            #[test]
            fn words_of_four_hashes() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher(Four), COLLIDING);
            }

            #[test]
            fn words_that_collide() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher(Constant), COLLIDING);
            }

            #[test]
            fn entries() {
                super::$test(&Dict::<u64, u64, _>::with_hasher(FixedState::default()), MANY);
            }

            #[test]
            fn entries_in_clusters() {
                super::$test(&Dict::<u64, u64, _>::with_hasher(Clustered), MANY);
            }

            #[test]
            fn entries_that_collide() {
                super::$test(&Dict::<u64, u64, _>::with_hasher(Constant), COLLIDING);
            }
        }
    )*};
}

each_dict! {
    a_get_returns_what_was_written_for_its_key
    nothing_is_lost_and_nothing_doubled
    one_of_the_racing_wins
    sums_are_exact
    iteration_sees_what_stays_once
    the_length_is_exact_at_rest
    it_grows_and_becomes_empty_again
}

/// Runs the work in all threads at once, stopped now and then, with the number of the thread and something random.
fn together<T: Send>(work: impl Fn(u64, Random) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(THREADS as usize);
    let jolts = Jolts::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (start, work, jolts) = (&start, &work, &jolts);
                scope.spawn(move || {
                    start.wait();
                    jolts.here(|| work(thread, Random::new(thread + 1)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Runs the work in one thread while the others disturb, until it is done.
fn disturbed<T: Send>(work: impl FnOnce() -> T + Send, disturb: impl Fn(u64) + Sync) -> T {
    let done = AtomicBool::new(false);
    let jolts = Jolts::default();
    thread::scope(|scope| {
        for thread in 1..THREADS {
            let (done, disturb, jolts) = (&done, &disturb, &jolts);
            scope.spawn(move || {
                jolts.here(|| {
                    while !done.load(Relaxed) {
                        disturb(thread);
                    }
                });
            });
        }
        // Also when the work fails, or the scope would wait for ever.
        let outcome = scope.spawn(|| jolts.here(work)).join();
        done.store(true, Relaxed);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The value tells for which key it was written.
fn value(key: u64, number: u64) -> u64 {
    key << 32 | number
}

/// The same entries by iteration, by lookup and by number, each once.
fn assert_at_rest(dict: &impl Numbers, expected: u64) {
    let entries = dict.entries();
    let keys: HashSet<u64> = entries.iter().map(|(key, _)| *key).collect();
    assert_eq!(entries.len(), keys.len(), "an entry is seen twice");
    assert_eq!(keys.len() as u64, expected, "entries seen");
    assert_eq!(dict.length() as u64, expected, "entries counted");
    for (key, value) in entries {
        assert_eq!(dict.value(key), Some(value), "the entry of {key}");
    }
}

fn a_get_returns_what_was_written_for_its_key(dict: &impl Numbers, most: u64) {
    // Few keys, so that slots are used again and again; all of one table's bins, and then some.
    let keys = most.min(400);
    together(|_, mut random| {
        for number in 0..CALLS.min(CALLS * 100 / keys) {
            let key = random.below(keys);
            let found = match random.below(8) {
                0 | 1 => dict.put(key, value(key, number)),
                2 => dict.take(key),
                3 => dict.change(key, |old| value(old >> 32, number)),
                _ => dict.value(key),
            };
            if let Some(found) = found {
                assert_eq!(found >> 32, key, "a value of another key");
            }
        }
    });
    for (key, found) in dict.entries() {
        assert_eq!(found >> 32, key, "an entry with the value of another");
    }
}

fn nothing_is_lost_and_nothing_doubled(dict: &impl Numbers, most: u64) {
    let each = most / THREADS;
    for round in 0..ROUNDS {
        together(|thread, _| {
            for key in thread * each..(thread + 1) * each {
                assert_eq!(dict.put(key, value(key, round)), None, "{key} was there");
                assert_eq!(dict.value(key), Some(value(key, round)), "{key} is not there");
            }
        });
        assert_at_rest(dict, each * THREADS);
        together(|thread, _| {
            // Those that another thread has inserted.
            let thread = (thread + 1) % THREADS;
            for key in (thread * each..(thread + 1) * each).rev() {
                assert_eq!(dict.take(key), Some(value(key, round)), "{key} is lost");
                assert_eq!(dict.value(key), None, "{key} is still there");
            }
        });
        assert_at_rest(dict, 0);
        dict.shrink();
        assert_at_rest(dict, 0);
    }
}

fn one_of_the_racing_wins(dict: &impl Numbers, most: u64) {
    let most = most.min(5_000);
    for round in 0..ROUNDS {
        let inserted =
            together(|thread, _| (0..most).filter(|key| dict.put_new(*key, value(*key, thread))).count() as u64);
        assert_eq!(inserted.iter().sum::<u64>(), most, "insertions in round {round}");
        assert_at_rest(dict, most);
        let removed = together(|_, _| (0..most).filter(|key| dict.take(*key).is_some()).count() as u64);
        assert_eq!(removed.iter().sum::<u64>(), most, "removals in round {round}");
        assert_at_rest(dict, 0);
    }
}

fn sums_are_exact(dict: &impl Numbers, most: u64) {
    const SUMS: u64 = 5;
    for key in 0..SUMS {
        dict.put(key, 0);
    }
    let calls = if most == COLLIDING { CALLS / 10 } else { CALLS };
    let added = together(|thread, mut random| {
        let mut added = [0; SUMS as usize];
        for number in 0..calls {
            let (key, delta) = (random.below(SUMS), random.below(1_000));
            assert!(dict.add(key, delta).is_some(), "{key} is not there");
            added[key as usize] += delta;
            // Makes the table grow and shrink around the sums.
            let other = SUMS + thread * most + number % most;
            if (number / most).is_multiple_of(2) {
                dict.put(other, 0)
            } else {
                dict.take(other)
            };
        }
        added
    });
    for key in 0..SUMS {
        let sum: u64 = added.iter().map(|added| added[key as usize]).sum();
        assert_eq!(dict.value(key), Some(sum), "the sum of {key}");
    }
}

fn iteration_sees_what_stays_once(dict: &impl Numbers, most: u64) {
    let staying = most / 10;
    let passing = most.min(8_000);
    for key in 0..staying {
        dict.put(key, value(key, 0));
    }
    let passes = if cfg!(miri) { 2 } else { 12 };
    let walk = || {
        for _ in 0..passes {
            let entries = dict.entries();
            let keys: HashSet<u64> = entries.iter().map(|(key, _)| *key).collect();
            let seen = entries.iter().filter(|(key, _)| *key < staying).count() as u64;
            let missing: Vec<u64> = (0..staying).filter(|key| !keys.contains(key)).collect();
            assert_eq!(missing, [], "entries that stay and are not seen");
            assert_eq!(seen, staying, "entries that stay and are seen again");
            for (key, found) in entries {
                assert_eq!(found >> 32, key, "an entry with the value of another");
            }
        }
    };
    disturbed(walk, |thread| {
        let first = staying + thread * passing;
        for key in first..first + passing {
            dict.put(key, value(key, 1));
        }
        for key in first..first + passing {
            dict.take(key);
        }
    });
    assert_at_rest(dict, staying);
}

fn the_length_is_exact_at_rest(dict: &impl Numbers, most: u64) {
    let difference = AtomicU64::new(0);
    for _ in 0..ROUNDS {
        together(|thread, mut random| {
            for number in 0..(CALLS / ROUNDS).min(40 * most) {
                let key = random.below(most);
                let change = match (number + thread) % 3 {
                    0 => u64::from(dict.put(key, value(key, number)).is_none()),
                    1 => u64::from(dict.put_new(key, value(key, number))),
                    _ => 0_u64.wrapping_sub(u64::from(dict.take(key).is_some())),
                };
                difference.fetch_add(change, Relaxed);
            }
        });
        assert_at_rest(dict, difference.load(Relaxed));
    }
}

fn it_grows_and_becomes_empty_again(dict: &impl Numbers, most: u64) {
    for round in 0..ROUNDS {
        // All threads on the same keys, from both ends.
        together(|thread, _| {
            for step in 0..most {
                let key = if thread % 2 == 0 { step } else { most - 1 - step };
                dict.put(key, value(key, round));
            }
        });
        assert_at_rest(dict, most);
        together(|thread, _| {
            for step in 0..most {
                let key = if thread % 2 == 0 { step } else { most - 1 - step };
                if let Some(found) = dict.take(key) {
                    assert_eq!(found, value(key, round));
                }
            }
            dict.shrink();
        });
        assert_at_rest(dict, 0);
    }
}

#[test]
fn tables_begin_in_many_threads_at_once() {
    for round in 0..if cfg!(miri) { 3 } else { 400 } {
        let words = WordDict::<u64, u64, _>::with_capacity_and_hasher((round % 3) as usize, FixedState::default());
        let entries = Dict::<u64, u64, _>::with_capacity_and_hasher((round % 3) as usize, FixedState::default());
        together(|thread, _| {
            for key in thread * 4..thread * 4 + 4 {
                assert_eq!(words.put(key, value(key, round)), None);
                assert_eq!(entries.put(key, value(key, round)), None);
            }
        });
        assert_at_rest(&words, THREADS * 4);
        assert_at_rest(&entries, THREADS * 4);
    }
}

/// The memory of bins at the end goes back a few thousand bins at a time, while other threads still empty some of them.
#[test]
fn memory_goes_back_while_bins_are_emptied() {
    let words = WordDict::<u64, u64, _>::with_hasher(FixedState::default());
    // Enough for several pieces.
    let keys = if cfg!(miri) { 40 } else { 50_000 };
    for round in 0..if cfg!(miri) { 1 } else { 15 } {
        together(|thread, _| {
            for key in (thread..keys).step_by(THREADS as usize) {
                assert_eq!(words.put(key, value(key, round)), None, "{key} was there, in round {round}");
            }
        });
        together(|thread, _| {
            for key in (thread..keys).step_by(THREADS as usize) {
                assert_eq!(words.take(key), Some(value(key, round)), "{key} is lost, in round {round}");
            }
        });
        assert_at_rest(&words, 0);
    }
}

/// Who reads an entry while it is replaced or removed reads that one, which is dropped once, and later.
#[test]
fn every_entry_is_dropped_once_and_read_only_before() {
    let tally = Tally::new((3 * THREADS * CALLS) as usize, || {});
    let dict = Dict::<Counted, Counted, _>::with_hasher(FixedState::default());
    let keys = if cfg!(miri) { 8 } else { 1_000 };
    let found = AtomicU64::new(0);
    together(|_, mut random| {
        for number in 0..CALLS {
            let key = tally.new_one(random.below(keys));
            match random.below(6) {
                0 => drop(dict.insert(key, tally.new_one(number << 32))),
                1 => drop(dict.remove(&key)),
                2 => drop(dict.swap(&key, tally.new_one(number << 32))),
                3 if number.is_multiple_of(64) => dict.retain(|key, _| !key.number().is_multiple_of(7)),
                _ => {
                    if let Some(entry) = dict.get(&key) {
                        assert_eq!(*entry.key(), key, "another entry");
                        assert!(entry.number().trailing_zeros() >= 32, "a value that nobody has put in");
                        found.fetch_add(1, Relaxed);
                    }
                }
            }
        }
    });
    assert_ne!(found.into_inner(), 0, "nothing is ever there to be read");
    assert_eq!(tally.alive(), 2 * (dict.len() + dict.garbage().kept), "what is alive is in the dict, or was");
    drop(dict);
    assert_eq!(tally.alive(), 0, "something is left behind by the dict");
}
