//! Those who wait, in order of arrival, and the slow paths: enter, sleep, serve, give up, close.
//!
//! The queue is touched under its lock. A waiter is shared between the queue and its thread, which sleeps on the waiter's
//! own word. I2 … are those of the module header of [`semaphore`](super).
//!
//! Orderings: `semaphore_grant` and `semaphore_granted`, in the table there.

use std::{collections::VecDeque, sync::atomic::Ordering::Relaxed};

use super::{
    Semaphore,
    error::TryAcquireError,
    word::{Taken, Word},
};
use crate::{
    config::SPINS,
    edge::edge,
    parker::{Native, Parking, Wake},
    primitive::{Arc, AtomicU32, const_fn, spin_loop},
};

/// The waiter is in the queue.
const WAITS: u32 = 0;
/// It has left the queue, with its permits.
const GRANTED: u32 = 1;
/// It has left the queue because the semaphore was closed.
const REFUSED: u32 = 2;

/// One thread that waits.
pub(super) struct Waiter {
    /// `WAITS → GRANTED | REFUSED`, once and under the lock. Its thread sleeps on it.
    decision: AtomicU32,
    wanted: usize,
    /// Larger than those of all who came before.
    ticket: u64,
}

impl Waiter {
    /// Called under the lock, by the thread that has taken the waiter out of the queue.
    fn decide_locked(&self, decision: u32) {
        // Release: to `decided`, also for those from whom the permits came.
        self.decision.store(decision, edge!("semaphore_grant", Release, weaker Relaxed));
    }

    /// The decision, if it has been made.
    fn decided(&self) -> Option<Result<(), TryAcquireError>> {
        // Acquire: from `decide_locked`.
        result(self.decision.load(edge!("semaphore_granted", Acquire, weaker Relaxed)))
    }

    /// The same under the lock.
    fn decided_locked(&self) -> Option<Result<(), TryAcquireError>> {
        // Relaxed: decisions are made under the lock, which orders them.
        result(self.decision.load(Relaxed))
    }
}

fn result(decision: u32) -> Option<Result<(), TryAcquireError>> {
    match decision {
        WAITS => None,
        GRANTED => Some(Ok(())),
        _ => Some(Err(TryAcquireError::Closed)),
    }
}

/// Those who wait, in order of arrival.
pub(super) struct Queue {
    waiters: VecDeque<Arc<Waiter>>,
    next_ticket: u64,
}

impl Queue {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self { waiters: VecDeque::new(), next_ticket: 0 }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    fn enter(&mut self, wanted: usize) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter { decision: AtomicU32::new(WAITS), wanted, ticket: self.next_ticket });
        self.next_ticket += 1;
        self.waiters.push_back(Arc::clone(&waiter));
        waiter
    }

    /// Takes out a waiter that is still in here. Logarithmic, and then linear in the shorter way to an end.
    fn leave(&mut self, waiter: &Waiter) {
        // Tickets are in order, so everyone before it has a smaller one.
        let place = self.waiters.partition_point(|other| other.ticket < waiter.ticket);
        let left = self.waiters.remove(place);
        debug_assert!(left.is_some_and(|left| left.ticket == waiter.ticket), "undecided waiters are in the queue (I4)");
    }
}

impl Semaphore {
    /// Gets permits after a first attempt has failed: looks for a while, then waits in the queue, until `deadline` at most.
    #[cold]
    pub(super) fn wait_for_turn(
        &self,
        wanted: usize,
        deadline: Option<<Native as Parking>::Deadline>,
    ) -> Result<(), TryAcquireError> {
        if spin(&self.word, wanted) {
            return Ok(());
        }
        let mut queue = self.queue.lock();
        let waiter = match self.word.take_or_crowd_locked(wanted, queue.waiters.is_empty()) {
            Taken::Yes => return Ok(()),
            Taken::Closed => return Err(TryAcquireError::Closed),
            Taken::No => queue.enter(wanted),
        };
        drop(queue);
        loop {
            let wake = Native::wait(&waiter.decision, WAITS, deadline);
            if let Some(result) = waiter.decided() {
                return result;
            }
            if wake == Wake::TimedOut && deadline.is_some() {
                return self.give_up(&waiter);
            }
        }
    }

    /// Leaves the queue, unless the decision has been made meanwhile; then that is the result.
    fn give_up(&self, waiter: &Waiter) -> Result<(), TryAcquireError> {
        let mut queue = self.queue.lock();
        if let Some(result) = waiter.decided_locked() {
            return result;
        }
        queue.leave(waiter);
        if queue.waiters.is_empty() {
            self.word.disperse_locked();
        }
        drop(queue);
        // It may have been the first, and what is free may be enough for the second (I2).
        self.serve();
        Err(TryAcquireError::NoPermits)
    }

    /// Gives the first in the queue their permits, while there are enough. Wakes outside the lock, one after the other.
    #[cold]
    pub(super) fn serve(&self) {
        while let Some(waiter) = self.serve_first() {
            Native::wake_one(&waiter.decision);
        }
    }

    fn serve_first(&self) -> Option<Arc<Waiter>> {
        let mut queue = self.queue.lock();
        let last = queue.waiters.len() == 1;
        let waiter = queue.waiters.pop_front_if(|first| self.word.collect_locked(first.wanted, last))?;
        waiter.decide_locked(GRANTED);
        Some(waiter)
    }

    /// Refuses all who wait and all who come.
    pub(super) fn close_queue(&self) {
        let mut queue = self.queue.lock();
        self.word.close_locked();
        let refused = std::mem::take(&mut queue.waiters);
        for waiter in &refused {
            waiter.decide_locked(REFUSED);
        }
        drop(queue);
        for waiter in &refused {
            Native::wake_one(&waiter.decision);
        }
    }
}

/// Looks at the word while nobody waits, a bounded number of times; whether it got the permits.
fn spin(word: &Word, wanted: usize) -> bool {
    for _ in 0..SPINS {
        if !word.is_quiet() {
            return false;
        }
        if word.free() >= wanted && word.take(wanted) == Taken::Yes {
            return true;
        }
        spin_loop();
    }
    false
}
