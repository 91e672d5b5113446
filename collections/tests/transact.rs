//! Several entries read and written as one step.

use std::{
    cell::Cell,
    collections::HashMap,
    hash::{BuildHasher, Hasher},
    panic::{self, AssertUnwindSafe},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::WordDict;

const ROUNDS: u64 = if cfg!(miri) { 30 } else { 50_000 };

/// All keys in one bin, and the same tag.
#[derive(Clone, Copy, Debug, Default)]
struct Constant;

impl Hasher for Constant {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        7
    }
}

impl BuildHasher for Constant {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self
    }
}

/// Numbers that look random, the same ones in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn dict_of(entries: impl IntoIterator<Item = (u64, i64)>) -> WordDict<u64, i64> {
    let dict = WordDict::new();
    for (key, value) in entries {
        dict.insert(key, value);
    }
    dict
}

fn sorted<S: BuildHasher>(dict: &WordDict<u64, i64, S>) -> Vec<(u64, i64)> {
    let mut all = dict.to_vec();
    all.sort_unstable();
    all
}

#[test]
fn it_reads_its_own_writes_and_nobody_else_does() {
    let dict = dict_of([(1, 10), (2, 20)]);
    let result = dict.transact(|tx| {
        assert_eq!(tx.get(&1), Some(10));
        assert_eq!(tx.insert(1, 11), Some(10));
        assert_eq!(tx.get(&1), Some(11));
        assert_eq!(tx.update(&1, |value| value * 2), Some(22));
        assert_eq!(tx.remove(&2), Some(20));
        assert_eq!(tx.remove(&2), None);
        assert!(!tx.contains_key(&2));
        assert_eq!(tx.update(&2, |value| value), None);
        assert_eq!(tx.insert(3, 30), None);
        assert_eq!(tx.get_or_insert_with(3, || unreachable!("there is one")), 30);
        assert_eq!(tx.get_or_insert_with(4, || 40), 40);
        // The dict itself, in the middle of it.
        assert_eq!(sorted(&dict), [(1, 10), (2, 20)]);
        "done"
    });
    assert_eq!(result, "done");
    assert_eq!(sorted(&dict), [(1, 22), (3, 30), (4, 40)]);
    assert_eq!(dict.len(), 3);
}

#[test]
fn a_key_that_comes_and_goes_leaves_nothing() {
    let dict = dict_of([(1, 10)]);
    dict.transact(|tx| {
        tx.insert(2, 20);
        tx.remove(&2);
        tx.remove(&1);
        tx.insert(1, 12);
    });
    assert_eq!(sorted(&dict), [(1, 12)]);
    assert_eq!(dict.len(), 1);
}

#[test]
fn nothing_read_and_nothing_written_is_nothing() {
    let dict = WordDict::<u64, i64>::new();
    assert_eq!(dict.transact(|_| 5), 5);
    assert_eq!(dict.transact(|tx| (tx.get(&1), tx.get(&2))), (None, None));
    assert!(dict.is_empty());
}

#[test]
fn transactions_of_many_keys() {
    let dict = WordDict::<u64, i64>::new();
    let many = if cfg!(miri) { 100 } else { 5000 };
    dict.transact(|tx| {
        for key in 0..many {
            assert_eq!(tx.insert(key, 1), None);
        }
        for key in 0..many {
            assert_eq!(tx.update(&key, |value| value + 1), Some(2));
        }
    });
    assert_eq!(dict.len() as u64, many);
    let sum = dict.transact(|tx| (0..many).filter_map(|key| tx.get(&key)).sum::<i64>());
    assert_eq!(sum, 2 * many as i64);
    dict.transact(|tx| (0..many).for_each(|key| assert_eq!(tx.remove(&key), Some(2))));
    assert!(dict.is_empty());
    assert_eq!(dict.to_vec(), []);
}

#[test]
fn colliding_keys_in_one_transaction() {
    let dict = WordDict::<u64, i64, _>::with_hasher(Constant);
    let mut twin = HashMap::new();
    let mut dice = Dice(3);
    for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
        let picks: Vec<(u64, bool)> = (0..8).map(|_| (dice.below(30), dice.below(2) == 0)).collect();
        dict.transact(|tx| {
            for &(key, comes) in &picks {
                if comes {
                    tx.insert(key, key as i64)
                } else {
                    tx.remove(&key)
                };
            }
        });
        for &(key, comes) in &picks {
            if comes {
                twin.insert(key, key as i64)
            } else {
                twin.remove(&key)
            };
        }
        let mut expected: Vec<_> = twin.iter().map(|(&key, &value)| (key, value)).collect();
        expected.sort_unstable();
        assert_eq!(sorted(&dict), expected);
        assert_eq!(dict.len(), expected.len());
    }
}

