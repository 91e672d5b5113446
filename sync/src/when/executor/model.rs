//! The pools of the model checkers, and a queue that they understand.
//!
//! Under loom, where threads are few, nobody is spawned: a thread of the model calls [`run_ready`]. Under shuttle a
//! drain is a thread of the model.

use std::{collections::VecDeque, sync::PoisonError};

use super::{Ready, run};
use crate::primitive::{
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
