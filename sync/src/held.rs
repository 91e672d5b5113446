//! What the calling thread has on its hands: how many locks of this crate, and whether it runs a combined closure.
//!
//! One thread-local number, also in release builds: a thread that holds a lock does not run other threads' closures, and a
//! combined closure that takes a lock is refused. A forgotten guard counts for ever, so that its thread never runs another's
//! closure again; nothing else follows from the number.

use std::cell::Cell;

use crate::primitive::per_thread;

per_thread! {
    /// The locks held, and [`COMBINED`]. No destructor, so it can always be read.
    static HANDS: Cell<u32> = Cell::new(0);
}

/// Set while the thread runs a closure that was given to `combine`, its own or another's.
const COMBINED: u32 = 1 << 31;

/// Counts a lock that the thread is about to take.
///
/// # Panics
///
/// Inside a combined closure, before anything is taken; but not while the thread panics, which would end the process.
#[inline]
#[track_caller]
pub(crate) fn enter() {
    HANDS.with(|hands| {
        let now = hands.get();
        if now >= COMBINED {
            refuse();
        }
        hands.set(now + 1);
    });
}

/// Counts a lock that the thread takes again, or has taken for a moment: never refused.
#[inline]
pub(crate) fn enter_anyway() {
    HANDS.with(|hands| hands.set(hands.get() + 1));
}

/// Refuses what is no business of a combined closure.
///
/// # Panics
///
/// As [`enter`].
#[track_caller]
pub(crate) fn refuse_in_combined() {
    if HANDS.with(Cell::get) >= COMBINED {
        refuse();
    }
}

/// Uncounts a lock: released, or not taken after all.
#[inline]
pub(crate) fn leave() {
    // A guard that was lent to another thread's scope is still dropped where it was made; wrapping costs no branch.
    HANDS.with(|hands| hands.set(hands.get().wrapping_sub(1)));
}

/// How many locks the thread holds, or is about to take.
pub(crate) fn count() -> u32 {
    HANDS.with(|hands| hands.get() & !COMBINED)
}

/// Marks the thread as running a combined closure, until dropped.
pub(crate) struct Combined {
    /// Whether it was before, which is so only while it panics.
    nested: bool,
}

impl Combined {
    /// # Panics
    ///
    /// Inside another such closure.
    #[track_caller]
    pub(crate) fn begin() -> Self {
        HANDS.with(|hands| {
            let now = hands.get();
            if now >= COMBINED {
                refuse();
            }
            hands.set(now | COMBINED);
            Self { nested: now >= COMBINED }
        })
    }
}

impl Combined {
    /// Runs `wait`, in which hooks may take locks, unmarked.
    pub(crate) fn interrupted<R>(&self, wait: impl FnOnce() -> R) -> R {
        if self.nested {
            return wait();
        }
        // Nothing unwinds from a wait.
        HANDS.with(|hands| hands.set(hands.get() & !COMBINED));
        let result = wait();
        HANDS.with(|hands| hands.set(hands.get() | COMBINED));
        result
    }
}

impl Drop for Combined {
    fn drop(&mut self) {
        if !self.nested {
            HANDS.with(|hands| hands.set(hands.get() & !COMBINED));
        }
    }
}

#[cold]
#[track_caller]
fn refuse() {
    // What a destructor or a panic hook locks while the closure panics is let through: a second panic ends the process.
    assert!(
        std::thread::panicking(),
        "a closure that was given to `combine` takes a lock: it may be running on any thread, with that thread's locks"
    )
}