#[test]
fn an_error_changes_nothing() {
    let dict = dict_of([(1, 10), (2, 20)]);
    let result: Result<(), &str> = dict.try_transact(|tx| {
        tx.insert(1, 0);
        tx.remove(&2);
        tx.insert(3, 3);
        Err("no")
    });
    assert_eq!(result, Err("no"));
    assert_eq!(sorted(&dict), [(1, 10), (2, 20)]);
    assert_eq!(dict.try_transact(|tx| tx.insert(1, 11).ok_or("none")), Ok(10));
    assert_eq!(dict.get(&1), Some(11));
}

#[test]
fn a_panic_changes_nothing() {
    let dict = dict_of([(1, 10), (2, 20)]);
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.transact(|tx| {
            tx.insert(1, 0);
            tx.update(&2, |_| panic!("within"));
        });
    }));
    assert!(end.is_err());
    assert_eq!(sorted(&dict), [(1, 10), (2, 20)]);
    // No bin is left locked.
    dict.transact(|tx| [1, 2].map(|key| tx.update(&key, |value| value + 1)));
    assert_eq!(sorted(&dict), [(1, 11), (2, 21)]);
}

#[test]
fn a_lost_run_is_run_again() {
    let dict = dict_of([(1, 10), (2, 20)]);
    let runs = Cell::new(0);
    let seen = dict.transact(|tx| {
        runs.set(runs.get() + 1);
        let seen = tx.get(&1);
        if runs.get() <= 12 {
            // As another thread may: more often than a transaction is patient.
            dict.update(&1, |value| value + 1);
        }
        tx.insert(2, 0);
        seen
    });
    assert_eq!(runs.get(), 13);
    assert_eq!(seen, Some(22));
    assert_eq!(sorted(&dict), [(1, 22), (2, 0)]);
}

#[test]
fn an_error_that_rests_on_a_lost_run_is_not_returned() {
    let dict = dict_of([(1, 10), (2, 20)]);
    let runs = Cell::new(0);
    let result: Result<(), i64> = dict.try_transact(|tx| {
        runs.set(runs.get() + 1);
        let one = tx.get(&1).unwrap();
        if runs.get() == 1 {
            dict.transact(|other| {
                other.insert(1, 11);
                other.insert(2, 21);
            });
        }
        Err(one + tx.get(&2).unwrap())
    });
    // 31 would be an entry of before and one of after.
    assert_eq!(result, Err(32));
    assert_eq!(runs.get(), 2);
}

#[test]
fn what_is_absent_when_it_is_read_is_absent_at_the_end() {
    let dict = dict_of([(1, 10)]);
    let runs = Cell::new(0);
    dict.transact(|tx| {
        runs.set(runs.get() + 1);
        let there = tx.contains_key(&2);
        dict.insert(2, 20);
        tx.insert(3, i64::from(there));
    });
    assert_eq!(runs.get(), 2);
    assert_eq!(sorted(&dict), [(1, 10), (2, 20), (3, 1)]);
}

#[test]
fn a_transaction_within_another_one_is_its_own() {
    let dict = dict_of([(1, 10), (2, 20)]);
    dict.transact(|outer| {
        let one = outer.get(&1).unwrap();
        let inner: Result<(), ()> = dict.try_transact(|inner| {
            inner.insert(2, 21);
            inner.insert(3, 30);
            Ok(())
        });
        assert_eq!(inner, Ok(()));
        outer.insert(1, one + 1);
    });
    assert_eq!(sorted(&dict), [(1, 11), (2, 21), (3, 30)]);
}

