//! Several entries read and written as one step, in dicts of either kind. What a `Dict` alone can get wrong: `dict_transact.rs`.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/random.rs"]
mod random;
#[path = "support/runs.rs"]
mod runs;

use std::{
    cell::Cell,
    collections::{BTreeMap, hash_map::RandomState},
    panic::{self, AssertUnwindSafe},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use hashers::{Clustered, Constant, Four, Identity};
use polder_collections::{Dict, WordDict};
use random::Random;
use runs::Transacting;

const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };

/// A test for each kind of dict, which is empty, with this hasher.
macro_rules! each_dict {
    ($($test:ident: $hasher:expr;)*) => {$(
        mod $test {
            use super::*;

            #[test]
            fn words() {
                super::$test(&WordDict::<u64, u64, _>::with_hasher($hasher));
            }

            #[test]
            fn entries() {
                super::$test(&Dict::<String, u64, _>::with_hasher($hasher));
            }
        }
    )*};
}

each_dict! {
    it_reads_its_own_writes_and_nobody_else_does: RandomState::new();
    a_key_that_comes_and_goes_leaves_nothing: Constant;
    nothing_read_and_nothing_written_is_nothing: RandomState::new();
    transactions_of_many_keys: Clustered;
    colliding_keys_in_transactions: Constant;
    an_error_changes_nothing: Four;
    a_panic_changes_nothing: Four;
    a_lost_run_is_run_again: RandomState::new();
    an_error_that_rests_on_a_lost_run_is_not_returned: RandomState::new();
    what_is_absent_when_it_is_read_is_absent_at_the_end: RandomState::new();
    a_transaction_within_another_one_is_its_own: RandomState::new();
    transfers_keep_the_sum: RandomState::new();
    write_skew_is_refused: Identity;
    no_change_is_lost_beside_single_updates: Four;
    a_long_transaction_gets_through_beside_short_ones: RandomState::new();
    reads_one_after_the_other_are_in_the_order_of_time: RandomState::new();
}

fn fill(dict: &impl Transacting, entries: impl IntoIterator<Item = (u64, u64)>) {
    for (key, value) in entries {
        dict.put(key, value);
    }
}

fn it_reads_its_own_writes_and_nobody_else_does(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    let result = dict.as_one(|run| {
        assert_eq!(run.get(1), Some(10));
        assert!(!run.put(1, 11));
        assert_eq!(run.get(1), Some(11));
        assert_eq!(run.change(1, &mut |value| value * 2), Some(22));
        assert!(run.take(2));
        assert!(!run.take(2));
        assert!(!run.has(2));
        assert_eq!(run.change(2, &mut |value| value), None);
        // Looked for in vain before it is put in.
        assert_eq!(run.get(3), None);
        assert!(run.put(3, 30));
        assert_eq!(run.get_or_make(3, &mut || unreachable!("there is one")), 30);
        assert_eq!(run.get_or_make(4, &mut || 40), 40);
        assert!(run.take(4));
        assert!(run.put(4, 41));
        // The dict itself, in the middle of it.
        assert_eq!(dict.all(), [(1, 10), (2, 20)]);
        "done"
    });
    assert_eq!(result, "done");
    assert_eq!(dict.all(), [(1, 22), (3, 30), (4, 41)]);
    assert_eq!(dict.length(), 3);
}

fn a_key_that_comes_and_goes_leaves_nothing(dict: &impl Transacting) {
    fill(dict, [(1, 10)]);
    dict.as_one(|run| {
        run.put(2, 20);
        run.take(2);
        run.take(1);
        run.put(1, 12);
    });
    assert_eq!(dict.all(), [(1, 12)]);
    assert_eq!(dict.length(), 1);
}

fn nothing_read_and_nothing_written_is_nothing(dict: &impl Transacting) {
    assert_eq!(dict.as_one(|_| 5), 5);
    assert_eq!(dict.as_one(|run| run.get(1)), None);
    assert_eq!(dict.as_one(|run| (run.get(1), run.get(2))), (None, None));
    assert_eq!((dict.length(), dict.all()), (0, vec![]));
}

fn transactions_of_many_keys(dict: &impl Transacting) {
    let many = if cfg!(miri) { 60 } else { 5_000 };
    dict.as_one(|run| {
        for key in 0..many {
            assert!(run.put(key, 1));
        }
        for key in 0..many {
            assert_eq!(run.change(key, &mut |value| value + 1), Some(2));
        }
    });
    assert_eq!(dict.length() as u64, many);
    let sum: u64 = dict.as_one(|run| (0..many).filter_map(|key| run.get(key)).sum());
    assert_eq!(sum, 2 * many);
    dict.as_one(|run| (0..many).for_each(|key| assert!(run.take(key))));
    assert_eq!((dict.length(), dict.all()), (0, vec![]));
}

