//! Who runs behaviours that are ready: drain jobs on a pool of threads.
//!
//! A behaviour that has all its locks is put into one queue, and *drains* take from it: jobs of the pool, at most as
//! many as the pool has threads. A drain that finds nothing searches for some microseconds, and ends; so the pool's
//! own price for a job is paid once for many behaviours, and a pool without behaviours is as if there were none.
//!
//! # Protocol
//!
//! *Submit*: (1) push; (2) full fence; (3) unless a drain is searching, or there are as many as may be, begin one.
//!
//! *Drain*, begun as searching: (1) pop; if there was something and the drain was the last one searching, do 2 and 3
//! of *Submit* if the queue is not empty; run it, and again as long as the queue has something. (2) Search: pop now
//! and then for a while, as in 1. (3) Stop being there; (4) full fence; (5) if the queue is not empty, do 3 of
//! *Submit*.
//!
//! *Nested.* A drain that lets its thread do another job of the pool may meet a drain there. That one goes to step 3 at
//! once: so a thread has one drain at most, the count is one of threads, and the stack stays flat.
//!
//! # Proof sketch: nothing is forgotten
//!
//! Take a push. If its *Submit* begins a drain, that drain pops later. If it finds as many as may be, or one
//! searching, then some drain has not done its step 3 (both counts are in one word). The last of all such drains to
//! do it either does it before the submitter's look, which then is not as said; or after, and then by the two fences
//! its look at the queue sees the push, if nobody popped it before. A drain that was searching and finds another
//! behaviour stops searching, which may leave nobody who searches while the push is in the queue: so the last one
//! looks, and begins another drain.
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
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `drain_submitted`, `drain_ended` | push, fence | fence, look at the queue | store buffering: one of the two sees the other | argument: *nothing is forgotten*, above; the queue of the models has a lock, which orders more |
//! | – | the words of `Drains`, Relaxed | – | nothing | argument: counts, changed by read-modify-writes; the queue publishes the behaviours |

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
pub use self::model::run_ready;
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
    edge::edge_fence,
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

    /// Begins a drain unless one is searching. After a fence.
    fn notify(&self) {
        if self.drains.begin(pool::width()) {
            pool::spawn(drain);
        }
    }
}

/// Runs a behaviour soon, on a thread of the pool. Runs no foreign code itself.
///
/// # Safety
/// - The caller owns the behaviour, which holds all its locks, and gives it up.
pub(super) unsafe fn submit(behaviour: NonNull<Header>) {
    EXECUTOR.ready.push(Ready(behaviour));
    edge_fence!("drain_submitted", SeqCst);
    EXECUTOR.notify();
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
    executor.drains.end();
    edge_fence!("drain_ended", SeqCst);
    if !executor.ready.is_empty() {
        executor.notify();
    }
}

/// The same, by the thread's only drain; still counted as searching when it returns.
fn drain_alone(executor: &Executor) {
    let mut run_since = 0;
    while let Some(ready) = search(executor) {
        if executor.drains.found() && !executor.ready.is_empty() {
            executor.notify();
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
