//! Whether closures are worth combining: what the last one who ran some from the board has found.
//!
//! To run a short closure for somebody costs less than to hand the lock over. A long one is better run by its own thread: meanwhile the
//! one that has just left the lock does what it has to do outside of it, where a combiner would be late for that.
//!
//! Orderings: none; it is advice.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    config::{LONG, SKIPS},
    primitive::Tally,
};

/// Whether the closures that were run last were long: 1; and how many more are to be run by their own threads, times two.
pub(super) struct Length(Tally);

impl Length {
    pub(super) fn new() -> Self {
        Self(Tally::new(0))
    }

    /// Whether a closure is to be run by its own thread. Now and then none is, to learn whether that is still right.
    pub(super) fn skips(&self) -> bool {
        // Threads may count one closure twice or not at all.
        let now = self.0.load(Relaxed);
        if now > 1 {
            self.0.store(now - 2, Relaxed);
        }
        now > 1
    }

    /// Some closures took so many nanoseconds each. Once says nothing: the thread may have lost its processor meanwhile.
    pub(super) fn learn(&self, nanoseconds: u64) {
        let again = self.0.load(Relaxed) & 1;
        self.0.store(if nanoseconds >= LONG { 2 * SKIPS * again + 1 } else { 0 }, Relaxed);
    }
}