fn colliding_keys_in_transactions(dict: &impl Transacting) {
    let mut twin = BTreeMap::new();
    let mut random = Random::new(3);
    for nth in 0..if cfg!(miri) { 10 } else { 1_000 } {
        // Some keys are few enough to be noted without an allocation.
        let picks: Vec<(u64, bool)> =
            (0..if nth % 2 == 0 { 8 } else { 20 }).map(|_| (random.below(30), random.below(2) == 0)).collect();
        dict.as_one(|run| {
            for &(key, comes) in &picks {
                if comes {
                    run.put(key, key + nth)
                } else {
                    run.take(key)
                };
            }
        });
        for &(key, comes) in &picks {
            if comes {
                twin.insert(key, key + nth)
            } else {
                twin.remove(&key)
            };
        }
        assert_eq!(dict.all(), twin.clone().into_iter().collect::<Vec<_>>());
        assert_eq!(dict.length(), twin.len());
    }
}

fn an_error_changes_nothing(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    let result: Result<(), &str> = dict.try_as_one(|run| {
        run.put(1, 0);
        run.take(2);
        run.put(3, 3);
        Err("no")
    });
    assert_eq!(result, Err("no"));
    assert_eq!(dict.all(), [(1, 10), (2, 20)]);
    assert_eq!(dict.try_as_one(|run| if run.put(1, 11) { Err("there is none") } else { Ok(5) }), Ok(5));
    assert_eq!(dict.value(1), Some(11));
}

fn a_panic_changes_nothing(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.as_one(|run| {
            run.put(1, 0);
            run.change(2, &mut |_| panic!("within"));
        });
    }));
    assert!(end.is_err());
    assert_eq!(dict.all(), [(1, 10), (2, 20)]);
    // No bin is left locked.
    dict.as_one(|run| [1, 2].map(|key| run.change(key, &mut |value| value + 1)));
    assert_eq!(dict.all(), [(1, 11), (2, 21)]);
}

fn a_lost_run_is_run_again(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    let runs = Cell::new(0);
    let seen = dict.as_one(|run| {
        runs.set(runs.get() + 1);
        let seen = run.get(1);
        if runs.get() <= 12 {
            // As another thread may: more often than a transaction is patient.
            dict.add_one(1);
        }
        run.put(2, 0);
        seen
    });
    assert_eq!(runs.get(), 13);
    assert_eq!(seen, Some(22));
    assert_eq!(dict.all(), [(1, 22), (2, 0)]);
}

fn an_error_that_rests_on_a_lost_run_is_not_returned(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    let runs = Cell::new(0);
    let result: Result<(), u64> = dict.try_as_one(|run| {
        runs.set(runs.get() + 1);
        let one = run.get(1).unwrap();
        if runs.get() == 1 {
            dict.as_one(|other| [(1, 11), (2, 21)].map(|(key, value)| other.put(key, value)));
        }
        Err(one + run.get(2).unwrap())
    });
    // 31 would be an entry of before and one of after.
    assert_eq!(result, Err(32));
    assert_eq!(runs.get(), 2);
}

fn what_is_absent_when_it_is_read_is_absent_at_the_end(dict: &impl Transacting) {
    fill(dict, [(1, 10)]);
    let runs = Cell::new(0);
    dict.as_one(|run| {
        runs.set(runs.get() + 1);
        let there = run.has(2);
        if runs.get() == 1 {
            dict.put(2, 20);
        }
        run.put(3, u64::from(there));
    });
    assert_eq!(runs.get(), 2);
    assert_eq!(dict.all(), [(1, 10), (2, 20), (3, 1)]);
}

fn a_transaction_within_another_one_is_its_own(dict: &impl Transacting) {
    fill(dict, [(1, 10), (2, 20)]);
    dict.as_one(|outer| {
        let one = outer.get(1).unwrap();
        let inner: Result<(), ()> = dict.try_as_one(|inner| {
            inner.put(2, 21);
            inner.put(3, 30);
            Ok(())
        });
        assert_eq!(inner, Ok(()));
        outer.put(1, one + 1);
    });
    assert_eq!(dict.all(), [(1, 11), (2, 21), (3, 30)]);
}

/// Money moves between accounts, some of which are closed and opened again; others come and go, so that the table grows and
/// shrinks; whoever looks at all of them sees all the money.
fn transfers_keep_the_sum(dict: &impl Transacting) {
    const ACCOUNTS: u64 = 12;
    const EACH: u64 = 100;
    const TOTAL: u64 = ACCOUNTS * EACH;
    const PASSING: u64 = if cfg!(miri) { 10 } else { 300 };
    fill(dict, (0..ACCOUNTS).map(|key| (key, EACH)));
    let total = || dict.all().into_iter().map(|(_, value)| value).sum::<u64>();
    let working = &AtomicU64::new(4);
    thread::scope(|scope| {
        for own in 0..4 {
            scope.spawn(move || {
                let mut random = Random::new(own);
                for _ in 0..ROUNDS {
                    let (from, to) = (random.below(ACCOUNTS), random.below(ACCOUNTS));
                    let amount = 1 + random.below(50);
                    dict.as_one(|run| {
                        // An account with nothing in it is not there.
                        let balance = run.get(from).unwrap_or(0);
                        if balance < amount {
                            return;
                        }
                        if balance == amount {
                            run.take(from)
                        } else {
                            run.put(from, balance - amount)
                        };
                        let balance = run.get(to).unwrap_or(0);
                        run.put(to, balance + amount);
                    });
                }
                working.fetch_sub(1, Relaxed);
            });
        }
        // Growth and shrinking.
        scope.spawn(|| {
            while working.load(Relaxed) > 0 {
                fill(dict, (1_000..1_000 + PASSING).map(|key| (key, 0)));
                (1_000..1_000 + PASSING).for_each(|key| dict.take(key));
            }
        });
        scope.spawn(|| {
            while working.load(Relaxed) > 0 {
                assert_eq!(total(), TOTAL, "in a snapshot");
            }
        });
        scope.spawn(|| {
            while working.load(Relaxed) > 0 {
                let sum: u64 = dict.as_one(|run| (0..ACCOUNTS).filter_map(|key| run.get(key)).sum());
                assert_eq!(sum, TOTAL, "in a transaction");
            }
        });
    });
    assert_eq!(total(), TOTAL);
    assert!(dict.all().iter().all(|&(key, value)| key < ACCOUNTS && value > 0));
    assert_eq!(dict.length(), dict.all().len());
}

