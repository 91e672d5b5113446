//! Who runs behaviours that are ready: drain jobs on a pool of threads.
//!
//! A behaviour that has all its locks is put into one queue, and *drains* take from it: jobs of the pool, at most as
//! many as the pool has threads. A drain that finds nothing searches for some microseconds, and ends; so the pool's
//! own price for a job is paid once for many behaviours, and a pool without behaviours is as if there were none.
//!
//! # Protocol
//!
//! *Submit*: push; begin a drain, unless one is searching or there are as many as may be.
//!
//! *Drain*, begun as searching: (1) pop now and then for a while; if there was something, stop searching and run it, and
//! again as long as the queue has something; then search again. (2) End. Who stops searching as the last one, and who
//! ends, looks at the queue once more. `drains.rs` has the steps, and why nothing is forgotten.
//!
//! *Nested.* A drain that lets its thread do another job of the pool may meet a drain there. That one ends at
//! once: so a thread has one drain at most, the count is one of threads, and the stack stays flat.
//!
//! # Fairness
//!
//! A behaviour that another one has made ready by ending is run next by the same drain, as its data is hot; after
//! [`HOT_RUN`] such in a row the next goes to the queue. After [`DRAIN_RUN`] behaviours a drain lets its thread do
//! another job of the pool.
//!
//! # Twins
//!
//! `rayon` is the real pool. `model` has the pools of the checkers: one of loom's threads runs what is ready when
//! told to (`run_ready`); shuttle has a thread for each drain. `threads` is for Miri and has one of std's for each,
//! as rayon's threads never end.

mod drains;
#[cfg(polder_loom)]
mod model;
#[cfg(not(any(polder_loom, miri)))]
mod rayon;
#[cfg(all(miri, not(polder_loom)))]
mod threads;

use std::{cell::Cell, ptr::NonNull, time::Instant};

use self::drains::Drains;
#[cfg(polder_loom)]
use self::model as pool;
#[cfg(polder_loom)]
pub use self::model::{HandOff, run_ready};
#[cfg(not(any(polder_loom, miri)))]
use self::rayon as pool;
#[cfg(all(miri, not(polder_loom)))]
use self::threads as pool;
use super::{
    block::{self, Header},
    completion::Completion,
};
use crate::{
    config::{DRAIN_RUN, HOT_RUN, SEARCHES},
    parker::{Native, Parking},
    primitive::{Backoff, per_thread, shared_static},
};

/// A behaviour that holds all its locks and belongs to the queue.
struct Ready(NonNull<Header>);

// SAFETY: the closure in it is `Send`, and so are the shares of its locks and its result.
unsafe impl Send for Ready {}

shared_static! {
    /// Of this process.
    static EXECUTOR: Executor = Executor::new();
}

struct Executor {
    ready: pool::Queue,
    drains: Drains,
}

impl Executor {
    crate::primitive::const_fn! {
        const fn new() -> Self {
            Self { ready: pool::Queue::new(), drains: Drains::new() }
        }
    }
}

/// Runs a behaviour soon, on a thread of the pool. Runs no foreign code itself.
///
/// # Safety
/// - The caller owns the behaviour, which holds all its locks, and gives it up.
pub(super) unsafe fn submit(behaviour: NonNull<Header>) {
    EXECUTOR.ready.push(Ready(behaviour));
    if EXECUTOR.drains.pushed(pool::width) {
        pool::spawn(drain);
    }
}

per_thread! {
    /// Whether the thread has a drain on its stack: one that lets it do another job may meet a drain there.
    static DRAINING: Cell<bool> = Cell::new(false);
}

/// Runs what is ready, until nothing has been for a while.
fn drain() {
    let executor: &Executor = &EXECUTOR;
    // Two drains on one thread would be counted as two threads, and another thread of the pool be left idle.
    if !DRAINING.with(|draining| draining.replace(true)) {
        drain_alone(executor);
        DRAINING.with(|draining| draining.set(false));
    }
    if executor.drains.end(|| executor.ready.is_empty(), pool::width) {
        pool::spawn(drain);
    }
}

/// The same, by the thread's only drain; still counted as searching when it returns.
fn drain_alone(executor: &Executor) {
    let mut run_since = 0;
    while let Some(ready) = search(executor) {
        if executor.drains.found(|| executor.ready.is_empty(), pool::width) {
            pool::spawn(drain);
        }
        let mut next = Some(ready);
        while let Some(ready) = next {
            run_since += run(ready);
            if run_since >= DRAIN_RUN {
                run_since = 0;
                pool::breathe();
            }
            next = executor.ready.pop();
        }
        executor.drains.search();
    }
}

/// Looks for something that is ready, for a while.
fn search(executor: &Executor) -> Option<Ready> {
    let backoff = Backoff::new();
    for _ in 0..SEARCHES {
        if let ready @ Some(_) = executor.ready.pop() {
            return ready;
        }
        backoff.snooze();
    }
    executor.ready.pop()
}

/// Runs a behaviour and some of those that it makes ready; how many.
fn run(ready: Ready) -> u32 {
    let mut behaviour = ready.0;
    for count in 1..=HOT_RUN {
        // SAFETY: the queue has handed it over, or the run before; it holds all its locks.
        match unsafe { block::run(behaviour) } {
            Some(hot) => behaviour = hot,
            None => return count,
        }
    }
    // SAFETY: handed over by the last run.
    unsafe { submit(behaviour) };
    HOT_RUN
}

/// Waits for a behaviour to end, until `deadline` at most; whether it has. A thread of a pool runs others meanwhile.
pub(super) fn wait(completion: &Completion, deadline: Option<Instant>) -> bool {
    if !pool::is_worker() {
        // A deadline that the clock of the parker cannot show is none.
        return completion.wait(deadline.and_then(Native::at));
    }
    loop {
        if completion.is_done() {
            return true;
        }
        if let Some(ready) = EXECUTOR.ready.pop() {
            run(ready);
            continue;
        }
        // Somebody else's turn: but what becomes ready meanwhile may find no other thread.
        let now = Instant::now();
        if deadline.is_some_and(|deadline| deadline <= now) {
            return false;
        }
        let soon = now + crate::config::WORKER_NAP;
        let until = deadline.map_or(soon, |deadline| deadline.min(soon));
        if completion.wait(Native::at(until)) {
            return true;
        }
    }
}
