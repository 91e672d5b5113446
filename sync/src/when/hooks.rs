//! Where behaviours meet the bookkeeping of locks by thread.

use std::cell::Cell;

use crate::{
    held,
    order::{self, InBehaviour},
    primitive::per_thread,
};

per_thread! {
    /// How many behaviours this thread is inside of: more than one if it waits for others in one, and helps.
    static INSIDE: Cell<u32> = Cell::new(0);
}

/// Marks the thread as running a behaviour, until dropped.
pub(super) struct Inside {
    /// For whoever takes a lock.
    _mark: InBehaviour,
}

impl Inside {
    pub(super) fn begin() -> Self {
        INSIDE.with(|inside| inside.set(inside.get() + 1));
        Self { _mark: InBehaviour::enter() }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|inside| inside.set(inside.get() - 1));
    }
}

/// Refuses to wait for a behaviour where that may be for ever. In builds with debug assertions only.
#[track_caller]
pub(super) fn before_waiting() {
    // In all builds: the behaviour may need the mutex of the closure, and a thread of a pool would run others in there.
    held::refuse_in_combined();
    if !cfg!(debug_assertions) {
        return;
    }
    assert!(INSIDE.with(Cell::get) == 0, "a behaviour waits for another one, which may need its locks");
    if let Some(site) = order::holds_any() {
        panic!("a thread waits for a behaviour, which may need the lock that the thread took at {site}");
    }
    assert!(held::count() == 0, "a thread waits for a behaviour, which may need the lock that the thread holds");
}
