//! The state machine of the mutex: three states in one 32-bit word, one function for each transition.
//!
//! Nothing else reads or writes the bits. The module header of [`mutex`](super) has the table of transitions and the
//! orderings; the names of edges and I2 … below are its.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::edge,
    primitive::{AtomicU32, const_fn},
};

/// Nobody holds the mutex.
const FREE: u32 = 0;
/// Held; whoever sleeps on it is about to be woken or has been, so that the release need not wake anyone (I2).
const HELD: u32 = 1;
/// Held, and threads may sleep: the release must wake one.
const CROWDED: u32 = 2;

/// The word of one mutex.
pub(super) struct Word(AtomicU32);

/// What a release leaves to do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Released {
    /// Nobody sleeps, or somebody awake answers for those who do.
    Quiet,
    /// One sleeper must be woken.
    WakeOne,
}

impl Word {
    /// The value on which threads sleep.
    pub(super) const SLEEPS_ON: u32 = CROWDED;

    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicU32::new(FREE))
        }
    }

    /// `FREE → HELD`; true if this thread now holds the mutex. Any other state stays.
    ///
    /// Not for a thread that a waker has chosen: it would take the answer for the other sleepers with it (I2).
    #[inline]
    pub(super) fn take_free(&self) -> bool {
        // Acquire: from `release`. Relaxed on failure: nothing is read under a lock not held.
        self.0.compare_exchange(FREE, HELD, edge!("mutex_take", Acquire, weaker Relaxed), Relaxed).is_ok()
    }

    /// `* → CROWDED`; true if the state was `FREE`, and then this thread now holds the mutex.
    ///
    /// The state is `CROWDED` either way, so the next release wakes a sleeper, if only for nothing.
    pub(super) fn take_or_crowd(&self) -> bool {
        // Acquire: from `release`, if the state was FREE. Else the swap only leaves the mark, and orders nothing:
        // every access of the word is a read-modify-write, so the holder's release cannot miss it.
        self.0.swap(CROWDED, edge!("mutex_crowd", Acquire, weaker Relaxed)) == FREE
    }

    /// `HELD | CROWDED → FREE`, by the holder only.
    #[inline]
    pub(super) fn release(&self) -> Released {
        // Release: to whoever takes the mutex next, by `take_free` or `take_or_crowd`.
        let before = self.0.swap(FREE, edge!("mutex_release", Release, weaker Relaxed));
        if before == CROWDED { Released::WakeOne } else { Released::Quiet }
    }

    /// Whether waiting awake may pay off: held, and nobody has gone to sleep over it.
    pub(super) fn is_held_by_a_runner(&self) -> bool {
        // Relaxed: advice only; the decision is a read-modify-write afterwards.
        self.0.load(Relaxed) == HELD
    }

    /// Whether any thread holds the mutex at this moment.
    pub(super) fn is_held(&self) -> bool {
        // Relaxed: the answer may be out of date when it arrives, and nobody may conclude anything from it.
        self.0.load(Relaxed) != FREE
    }

    /// What to sleep on and to wake.
    pub(super) fn address(&self) -> &AtomicU32 {
        &self.0
    }
}