/// Two doctors are on call; each may leave if the other one stays. Each reads both and writes one.
fn write_skew_is_refused(dict: &impl Transacting) {
    for round in 0..ROUNDS / 10 {
        fill(dict, [(1, 1), (2, 1)]);
        let start = &Barrier::new(2);
        thread::scope(|scope| {
            for own in 1..=2 {
                scope.spawn(move || {
                    start.wait();
                    dict.as_one(|run| {
                        if run.get(1).unwrap() + run.get(2).unwrap() == 2 {
                            run.put(own, 0);
                        }
                    });
                });
            }
        });
        let on_call: u64 = dict.all().into_iter().map(|(_, value)| value).sum();
        assert_eq!(on_call, 1, "in round {round}");
    }
}

/// Single-key writers go on as if there were no transactions, and no change of either is lost.
fn no_change_is_lost_beside_single_updates(dict: &impl Transacting) {
    fill(dict, [(1, 0), (2, 0)]);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    dict.as_one(|run| [1, 2].map(|key| run.change(key, &mut |value| value + 1)));
                }
            });
            scope.spawn(|| (0..ROUNDS).for_each(|round| dict.add_one(1 + round % 2)));
        }
    });
    assert_eq!(dict.all(), [(1, 3 * ROUNDS), (2, 3 * ROUNDS)]);
}

/// A transaction that needs long, beside others that are short and change its keys all the time, ends.
fn a_long_transaction_gets_through_beside_short_ones(dict: &impl Transacting) {
    const LONG: u64 = if cfg!(miri) { 3 } else { 20 };
    const KEYS: u64 = if cfg!(miri) { 6 } else { 64 };
    /// More than anybody takes away.
    const EACH: u64 = 1 << 40;
    fill(dict, (0..KEYS).map(|key| (key, EACH)));
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        for own in 0..2 {
            scope.spawn(move || {
                let mut random = Random::new(own);
                while !over.load(Relaxed) {
                    let (one, other) = (random.below(KEYS), random.below(KEYS));
                    dict.as_one(|run| {
                        run.change(one, &mut |value| value + 1);
                        run.change(other, &mut |value| value - 1);
                    });
                }
            });
        }
        for nth in 0..LONG {
            let sum: u64 = dict.as_one(|run| {
                let values: Vec<u64> = (0..KEYS).filter_map(|key| run.get(key)).collect();
                thread::yield_now();
                for key in 0..KEYS {
                    run.change(key, &mut |value| value + 1);
                }
                values.into_iter().sum()
            });
            assert_eq!(sum, KEYS * (EACH + nth));
        }
        over.store(true, Relaxed);
    });
    assert_eq!(dict.all().into_iter().map(|(_, value)| value).sum::<u64>(), KEYS * (EACH + LONG));
}

/// Who has read one write of a transaction reads the others after that, in a transaction each.
fn reads_one_after_the_other_are_in_the_order_of_time(dict: &impl Transacting) {
    const KEYS: u64 = 4;
    fill(dict, (0..KEYS).map(|key| (key, 0)));
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                dict.as_one(|run| (0..KEYS).for_each(|key| assert!(!run.put(key, round))));
            }
            over.store(true, Relaxed);
        });
        let mut last = 0;
        while !over.load(Relaxed) {
            for key in (0..KEYS).chain((0..KEYS).rev()) {
                let seen = dict.as_one(|run| run.get(key)).expect("it stays");
                assert!(seen >= last, "{key} is read as it was before another key was, {seen} after {last}");
                last = seen;
            }
        }
    });
}

/// Words are what they are: one that was changed and changed back meanwhile could as well be read after that.
#[test]
fn a_word_that_is_changed_back_is_the_same() {
    let words = WordDict::from([(1, 10)]);
    let runs = Cell::new(0);
    words.transact(|run| {
        runs.set(runs.get() + 1);
        let seen = run.get(&1).unwrap();
        words.insert(1, 11);
        words.insert(1, 10);
        run.insert(2, seen + 1);
    });
    assert_eq!((runs.get(), words.get(&2)), (1, Some(11)));
}
