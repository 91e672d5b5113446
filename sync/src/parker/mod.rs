//! Sleeping until a word changes: the only place where a thread of this crate blocks.
//!
//! # Contract
//!
//! A sleeper says which value of the word it wants to sleep on. Whoever changes the word to another value calls
//! [`Parking::wake_one`] afterwards. Then:
//!
//! - **P1, no lost wake-up.** The comparison of the word and the enqueueing of the sleeper are one step with respect to
//!   `wake_one`. Either the sleeper sees the new value and does not sleep, or `wake_one` finds it in the queue.
//! - **P2, a wake-up has one receiver.** `wake_one` takes at most one sleeper out of the queue, and *that* sleeper
//!   returns [`Wake::Woken`] even if its deadline has passed meanwhile. [`Wake::TimedOut`] means: there was a deadline,
//!   and the sleeper was never taken out.
//! - **P3, wake-ups for nothing happen.** `Woken` may come without any `wake_one`; callers look at the word again.
//! - **P4, no ordering is promised.** What the waker wrote is published by the word, not by waking.
//!
//! # Parkers
//!
//! | parker | where | how |
//! |---|---|---|
//! | `futex` | Linux | the kernel's queue for the word's address; nothing to allocate |
//! | `table` | elsewhere, and in loom's models | a hashed table of waiters, each with a condition variable of std |
//!
//! Both are tested on Linux: `tests.rs` runs the contract over each, and the slow path of the mutex over the table.

use std::time::{Duration, Instant};

use crate::primitive::AtomicU32;

#[cfg(all(target_os = "linux", not(polder_loom)))]
mod futex;
#[cfg(any(test, polder_loom, not(target_os = "linux")))]
mod table;
#[cfg(all(test, not(polder_loom)))]
mod tests;

#[cfg(all(target_os = "linux", not(polder_loom)))]
pub(crate) use futex::Futex as Native;
#[cfg(all(test, not(polder_loom)))]
pub(crate) use table::Table;
#[cfg(any(polder_loom, not(target_os = "linux")))]
pub(crate) use table::Table as Native;

/// Why a sleeper is awake.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The word had changed already, or a waker chose this thread, or nothing in particular happened.
    Woken,
    /// The deadline passed, and no waker had chosen this thread.
    TimedOut,
}

/// A way to sleep on a word. The module header is the contract.
pub(crate) trait Parking {
    /// A point in time after which a sleeper gives up.
    type Deadline: Copy;

    /// The deadline `timeout` from now; `None` if the clock cannot show it, which means: never.
    fn after(timeout: Duration) -> Option<Self::Deadline>;

    /// The deadline at `instant`; `None` as in [`after`](Self::after).
    fn at(instant: Instant) -> Option<Self::Deadline>;

    /// Sleeps while `word` is `expected`, until woken or until `deadline`; without a deadline for ever.
    fn wait(word: &AtomicU32, expected: u32, deadline: Option<Self::Deadline>) -> Wake;

    /// Wakes one thread that sleeps on `word`, if there is any.
    fn wake_one(word: &AtomicU32);
}
