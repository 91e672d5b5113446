//! How long a thread stands back from a lock that it finds held: what it has learnt lately.
//!
//! Among long sections a waiter that looks often gets the lock as soon as it is free. Among short ones each look and each change
//! of hands takes the lock's cache line away from the thread that is at work, and everybody gets more done if each has it for
//! some microseconds at a time. A section is not timed, so a thread goes by what it meets: that it collides again within
//! [`SOON`] of having waited tells of short sections, and having to watch the lock for more than [`SHORT`](crate::config::SHORT) looks of long ones.
//!
//! Orderings: none; all of it is the thread's own.

use std::cell::Cell;

use crate::{
    config::{LATELY, LONGEST_BACKOFF, SELDOM, SHORTEST_BACKOFF, SOON, WATCH},
    primitive::{Stopwatch, per_thread, spin_loop},
};

per_thread! {
    /// When the thread last waited, and how long it stood back.
    static LEARNT: Cell<Option<(Stopwatch, u32)>> = Cell::new(None);
}

/// How long this wait stands back, in nanoseconds.
pub(super) struct Pace(u32);

impl Pace {
    /// At the beginning of a wait.
    pub(super) fn of_this_thread() -> Self {
        let learnt = if LONGEST_BACKOFF == 0 { None } else { LEARNT.with(Cell::get) };
        let Some((since, pause)) = learnt else { return Self(SHORTEST_BACKOFF) };
        let passed = since.nanoseconds();
        // While this thread had the lock, the other one stood back as long as this one does.
        let round = SOON + 2 * u64::from(pause);
        Self(if passed < round {
            (pause * 2).min(LONGEST_BACKOFF)
        } else if passed < SELDOM * round {
            pause
        } else if passed < LATELY {
            (pause / 2).max(SHORTEST_BACKOFF)
        } else {
            SHORTEST_BACKOFF
        })
    }

    /// Stands back.
    pub(super) fn pause(&self) {
        if self.0 <= SHORTEST_BACKOFF {
            watch();
        } else {
            let begun = Stopwatch::start();
            while begun.nanoseconds() < u64::from(self.0) {
                watch();
            }
        }
    }

    /// A section was not short.
    pub(super) fn shorten(&mut self) {
        self.0 = (self.0 / 4).max(SHORTEST_BACKOFF);
    }

    /// At the end of the wait.
    pub(super) fn learn(&self) {
        if LONGEST_BACKOFF > 0 {
            LEARNT.with(|learnt| learnt.set(Some((Stopwatch::start(), self.0))));
        }
    }
}

/// The time between two looks.
pub(super) fn watch() {
    for _ in 0..WATCH {
        spin_loop();
    }
}
