//! The mutex: a lock and a value.
//!
//! # What & when not
//!
//! Mutual exclusion for sections of any length, with guards, closures on the caller's thread, and closures that whoever has the lock
//! may run. Fair within a bound, not re-entrant, no poisoning ([`Poison`](crate::Poison) is apart), no intrusive use. Readers who
//! never write are better served by [`RwLock`](crate::RwLock), which does not exclude them from each other.
//!
//! # Representation
//!
//! ```text
//!   Mutex<T>
//!   ┌──────────────────────────┬──────────┐
//!   │ raw: RawLock             │ value: T │
//!   └────────────┬─────────────┴────┬─────┘
//!                │                  └ touched through a guard, a closure of `combine`, or an exclusive borrow
//!                └ states, transitions and orderings: `raw_lock`
//! ```
//!
//! # Invariants
//!
//! - **I1, one user.** Whoever has `raw` makes the one guard, or runs closures one after the other; the end of that is the release. So at
//!   most one reference to the value exists at a time, but for those that one guard gives out.
//! - **I2, an exclusive borrow comes after all guards.** Guards and closures borrow the mutex; whoever has `&mut Mutex` or the mutex
//!   itself has it from a thread that saw those borrows end.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | – | the releases of `raw` | its `take_…` | one section before the next | [`raw_lock`](crate::raw_lock) |
//! | – | end of a guard | `get_mut`, `into_inner`, no access to the lock | sections before the exclusive borrow | argument: I2 |
//!
//! # Checked by
//!
//! `tests/loom.rs`, `tests/loom_combine.rs`, `tests/mutual_exclusion.rs`, `tests/combine.rs`, `tests/timed.rs`, `tests/panics.rs`; natively, under
//! Miri and the sanitizers.

mod combine;
mod guard;

use std::{
    fmt,
    panic::Location,
    time::{Duration, Instant},
};

pub use self::guard::MutexGuard;
use crate::{
    held,
    order::{Kind, LockId},
    parker::{Native, Parking},
    primitive::{UnsafeCell, const_fn},
    raw_lock::RawLock,
};

/// Mutual exclusion: a value that one thread at a time may use.
///
/// The lock takes three words beside the value, and can be a `static`. Free, it costs one read-modify-write to take and none to release
/// (where the system has [asymmetric fences](crate::fence)). It allocates only when first used with contended
/// [`combine`](Self::combine), with a [`Condvar`](crate::Condvar) or with [`when`](fn@crate::when). With debug assertions it also has a
/// number, of eight bytes, and threads allocate a record of what they hold.
///
/// **Waiting.** A thread that finds the mutex held looks again for some microseconds, lets other threads run for some more, and then
/// sleeps. Among short sections it stands back for a few microseconds at a time, so that each thread gets something done.
///
/// **Fairness.** Whoever runs may overtake whoever sleeps, for a millisecond: a thread that has slept and waited longer than
/// that goes before all others, one at a time. [`unlock_fair`](MutexGuard::unlock_fair) hands over at once. A thread whose timed
/// wait ends has no place in any queue.
///
/// **Panics.** A panic while a guard lives releases the mutex and nothing more: the next thread finds the value as the
/// panic left it (for that reason a mutex is not `RefUnwindSafe`). Where it matters, hold a [`Poison`](crate::Poison).
///
/// **Not re-entrant.** A thread that calls [`lock`](Self::lock) on a mutex it already holds waits for itself for ever; with
/// debug assertions it panics and names the site of either call. With [`try_lock_for`](Self::try_lock_for) it waits for the
/// whole timeout.
///
/// **Orders.** Two threads that take two mutexes in opposite orders may wait for each other for ever. With debug assertions
/// each `lock` is compared with what threads did before, and panics if together they *could* deadlock, before it waits;
/// the message names where each mutex was taken and where the next was wanted. Timed and refusing ways in are exempt, and
/// [`set_lock_order_check`](crate::set_lock_order_check) switches the comparison off.
///
/// **Fork.** A mutex that other threads wait for when the process forks must not be used in the child, even if the forking thread
/// holds it: it may be promised to one of them.
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
    id: LockId,
    value: UnsafeCell<T>,
}

