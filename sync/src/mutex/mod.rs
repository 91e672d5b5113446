//! The mutex: a word with three states, and a parker for those who must sleep.
//!
//! # What & when not
//!
//! Mutual exclusion for sections of any length. One compare-and-swap in and one swap out while nobody competes; under
//! competition a bounded spin, then sleep. Not fair, not re-entrant, no poisoning ([`Poison`](crate::Poison) is apart),
//! no intrusive use (a release touches the word's address after it has freed the word, in `wake_one`). Readers who
//! never write are better served by something that does not exclude them from each other.
//!
//! # Representation
//!
//! ```text
//!   Mutex<T>                                       parker (kernel, or parker::table)
//!   ┌──────────────┬─────────────┐
//!   │ word: u32    │ value: T    │                 address of word ──► sleeper, sleeper, …
//!   └──────┬───────┴──────┬──────┘
//!          │              └ touched through a guard, or an exclusive borrow
//!          └ FREE = 0, HELD = 1, CROWDED = 2; touched by word.rs alone
//! ```
//!
//! # States
//!
//! | state | a guard exists | may threads sleep? | the release |
//! |---|---|---|---|
//! | `FREE` | no | yes, if one of them has been chosen or is about to be (I2) | – |
//! | `HELD` | yes | likewise | wakes nobody |
//! | `CROWDED` | yes | yes | wakes one |
//!
//! # Transitions
//!
//! As `state, who → state, who`; `A` is the acting thread, `·` nobody, `H` any holder.
//!
//! ```text
//!   take_free       FREE, ·     → HELD, A
//!   take_or_crowd   FREE, ·     → CROWDED, A
//!                   HELD, H     → CROWDED, H        A goes on to sleep
//!                   CROWDED, H  → CROWDED, H        A goes on to sleep
//!   release         HELD, A     → FREE, ·
//!                   CROWDED, A  → FREE, ·           A goes on to wake one
//! ```
//!
//! # Invariants
//!
//! - **I1, one holder.** The word leaves `FREE` only by a `take_…`, whose caller makes the one guard, and returns to it
//!   only by `release`, which is the end of that guard. So at most one guard exists at a time.
//! - **I2, no sleeper is forgotten.** While a thread is in the parker's queue, the word is `CROWDED` or some thread
//!   that is awake is *answerable*: it has released a `CROWDED` word and not yet called `wake_one`, or it has been
//!   chosen by a `wake_one` and not yet called `take_or_crowd`.
//! - **I3, nobody decides on a load.** Every step that takes, marks or frees is a read-modify-write of the one word, so
//!   those steps have one order and each sees the step before it. Loads only advise how long to spin.
//! - **I4, an exclusive borrow comes after all guards.** Guards borrow the mutex; whoever has `&mut Mutex` or the mutex
//!   itself has it from a thread that saw those borrows end.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `word` | any thread with `&Mutex` | through `Word`'s functions; `release` by the holder only |
//! | `value` | the guard; `&mut Mutex` | I1, I4 |
//!
//! # Protocols
//!
//! *Lock.* (1) `take_free`. Else (2) look at the word while it is `HELD`, a bounded number of times, and `take_free`
//! again. Else (3) `take_or_crowd`; (4) sleep while the word is `CROWDED`; (5) if woken, spin and go to 3; if the
//! deadline passed, `take_free` once more and report. After a first sleep the only ways on are 3 and giving up
//! *unchosen*.
//!
//! *Unlock.* `release`; if it found `CROWDED`, `wake_one`.
//!
//! *Overtaking.* A running thread may take the freed word before the chosen sleeper does. The sleeper then finds it
//! taken at step 3, leaves `CROWDED`, and sleeps again.
//!
//! *Giving up.* A waiter whose deadline passes may leave `CROWDED` behind with nobody asleep: one wake-up for nothing.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `mutex_release` | `release`, Release | both below | one section before the next | killed by loom `try_lock_sees_what_the_release_published` |
//! | `mutex_take` | `release`, Release | `take_free`, Acquire | the same | killed by loom `try_lock_sees_what_the_release_published`; Miri on `tests/mutual_exclusion.rs`, eight seeds, agrees |
//! | `mutex_crowd` | `release`, Release | `take_or_crowd`, Acquire | the same | killed by loom `lock_sees_what_the_release_published`, in the executions in which nobody sleeps (the table's lock orders the others as well); Miri agrees |
//! | the mark | `take_or_crowd`, Acquire | `release`, Release | the mark before the decision to wake | argument: one word, read-modify-writes only (I3); neither side needs its ordering for this |
//! | the wake-up | `release`, then `wake_one` | the comparison in `wait` | no sleep on a word already freed | P1 of the parker. Table: killed by loom `no_wake_up_is_lost_among_three`, comparison moved out of the lock. Futex: the kernel's promise, not mechanically checkable here |
//! | – | – | `take_free` failing; `is_held…`, Relaxed | nothing | argument: no value is read on the strength of the answer (I3) |
//! | – | end of a guard | `get_mut`, `into_inner`, no access to the word | sections before the exclusive borrow | argument: I4 |
//!
//! # Proof sketch
//!
//! *Exclusion* is I1, and the sections are ordered by `mutex_take` or `mutex_crowd`: each `take_…` that succeeds reads
//! `FREE`, which is the initial value or was written by the last `release`.
//!
//! *I2* holds at first, and each event keeps it:
//!
//! - *Sleep*: a thread enters the queue in one step with finding the word `CROWDED` (P1).
//! - *Mark* (`take_or_crowd`): the word is `CROWDED` afterwards, so the actor may stop being answerable.
//! - *Take* (`take_free`): the word was `FREE`, so if anyone sleeps somebody is answerable. That is not the actor, for
//!   it has not slept yet or was never chosen (P2); and so that somebody remains.
//! - *Release* from `CROWDED` makes the actor answerable. From `HELD`: somebody was answerable before, and still is.
//! - *Wake*: the actor hands its answer to the chosen sleeper; if there is none, nobody slept at that moment.
//! - *Give up*: the thread leaves the queue by itself, unchosen (P2), and was not answerable. If the parker cannot
//!   tell, it has done a *Wake* in this thread's name before the thread gives up.
//!
//! *Progress*: an answerable thread is awake and reaches *Mark* or *Wake* in a bounded number of its own steps. After
//! *Mark* the word has a holder whose release wakes. So while anyone sleeps, each section is followed by a wake-up or
//! by the attempt of a thread that is awake. Which thread gets the mutex is open: no fairness.
//!
//! # Checked by
//!
//! `tests/loom.rs`: the edges as above; I2 by `no_wake_up_is_lost_among_three` (fails if a chosen thread takes the
//! word without the mark) and, with P2, by `no_wake_up_is_lost_to_a_waiter_that_gives_up` (fails if a chosen thread may
//! give up); `a_barging_try_lock_wakes_those_it_overtook` for overtaking. loom runs on the table parker, `tests/*.rs`
//! on that of the system, and the unit tests on both; all but loom's natively and under Miri.
//!
//! # Sources
//!
//! U. Drepper, *Futexes Are Tricky* (2011), "Mutex, Take 3". Deviations: 1) a bounded spin comes first, and ends early
//! when somebody sleeps; 2) waits may have a deadline, whence P2 and *Give up*; 3) the release is one swap; 4) the
//! parker need not be a futex.

