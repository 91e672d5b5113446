//! Several locks at once, without deadlock: taken in the order of their addresses, given in the order of the call.
//!
//! # What & when not
//!
//! For a step that needs a handful of locks together and cannot say beforehand in which order they come: a transfer
//! between two accounts, an edge between two graphs. Not for thousands of locks (each is held while the next is waited
//! for; one coarser lock is kinder then), nor for what one lock can protect.
//!
//! # Representation
//!
//! ```text
//!   lock_many((&c, &a, &b))
//!        │  addresses, with the positions they came from        guards, one place for each position
//!        ▼                                                     ┌────┬────┬────┐
//!   (0x30, 0) (0x10, 1) (0x20, 2) ──sort──► 1, 2, 0 ──take──►  │ c  │ a  │ b  │
//!                                                              └────┴────┴────┘
//! ```
//!
//! The order and the places are on the stack for tuples and arrays, and in two vectors for slices. There is no state
//! that threads share but the locks themselves: an item is taken by its own `lock`, `try_lock` or `try_lock_until`, and
//! its guard is the ordinary one.
//!
//! # Invariants
//!
//! - **M1, an order for all.** The *address* of an item is that of a word that belongs to its lock alone and that is part of
//!   it. So different locks have different addresses, items of one lock have the same one, and a lock inside the value
//!   of another has an address of its own.
//! - **M2, a borrowed lock stays.** Items borrow their locks and so do guards. While a thread waits in here, or holds a
//!   guard that it got here, neither the lock that it waits for nor those that it holds can move: among all locks for
//!   which a thread waits or that a guard holds at one moment, the order of addresses does not change. Locks that move
//!   between two calls may swap places, when nobody is inside.
//! - **M3, upwards.** One call takes its locks in ascending order, each once. It has looked for duplicates before it takes the
//!   first.
//! - **M4, announced.** A call that may wait for ever announces all its items before it takes the first: what the thread holds by
//!   then comes before each of them, and among them the check of lock orders sees no order.
//! - **M5, all or none.** A guard that has been taken is owned by its place until all are there. Whatever ends the call
//!   before, a refusal, a deadline or a panic, drops the places and so releases what had been taken.
//!
//! # Proof sketch
//!
//! *No deadlock among calls.* Say some threads wait for each other in a circle, and each of them held nothing when it called.
//! Of the locks that they wait for let *x* be the one with the highest address; it exists by M1 and M2. Who waits for *x* waits
//! for a thread that holds *x*, or first for others that wait for *x*, if the lock queues them; so somebody in the circle
//! holds *x*. That thread waits too, and by M3 for a lock above all that it holds, *x* among them. Contradiction. A reader's
//! share of a readers-writer lock counts as holding it: nothing here asks how many do.
//!
//! *Mixed with other ways to wait.* The sketch needs that what a thread holds has lower addresses than what it waits for.
//! A behaviour (`when`) queues at all its locks in the same order, so it may take part. A thread that waits *while
//! holding a guard*, in a plain `lock` or in a call of these functions, may have one above what it waits for; so may a
//! thread that holds guards and waits for another thread in some other way. That is for the caller to avoid. The check of lock
//! orders finds what goes against an order that it has seen (M4).
//!
//! *Progress of tries.* Tries go upwards as well. Of several that compete for mutexes among themselves alone, look at the
//! highest mutex at which one failed: the try that had it did not fail later, so it succeeded.
//!
//! # Orderings
//!
//! None of its own. What one section publishes reaches the next through the edges of each lock.
//!
//! # Checked by
//!
//! `tests/loom_lock_many.rs`: three locks in different orders on two and three threads, with tries and timed calls
//! (a deadlock is what loom reports when the order is the caller's). `tests/lock_many.rs`: arities, duplicates at each pair of
//! positions, all-or-none, panics; `tests/lock_many_rwlock.rs` with readers. `tests/lock_many_order.rs`: M4. The unit tests of `order.rs`: the sorting network, by
//! the zero-one principle.

mod error;
mod how;
mod item;
mod order;
mod set;
mod shared;

use std::time::{Duration, Instant};

use self::how::{Blocking, Refused, Trying, Within};
pub use self::{
    error::DuplicateLock,
    item::LockItem,
    set::LockMany,
    shared::{Reading, SharedLock, read, write},
};

