//! Behaviours: closures that run when they have all of their locks, without a thread that waits for them.
//!
//! [`when`](fn@when) queues a closure behind all earlier ones that want one of its locks, and returns at once. When
//! the closure has its turn everywhere, it gets all the locks and runs on a pool, with a mutable reference to each
//! value. Whoever wants the result waits for the [`Behaviour`], awaits it, or lets another behaviour follow it
//! ([`then`](Behaviour::then)).
//!
//! ```
//! use polder_sync::{Mutex, when};
//! use std::sync::Arc;
//!
//! let (ours, theirs) = (Arc::new(Mutex::new(100)), Arc::new(Mutex::new(0)));
//! let moved = when((&ours, &theirs), |ours: &mut i64, theirs: &mut i64| {
//!     *ours -= 30;
//!     *theirs += 30;
//! });
//! // Spawned later over a lock of the first one, so it runs later.
//! let left = when(&ours, |ours: &mut i64| *ours);
//! assert_eq!(left.wait(), 70);
//! moved.wait();
//! ```
//!
//! # What & when not
//!
//! For work on several locked values at once that nobody needs to wait for: there is no order of locks to keep, and
//! so no deadlock by one. A section of nanoseconds whose result is needed at once is cheaper under
//! [`lock`](crate::Mutex::lock). A closure that blocks keeps a thread of the pool from others.
//!
//! # Consistency
//!
//! - **Together.** A behaviour has all of its locks from before its closure begins until after it has ended. Nobody
//!   sees the values in between.
//! - **In order.** Of two behaviours that share a lock, the one whose `when` happened before the other's runs before
//!   it, and what it did happens before what the other one does. Those that were spawned at once run in one order or
//!   the other, the same for all locks they share. Two that only read the shared ones ([`read`]) have no order.
//! - **Side by side.** Behaviours that share no lock, and readers with no writer between them in the queue, run in
//!   parallel if the pool has threads.
//! - **With threads.** The locks are those that threads take by `lock`; behaviours and blocked threads take turns,
//!   and neither starves. A behaviour that waits for a lock which a thread holds has the locks of lower addresses
//!   already, as a thread in `lock_many` does.
//! - A result arrives after the locks have been released, and the behaviour's shares of them dropped.
//!
//! # Deadlocks
//!
//! Behaviours alone cannot deadlock; nor with threads that hold one lock at a time, or take several at once or in the
//! order of their addresses. These can:
//!
//! - to [`wait`](Behaviour::wait) for a behaviour while holding a lock, or in a behaviour;
//! - to block on a lock in a behaviour;
//! - to enter rayon in a behaviour (`join`, `scope`, a parallel iterator), which may run any other job of the pool on this
//!   thread meanwhile, if such a job blocks on a lock or waits for a behaviour.
//!
//! The first two panic in builds with debug assertions, as does such a job. In a behaviour, use `when` for what is to happen under other locks:
//! that never waits.
//!
//! # Panics
//!
//! A panic of the closure releases the locks, leaves the values as they are, and goes to the [`Behaviour`]. Panics of
//! destructors and wakers that run after it, on the pool, are reported by the panic hook and otherwise ignored.
//!
//! # The pool
//!
//! Is rayon's global one: its size is what the program sets for that, one for each processor otherwise. Behaviours
//! take at most all its threads, and let its other jobs in between. Behaviours that are pending when the process ends
//! never run. There is no limit to how many may be pending: who spawns faster than the pool runs fills the memory, at
//! some 300 bytes each.
//!
//! # Costs
//!
//! | what | cost |
//! |---|---|
//! | `when` with N locks | one allocation; N exchanges; N more if all are free, and the ready queue's two |
//! | end of a behaviour | N exchanges for the queues, N for the locks |
//! | progress of `when` | never waits for a closure or a lock; waits for a few steps of another `when` that has come to a queue just before |
//!
//! How it works and why it is right: `queue.rs` for the order, `block.rs` for one behaviour, `completion.rs` for its
//! result, `executor` for the pool.

mod behaviour;
mod block;
mod completion;
mod executor;
mod hooks;
mod queue;
mod request;
mod target;
mod tuples;

#[cfg(polder_loom)]
#[doc(hidden)]
pub use self::executor::{HandOff, run_ready};
pub(crate) use self::queue::Behaviours;
pub use self::{
    behaviour::Behaviour,
    request::{Item, Lockable, Read, ReadLock, ValueLock, Write, read, write},
    tuples::{Body, ChainedBody, Request},
};
pub use crate::lock_many::DuplicateLock;

/// Runs `body` on the values of some locks when it has all of them, on a thread of the pool.
///
/// The request is a lock, or a tuple of up to eight: `&lock` for an `Arc` of a [`Mutex`](crate::Mutex), an
/// [`RwLock`](crate::RwLock) or another [`Lockable`], or [`read(&lock)`](read). The closure has one argument for
/// each; their types must be written out. An empty tuple is a closure for the pool.
///
/// Never waits for a lock. See the [module](self) for the order in which behaviours run, and for what it costs.
///
/// # Panics
///
/// If a lock is asked for twice, in whatever ways: nothing is queued then. [`try_when`] says so in an error. Also if
/// the pool cannot be made.
///
/// ```
/// use polder_sync::{Mutex, RwLock, when};
/// use std::sync::Arc;
///
/// let (stock, prices) = (Arc::new(Mutex::new(3_u32)), Arc::new(RwLock::new([7, 9])));
/// let worth = when((&stock, when::read(&prices)), |stock: &mut u32, prices: &[u32; 2]| {
///     *stock -= 1;
///     *stock * prices[0]
/// });
/// assert_eq!(worth.wait(), 14);
/// ```
/// What is captured has to outlive the caller, as for a thread:
/// ```compile_fail,E0597
/// use polder_sync::{Mutex, when};
/// use std::sync::Arc;
///
/// let number = Arc::new(Mutex::new(1));
/// let step = 2;
/// let step = &step;
/// when(&number, move |number: &mut i32| *number += step).wait();
/// ```
#[track_caller]
pub fn when<R, F, U>(request: R, body: F) -> Behaviour<U>
where
    R: Request,
    F: Body<R::Locks, U> + Send + 'static,
    U: Send + 'static,
{
    match try_when(request, body) {
        Ok(behaviour) => behaviour,
        Err(duplicate) => refuse(duplicate),
    }
}

/// As [`when`](fn@when), with a lock that is asked for twice as an error.
///
/// # Errors
///
/// [`DuplicateLock`] with the positions of the two; nothing has been queued, and the closure is dropped.
///
/// ```
/// use polder_sync::{Mutex, when::{DuplicateLock, try_when}};
/// use std::sync::Arc;
///
/// let one = Arc::new(Mutex::new(1));
/// let refused = try_when((&one, &one), |_: &mut i32, _: &mut i32| ());
/// assert_eq!(refused.unwrap_err(), DuplicateLock { first: 0, second: 1 });
/// ```
pub fn try_when<R, F, U>(request: R, body: F) -> Result<Behaviour<U>, DuplicateLock>
where
    R: Request,
    F: Body<R::Locks, U> + Send + 'static,
    U: Send + 'static,
{
    Behaviour::begin(request.locks(), body)
}

#[cold]
#[track_caller]
fn refuse(duplicate: DuplicateLock) -> ! {
    panic!("a behaviour asks for a lock twice: {duplicate}")
}
