//! The state machine of the semaphore: free permits and two marks in one word, one function for each transition.
//!
//! Nothing else reads or writes the bits. The module header of [`semaphore`](super) has the table of transitions and the
//! orderings; I1 … below are its. Functions that end in `_locked` are for the thread that has the queue's lock.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::edge,
    primitive::{AtomicUsize, const_fn},
};

/// No more permits will be given to anyone.
const CLOSED: usize = 1;
/// Threads wait in the queue, and permits are for them alone.
const CROWDED: usize = 2;
/// Bits below the number of free permits.
const MARKS: u32 = 2;

/// The word of one semaphore.
pub(super) struct Word(AtomicUsize);

/// What became of an attempt to take permits.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// They are the caller's.
    Yes,
    /// There are too few, or others wait for theirs. Under the lock: the caller has to wait in the queue.
    No,
    /// Nobody gets permits any more.
    Closed,
}

/// What a return of permits leaves to do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing.
    Quiet,
    /// To look whether the first in the queue has enough now (I2).
    Serve,
}

impl Word {
    /// The most permits that the word can show.
    pub(super) const MOST: usize = usize::MAX >> MARKS;

    const_fn! {
        /// With so many free permits, at most [`MOST`](Self::MOST).
        pub(super) const fn new(free: usize) -> Self {
            Self(AtomicUsize::new(free << MARKS))
        }
    }

    /// `(f, –, –) → (f - wanted, –, –)` if there are as many; any other state stays.
    #[inline]
    pub(super) fn take(&self, wanted: usize) -> Taken {
        // Relaxed: the exchange compares it.
        let mut now = self.0.load(Relaxed);
        loop {
            if now & (CLOSED | CROWDED) != 0 || now >> MARKS < wanted {
                return self.refusal();
            }
            // Acquire: from `give`, whose value this is or that of an earlier step in the same chain (I3).
            let next = now - (wanted << MARKS);
            match self.0.compare_exchange_weak(now, next, edge!("semaphore_take", Acquire, weaker Relaxed), Relaxed) {
                Ok(_) => return Taken::Yes,
                Err(other) => now = other,
            }
        }
    }

    /// Why an attempt failed. The word may have changed since; closed it stays.
    #[inline]
    fn refusal(&self) -> Taken {
        if self.is_closed() { Taken::Closed } else { Taken::No }
    }

    /// As [`take`](Self::take), and if there are too few `(f, –, –) → (f, –, CROWDED)`, so that the caller may enter the
    /// queue. `queue_is_empty` says whether that holds; if it does not, the word is `CROWDED` already (I4).
    pub(super) fn take_or_crowd_locked(&self, wanted: usize, queue_is_empty: bool) -> Taken {
        loop {
            match self.take(wanted) {
                Taken::No if queue_is_empty => {}
                taken => return taken,
            }
            let now = self.0.load(Relaxed);
            if now & CLOSED == 0 && now >> MARKS < wanted {
                // Relaxed: the mark publishes nothing; a `give` that comes later cannot miss it (I3).
                if self.0.compare_exchange(now, now | CROWDED, Relaxed, Relaxed).is_ok() {
                    return Taken::No;
                }
            }
        }
    }

    /// `(f, c, q) → (f + permits, c, q)`.
    ///
    /// The sum stays below [`MOST`](Self::MOST), as all that exist do (I1).
    #[inline]
    pub(super) fn give(&self, permits: usize) -> Given {
        // Release: to whoever takes them, by `take` or `collect_locked`.
        let before = self.0.fetch_add(permits << MARKS, edge!("semaphore_give", Release, weaker Relaxed));
        debug_assert!(permits <= Self::MOST - (before >> MARKS), "all that are free exist (I1)");
        if before & CROWDED != 0 { Given::Serve } else { Given::Quiet }
    }

    /// `(f, c, CROWDED) → (f - wanted, c, CROWDED)` if there are as many: permits for the first in the queue.
    ///
    /// `last` says that the queue is empty afterwards, and takes `CROWDED` away in the same step.
    pub(super) fn collect_locked(&self, wanted: usize, last: bool) -> bool {
        // Relaxed: others only add while the word is CROWDED, and whoever does it unseen by this load goes on to look for
        // itself (I2).
        if self.0.load(Relaxed) >> MARKS < wanted {
            return false;
        }
        let step = (wanted << MARKS) + if last { CROWDED } else { 0 };
        // Acquire: from `give`.
        self.0.fetch_sub(step, edge!("semaphore_collect", Acquire, weaker Relaxed));
        true
    }

    /// `(f, c, CROWDED) → (f, c, –)`: the queue is empty, though nobody was served.
    pub(super) fn disperse_locked(&self) {
        // Relaxed: whoever finds the mark gone takes by `take`, whose Acquire reads through this step (I3).
        self.0.fetch_and(!CROWDED, Relaxed);
    }

    /// `(f, any, any) → (f, CLOSED, –)`: the queue will be empty before the lock is released.
    pub(super) fn close_locked(&self) {
        // Release: to `is_closed`.
        self.0.fetch_or(CLOSED, edge!("semaphore_close", Release, weaker Relaxed));
        self.disperse_locked();
    }

    /// Whether nobody gets permits any more.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        // Acquire: from `close_locked`.
        self.0.load(edge!("semaphore_closed", Acquire, weaker Relaxed)) & CLOSED != 0
    }

    /// How many are free. Out of date when it arrives.
    pub(super) fn free(&self) -> usize {
        // Relaxed: nobody may conclude anything from it.
        self.0.load(Relaxed) >> MARKS
    }

    /// Whether looking again may pay off: nobody waits, and the semaphore is open.
    pub(super) fn is_quiet(&self) -> bool {
        // Relaxed: advice only.
        self.0.load(Relaxed) & (CLOSED | CROWDED) == 0
    }
}
