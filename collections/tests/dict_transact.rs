//! Several entries of a `Dict` read and written as one step.

use std::{
    cell::Cell,
    collections::HashMap,
    hash::{BuildHasher, Hasher},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::Dict;

const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };

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

fn name(number: u64) -> String {
    format!("key {number}")
}

fn sorted<S: BuildHasher>(dict: &Dict<String, u64, S>) -> Vec<(String, u64)> {
    let mut all: Vec<_> = dict.snapshot().iter().map(|(key, value)| (key.clone(), *value)).collect();
    all.sort_unstable();
    all
}

fn dict_of(entries: &[(&str, u64)]) -> Dict<String, u64> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value)).collect()
}

fn list(entries: &[(&str, u64)]) -> Vec<(String, u64)> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value)).collect()
}

#[test]
fn it_reads_its_own_writes_and_nobody_else_does() {
    let dict = dict_of(&[("a", 10), ("b", 20)]);
    let result = dict.transact(|tx| {
        assert_eq!(tx.get("a"), Some(&10));
        assert!(!tx.insert("a".to_owned(), 11));
        assert_eq!(tx.get("a"), Some(&11));
        assert_eq!(tx.update("a", |value| value * 2), Some(&22));
        assert!(tx.remove("b"));
        assert!(!tx.remove("b"));
        assert!(!tx.contains_key("b"));
        assert_eq!(tx.update("b", |value| *value), None);
        // Looked for in vain before it is put in.
        assert_eq!(tx.get("c"), None);
        assert!(tx.insert("c".to_owned(), 30));
        assert_eq!(*tx.get_or_insert_with("c".to_owned(), || unreachable!("there is one")), 30);
        assert_eq!(*tx.get_or_insert_with("d".to_owned(), || 40), 40);
        assert!(tx.remove("d"));
        assert!(tx.insert("d".to_owned(), 41));
        // The dict itself, in the middle of it.
        assert_eq!(sorted(&dict), list(&[("a", 10), ("b", 20)]));
        "done"
    });
    assert_eq!(result, "done");
    assert_eq!(sorted(&dict), list(&[("a", 22), ("c", 30), ("d", 41)]));
    assert_eq!(dict.len(), 3);
}

#[test]
fn colliding_keys_in_transactions_of_many() {
    let dict: Dict<String, u64, _> = Dict::with_hasher(Constant);
    let mut twin = HashMap::new();
    let mut dice = Dice(3);
    for _ in 0..if cfg!(miri) { 10 } else { 1000 } {
        let picks: Vec<(u64, bool)> = (0..20).map(|_| (dice.below(30), dice.below(2) == 0)).collect();
        dict.transact(|tx| {
            for &(key, comes) in &picks {
                if comes {
                    tx.insert(name(key), key);
                } else {
                    tx.remove(&name(key));
                }
            }
        });
        for &(key, comes) in &picks {
            if comes {
                twin.insert(name(key), key)
            } else {
                twin.remove(&name(key))
            };
        }
        let mut expected: Vec<_> = twin.clone().into_iter().collect();
        expected.sort_unstable();
        assert_eq!(sorted(&dict), expected);
        assert_eq!(dict.len(), expected.len());
    }
}

#[test]
fn an_error_or_a_panic_changes_nothing() {
    let dict = dict_of(&[("a", 10), ("b", 20)]);
    let result: Result<(), &str> = dict.try_transact(|tx| {
        tx.insert("a".to_owned(), 0);
        tx.remove("b");
        tx.insert("c".to_owned(), 3);
        Err("no")
    });
    assert_eq!(result, Err("no"));
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.transact(|tx| {
            tx.insert("a".to_owned(), 0);
            tx.update("b", |_| panic!("within"));
        });
    }));
    assert!(end.is_err());
    assert_eq!(sorted(&dict), list(&[("a", 10), ("b", 20)]));
    dict.transact(|tx| ["a", "b"].map(|key| tx.update(key, |value| value + 1).copied()));
    assert_eq!(sorted(&dict), list(&[("a", 11), ("b", 21)]));
}

