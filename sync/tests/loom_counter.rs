//! Every interleaving of two or three threads at a counter, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom --cfg polder_mutate" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p polder-sync --release --test loom_counter
//! ```
//! Each test names all outcomes that its threads may have, or what holds in each. With `POLDER_WEAKEN=counter_place` and so
//! on, the tests that the orderings table of the module names for this edge fail. Who reads is a spawned thread: as the main
//! thread, loom does not let it begin after all that another one does.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use loom::{model::Builder, sync::Arc, thread};
use polder_sync::{Counter, leave};

/// Explores `body`, and returns what it returned in any execution; with `Some(bound)` only of those executions with at most so
/// many preemptions.
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
        leave();
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    });
    std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `body` on a new thread of the model, with its own handle of `counter`.
fn spawn<U: 'static>(counter: &Arc<Counter>, body: impl FnOnce(&Counter) -> U + 'static) -> thread::JoinHandle<U> {
    let counter = Arc::clone(counter);
    thread::spawn(move || {
        let result = body(&counter);
        drop(counter);
        leave();
        result
    })
}

/// K2: a sum that finds a chunk finds its cells made.
#[test]
fn a_sum_may_meet_a_chunk_that_is_being_made() {
    let outcomes = outcomes(None, || {
        let counter = Arc::new(Counter::new());
        let reader = spawn(&counter, Counter::sum);
        counter.increment();
        (reader.join().unwrap(), counter.sum())
    });
    assert_eq!(outcomes, [(0, 1), (1, 1)].into());
}

/// K1: a counter at a place that was another's begins at zero, for everybody who finds the place.
#[test]
fn a_place_comes_with_what_was_left_in_it() {
    let outcomes = outcomes(None, || {
        Counter::new().add(5);
        let counter = Arc::new(Counter::new());
        let reader = spawn(&counter, Counter::sum);
        counter.increment();
        (reader.join().unwrap(), counter.sum())
    });
    assert_eq!(outcomes, [(0, 1), (1, 1)].into());
}

/// K3: a sum counts what the reset that it knows of has counted.
#[test]
fn a_sum_does_not_fall_behind_a_reset() {
    let outcomes = outcomes(Some(2), || {
        let counter = Arc::new(Counter::new());
        let resetter = spawn(&counter, Counter::reset);
        let reader = spawn(&counter, Counter::sum);
        counter.increment();
        let had = resetter.join().unwrap();
        (had, reader.join().unwrap(), had + counter.sum())
    });
    assert_eq!(outcomes, [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)].into());
}

/// The exchange: what a reset takes is no other's.
#[test]
fn resets_share_out_the_additions() {
    let outcomes = outcomes(Some(2), || {
        let counter = Arc::new(Counter::new());
        counter.add(2);
        let other = spawn(&counter, Counter::reset);
        counter.increment();
        let ours = counter.reset();
        (ours, other.join().unwrap(), counter.sum())
    });
    assert_eq!(outcomes, [(0, 3, 0), (1, 2, 0), (3, 0, 0)].into());
}

/// K-seat: two threads that both find the seat empty end up at one place, or besides it; nothing is lost.
#[test]
fn two_first_additions_agree_on_a_place() {
    let outcomes = outcomes(Some(3), || {
        let counter = Arc::new(Counter::new());
        let other = spawn(&counter, |counter| counter.add(10));
        counter.add(1);
        other.join().unwrap();
        counter.sum()
    });
    assert_eq!(outcomes, [11].into());
}

/// R4: a place goes from counter to counter, and what one has added is not seen in the next.
#[test]
fn counters_in_turn_at_a_place_do_not_mix() {
    fn turn(amount: i64) -> i64 {
        let counter = Counter::new();
        counter.add(amount);
        counter.sum()
    }
    let outcomes = outcomes(Some(3), || {
        let other = thread::spawn(|| {
            let sum = turn(10);
            leave();
            sum
        });
        (turn(1), turn(2), other.join().unwrap())
    });
    assert_eq!(outcomes, [(1, 2, 10)].into());
}

/// N-own of the registry: whoever gets a node goes on from what its last owner added.
#[test]
fn a_reused_node_goes_on_counting() {
    let outcomes = outcomes(Some(3), || {
        let counter = Arc::new(Counter::new());
        let first = spawn(&counter, |counter| counter.add(1));
        let second = spawn(&counter, |counter| counter.add(10));
        first.join().unwrap();
        second.join().unwrap();
        counter.sum()
    });
    assert_eq!(outcomes, [11].into());
}

/// Without the two million cells of an ordinary build: the eighth counter finds no place, until another one is dropped.
#[test]
fn counters_without_a_place_count_too() {
    let outcomes = outcomes(None, || {
        let mut counters: Vec<Counter> = (0..8).map(|_| Counter::new()).collect();
        for (amount, counter) in (1..).zip(&counters) {
            counter.add(amount);
            counter.add(amount * 10);
        }
        let before: Vec<i64> = counters.iter().map(Counter::sum).collect();
        counters.remove(0);
        // The one that was left out gets the free place, and keeps what it has.
        counters[6].add(100);
        counters[6].add(1000);
        (before, counters[6].sum(), counters[6].reset(), counters[6].sum())
    });
    assert_eq!(outcomes, [(vec![11, 22, 33, 44, 55, 66, 77, 88], 1188, 1188, 0)].into());
}
