//! Every interleaving of two or three threads at a sequence cell, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom --cfg polder_mutate" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p polder-sync --release --test loom_seq_cell
//! ```
//! Each test names all outcomes that its threads may have. One more is a torn or stale value; one less means that the
//! exploration did not reach what the test is about. With `POLDER_WEAKEN=seq_look` and so on, the tests that the
//! orderings table of the module names for this edge fail.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use loom::{
    model::Builder,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};
use polder_sync::SeqCell;

/// Two words, so that parts of two values can be told from a value.
type Pair = [u64; 2];

fn cell(pair: Pair) -> Arc<SeqCell<Pair>> {
    Arc::new(SeqCell::new(pair))
}

/// Explores `body`, and returns what it returned in any execution; with `Some(bound)` only of those executions with
/// at most so many preemptions.
fn outcomes<T: Ord + Send + 'static>(
    bound: Option<usize>,
    body: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    let all = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let found = std::sync::Arc::clone(&all);
    builder.check(move || {
        let outcome = body();
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    });
    std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `body` on a new thread of the model, with its own handle of `shared`.
fn spawn<T: 'static, U: 'static>(shared: &Arc<T>, body: impl FnOnce(&T) -> U + 'static) -> thread::JoinHandle<U> {
    let shared = Arc::clone(shared);
    thread::spawn(move || body(&shared))
}

/// E1: a reader who has the number of a section also has its words, and what its writer did before.
///
/// `try_load` looks once, so no second look can make up for the first. The reader is the spawned thread, because loom
/// never lets it begin after the whole section when it is the main one.
#[test]
fn a_load_is_no_older_than_its_number() {
    let outcomes = outcomes(None, || {
        let shared = Arc::new((SeqCell::new([0_u64; 2]), AtomicU32::new(0)));
        let reader = spawn(&shared, |(cell, message)| cell.try_load().map(|pair| (pair, message.load(Relaxed))));
        let (cell, message) = &*shared;
        message.store(1, Relaxed);
        cell.store([1, 1]);
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [None, Some(([0, 0], 0)), Some(([0, 0], 1)), Some(([1, 1], 1))].into());
}

/// E2: a reader who has a word of a section learns of it before it takes the words for a value.
#[test]
fn a_load_is_no_newer_than_its_number() {
    let outcomes = outcomes(None, || {
        let cell = cell([0, 0]);
        let writer = spawn(&cell, |cell| cell.store([1, 1]));
        let seen = cell.load();
        writer.join().unwrap();
        seen
    });
    assert_eq!(outcomes, [[0, 0], [1, 1]].into());
}

/// A reader who meets two sections, in the middle or at either end.
#[test]
fn loads_go_forward_while_two_values_pass() {
    let outcomes = outcomes(Some(3), || {
        let cell = cell([0, 0]);
        let reader = spawn(&cell, |cell| [cell.load(), cell.load()]);
        cell.store([1, 1]);
        cell.store([2, 2]);
        reader.join().unwrap()
    });
    let forward = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]];
    assert_eq!(outcomes, forward.map(|values| values.map(|value| [value; 2])).into());
}

/// I1: sections do not mix; the last one's value stays, whole.
#[test]
fn two_stores_exclude_each_other() {
    let outcomes = outcomes(Some(4), || {
        let cell = cell([0, 0]);
        let other = spawn(&cell, |cell| cell.store([1, 1]));
        cell.store([2, 2]);
        let seen = cell.load();
        other.join().unwrap();
        (seen, cell.load())
    });
    assert_eq!(outcomes, [([1, 1], [1, 1]), ([2, 2], [1, 1]), ([2, 2], [2, 2])].into());
}

/// E1 between writers: who enters has the words of the section before.
#[test]
fn swaps_hand_on_each_value_once() {
    let outcomes = outcomes(Some(4), || {
        let cell = cell([0, 0]);
        let other = spawn(&cell, |cell| cell.swap([1, 1]));
        let ours = cell.swap([2, 2]);
        (ours, other.join().unwrap(), cell.load())
    });
    assert_eq!(outcomes, [([0, 0], [2, 2], [1, 1]), ([1, 1], [0, 0], [2, 2])].into());
}

/// The update's protocol: what was computed from an older value is not stored.
#[test]
fn updates_are_never_lost() {
    let outcomes = outcomes(Some(4), || {
        let step = |[up, down]: Pair| [up + 1, down - 1];
        let cell = cell([0, 10]);
        let other = spawn(&cell, move |cell| cell.update(step));
        let ours = cell.update(step);
        (ours, other.join().unwrap(), cell.load())
    });
    assert_eq!(outcomes, [([0, 10], [1, 9], [2, 8]), ([1, 9], [0, 10], [2, 8])].into());
}

/// An update among plain writers: it is made of the value that it replaces.
#[test]
fn an_update_and_a_store_come_one_after_the_other() {
    let outcomes = outcomes(Some(4), || {
        let cell = cell([0, 0]);
        let other = spawn(&cell, |cell| cell.store([5, 5]));
        let old = cell.update(|pair| pair.map(|word| word + 1));
        other.join().unwrap();
        (old, cell.load())
    });
    assert_eq!(outcomes, [([0, 0], [5, 5]), ([5, 5], [6, 6])].into());
}

/// Three threads: a reader among two writers gets a value of one of them.
///
/// `try_load`, because with two threads that wait for the third loom lets them take turns for ever.
#[test]
fn a_reader_among_two_writers_gets_one_value() {
    let outcomes = outcomes(Some(3), || {
        let cell = cell([0, 0]);
        let reader = spawn(&cell, SeqCell::try_load);
        let other = spawn(&cell, |cell| cell.store([1, 1]));
        cell.store([2, 2]);
        other.join().unwrap();
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [None, Some([0, 0]), Some([1, 1]), Some([2, 2])].into());
}
