//! The lock-order check of builds with debug assertions: potential deadlocks are reported before they happen.
//!
//! # What & when not
//!
//! A deadlock needs a schedule that tests seldom meet; the *orders* in which threads take locks show in any schedule. So
//! each blocking acquisition under held locks records "held before wanted", and the one that closes a cycle panics before
//! it waits, naming all sites. A thread that wants what it holds gets the same treatment. It is about potential: orders
//! that some other lock, or the phase of the program, keeps apart are reported as well (hence [`set_lock_order_check`]).
//! Release builds and the model checkers get the twin `unchecked`, in which a [`LockId`] has no size and all functions
//! are empty.
//!
//! # Representation
//!
//! ```text
//!   lock ── LockId: a number, drawn at the first acquisition, never reused
//!
//!   per thread (records.rs)                         per process, behind a std mutex (graph.rs)
//!   held:  lock 1 taken at a.rs:3                   1 ──► 2   thread t, held at a.rs:3, wanted at a.rs:4
//!          lock 2 taken at a.rs:4                   2 ──► 7   thread u, …
//!   known: (1, 2), edges that need no second look
//! ```
//!
//! # Invariants
//!
//! - **I1, no cycle.** An edge enters the graph only if its end cannot reach its beginning; both happen under one hold of
//!   the graph's mutex. So only new edges need a search, and a known one is harmless for ever.
//! - **I2, a number means one lock.** It is drawn once and not used again, so neither a known edge nor a record can be
//!   mistaken for one of a later lock at the same address.
//! - **I3, dead locks leave.** Dropping a lock removes its edges, and its record if the dropping thread has one (a guard
//!   was forgotten). What other threads' forgotten guards still record leads only to edges that go when their ends do.
//! - **I4, a check that fails changes nothing:** no edge, no record; the lock is not taken.
//! - **I5, covered.** If a record `covers`, all records below it reach its lock in the graph. So an edge from there stands
//!   for edges from all below; from as many as [`NEAREST`] it is recorded all the same, for the better message.
//!
//! # Protocols
//!
//! *A blocking acquisition*: `before_blocking`, take the lock, `acquired`. *An attempt or a timed wait*: take the lock,
//! `acquired`; it may fail, so it cannot deadlock, and no edge leads to it; edges from it are like any other's. *Release*:
//! `released`, then free the lock, for afterwards it may be gone. *Several at once* in an order of their own, such as that
//! of addresses: first `before_blocking` for each, then `acquired` for each; no edges among them.
//!
//! *While a panic unwinds* nothing is checked, for a second panic would abort; a thread about to wait for itself says so
//! on stderr. *At the end of a thread*, when its records are gone, nothing is checked or recorded. *In a forked child*
//! orders are not checked: a thread that exists no more may hold the graph.
//!
//! # Orderings
//!
//! All Relaxed: a number has to be unique, the switch takes effect when it does, and all else is behind a mutex or of one
//! thread.
//!
//! # Checked by
//!
//! `tests/lock_order.rs`, `tests/lock_order_switch.rs`, and the unit tests; natively and under Miri. `tests/lock_order_fork.rs`
//! natively.
//!
//! # Sources
//!
//! The validator of the Linux kernel (*lockdep*) works on classes of locks where this works on single ones: that finds
//! less in one run, and needs nobody to declare classes.

#[cfg(all(debug_assertions, not(polder_loom)))]
mod graph;
#[cfg(all(debug_assertions, not(polder_loom)))]
mod records;
#[cfg(all(debug_assertions, not(polder_loom), test))]
mod tests;
#[cfg(not(all(debug_assertions, not(polder_loom))))]
mod unchecked;

#[cfg(all(debug_assertions, not(polder_loom)))]
use self::records as twin;
pub(crate) use self::twin::*;
#[cfg(not(all(debug_assertions, not(polder_loom))))]
use self::unchecked as twin;

/// How a thread wants a lock, or holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Alone.
    Exclusive,
    /// With others of the kind. Wanting it twice is an error, for a writer that waits in between holds up the second.
    Shared,
}

/// Switches the check of lock orders on or off, for the whole process; returns whether it was on.
///
/// In builds of this crate with debug assertions the check is on from the start: a blocking acquisition that could
/// deadlock with another one, seen earlier in any thread, panics and names the sites of both, even if this time nobody
/// would have waited. Other builds have no check: there the call does nothing and returns false.
///
/// Switch it off for a phase of the program in which locks are taken in an order that would be wrong elsewhere and is not
/// there, say because only one thread runs. Orders are neither compared nor recorded meanwhile; those seen before are
/// remembered. A thread that wants a lock which it holds already panics all the same: no phase makes that right.
///
/// Wait-free. Orders no memory: acquisitions of other threads that overlap with the call may go either way.
///
/// ```
/// use polder_sync::{Mutex, set_lock_order_check};
///
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// {
///     let left = left.lock();
///     assert_eq!(*left + *right.lock(), 3);
/// }
/// let before = set_lock_order_check(false); // nobody else has the two
/// {
///     let right = right.lock();
///     assert_eq!(*right - *left.lock(), 1);
/// }
/// set_lock_order_check(before);
/// ```
pub fn set_lock_order_check(on: bool) -> bool {
    twin::switch(on)
}