// SAFETY: moving the mutex moves the value, for which `T: Send` suffices; there is no tie to a thread besides guards,
// and those borrow the mutex, so that it cannot move.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives access to the value to one thread at a time (I1), from thread to thread in the order of
// the orderings of `raw_lock`. That amounts to sending the value, so `T: Send` suffices and `T: Sync` is not needed.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    const_fn! {
        /// A free mutex around `value`.
        pub const fn new(value: T) -> Self {
            Self { raw: RawLock::new(), id: LockId::new(), value: UnsafeCell::new(value) }
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
    /// One read-modify-write if the mutex is free. Blocking; who has waited for a millisecond begins to go first.
    ///
    /// # Deadlocks
    ///
    /// Never returns if the calling thread holds the mutex already, or holds one that the holder is waiting for, or if a
    /// guard was forgotten (`mem::forget`).
    ///
    /// # Panics
    ///
    /// With debug assertions, instead of waiting for a mutex that the calling thread holds; and where the order in which it
    /// takes mutexes could deadlock with one seen earlier, even if this one is free. Nothing is taken then. Not while
    /// a panic unwinds.
    ///
    /// ```
    /// let mutex = polder_sync::Mutex::new(1);
    /// *mutex.lock() += 1;
    /// assert_eq!(*mutex.lock(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let site = Location::caller();
        self.id.before_blocking(Kind::Exclusive, site);
        held::enter();
        self.raw.lock();
        MutexGuard::new_locked(self, site)
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
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let site = Location::caller();
        held::enter();
        self.guard_if(self.raw.try_lock(), site)
    }

    /// Takes the mutex, sleeping for `timeout` at most while another thread holds it; `None` if it stayed held.
    ///
    /// Blocking, for `timeout` and whatever the scheduler adds; a waiter that finds the mutex changing hands each time it is
    /// about to sleep may try a few times more. A timeout that the clock cannot show, such as
    /// [`Duration::MAX`], means for ever, and a wait for ever may panic as [`lock`](Self::lock). A zero timeout does not sleep, yet is dearer than
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
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        self.lock_until(Native::after(timeout), Location::caller())
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
    #[track_caller]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        self.lock_until(Native::at(deadline), Location::caller())
    }

    /// Runs `f` on the value while holding the mutex, on the calling thread; otherwise as [`lock`](Self::lock).
    ///
    /// # Panics
    ///
    /// If `f` does. The mutex is released. And as [`lock`](Self::lock).
    ///
    /// ```
    /// let words = polder_sync::Mutex::new(vec!["a"]);
    /// let count = words.with(|words| {
    ///     words.push("b");
    ///     words.len()
    /// });
    /// assert_eq!(count, 2);
    /// ```
    #[track_caller]
    pub fn with<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.lock())
    }

    /// Runs `f` on the value while the mutex is held, **perhaps on another thread**: under contention, the thread that has the
    /// mutex runs the closures of those who wait, so that the value stays in its cache.
    ///
    /// One read-modify-write if the mutex is free. Blocking. A thread that holds no other lock of this crate runs up to 64
    /// closures of others, for some 20 µs, before it returns; one that does only runs its own.
    ///
    /// `f` must not depend on the thread that it runs on: thread-local variables are those of any thread that calls
    /// `combine`, perhaps one that is ending. It must not take a lock of this crate. A thread that panics runs only its
    /// own.
    ///
    /// # Panics
    ///
    /// If `f` does, also if that was on another thread: the mutex is released and the panic goes on in the caller. If `f` takes
    /// another lock of this crate, in whatever way, or if the caller is itself such a closure.
    ///
    /// # Deadlocks
    ///
    /// As [`lock`](Self::lock). And a closure must not wait for what another thread does after a `combine` of its own: that
    /// thread may be the one that runs it. Nor is it the place for destructors that do.
    ///
    /// ```
    /// use polder_sync::Mutex;
    /// use std::thread;
    ///
    /// let hits = Mutex::new(0);
    /// thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| {
    ///             for _ in 0..100 {
    ///                 hits.combine(|hits| *hits += 1);
    ///             }
    ///         });
    ///     }
    /// });
    /// assert_eq!(hits.into_inner(), 400);
    /// ```
    #[inline]
    #[track_caller]
    pub fn combine<U: Send>(&self, f: impl FnOnce(&mut T) -> U + Send) -> U
    where
        T: Send,
    {
        self.id.before_blocking(Kind::Exclusive, Location::caller());
        combine::combine(self, f)
    }

    /// The value, without locking: an exclusive borrow of the mutex rules out guards.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.with_mut(|value| {
            // SAFETY: the exclusive borrow of the mutex lasts as long as the reference; I2: it hands on what earlier
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

    /// The address of the lock without the value: what orders locks that are taken together.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(&self.raw).addr()
    }

    /// The first half of `lock`: whether the calling thread may wait for the mutex, holding what it holds now.
    #[inline]
    #[track_caller]
    pub(crate) fn announce(&self) {
        self.id.before_blocking(Kind::Exclusive, Location::caller());
    }

    /// The second half of `lock`, perhaps with other locks taken in between.
    #[inline]
    #[track_caller]
    pub(crate) fn lock_announced(&self) -> MutexGuard<'_, T> {
        held::enter();
        self.raw.lock();
        MutexGuard::new_locked(self, Location::caller())
    }

    /// A guard, if the lock has just been `taken`.
    #[inline]
    fn guard_if(&self, taken: bool, site: &'static Location<'static>) -> Option<MutexGuard<'_, T>> {
        if taken {
            Some(MutexGuard::new_locked(self, site))
        } else {
            held::leave();
            None
        }
    }

    /// The timed ways in. A wait with an end cannot deadlock, so only one without is checked.
    #[inline]
    fn lock_until(
        &self,
        deadline: Option<<Native as Parking>::Deadline>,
        site: &'static Location<'static>,
    ) -> Option<MutexGuard<'_, T>> {
        if deadline.is_none() && self.raw.is_locked() {
            self.id.before_blocking(Kind::Exclusive, site);
        }
        held::enter();
        self.guard_if(self.raw.lock_until(deadline), site)
    }

    /// Takes the mutex for a guard that exists, and whose life was interrupted by `unlock_locked`.
    #[track_caller]
    fn lock_again(&self) {
        // Not compared with other orders: a panic would leave a guard without the mutex.
        // Nor refused, for the same reason: `Condvar` asks before it lets go.
        held::enter_anyway();
        self.raw.lock();
        self.id.acquired(Kind::Exclusive, Location::caller());
    }

    /// As `unlock_locked`, to a waiter.
    fn unlock_fair_locked(&self) {
        self.id.released();
        // SAFETY: the caller has the guard, and ends it (I1).
        unsafe { self.raw.unlock_fair() };
        held::leave();
    }

    /// Releases the mutex. The caller ends the guard's life with this call (I1).
    #[inline]
    fn unlock_locked(&self) {
        self.id.released();
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
        // Also inside a combined closure, which may take no lock.
        if self.raw.try_lock() {
            held::enter_anyway();
            let guard = MutexGuard::new_locked(self, Location::caller());
            out.field("value", &&*guard);
        } else {
            out.field("value", &format_args!("<locked>"));
        }
        out.finish()
    }
}