/// Takes several locks, sleeping while another thread holds one of them, and returns their guards in the order of the
/// call.
///
/// `locks` is a tuple of one to eight items, an array of items, or a slice of them (then the guards come in a `Vec`). An
/// item is `&Mutex`, or another kind of lock that [`LockItem`] lists; a tuple may mix kinds and types.
///
/// **Cost.** That of the locks, and of putting their addresses in order: one comparison for two, 19 at most for eight,
/// *O*(*n* log *n*) above. Allocates nothing for tuples and arrays, two vectors for a slice. *Blocking*; as fair as
/// each of the locks is.
///
/// **Waiting.** The locks that have been taken are held while the next is waited for.
///
/// **Happens-before.** As for each lock: what its last holder did comes before the return.
///
/// # Deadlocks
///
/// Calls never deadlock among themselves, whatever the orders in which they name locks: all take them in the order of
/// their addresses, and a lock cannot move while it is borrowed. This needs that the calling thread holds no other lock: a
/// thread that waits while it keeps a guard can be part of a circle, as with nested [`lock`](crate::Mutex::lock)s, and one
/// that names a lock whose guard it keeps waits for itself.
///
/// With debug assertions the call panics instead of waiting for a lock that the thread holds, and where what it holds before the
/// call and what it names in it form an order that could deadlock with one seen earlier (see
/// [`set_lock_order_check`](crate::set_lock_order_check)). The order among the locks of one call is none that the check
/// knows, since locks may move: nested `lock`s of the same locks, which could go against it, are for the caller to avoid.
///
/// # Errors
///
/// [`DuplicateLock`] if two items are the same lock. Nothing has been locked or waited for then.
///
/// # Panics
///
/// Where [`lock`](crate::Mutex::lock) does: inside a closure that was given to [`combine`](crate::Mutex::combine), and with
/// debug assertions as above. No lock is kept.
///
/// ```
/// use polder_sync::{DuplicateLock, Mutex, lock_many};
///
/// fn transfer(from: &Mutex<u64>, to: &Mutex<u64>, amount: u64) -> Result<bool, DuplicateLock> {
///     let (mut from, mut to) = lock_many((from, to))?;
///     let enough = *from >= amount;
///     if enough {
///         *from -= amount;
///         *to += amount;
///     }
///     Ok(enough)
/// }
///
/// let (ada, bob) = (Mutex::new(10), Mutex::new(0));
/// std::thread::scope(|scope| {
///     scope.spawn(|| transfer(&ada, &bob, 7));
///     scope.spawn(|| transfer(&bob, &ada, 2)); // the other way round: no deadlock
/// });
/// assert_eq!(*ada.lock() + *bob.lock(), 10);
/// assert_eq!(transfer(&ada, &ada, 1), Err(DuplicateLock { first: 0, second: 1 }));
///
/// // As many as there are:
/// let accounts: Vec<_> = (0..20).map(Mutex::new).collect();
/// let all: Vec<_> = accounts.iter().collect();
/// assert_eq!(lock_many(&all[..])?.iter().map(|account| **account).sum::<u64>(), 190);
/// # Ok::<(), DuplicateLock>(())
/// ```
/// The guards stay on their thread:
/// ```compile_fail,E0277
/// # use polder_sync::{Mutex, lock_many};
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// let guards = lock_many((&left, &right)).unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guards));
/// });
/// ```
/// and a lock that is held or waited for stays where it is, which is what the order of addresses stands on:
/// ```compile_fail,E0505
/// # use polder_sync::{Mutex, lock_many};
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// let guards = lock_many((&left, &right)).unwrap();
/// let moved = Box::new(left);
/// drop(guards);
/// ```
/// ```
/// # use polder_sync::{Mutex, lock_many};
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// let guards = lock_many((&left, &right)).unwrap();
/// drop(guards);
/// let moved = Box::new(left);
/// # assert_eq!(*moved.lock(), 1);
/// ```
#[inline]
#[track_caller]
pub fn lock_many<L: LockMany>(locks: L) -> Result<L::Guards, DuplicateLock> {
    match locks.take(&Blocking) {
        Ok(guards) => Ok(guards),
        Err(Refused::Duplicate(duplicate)) => Err(duplicate),
        Err(Refused::Held(never)) => match never {},
    }
}

