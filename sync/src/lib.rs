//! What threads share without sharing a region: references, counters, small values, locks, and the reclamation and the
//! fences that those stand on. This crate knows no region; `polder` builds on it.
//!
//! **References and values**
//!
//! | type | in one line |
//! |---|---|
//! | [`AtomicRef`] | an atomic `Arc<T>`: reads cost no lock, no count and no shared line, and are wait-free |
//! | [`AtomicOptionRef`] | the same, and may be empty; can be a `static` |
//! | [`Counter`] | a sum that threads add to in cells of their own |
//! | [`SeqCell`] | a plain value of any size: reads write nothing shared, writers take turns |
//! | [`Atomic`] | an atomic of any plain type: floats, `bool`, enums, small structs |
//! | [`PerThread`] | a value for each thread that uses the object, and all of them for the object |
//! | [`OnceLock`], [`LazyLock`] | std's: a value set once; a value made at first use |
//! | [`CachePadded`], [`Backoff`] | crossbeam's: a value with a cache line of its own; how to wait for a moment |
//!
//! **Locks** ([which to take](choosing))
//!
//! | type | in one line |
//! |---|---|
//! | [`Mutex`], [`MutexGuard`] | mutual exclusion: `lock`, `try_lock`, timed waits, `with`, `combine`; no poisoning |
//! | [`Condvar`] | wait, with a mutex released, for a change under it |
//! | [`lock_many`](fn@lock_many), [`try_lock_many`] | several locks at once, in any order, without deadlock; guards in the order of the call; [`read`], [`write`](fn@write) for readers-writer locks |
//! | `RawMutex` | the mutex for programs generic over `lock_api`; feature `lock_api` |
//! | [`RwLock`], [`RwLockReadGuard`], [`RwLockWriteGuard`] | many readers or one writer: readers write no shared line; nobody starves |
//! | [`Poison`], [`PoisonGuard`], [`Poisoned`] | a value that remembers that a panic interrupted a change: `Mutex<Poison<T>>` |
//! | [`set_lock_order_check`] | with debug assertions, potential deadlocks panic and name their sites; the switch |
//!
//! **Behaviours**
//!
//! | name | in one line |
//! |---|---|
//! | [`when()`](fn@when), [`Behaviour`] | a closure that runs when it has all of its locks, on a pool: no thread waits, and there is no order to keep |
//! | [`mod@when`] | the same for readers ([`when::read`]), [`Lockable`] types, and without panics |
//!
//! **Passing values**
//!
//! | module | in one line |
//! |---|---|
//! | [`channel`] | queues from many threads to many, with or without a limit: timed waits, `close`, `Select` |
//!
//! **Waiting for each other**
//!
//! | type | in one line |
//! |---|---|
//! | [`Semaphore`], [`Permit`], [`OwnedPermit`] | at most so many at a time; fair among those who wait; timed waits, `close` |
//! | [`CountDownLatch`] | opens when so many things have happened, and stays open |
//! | [`Event`] | set or not: `set` releases all who wait, also if `reset` follows at once |
//! | [`Phaser`], [`Party`], [`Phase`] | work in phases, by parties that come and go; a panic breaks it instead of hanging the others |
//! | [`Barrier`] | a fixed number of threads meet, again and again; timed waits, an action, `abort` and `reset` |
//! | [`Exchanger`] | two threads meet and swap values |
//!
//! **To build on**
//!
//! | module | in one line |
//! |---|---|
//! | [`reclaim`] | free what readers may be using, later: pins, protected pointers, domains |
//! | [`fence`] | fences of which the frequent side costs nothing |
//! | [`parker`] | sleep until a word changes or a token is left, with timeouts; hooks around all blocking |
//!
//! # Trade-offs
//!
//! - **Old values linger.** A replaced value of an [`AtomicRef`] may wait for up to a batch of further ones; its page says how
//!   long and how to hasten it. Values are `'static`, and may be dropped by any thread that stores.
//! - **Writers pay for readers.** A scan now and then interrupts every running thread of the process for a moment (a
//!   *membarrier*): once in 256 replacements, or in 100 µs.
//! - **Locks are fair after a millisecond**, when a thread that waits begins to go before those who come later; and they are not
//!   re-entrant: a thread that locks what it holds panics in debug builds, and waits for itself for ever in others.
//! - **Not for async code.** Guards are not `Send`, and waiting blocks the thread. `load_full` and
//!   [`OwnedPin`](reclaim::OwnedPin) may be held across `.await`.
//! - **Not in a global allocator**, nor in signal handlers.
//!
//! # How it is checked
//!
//! Every ordering that a proof relies on has a name; [`orderings`] lists them with the test that fails when it is weakened. Under the
//! private cfg `polder_loom` every atomic, lock and cell in here is loom's (or shuttle's, with `polder_shuttle` too), and
//! `tests/loom*.rs` explore the interleavings; [`channel`] is left out there. Constructors are not `const` in those builds. With `polder_symmetric`, as
//! where a system has no asymmetric fences, both sides of a fence are full ones.

mod atomic;
mod atomic_ref;
mod barrier;
mod bell;
#[cfg(not(polder_loom))]
pub mod channel;
mod condvar;
mod config;
mod counter;
mod edge;
mod event;
mod exchanger;
pub mod fence;
mod held;
mod latch;
#[cfg(all(feature = "lock_api", not(polder_loom)))]
mod lock_api;
mod lock_many;
mod mutex;
mod order;
pub mod parker;
mod per_thread;
mod phaser;
mod poison;
mod primitive;
#[cfg(not(polder_loom))]
mod private;
#[cfg(polder_loom)]
#[path = "private_in_models.rs"]
mod private;
mod raw_lock;
pub mod reclaim;
mod registry;
mod rwlock;
mod semaphore;
mod seq_cell;
pub mod when;

#[cfg(doc)]
#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}
#[cfg(doc)]
#[doc = include_str!("../docs/orderings.md")]
pub mod orderings {}

pub use crate::atomic::Atomic;
pub use crate::atomic_ref::{
    ArcLike, AtomicOptionRef, AtomicRef, CompareExchangeError, CompareExchangeOptionError, MappedRefGuard, RefGuard,
};
pub use crate::barrier::{Barrier, BarrierWaitResult};
pub use crate::condvar::{Condvar, WaitTimeoutResult};
pub use crate::counter::Counter;
pub use crate::event::Event;
pub use crate::exchanger::{Exchanger, Unmatched};
pub use crate::latch::CountDownLatch;
#[cfg(all(feature = "lock_api", not(polder_loom)))]
pub use crate::lock_api::RawMutex;
pub use crate::lock_many::{
    DuplicateLock, LockItem, LockMany, Reading, SharedLock, lock_many, read, try_lock_many, try_lock_many_for,
    try_lock_many_until, write,
};
pub use crate::mutex::{Mutex, MutexGuard};
pub use crate::order::set_lock_order_check;
pub use crate::per_thread::PerThread;
pub use crate::phaser::{Broken, Party, Phase, Phaser, RegisterError, WaitError};
pub use crate::poison::{Poison, PoisonGuard, Poisoned};
#[cfg(polder_loom)]
pub use crate::registry::leave;
#[cfg(polder_loom)]
pub use crate::rwlock::Access;
pub use crate::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use crate::semaphore::{Closed, OwnedPermit, Permit, Semaphore, TryAcquireError};
pub use crate::seq_cell::SeqCell;
pub use crate::when::{Behaviour, Lockable, when};
pub use bytemuck::NoUninit;
pub use crossbeam_utils::{Backoff, CachePadded};
pub use std::sync::{LazyLock, OnceLock};
