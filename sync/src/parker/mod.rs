//! Sleeping until a word changes: the only place where a thread of this crate blocks.
//!
//! Two layers are public. [`Parker`] is for a thread that waits for a sign from others. [`wait`], [`wake_one`] and
//! [`wake_all`] are for builders of other primitives, who have a word of their own with a meaning of its own: they are
//! what the mutex of this crate stands on. [`set_blocking_hooks`] lets a language binding know when a thread sleeps.
//!
//! # Contract
//!
//! A sleeper says which value of the word it wants to sleep on. Whoever changes the word to another value calls
//! [`wake_one`] or [`wake_all`] afterwards. Then:
//!
//! - **P1, no lost wake-up.** The comparison of the word and the enqueueing of the sleeper are one step with respect to
//!   wake-ups. Either the sleeper sees the new value and does not sleep, or the wake-up finds it in the queue.
//! - **P2, a time-out takes no wake-up with it.** `wake_one` takes at most one sleeper out of the queue, and that
//!   sleeper returns [`Wake::Woken`] even if its deadline has passed meanwhile; or it has woken another one in its
//!   place. [`Wake::TimedOut`] means: there was a deadline, it has passed, and nobody depends on this thread having
//!   been woken.
//! - **P3, wake-ups for nothing happen.** `Woken` may come without any wake-up; callers look at the word again.
//! - **P4, no ordering is promised.** What the waker wrote is published by the word, not by waking. A release on the
//!   waker's change of the word and an acquire on the sleeper's next look do it.
//!
//! Words are told apart by their address, and wake-ups reach the threads of this process only. Whoever wakes may touch
//! the *address* of a word after a sleeper has seen the change; the borrow keeps the word in place that long.
//!
//! # Parkers
//!
//! | parker | where | how |
//! |---|---|---|
//! | `futex` | Linux | the kernel's queue for the word's address; nothing to allocate |
//! | `windows` | Windows 8 and later | `WaitOnAddress`, the same thing inside the process; a time-out passes a wake-up on (P2) |
//! | `table` | elsewhere, and in loom's models | a hashed table of waiters, each with a condition variable of std |
//!
//! All three are tested on Linux, `windows` over a stand-in for the system that loses the wake-ups which the real one
//! is not known to keep: `tests.rs` runs the contract over each, and the tests of the mutex its slow path.
//!
//! # Hooks
//!
//! `hooks` wraps the parker of the system, so that all that blocks in this crate runs them; see [`BlockingHooks`].
//!
//! # Progress
//!
//! Waking is wait-free up to the lock of one queue: the kernel's, the system's or a bucket's. Nobody sleeps, calls a
//! hook or runs foreign code while holding that.

use std::time::{Duration, Instant};

use crate::primitive::AtomicU32;

#[cfg(all(target_os = "linux", not(polder_loom)))]
mod futex;
mod hooks;
#[cfg(any(test, polder_loom, not(any(target_os = "linux", windows))))]
mod table;
#[cfg(all(test, not(polder_loom)))]
mod tests;
mod token;
#[cfg(all(any(test, windows), not(polder_loom)))]
mod windows;

#[cfg(not(polder_loom))]
pub(crate) use self::hooks::around_blocking;
pub use self::{
    hooks::{BlockingHooks, HooksInstalled, set_blocking_hooks},
    token::{Parker, Unparker},
};

#[cfg(all(target_os = "linux", not(polder_loom)))]
use self::futex::Futex as System;
#[cfg(any(polder_loom, not(any(target_os = "linux", windows))))]
use self::table::Table as System;
#[cfg(all(windows, not(polder_loom)))]
use self::windows::Addresses as System;

/// The parker of this system, which runs the hooks.
pub(crate) type Native = hooks::Hooked<System>;

#[cfg(all(test, not(polder_loom)))]
pub(crate) use self::{table::Table, windows::Addresses};

/// Why a sleeper is awake.
#[must_use = "a thread that is awake without having been woken may have to say so"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The word had changed already, or a waker chose this thread, or nothing in particular happened.
    Woken,
    /// The deadline has passed, and nobody depends on this thread having been woken.
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

    /// Wakes each thread that sleeps on `word` at this moment.
    fn wake_all(word: &AtomicU32);
}

/// When a [`wait`] gives up. Made once and used for as many waits as it takes, in the clock of the system's own queue.
///
/// ```
/// use polder_sync::parker::Deadline;
/// use std::time::{Duration, Instant};
///
/// let soon = Deadline::after(Duration::from_millis(20));
/// let then = Deadline::at(Instant::now() + Duration::from_millis(20));
/// let never = Deadline::NEVER;
/// # let _ = (soon, then, never);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<<Native as Parking>::Deadline>);

impl Deadline {
    /// No deadline: the wait ends by a wake-up.
    pub const NEVER: Self = Self(None);

    /// `timeout` from now. A timeout that the clock cannot show, such as [`Duration::MAX`], means never.
    pub fn after(timeout: Duration) -> Self {
        Self(Native::after(timeout))
    }

    /// At `instant`, which may have passed.
    pub fn at(instant: Instant) -> Self {
        Self(Native::at(instant))
    }
}

/// Sleeps while `word` is `expected`, until a [`wake_one`] or [`wake_all`] of the same word, or until `deadline`.
///
/// Returns at once if `word` has another value: the comparison and falling asleep are one step, so a change of the word
/// that is followed by a wake-up is never slept through. The word itself is only compared: looking at it again, and
/// with which ordering, is the caller's part, for **`Woken` may come for no reason**. On `TimedOut` the caller may
/// leave without telling anyone: no wake-up has been lost to it.
///
/// Blocking. Runs the [`BlockingHooks`], if any are installed.
///
/// # Aborts
///
/// If the system refuses the call as such; no supported one does.
///
/// A latch that opens once:
///
/// ```
/// use polder_sync::parker::{self, Deadline};
/// use std::{
///     sync::atomic::{AtomicU32, Ordering::{Acquire, Release}},
///     thread,
/// };
///
/// static OPEN: AtomicU32 = AtomicU32::new(0);
///
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             while OPEN.load(Acquire) == 0 {
///                 let _ = parker::wait(&OPEN, 0, Deadline::NEVER);
///             }
///         });
///     }
///     OPEN.store(1, Release); // the change first,
///     parker::wake_all(&OPEN); // then the wake-up
/// });
/// ```
pub fn wait(word: &AtomicU32, expected: u32, deadline: Deadline) -> Wake {
    Native::wait(word, expected, deadline.0)
}

/// Wakes one thread that sleeps in [`wait`] on `word`, if there is any. Call it after changing the word.
///
/// Which one is open: no fairness is promised. Publishes nothing; the change of the word must (P4 of the
/// [contract](self#contract)).
///
/// A system call on most systems, whether or not somebody sleeps: keep a mark in the word that says when it is needed.
///
/// ```
/// use polder_sync::parker;
/// use std::sync::atomic::{AtomicU32, Ordering::Release};
///
/// let word = AtomicU32::new(0);
/// word.store(1, Release);
/// parker::wake_one(&word); // nobody sleeps: nothing happens
/// ```
pub fn wake_one(word: &AtomicU32) {
    Native::wake_one(word);
}

/// Wakes each thread that sleeps in [`wait`] on `word` at this moment; otherwise as [`wake_one`].
///
/// Linear in the number of sleepers. A thread that goes to sleep afterwards has compared the word afterwards.
pub fn wake_all(word: &AtomicU32) {
    Native::wake_all(word);
}