/// Money moves between accounts, some of which are closed and opened again; others come and go, so that the table grows and
/// shrinks; whoever looks at all of them sees all the money.
#[test]
fn transfers_keep_the_sum() {
    const ACCOUNTS: u64 = 12;
    const EACH: i64 = 100;
    const TOTAL: i64 = ACCOUNTS as i64 * EACH;
    const PASSING: u64 = if cfg!(miri) { 20 } else { 400 };
    let dict = &dict_of((0..ACCOUNTS).map(|key| (key, EACH)));
    let working = &AtomicU64::new(4);
    thread::scope(|scope| {
        for own in 0..4 {
            scope.spawn(move || {
                let mut dice = Dice(own);
                for _ in 0..ROUNDS {
                    let (from, to) = (dice.below(ACCOUNTS), dice.below(ACCOUNTS));
                    let amount = 1 + dice.below(50) as i64;
                    dict.transact(|tx| {
                        // An account with nothing in it is not there.
                        let balance = tx.get(&from).unwrap_or(0);
                        if balance < amount {
                            return;
                        }
                        if balance == amount {
                            tx.remove(&from);
                        } else {
                            tx.insert(from, balance - amount);
                        }
                        let balance = tx.get(&to).unwrap_or(0);
                        tx.insert(to, balance + amount);
                    });
                }
                working.fetch_sub(1, Relaxed);
            });
        }
        // Growth and shrinking.
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                for key in 1000..1000 + PASSING {
                    dict.insert(key, 0);
                }
                for key in 1000..1000 + PASSING {
                    dict.remove(&key);
                }
            }
        });
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                let sum: i64 = dict.snapshot().values().sum();
                assert_eq!(sum, TOTAL, "in a snapshot");
            }
        });
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                let sum: i64 = dict.transact(|tx| (0..ACCOUNTS).filter_map(|key| tx.get(&key)).sum());
                assert_eq!(sum, TOTAL, "in a transaction");
            }
        });
    });
    assert_eq!(dict.to_vec().into_iter().map(|(_, value)| value).sum::<i64>(), TOTAL);
    assert!(dict.to_vec().iter().all(|&(key, value)| key < ACCOUNTS && value > 0));
    assert_eq!(dict.len(), dict.to_vec().len());
}

/// Two doctors are on call; each may leave if the other one stays. Each reads both and writes one.
#[test]
fn write_skew_is_refused() {
    for round in 0..ROUNDS / 10 {
        let dict = &dict_of([(1, 1), (2, 1)]);
        let start = &Barrier::new(2);
        thread::scope(|scope| {
            for own in 1..=2 {
                scope.spawn(move || {
                    start.wait();
                    dict.transact(|tx| {
                        if tx.get(&1).unwrap() + tx.get(&2).unwrap() == 2 {
                            tx.insert(own, 0);
                        }
                    });
                });
            }
        });
        let on_call: i64 = dict.to_vec().into_iter().map(|(_, value)| value).sum();
        assert_eq!(on_call, 1, "in round {round}");
    }
}

/// Single-key writers go on as if there were no transactions, and no change of either is lost.
#[test]
fn no_change_is_lost_beside_single_updates() {
    let dict = &dict_of([(1, 0), (2, 0)]);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    dict.transact(|tx| [1, 2].map(|key| tx.update(&key, |value| value + 1)));
                }
            });
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    dict.update(&(1 + round % 2), |value| value + 1);
                }
            });
        }
    });
    let rounds = ROUNDS as i64;
    assert_eq!(dict.get(&1).unwrap() + dict.get(&2).unwrap(), 6 * rounds);
}

/// A transaction that needs long, beside others that are short and change its keys all the time, ends.
#[test]
fn a_long_transaction_gets_through_beside_short_ones() {
    const LONG: i64 = if cfg!(miri) { 3 } else { 20 };
    const KEYS: u64 = if cfg!(miri) { 6 } else { 64 };
    let dict = &dict_of((0..KEYS).map(|key| (key, 0)));
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        for own in 0..2 {
            scope.spawn(move || {
                let mut dice = Dice(own);
                while !over.load(Relaxed) {
                    let (one, other) = (dice.below(KEYS), dice.below(KEYS));
                    dict.transact(|tx| {
                        tx.update(&one, |value| value + 1);
                        tx.update(&other, |value| value - 1);
                    });
                }
            });
        }
        for _ in 0..LONG {
            let sum: i64 = dict.transact(|tx| {
                let values: Vec<i64> = (0..KEYS).filter_map(|key| tx.get(&key)).collect();
                thread::yield_now();
                for key in 0..KEYS {
                    tx.update(&key, |value| value + 1);
                }
                values.into_iter().sum()
            });
            assert_eq!(sum % KEYS as i64, 0);
        }
        over.store(true, Relaxed);
    });
    assert_eq!(dict.to_vec().into_iter().map(|(_, value)| value).sum::<i64>(), LONG * KEYS as i64);
}
