//! Interleavings of transactions with each other, with gets and with snapshots, and the values that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p polder-collections --release --test loom_transact
//! ```
//! Each test names all outcomes that its threads may have.
#![cfg(all(polder_loom, not(polder_shuttle)))]
#![cfg(feature = "std")]

#[path = "support/modelled.rs"]
mod modelled;

use loom::sync::Arc;
use modelled::{Itself, outcomes, spawn};
use polder_collections::WordDict;

type Dict = WordDict<u64, u64, Itself>;

/// Keys whose hashes the dict spreads to different bins of the two that there are at first.
const A: u64 = 0;
const B: u64 = 5;

/// Two entries in two bins.
fn pair() -> Arc<Dict> {
    let dict = Dict::with_hasher(Itself::default());
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
        let other = spawn(&dict, |dict: &Dict| add(dict, [B, A], 10));
        let reader = spawn(&dict, |dict: &Dict| dict.get(&A));
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
        let reader = spawn(&dict, |dict: &Dict| dict.transact(|tx| [A, B].map(|key| tx.get(&key).unwrap())));
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
        let maker = spawn(&dict, |dict: &Dict| dict.snapshot().values().sum::<u64>());
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
        let other = spawn(&dict, move |dict: &Dict| copy(dict, B, A));
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
        let reader = spawn(&dict, |dict: &Dict| [A, B].map(|key| dict.transact(|tx| tx.get(&key).unwrap())));
        add(&dict, [A, B], 1);
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [[0, 0], [0, 1], [1, 1]].into());
}
