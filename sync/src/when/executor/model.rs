//! The pools of the model checkers, and a queue that they understand.
//!
//! Under loom, where threads are few, nobody is spawned: a thread of the model calls [`run_ready`]. Under shuttle a
//! drain is a thread of the model.

use std::{
    collections::VecDeque,
    fmt,
    sync::{PoisonError, atomic::Ordering::Relaxed},
};

use super::{Drains, Ready, run};
use crate::primitive::{
    AtomicU32,
    blocking::{Condvar, Mutex, MutexGuard},
    checker::thread,
};

/// What is ready, first in, first out.
pub(super) struct Queue {
    ready: Mutex<VecDeque<Ready>>,
    arrived: Condvar,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { ready: Mutex::new(VecDeque::new()), arrived: Condvar::new() }
    }

    pub(super) fn push(&self, ready: Ready) {
        self.lock().push_back(ready);
        self.arrived.notify_one();
    }

    pub(super) fn pop(&self) -> Option<Ready> {
        self.lock().pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Sleeps until there is something.
    fn await_one(&self) -> Ready {
        let mut queue = self.lock();
        loop {
            match queue.pop_front() {
                Some(ready) => return ready,
                None => queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Ready>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `count` behaviours as they become ready.
#[doc(hidden)]
pub fn run_ready(count: u32) {
    let mut run_since = 0;
    while run_since < count {
        run_since += run(super::EXECUTOR.ready.await_one());
    }
}

/// The steps of submitters and drains over a queue that is a number and orders nothing: the one above has a lock, which
/// would order what the steps have to. Each result says whether the caller must begin a drain.
#[doc(hidden)]
pub struct HandOff {
    drains: Drains,
    queued: AtomicU32,
}

impl HandOff {
    /// How many drains may be at once.
    const MOST: u32 = 2;

    /// One drain that searches, and nothing in the queue.
    pub fn new() -> Self {
        let new = Self { drains: Drains::new(), queued: AtomicU32::new(0) };
        assert!(new.drains.pushed(|| Self::MOST), "nobody searches yet");
        new
    }

    /// Something is submitted.
    pub fn submit(&self) -> bool {
        self.queued.fetch_add(1, Relaxed);
        self.drains.pushed(|| Self::MOST)
    }

    /// A drain that searches has popped something.
    pub fn found(&self) -> bool {
        self.drains.found(|| self.is_empty(), || Self::MOST)
    }

    /// A drain that has found something searches again.
    pub fn search(&self) {
        self.drains.search();
    }

    /// A drain ends.
    pub fn end(&self) -> bool {
        self.drains.end(|| self.is_empty(), || Self::MOST)
    }

    /// Takes something out of the queue, if it is seen.
    pub fn pop(&self) -> bool {
        let mut queued = self.queued.load(Relaxed);
        while queued > 0 {
            match self.queued.compare_exchange(queued, queued - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => queued = other,
            }
        }
        false
    }

    fn is_empty(&self) -> bool {
        self.queued.load(Relaxed) == 0
    }
}

impl fmt::Debug for HandOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOff").finish_non_exhaustive()
    }
}

/// How many drains may be at once: none under loom.
pub(super) fn width() -> u32 {
    if cfg!(polder_shuttle) { 2 } else { 0 }
}

/// Begins a drain.
pub(super) fn spawn(job: fn()) {
    thread::spawn(move || {
        job();
        crate::registry::leave();
    });
}

/// No thread is one.
pub(super) fn is_worker() -> bool {
    false
}

/// Lets others go on.
pub(super) fn breathe() {
    thread::yield_now();
}
