//! The semaphore: free permits in one word, and a queue for those who must wait their turn.
//!
//! # What & when not
//!
//! At most so many at a time; or a number of things that are there to be taken. One read-modify-write in and one out while
//! there is enough for everybody. Fair among those who wait, which costs throughput where permits are short for long: a
//! permit is handed to a thread that has yet to wake up. One permit around a value is a [`Mutex`](crate::Mutex), which is smaller and
//! lets running threads go first. Not for async code, and no intrusive use.
//!
//! # Representation
//!
//! ```text
//!   Semaphore
//!   ┌──────────────────────────────┬───────────┬─────────────────────────────────────┐
//!   │ word: free │ CROWDED │ CLOSED │ existing  │ queue: Mutex ─► waiter, waiter, …   │
//!   └──────────────────────────────┴───────────┴──────────────────┬──────────────────┘
//!                                                                 ▼
//!        Waiter, shared with its thread:  decision: u32 (the thread sleeps on it) │ wanted │ ticket
//! ```
//!
//! # States
//!
//! | mark | means | who may take free permits |
//! |---|---|---|
//! | neither | the queue is empty, or about to be entered | any thread, by `take` |
//! | `CROWDED` | threads wait | the thread with the lock, for the first in the queue |
//! | `CLOSED` | the queue is empty for good | nobody |
//!
//! # Transitions
//!
//! As `(free, CLOSED, CROWDED)`; those that end in `_locked` under the lock of the queue.
//!
//! ```text
//!   take                   (f, –, –)       → (f - n, –, –)         n ≤ f
//!   take_or_crowd_locked   (f, –, –)       → (f, –, CROWDED)       n > f; goes on to enter the queue
//!   give                   (f, c, q)       → (f + n, c, q)         goes on to serve if q
//!   collect_locked         (f, –, CROWDED) → (f - n, –, CROWDED)   n ≤ f, what the first wants; without the mark
//!                                                                  if it was the last
//!   disperse_locked        (f, –, CROWDED) → (f, –, –)             the last has given up
//!   close_locked           (f, c, q)       → (f, CLOSED, –)
//! ```
//!
//! # Invariants
//!
//! - **I1, permits are conserved.** Those that are free, those in guards and those between the two are together at most
//!   `existing`, and that is at most [`MAX_PERMITS`](Semaphore::MAX_PERMITS): `existing` grows before permits are made and
//!   shrinks after they are gone. So no sum of permits overflows.
//! - **I2, no waiter is forgotten.** While what is free is enough for the first in the queue, some thread that is awake is
//!   *answerable*: it has given permits back to a `CROWDED` word, or has left the queue, and has not yet looked at the
//!   queue under the lock afterwards.
//! - **I3, nobody decides on a load.** Every step of the word is a read-modify-write; so they have one order, and each
//!   carries on the releases of those before it.
//! - **I4, the mark is the queue.** Outside the lock the word is `CROWDED` if and only if the queue is not empty, and a
//!   waiter is in the queue if and only if its decision is open.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `word` | any thread | through `Word`'s functions |
//! | `existing` | `add_permits`, `forget` | I1 |
//! | `queue` | the thread with its lock | nobody sleeps, wakes or runs foreign code while holding it |
//! | `Waiter::decision` | written under the lock, once; its own thread reads it and sleeps on it | I4 |
//!
//! # Protocols
//!
//! *Acquire.* (1) `take`. Else (2) look again while nobody waits, a bounded number of times. Else (3), with the lock,
//! `take_or_crowd_locked`, and enter the queue at its end; (4) sleep until there is a decision.
//!
//! *Release.* `give`; if it found `CROWDED`, *serve*.
//!
//! *Serve.* With the lock: `collect_locked` for the first in the queue; if there was enough, take it out and decide.
//! Without the lock: wake it. Again, until there is not enough.
//!
//! *Giving up.* With the lock: if there is a decision after all, it holds. Else leave the queue. Then *serve*: the next may
//! want less.
//!
//! *Close.* With the lock: `close_locked`, take all out, decide. Without: wake them.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `semaphore_give` | `give`, Release | both below | what was done with a permit, before what is done with it next | killed by loom `a_permit_comes_with_what_was_done_under_it` |
//! | `semaphore_take` | `give`, Release | `take`, Acquire | the same | killed by the same test |
//! | `semaphore_collect` | `give`, Release | `collect_locked`, Acquire | the same, where one thread serves with permits that another gave | killed by loom `permits_of_two_threads_come_with_what_both_did` |
//! | `semaphore_grant` | `decide_locked`, Release | `decided`, Acquire | what was done with the permits, or before the close, before what the waiter does | killed by loom `a_waiter_sees_what_was_done_under_its_permit` |
//! | `semaphore_granted` | `decide_locked`, Release | `decided`, Acquire | the same | killed by the same test, in the executions in which the decision comes before the sleep (the table's lock orders the others as well) |
//! | `semaphore_close` | `close_locked`, Release | `is_closed`, Acquire | what came before the close, before what follows a refusal without waiting | killed by loom `a_refusal_comes_with_what_was_written_before_the_close` |
//! | `semaphore_closed` | `close_locked`, Release | `is_closed`, Acquire | the same | killed by the same test |
//! | – | `take_or_crowd_locked`, Relaxed | `give` | the mark before the decision to serve | argument: one word, read-modify-writes only (I3) |
//! | – | the queue's lock | the queue's lock | the queue; a decision before the look of a waiter that gives up | the mutex |
//! | – | – | `existing`, Relaxed | nothing | argument: it is one counter (I1). That it has shrunk *after* permits left the word holds for the thread that reads it and goes on to `give`: if its `give` came before their taking in the word's order, the taking would have acquired from it |
//! | – | `decide_locked`, then `wake_one` | the comparison in `wait` | no sleep on a decision that is made | P1 of the parker |
//!
//! # Proof sketch
//!
//! *I2* holds at first, and each event keeps it:
//!
//! - *Enter*: into an empty queue, by an exchange that finds too little free; so nobody need be answerable. Behind others:
//!   the first stays who it was.
//! - *Give* to a `CROWDED` word makes its thread answerable. To another: nobody waits (I4), or somebody is about to enter,
//!   whose exchange finds the permits.
//! - *Serve*, the last look: what is free was not enough, as far as the thread could see. What it could not see was given
//!   by threads whose *Give* is not ordered before its look; those have not had the lock since, so they are answerable.
//! - *Give up* makes its thread answerable.
//! - `take` does nothing while the word is `CROWDED`.
//!
//! *Fairness.* While the queue is not empty, permits leave the word by `collect_locked` only, for the first. So a waiter is
//! served after those before it, and before all who come later; a large request is not overtaken by small ones.
//!
//! *No permit is lost to a time-out*: a decision and giving up are both made under the lock, so one of them comes first; a
//! waiter that finds itself served has its permits, whatever the time.
//!
//! # Checked by
//!
//! `tests/loom_blocking.rs`: the edges as above; I2 by `a_waiter_that_gives_up_lets_the_next_one_through` and
//! `one_release_serves_two_waiters`; fairness by `nobody_overtakes_a_waiter`. `tests/semaphore.rs` against a simple model
//! of it and under stress, natively and under Miri.
//!
//! # Sources
//!
//! The interface follows tokio's semaphore, with threads for tasks. The division into a fast word and a locked queue is
//! common; that a release with nobody waiting takes no lock is what the mark is for.