mod guard;

use std::{
    fmt,
    time::{Duration, Instant},
};

pub use self::guard::MutexGuard;
use crate::{
    held,
    parker::{Native, Parking},
    primitive::{UnsafeCell, const_fn},
    raw_lock::RawLock,
};

/// Mutual exclusion: a value that one thread at a time may use.
///
/// The lock takes four bytes beside the value, allocates nothing on Linux, and can be a `static`.
///
/// **Waiting.** A thread that finds the mutex held looks again for a few microseconds at most and then sleeps. Whoever
/// runs may overtake whoever sleeps: throughput is good and fairness is not promised.
///
/// **Panics.** A panic while a guard lives releases the mutex and nothing more: the next thread finds the value as the
/// panic left it (for that reason a mutex is not `RefUnwindSafe`). Where it matters, hold a [`Poison`](crate::Poison).
///
/// **Not re-entrant.** A thread that calls [`lock`](Self::lock) on a mutex it already holds waits for itself for ever;
/// with [`try_lock_for`](Self::try_lock_for) it waits for the whole timeout.
///
/// **Not intrusive.** The thread that releases the mutex may still use its address for a moment after another thread
/// has taken it. A borrow keeps the mutex in place that long; code that frees a mutex through a raw pointer as soon as
/// it has taken it does not.
///
/// ```
/// use polder_sync::Mutex;
/// use std::thread;
///
/// static VISITORS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
///
/// thread::scope(|scope| {
///     for visitor in 0..4 {
///         scope.spawn(move || VISITORS.lock().push(visitor));
///     }
/// });
/// assert_eq!(VISITORS.lock().len(), 4);
/// ```
pub struct Mutex<T: ?Sized> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: moving the mutex moves the value, for which `T: Send` suffices; there is no tie to a thread besides guards,
// and those borrow the mutex, so that it cannot move.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives access to the value to one thread at a time (I1), from thread to thread in the order of
// `mutex_take` and `mutex_crowd`. That amounts to sending the value, so `T: Send` suffices and `T: Sync` is not needed.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    const_fn! {
        /// A free mutex around `value`.
        pub const fn new(value: T) -> Self {
            Self { raw: RawLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// The value, without locking: nobody else can hold a mutex that is given away.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the mutex, sleeping while another thread holds it.
    ///
    /// One read-modify-write if the mutex is free. Blocking; no bound on how often others go first.
    ///
    /// # Deadlocks
    ///
    /// Never returns if the calling thread holds the mutex already, or holds one that the holder is waiting for, or if a
    /// guard was forgotten (`mem::forget`).
    ///
    /// ```
    /// let mutex = polder_sync::Mutex::new(1);
    /// *mutex.lock() += 1;
    /// assert_eq!(*mutex.lock(), 2);
    /// ```
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        held::enter();
        self.raw.lock();
        MutexGuard::new_locked(self)
    }

    /// Takes the mutex if it is free. Wait-free; one read-modify-write.
    ///
    /// ```
    /// let mutex = polder_sync::Mutex::new(1);
    /// let guard = mutex.try_lock().expect("free");
    /// assert!(mutex.try_lock().is_none());
    /// # drop(guard);
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        held::enter();
        self.guard_if(self.raw.try_lock())
    }

    /// Takes the mutex, sleeping for `timeout` at most while another thread holds it; `None` if it stayed held.
    ///
    /// Blocking, for `timeout` and whatever the scheduler adds; a waiter that finds the mutex changing hands each time it is
    /// about to sleep may try a few times more. A timeout that the clock cannot show, such as
    /// [`Duration::MAX`], means for ever. A zero timeout does not sleep, yet is dearer than
    /// [`try_lock`](Self::try_lock) on a held mutex.
    ///
    /// ```
    /// use polder_sync::Mutex;
    /// use std::time::Duration;
    ///
    /// let mutex = Mutex::new(1);
    /// let guard = mutex.try_lock_for(Duration::MAX).expect("free");
    /// assert!(mutex.try_lock_for(Duration::from_millis(1)).is_none());
    /// # drop(guard);
    /// ```
    #[inline]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        held::enter();
        self.guard_if(self.raw.lock_until(Native::after(timeout)))
    }

    /// Takes the mutex, sleeping until `deadline` at most while another thread holds it; `None` if it stayed held.
    ///
    /// Blocking as [`try_lock_for`](Self::try_lock_for). A free mutex is taken even if the deadline has passed.
    ///
    /// ```
    /// use polder_sync::Mutex;
    /// use std::time::{Duration, Instant};
    ///
    /// // One deadline for two locks.
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// let (left, right) = (Mutex::new(1), Mutex::new(2));
    /// if let (Some(left), Some(right)) = (left.try_lock_until(deadline), right.try_lock_until(deadline)) {
    ///     assert_eq!(*left + *right, 3);
    /// }
    /// ```
    #[inline]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        held::enter();
        self.guard_if(self.raw.lock_until(Native::at(deadline)))
    }

    /// Runs `f` on the value while holding the mutex, on the calling thread; otherwise as [`lock`](Self::lock).
    ///
    /// # Panics
    ///
    /// If `f` does. The mutex is released.
    ///
    /// ```
    /// let words = polder_sync::Mutex::new(vec!["a"]);
    /// let count = words.with(|words| {
    ///     words.push("b");
    ///     words.len()
    /// });
    /// assert_eq!(count, 2);
    /// ```
    pub fn with<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.lock())
    }

    /// The value, without locking: an exclusive borrow of the mutex rules out guards.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.with_mut(|value| {
            // SAFETY: the exclusive borrow of the mutex lasts as long as the reference; I4: it hands on what earlier
            // holders wrote.
            unsafe { &mut *value }
        })
    }

    /// The lock alone, for the queues of behaviours.
    pub(crate) fn raw(&self) -> &RawLock {
        &self.raw
    }

    /// Where the value is, for whoever holds the lock without a guard.
    pub(crate) fn value_pointer(&self) -> *mut T {
        self.value.with_mut(|value| value)
    }

    /// Whether some thread holds the mutex, at some moment during the call. Wait-free; for diagnostics only.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// A guard, if the lock has just been `taken`.
    #[inline]
    fn guard_if(&self, taken: bool) -> Option<MutexGuard<'_, T>> {
        if taken {
            Some(MutexGuard::new_locked(self))
        } else {
            held::leave();
            None
        }
    }

    /// Releases the mutex. The caller ends the guard's life with this call (I1).
    #[inline]
    fn unlock_locked(&self) {
        // SAFETY: the caller has the guard, and ends it (I1).
        unsafe { self.raw.unlock() };
        held::leave();
    }
}

impl<T: Default> Default for Mutex<T> {
    /// A free mutex around the default value.
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    /// A free mutex around `value`.
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    /// Shows the value, or `<locked>` while a thread holds the mutex. Never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.try_lock() {
            Some(guard) => out.field("value", &&*guard),
            None => out.field("value", &format_args!("<locked>")),
        };
        out.finish()
    }
}
