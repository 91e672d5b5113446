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
    config::{CLOCKED, LATELY, LONGEST_BACKOFF, SELDOM, SHORTEST_BACKOFF, SOON, WATCH, WATCHING},
    primitive::{Stopwatch, per_thread, spin_loop},
};

per_thread! {
    /// When the thread last waited, and how long it stood back.
    static LEARNT: Cell<Option<(Stopwatch, u32)>> = Cell::new(None);
}

/// A wait.
pub(super) struct Pace {
    begun: Stopwatch,
    /// When the clock was last read. That is not done at the end: it would take up the time of the lock, which the thread has then.
    now: Stopwatch,
    /// How long it stands back, in nanoseconds.
    pause: u32,
}

impl Pace {
    /// At the beginning of a wait.
    pub(super) fn of_this_thread() -> Self {
        let now = Stopwatch::start();
        let learnt = if LONGEST_BACKOFF == 0 { None } else { LEARNT.with(Cell::get) };
        let pause = learnt.map_or(SHORTEST_BACKOFF, |(last, pause)| {
            let passed = now.after(last);
            // While this thread had the lock, the other one stood back as long as this one does.
            let round = SOON + 2 * u64::from(pause);
            if passed < round {
                (pause * 2).min(LONGEST_BACKOFF)
            } else if passed < SELDOM * round {
                pause
            } else if passed < LATELY {
                (pause / 2).max(SHORTEST_BACKOFF)
            } else {
                SHORTEST_BACKOFF
            }
        });
        Self { begun: now, now, pause }
    }

    /// Stands back.
    pub(super) fn pause(&mut self) {
        watch();
        if self.pause > SHORTEST_BACKOFF {
            while self.waited() < u64::from(self.pause) {
                watch();
            }
        }
    }

    /// Whether it has watched the lock for long enough, with so many looks. The clock is read now and then only.
    pub(super) fn has_watched(&mut self, looks: u32) -> bool {
        WATCHING == 0 || looks.is_multiple_of(CLOCKED) && self.waited() >= WATCHING
    }

    /// The nanoseconds since the beginning.
    fn waited(&mut self) -> u64 {
        self.now = Stopwatch::start();
        self.now.after(self.begun)
    }

    /// A section was not short.
    pub(super) fn shorten(&mut self) {
        self.pause = (self.pause / 4).max(SHORTEST_BACKOFF);
    }

    /// At the end of the wait.
    pub(super) fn learn(&self) {
        if LONGEST_BACKOFF > 0 {
            LEARNT.with(|learnt| learnt.set(Some((self.now, self.pause))));
        }
    }
}

/// The time between two looks.
pub(super) fn watch() {
    for _ in 0..WATCH {
        spin_loop();
    }
}
