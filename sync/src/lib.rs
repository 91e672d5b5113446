//! Locks for data that one thread at a time may change. This crate knows no region; `polder` builds on it.
//!
//! | type | in one line |
//! |---|---|
//! | [`Mutex`] | mutual exclusion in four bytes: `lock`, `try_lock`, timed waits, `with`; no poisoning |
//! | [`MutexGuard`] | the right to use what a `Mutex` holds, given back when dropped |
//! | [`Poison`] | a value that remembers that a panic interrupted a change: opt in by `Mutex<Poison<T>>` |
//! | [`PoisonGuard`] | the right to change what a `Poison` holds, watched for panics |
//! | [`Poisoned`] | the error of whoever meets such a value |
//! | [`parker::Parker`] | sleep until another thread leaves a token; with timeouts |
//! | [`parker::wait`] | sleep until a word changes: what the blocking types stand on, for builders of others; hooks |
//!
//! # Trade-offs
//!
//! - **Not fair.** A running thread may overtake sleeping ones without limit.
//! - **Not re-entrant.** A thread that locks a `Mutex` it already holds waits for itself for ever.
//! - **Not for async code.** A guard is not `Send`, and waiting blocks the thread.
//!
//! # Checked builds
//!
//! Under the private cfg `polder_loom` every atomic, lock and cell in here is loom's, and `tests/loom.rs` explores the
//! interleavings. Constructors are not `const` in that build.

mod atomic;
mod atomic_ref;
mod config;
mod counter;
mod edge;
pub mod fence;
mod mutex;
pub mod parker;
mod poison;
mod primitive;
pub mod reclaim;
mod registry;
mod seq_cell;

pub use crate::atomic::Atomic;
pub use crate::atomic_ref::{
    ArcLike, AtomicOptionRef, AtomicRef, CompareExchangeError, CompareExchangeOptionError, MappedRefGuard, RefGuard,
};
pub use crate::counter::Counter;
pub use crate::mutex::{Mutex, MutexGuard};
pub use crate::poison::{Poison, PoisonGuard, Poisoned};
#[cfg(polder_loom)]
pub use crate::registry::leave;
pub use crate::seq_cell::SeqCell;
pub use bytemuck::NoUninit;
pub use crossbeam_utils::{Backoff, CachePadded};