/// Takes several locks if all of them are free; `None`, and no lock taken, if one is held.
///
/// Never waits, so it may be called while holding other locks. Wait-free if the tries of the locks are, as that of
/// [`Mutex`](crate::Mutex) is; cost and items as for [`lock_many`]. Of several threads that try for mutexes which nobody else
/// wants, at least one succeeds.
///
/// # Errors
///
/// [`DuplicateLock`] if two items are the same lock, also if it is held.
///
/// # Panics
///
/// Inside a closure that was given to [`combine`](crate::Mutex::combine).
///
/// ```
/// use polder_sync::{Mutex, try_lock_many};
///
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// let held = right.lock();
/// assert!(try_lock_many((&left, &right))?.is_none());
/// assert!(!left.is_locked());
/// drop(held);
/// let (left, right) = try_lock_many((&left, &right))?.expect("both are free");
/// assert_eq!(*left + *right, 3);
/// # Ok::<(), polder_sync::DuplicateLock>(())
/// ```
#[inline]
#[track_caller]
pub fn try_lock_many<L: LockMany>(locks: L) -> Result<Option<L::Guards>, DuplicateLock> {
    all_or_none(locks.take(&Trying))
}

/// Takes several locks, sleeping for `timeout` at most in all; `None`, and no lock kept, if that was not enough.
///
/// The time begins with the first wait. A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
/// *Blocking*, for the timeout and whatever the locks add to theirs; otherwise as [`lock_many`].
///
/// # Errors
///
/// [`DuplicateLock`] if two items are the same lock; at once.
///
/// # Panics
///
/// Inside a closure that was given to [`combine`](crate::Mutex::combine); and as [`lock_many`] if it may wait for ever. No lock
/// is kept.
///
/// ```
/// use polder_sync::{Mutex, try_lock_many_for};
/// use std::time::Duration;
///
/// let (left, right) = (Mutex::new(1), Mutex::new(2));
/// let held = right.lock();
/// assert!(try_lock_many_for((&left, &right), Duration::from_millis(1))?.is_none());
/// assert!(!left.is_locked());
/// # drop(held);
/// # Ok::<(), polder_sync::DuplicateLock>(())
/// ```
#[inline]
#[track_caller]
pub fn try_lock_many_for<L: LockMany>(locks: L, timeout: Duration) -> Result<Option<L::Guards>, DuplicateLock> {
    all_or_none(locks.take(&Within::timeout(timeout)))
}

/// Takes several locks, sleeping until `deadline` at most; `None`, and no lock kept, if one of them stayed held.
///
/// Free locks are taken even if the deadline has passed. Otherwise as [`try_lock_many_for`].
///
/// # Errors
///
/// [`DuplicateLock`] if two items are the same lock; at once.
///
/// # Panics
///
/// Inside a closure that was given to [`combine`](crate::Mutex::combine); and as [`lock_many`] if it may wait for ever. No lock
/// is kept.
///
/// ```
/// use polder_sync::{Mutex, try_lock_many_until};
/// use std::time::{Duration, Instant};
///
/// let locks = [Mutex::new(1), Mutex::new(2), Mutex::new(3)];
/// let deadline = Instant::now() + Duration::from_secs(5);
/// let guards = try_lock_many_until(locks.each_ref(), deadline)?.expect("all are free");
/// assert_eq!(guards.map(|guard| *guard), [1, 2, 3]);
/// # Ok::<(), polder_sync::DuplicateLock>(())
/// ```
#[inline]
#[track_caller]
pub fn try_lock_many_until<L: LockMany>(locks: L, deadline: Instant) -> Result<Option<L::Guards>, DuplicateLock> {
    all_or_none(locks.take(&Within::deadline(deadline)))
}

/// The answer of the calls that may give up.
fn all_or_none<G>(taken: Result<G, Refused<()>>) -> Result<Option<G>, DuplicateLock> {
    match taken {
        Ok(guards) => Ok(Some(guards)),
        Err(Refused::Held(())) => Ok(None),
        Err(Refused::Duplicate(duplicate)) => Err(duplicate),
    }
}