mod error;
mod owned;
mod permit;
mod queue;
mod word;

use std::{
    fmt,
    panic::RefUnwindSafe,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

pub use self::{
    error::{Closed, TryAcquireError},
    permit::{OwnedPermit, Permit},
};
use self::{
    queue::Queue,
    word::{Given, Taken, Word},
};
use crate::{
    parker::{Native, Parking},
    primitive::{AtomicUsize, const_fn},
    private::Private,
};

/// Permits that threads take and give back: at most so many of them do something at a time.
///
/// While there are enough permits, taking and giving back are one read-modify-write each: no lock, no allocation. A thread
/// that finds too few looks again for a few microseconds at most, and then waits in a queue and sleeps. Where threads wait, whoever
/// gives permits back serves the queue, for which it may block briefly: see [`add_permits`](Self::add_permits).
///
/// **Fair among those who wait.** They are served in the order in which they entered the queue, whatever they want: a small
/// request does not overtake a larger one that came before. While anyone waits, all who come have to wait behind, and
/// [`try_acquire`](Self::try_acquire) fails even if there are free permits.
///
/// **What happens before what.** Everything done before a permit was given back, or [added](Self::add_permits), happens
/// before what is done by whoever gets it. Everything done before [`close`](Self::close) happens before what follows an error
/// that says `Closed`.
///
/// **Panics.** A panic gives permits back as it unwinds. The semaphore holds no value and is never poisoned.
///
/// **Not re-entrant.** A thread that waits for permits which only it can give back waits for ever.
///
/// **Not intrusive.** The thread that gives permits back may still use the semaphore after another thread has got them. A
/// borrow, or the handle in an [`OwnedPermit`], keeps it in place that long; code that frees a semaphore through a raw
/// pointer as soon as it has a permit does not.
///
/// ```
/// use polder_sync::Semaphore;
/// use std::{
///     sync::atomic::{AtomicU32, Ordering::Relaxed},
///     thread,
/// };
///
/// static TWO: Semaphore = Semaphore::new(2);
/// static INSIDE: AtomicU32 = AtomicU32::new(0);
///
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let _permit = TWO.acquire().expect("nobody closes it");
///             assert!(INSIDE.fetch_add(1, Relaxed) < 2);
///             INSIDE.fetch_sub(1, Relaxed);
///         });
///     }
/// });
/// assert_eq!(TWO.available_permits(), 2);
/// ```
pub struct Semaphore {
    word: Word,
    /// Permits that are free or out, or about to be made (I1).
    existing: AtomicUsize,
    queue: Private<Queue>,
}

/// No user code runs and nothing panics while it is between two states.
impl RefUnwindSafe for Semaphore {}

impl Semaphore {
    /// The most permits that can exist: a quarter of what a `usize` can count.
    pub const MAX_PERMITS: usize = Word::MOST;

    const_fn! {
        /// A semaphore with `permits` free permits.
        ///
        /// # Panics
        ///
        /// If they are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        pub const fn new(permits: usize) -> Self {
            assert!(permits <= Self::MAX_PERMITS, "more permits than a semaphore can have");
            Self { word: Word::new(permits), existing: AtomicUsize::new(permits), queue: Private::new(Queue::new()) }
        }
    }

    /// Takes a permit, waiting for its turn if there is none.
    ///
    /// Blocking; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around the sleep. Lock-free, one
    /// read-modify-write, while there are permits and nobody waits.
    ///
    /// # Errors
    ///
    /// [`Closed`] if the semaphore is closed, or becomes so during the wait.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, Closed> {
        self.acquire_many(1)
    }

    /// Takes `permits` permits at once, waiting for its turn while there are fewer; otherwise as [`acquire`](Self::acquire).
    ///
    /// A request for none waits its turn like any other. One for more than there are waits until they are
    /// [added](Self::add_permits), and all who come later wait behind it.
    ///
    /// # Errors
    ///
    /// [`Closed`] if the semaphore is closed, or becomes so during the wait.
    ///
    /// # Panics
    ///
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS), which can never be there.
    ///
    /// ```
    /// let semaphore = polder_sync::Semaphore::new(3);
    /// let two = semaphore.acquire_many(2)?;
    /// assert_eq!((two.permits(), semaphore.available_permits()), (2, 1));
    /// # Ok::<(), polder_sync::Closed>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, permits: usize) -> Result<Permit<'_>, Closed> {
        self.take_or_wait(permits)?;
        Ok(Permit::new_taken(self, permits))
    }

    /// Takes a permit if there is one and nobody waits. Lock-free; one read-modify-write.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] if there is none, or while others wait: a permit that is free then is theirs.
    /// [`TryAcquireError::Closed`] if the semaphore is closed.
    ///
    /// ```
    /// use polder_sync::{Semaphore, TryAcquireError};
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.try_acquire()?;
    /// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    /// # drop(permit);
    /// # Ok::<(), TryAcquireError>(())
    /// ```
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `permits` permits if there are as many and nobody waits; otherwise as [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    ///
    /// As `try_acquire`.
    ///
    /// # Panics
    ///
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[inline]
    #[track_caller]
    pub fn try_acquire_many(&self, permits: usize) -> Result<Permit<'_>, TryAcquireError> {
        self.take(permits)?;
        Ok(Permit::new_taken(self, permits))
    }

    /// Takes a permit, waiting for `timeout` at most.
    ///
    /// Otherwise as [`acquire`](Self::acquire). A permit that is handed to this thread at the last moment is taken, not lost.
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] if its turn has not come in time, [`TryAcquireError::Closed`] as for `acquire`.
    ///
    /// ```
    /// use polder_sync::{Semaphore, TryAcquireError};
    /// use std::time::Duration;
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.try_acquire_for(Duration::MAX)?;
    /// assert_eq!(semaphore.try_acquire_for(Duration::from_millis(1)).unwrap_err(), TryAcquireError::NoPermits);
    /// # drop(permit);
    /// # Ok::<(), TryAcquireError>(())
    /// ```
    #[inline]
    pub fn try_acquire_for(&self, timeout: Duration) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many_for(1, timeout)
    }

    /// Takes a permit, waiting until `deadline` at most; otherwise as [`try_acquire_for`](Self::try_acquire_for).
    ///
    /// A permit that is free is taken even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// As `try_acquire_for`.
    #[inline]
    pub fn try_acquire_until(&self, deadline: Instant) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many_until(1, deadline)
    }

    /// Takes `permits` permits at once, waiting for `timeout` at most; otherwise as
    /// [`try_acquire_for`](Self::try_acquire_for).
    ///
    /// # Errors
    ///
    /// As `try_acquire_for`.
    ///
    /// # Panics
    ///
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[inline]
    #[track_caller]
    pub fn try_acquire_many_for(&self, permits: usize, timeout: Duration) -> Result<Permit<'_>, TryAcquireError> {
        self.take_for(permits, timeout)?;
        Ok(Permit::new_taken(self, permits))
    }

    /// Takes `permits` permits at once, waiting until `deadline` at most; otherwise as
    /// [`try_acquire_until`](Self::try_acquire_until).
    ///
    /// # Errors
    ///
    /// As `try_acquire_for`.
    ///
    /// # Panics
    ///
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[inline]
    #[track_caller]
    pub fn try_acquire_many_until(&self, permits: usize, deadline: Instant) -> Result<Permit<'_>, TryAcquireError> {
        self.take_until(permits, deadline)?;
        Ok(Permit::new_taken(self, permits))
    }

    /// Makes `permits` permits more, and serves those who wait.
    ///
    /// With [`Permit::forget`] on the other side this counts things that are produced and used up. Two read-modify-writes:
    /// unlike giving back, this has to look how many permits exist. Also possible on a closed semaphore, where nobody can take
    /// them.
    ///
    /// Lock-free while nobody waits. Else blocking, for the lock of the queue: threads hold it to enter or leave the queue or to
    /// serve it, never while they sleep over a permit. It is taken once for each waiter that gets its permits, and once more.
    ///
    /// # Panics
    ///
    /// If more than [`MAX_PERMITS`](Self::MAX_PERMITS) would exist, free ones and those that are out together. Nothing has
    /// changed then.
    ///
    /// ```
    /// let parcels = polder_sync::Semaphore::new(0);
    /// parcels.add_permits(2);
    /// parcels.try_acquire()?.forget();
    /// assert_eq!(parcels.available_permits(), 1);
    /// # Ok::<(), polder_sync::TryAcquireError>(())
    /// ```
    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        let room = |existing: usize| permits <= Self::MAX_PERMITS - existing;
        // Relaxed: one counter; see the table of orderings.
        let made = self.existing.fetch_update(Relaxed, Relaxed, |now| room(now).then(|| now + permits));
        assert!(made.is_ok(), "more permits than a semaphore can have");
        if permits != 0 {
            self.give_back(permits);
        }
    }

    /// How many permits are free, at some moment during the call. Wait-free; for diagnostics, as the number may be out of
    /// date when it arrives, and may be kept for those who wait.
    pub fn available_permits(&self) -> usize {
        self.word.free()
    }

    /// Closes the semaphore: all who wait, and all who come, get an error. It cannot be opened again.
    ///
    /// Permits that are out stay valid, and come back as ever. Closing twice is closing once. Blocking, for the lock of
    /// the queue; linear in the number of those who wait.
    ///
    /// ```
    /// use polder_sync::{Closed, Semaphore};
    /// use std::thread;
    ///
    /// let semaphore = Semaphore::new(0);
    /// thread::scope(|scope| {
    ///     let waiter = scope.spawn(|| semaphore.acquire().map(drop));
    ///     semaphore.close();
    ///     assert_eq!(waiter.join().unwrap(), Err(Closed));
    /// });
    /// assert!(semaphore.is_closed());
    /// ```
    pub fn close(&self) {
        self.close_queue();
    }

    /// Whether the semaphore has been closed. Wait-free.
    pub fn is_closed(&self) -> bool {
        self.word.is_closed()
    }

    #[inline]
    #[track_caller]
    fn take(&self, permits: usize) -> Result<(), TryAcquireError> {
        assert!(permits <= Self::MAX_PERMITS, "more permits are wanted than a semaphore can have");
        match self.word.take(permits) {
            Taken::Yes => Ok(()),
            Taken::No => Err(TryAcquireError::NoPermits),
            Taken::Closed => Err(TryAcquireError::Closed),
        }
    }

    #[inline]
    #[track_caller]
    fn take_or_wait(&self, permits: usize) -> Result<(), Closed> {
        let taken = match self.take(permits) {
            Err(TryAcquireError::NoPermits) => self.wait_for_turn(permits, None),
            taken => taken,
        };
        debug_assert_ne!(taken, Err(TryAcquireError::NoPermits), "only a deadline ends the wait without a decision");
        taken.map_err(|_| Closed)
    }

    #[inline]
    #[track_caller]
    fn take_for(&self, permits: usize, timeout: Duration) -> Result<(), TryAcquireError> {
        match self.take(permits) {
            Err(TryAcquireError::NoPermits) => self.wait_for_turn(permits, Native::after(timeout)),
            taken => taken,
        }
    }

    #[inline]
    #[track_caller]
    fn take_until(&self, permits: usize, deadline: Instant) -> Result<(), TryAcquireError> {
        match self.take(permits) {
            Err(TryAcquireError::NoPermits) => self.wait_for_turn(permits, Native::at(deadline)),
            taken => taken,
        }
    }

    /// Frees permits that were out, or have just been made (I1).
    #[inline]
    fn give_back(&self, permits: usize) {
        if self.word.give(permits) == Given::Serve {
            self.serve();
        }
    }

    /// Lets permits that were out cease to exist (I1).
    fn unmake(&self, permits: usize) {
        // Relaxed: one counter; see the table of orderings.
        self.existing.fetch_sub(permits, Relaxed);
    }
}

impl fmt::Debug for Semaphore {
    /// Shows the free permits, whether the semaphore is closed, and how many threads wait. Never waits itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Semaphore");
        out.field("available_permits", &self.available_permits()).field("is_closed", &self.is_closed());
        // Not under the lock: the formatter is foreign code.
        let waiting = self.queue.try_lock().map(|queue| queue.len());
        match waiting {
            Some(waiting) => out.field("waiting", &waiting),
            None => out.field("waiting", &format_args!("<locked>")),
        };
        out.finish()
    }
}
