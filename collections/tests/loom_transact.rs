//! Interleavings of transactions with each other, with gets and with snapshots, and the values that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p polder-collections --release --test loom_transact
//! ```
//! Each test names all outcomes that its threads may have.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher},
    sync::{Mutex, PoisonError},
};

use loom::{model::Builder, sync::Arc, thread};
use polder_collections::WordDict;
use polder_sync::leave;

/// A key is its own hash.
#[derive(Clone, Copy, Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl BuildHasher for Itself {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

type Dict = WordDict<u64, u64, Itself>;

/// Explores `body`, with at most so many preemptions, and returns what it returned in any execution.
fn outcomes<T: Ord + Send + 'static>(bound: usize, body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.map_or(Some(bound), |asked| Some(asked.min(bound)));
    let all = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let found = std::sync::Arc::clone(&all);
    builder.check(move || {
        let outcome = body();
        leave();
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    });
    std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `body` on a new thread of the model, with its own handle of `dict`.
fn spawn<T: 'static>(dict: &Arc<Dict>, body: impl FnOnce(&Dict) -> T + 'static) -> thread::JoinHandle<T> {
    let dict = Arc::clone(dict);
    thread::spawn(move || {
        let result = body(&dict);
        drop(dict);
        leave();
        result
    })
}

/// Keys whose hashes the dict spreads to different bins of the two that there are at first.
const A: u64 = 0;
const B: u64 = 5;

/// Two entries in two bins.
fn pair() -> Arc<Dict> {
    let dict = Dict::with_hasher(Itself(0));
    dict.insert(A, 0);
    dict.insert(B, 0);
    Arc::new(dict)
}

fn add(dict: &Dict, keys: [u64; 2], amount: u64) {
    dict.transact(|tx| keys.map(|key| tx.update(&key, |value| value + amount)));
}

/// Neither waits for the other, and no change of either is lost; a get sees what was there before or after each.
#[test]
fn opposite_orders_and_a_get() {
    let outcomes = outcomes(2, || {
        let dict = pair();
        let other = spawn(&dict, |dict| add(dict, [B, A], 10));
        let reader = spawn(&dict, |dict| dict.get(&A));
        add(&dict, [A, B], 1);
        other.join().unwrap();
        let seen = reader.join().unwrap().unwrap();
        (seen, dict.get(&A).unwrap(), dict.get(&B).unwrap())
    });
    assert_eq!(outcomes, [(0, 11, 11), (1, 11, 11), (10, 11, 11), (11, 11, 11)].into());
}

/// A transaction that reads sees all of another one's changes or none.
#[test]
fn reads_are_of_one_moment() {
    let outcomes = outcomes(3, || {
        let dict = pair();
        let reader = spawn(&dict, |dict| dict.transact(|tx| [A, B].map(|key| tx.get(&key).unwrap())));
        add(&dict, [A, B], 1);
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [[0, 0], [1, 1]].into());
}

/// So does a snapshot (M2).
#[test]
fn a_snapshot_has_all_or_nothing() {
    let outcomes = outcomes(3, || {
        let dict = pair();
        let maker = spawn(&dict, |dict| dict.snapshot().values().sum::<u64>());
        add(&dict, [A, B], 1);
        maker.join().unwrap()
    });
    assert_eq!(outcomes, [0, 2].into());
}

/// What was read and what was written are one step: of two that each write what the other one reads, one comes first.
#[test]
fn there_is_no_write_skew() {
    let outcomes = outcomes(3, || {
        let dict = pair();
        let copy = |dict: &Dict, from: u64, to: u64| {
            dict.transact(|tx| {
                let value = tx.get(&from).unwrap();
                tx.insert(to, value + 1);
            });
        };
        let other = spawn(&dict, move |dict| copy(dict, B, A));
        copy(&dict, A, B);
        other.join().unwrap();
        [dict.get(&A).unwrap(), dict.get(&B).unwrap()]
    });
    assert_eq!(outcomes, [[1, 2], [2, 1]].into());
}

/// Transactions that read one entry each do not come between two writes of another one.
#[test]
fn transactions_of_one_read_have_an_order() {
    let outcomes = outcomes(3, || {
        let dict = pair();
        let reader = spawn(&dict, |dict| [A, B].map(|key| dict.transact(|tx| tx.get(&key).unwrap())));
        add(&dict, [A, B], 1);
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [[0, 0], [0, 1], [1, 1]].into());
}