#[test]
fn a_lost_run_is_run_again() {
    let dict = dict_of(&[("a", 10)]);
    let runs = Cell::new(0);
    let there = dict.transact(|tx| {
        runs.set(runs.get() + 1);
        let value = *tx.get("a").unwrap();
        let there = tx.contains_key("b");
        match runs.get() {
            // An equal value is another entry all the same.
            1 => drop(dict.insert("a".to_owned(), 10)),
            // What was looked for in vain comes.
            2 => drop(dict.insert("b".to_owned(), 20)),
            _ => {}
        }
        tx.insert("c".to_owned(), value);
        there
    });
    assert_eq!((runs.get(), there), (3, true));
    assert_eq!(sorted(&dict), list(&[("a", 10), ("b", 20), ("c", 10)]));
}

/// Each value is dropped once: those of lost runs, of errors and panics, replaced ones and removed ones.
#[test]
fn nothing_is_lost_and_nothing_dropped_twice() {
    let shared = Arc::new(());
    let dict: Dict<u64, Arc<()>> = Dict::new();
    let runs = Cell::new(0);
    dict.transact(|tx| {
        runs.set(runs.get() + 1);
        tx.contains_key(&9);
        for key in 0..5 {
            tx.insert(key, Arc::clone(&shared));
            tx.insert(key, Arc::clone(&shared));
        }
        tx.remove(&4);
        if runs.get() < 3 {
            dict.insert(9, Arc::clone(&shared));
            dict.remove(&9);
            dict.insert(9, Arc::clone(&shared));
        }
    });
    assert_eq!(runs.get(), 3);
    dict.transact(|tx| {
        // One that is there, replaced and then taken out after all.
        tx.insert(3, Arc::clone(&shared));
        tx.remove(&3);
    });
    let _: Result<(), ()> = dict.try_transact(|tx| {
        tx.insert(0, Arc::clone(&shared));
        Err(())
    });
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.transact(|tx| {
            tx.insert(0, Arc::clone(&shared));
            panic!("within");
        })
    }));
    assert!(end.is_err());
    dict.flush();
    assert_eq!(dict.len(), 4);
    assert_eq!(Arc::strong_count(&shared), 5);
    drop(dict);
    assert_eq!(Arc::strong_count(&shared), 1);
}

/// Money moves between accounts, some of which are closed and opened again, while the table grows and shrinks; whoever looks at
/// all of them sees all the money.
#[test]
fn transfers_keep_the_sum() {
    const ACCOUNTS: u64 = 12;
    const EACH: u64 = 100;
    const TOTAL: u64 = ACCOUNTS * EACH;
    const PASSING: u64 = if cfg!(miri) { 10 } else { 300 };
    let dict: &Dict<String, u64> = &(0..ACCOUNTS).map(|key| (name(key), EACH)).collect();
    let working = &AtomicU64::new(4);
    thread::scope(|scope| {
        for own in 0..4 {
            scope.spawn(move || {
                let mut dice = Dice(own);
                for _ in 0..ROUNDS {
                    let (from, to) = (name(dice.below(ACCOUNTS)), name(dice.below(ACCOUNTS)));
                    let amount = 1 + dice.below(50);
                    dict.transact(|tx| {
                        // An account with nothing in it is not there.
                        let balance = tx.get(&from).copied().unwrap_or(0);
                        if balance < amount {
                            return;
                        }
                        if balance == amount {
                            tx.remove(&from);
                        } else {
                            tx.insert(from.clone(), balance - amount);
                        }
                        let balance = tx.get(&to).copied().unwrap_or(0);
                        tx.insert(to.clone(), balance + amount);
                    });
                }
                working.fetch_sub(1, Relaxed);
            });
        }
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                for key in 1000..1000 + PASSING {
                    dict.insert(name(key), 0);
                }
                for key in 1000..1000 + PASSING {
                    dict.remove(&name(key));
                }
            }
        });
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                assert_eq!(dict.snapshot().values().sum::<u64>(), TOTAL, "in a snapshot");
            }
        });
        scope.spawn(move || {
            while working.load(Relaxed) > 0 {
                let sum = dict.transact(|tx| (0..ACCOUNTS).filter_map(|key| tx.get(&name(key)).copied()).sum::<u64>());
                assert_eq!(sum, TOTAL, "in a transaction");
            }
        });
    });
    assert_eq!(dict.snapshot().values().sum::<u64>(), TOTAL);
    assert_eq!(dict.len(), dict.snapshot().len());
}
