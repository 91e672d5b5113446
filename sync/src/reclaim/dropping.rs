//! Whether a destructor runs on this thread that was called from this module: what it retires is dropped later and not deeper.

use std::cell::Cell;

use crate::primitive::per_thread;

per_thread! {
    /// Has no destructor, so it can always be read.
    static DROPPING: Cell<bool> = Cell::new(false);
}

/// Whether the calling thread is in such a destructor.
#[inline]
pub(super) fn is_dropping() -> bool {
    DROPPING.with(Cell::get)
}

/// Drops a value, in the state of dropping. The state before comes back also if the destructor panics.
#[inline]
pub(super) fn drop_one<T>(value: T) {
    struct Before(bool);

    impl Drop for Before {
        #[inline]
        fn drop(&mut self) {
            DROPPING.with(|dropping| dropping.set(self.0));
        }
    }

    let _before = Before(DROPPING.with(|dropping| dropping.replace(true)));
    drop(value);
}
