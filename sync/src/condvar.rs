//! The condition variable: threads that wait for a change under a mutex.
//!
//! # What & when not
//!
//! For conditions that no other type of this crate stands for. Where a [`Semaphore`](crate::Semaphore), an
//! [`Event`](crate::Event) or a channel says the same, it says it shorter.
//!
//! # Representation
//!
//! ```text
//!   Condvar                         frame of a waiting thread
//!   ┌───────────────────┐           ┌────────────────────────────────┐
//!   │ lock │ first, last┼──────────►│ Waiter: entry, state, lock,    ├──► next …
//!   │ waiting           │           │ bell, next                     │
//!   └───────────────────┘           └────────────────────────────────┘
//! ```
//!
//! # States
//!
//! | a waiter | in the list | `state` | leaves by |
//! |---|---|---|---|
//! | *waiting* | yes | `WAITING` | a notification; its deadline |
//! | *notified* | no; in the queue of entries of its mutex | `WAITING` | a release of the mutex |
//! | *called* | no | `CALLED` | it locks the mutex and returns |
//!
//! # Invariants
//!
//! - **C1.** Who has the lock of the list alone reads and changes the list, and the links of those in it.
//! - **C2.** A waiter that is out of the list and has not timed out is called by the mutex, whose release comes: it is either
//!   free or held at the moment when the waiter joins its queue.
//! - **C3.** A waiter's frame and its mutex stay until it has been called *and* has had the lock of the list since: a
//!   notifier uses both only while it has that lock.
//!
//! # Protocols
//!
//! *Wait.* (1) Under the list's lock, join the list; (2) release the mutex; (3) sleep on the bell until called; (4) lock the mutex.
//! A waiter whose deadline passes removes itself if it is in the list still, and has timed out; else it has been notified, and goes
//! on to be called.
//!
//! *Notify.* Under the list's lock, take the first waiter, or all of them, out of the list, and put each in the queue of its mutex.
//! The mutex calls one entry for each release: of a thousand waiters that are notified at once one wakes at a time, when it can get on.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | – | step 1, `waiting`, Relaxed | `notify_…`, Relaxed | the count before the look | argument: the waiter counts itself while it holds the mutex; a notifier whose change of the condition it must not miss has had the mutex since |
//! | `condvar_call` | `call`, Release | `is_called` | the last access to the frame, by whoever calls, before the waiter leaves it | argument: the list's lock (C3) orders the notifier only, and another thread may call; loom does not watch what `call` reads |
//! | `condvar_called` | `call` | `is_called`, Acquire | the same | argument: the same |
//! | – | the mutex | the mutex | what was changed under it | `raw_lock` |
//!
//! # Checked by
//!
//! `tests/loom_condvar.rs`, `tests/condvar.rs`, Miri.

use std::{
    fmt,
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crate::{
    bell::Room,
    edge::edge,
    held,
    mutex::MutexGuard,
    parker::{Native, Parking, Wake},
    primitive::{AtomicU32, AtomicUsize, UnsafeCell, const_fn},
    raw_lock::{Entry, RawLock},
    registry::Node,
};

/// Lets threads wait, with a mutex released, until another thread says that something has changed under it.
///
/// **Spurious wake-ups.** A wait may end without a notification, in principle; and another thread may have changed the condition
/// again before a notified one gets the mutex. Wait in a loop, or with [`wait_while`](Self::wait_while).
///
/// **Order.** Waiters are notified in the order in which they came. A notified thread does not wake while the mutex is
/// held: it moves to the queue of the mutex, whose releases wake one at a time.
///
/// **Happens before.** What a thread did under the mutex before it notified is seen by a waiter that it wakes, as both hold the mutex. A
/// notification by itself publishes nothing.
///
/// Waiters of one condition variable may use different mutexes. Blocking; waiting runs the
/// [`BlockingHooks`](crate::parker::BlockingHooks). Nothing is allocated but once for each mutex.
///
/// ```
/// use polder_sync::{Condvar, Mutex};
/// use std::{collections::VecDeque, thread};
///
/// let queue = Mutex::new(VecDeque::new());
/// let more = Condvar::new();
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         let mut queue = queue.lock();
///         more.wait_while(&mut queue, |queue| queue.is_empty());
///         assert_eq!(queue.pop_front(), Some("letter"));
///     });
///     queue.lock().push_back("letter");
///     more.notify_one();
/// });
/// ```
pub struct Condvar {
    /// Guards the list.
    lock: RawLock,
    list: UnsafeCell<List>,
    /// How many are in the list.
    waiting: AtomicUsize,
}

/// The ends of the list of waiters.
struct List {
    first: *mut Waiter,
    last: *mut Waiter,
}

/// A thread that waits.
#[repr(C)]
struct Waiter {
    /// First, so that a pointer to it is one to the waiter.
    entry: Entry,
    state: AtomicU32,
    lock: *const RawLock,
    node: &'static Node,
    /// Guarded by the lock of the list (C1).
    links: UnsafeCell<Links>,
}

/// A waiter's neighbours.
struct Links {
    previous: *mut Waiter,
    next: *mut Waiter,
    listed: bool,
}

const WAITING: u32 = 0;
const CALLED: u32 = 1;

// SAFETY: the list and what it points to are touched under the lock of the list only (C1).
unsafe impl Sync for Condvar {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Condvar {}

/// Whether a timed wait ended because the time was over.
#[must_use = "the condition may not be met"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was over before a notification came. The condition may be met all the same.
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    const_fn! {
        /// A condition variable that nobody waits on.
        pub const fn new() -> Self {
            Self {
                lock: RawLock::new(),
                list: UnsafeCell::new(List { first: ptr::null_mut(), last: ptr::null_mut() }),
                waiting: AtomicUsize::new(0),
            }
        }
    }

    /// Releases the mutex of `guard`, sleeps until notified, and takes the mutex again.
    ///
    /// Releasing and beginning to wait are one step for whoever notifies while holding the mutex. Blocking.
    ///
    /// Do not hold other locks meanwhile: they stay held.
    ///
    /// # Panics
    ///
    /// Inside a closure that was given to [`Mutex::combine`](crate::Mutex::combine), as do all ways to wait; the mutex is held then.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let _ = self.wait_until_deadline(guard, None);
    }

    /// As [`wait`](Self::wait), for `timeout` at most. The mutex is taken again in any case, which may take longer.
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// ```
    /// use polder_sync::{Condvar, Mutex};
    /// use std::time::Duration;
    ///
    /// let (mutex, never) = (Mutex::new(()), Condvar::new());
    /// assert!(never.wait_for(&mut mutex.lock(), Duration::from_millis(1)).timed_out());
    /// ```
    #[track_caller]
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> WaitTimeoutResult {
        self.wait_until_deadline(guard, Native::after(timeout))
    }

    /// As [`wait_for`](Self::wait_for), until `deadline`.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> WaitTimeoutResult {
        self.wait_until_deadline(guard, Native::at(deadline))
    }

    /// Waits until `condition` is false. It is called with the mutex held, at first and after each wake-up.
    ///
    /// # Panics
    ///
    /// If `condition` does; the mutex is held then, by `guard`.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, mut condition: impl FnMut(&mut T) -> bool) {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// As [`wait_while`](Self::wait_while), for `timeout` at most; [`timed_out`](WaitTimeoutResult::timed_out) says whether
    /// `condition` is still true.
    ///
    /// # Panics
    ///
    /// If `condition` does; the mutex is held then, by `guard`.
    #[track_caller]
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        let deadline = Native::after(timeout);
        while condition(guard) {
            if self.wait_until_deadline(guard, deadline).timed_out() {
                return WaitTimeoutResult(condition(guard));
            }
        }
        WaitTimeoutResult(false)
    }

    /// Notifies the thread that has waited longest; whether there was one.
    ///
    /// One load if nobody waits. Else blocking, for the lock around the list of those who wait, which nobody keeps while asleep. The
    /// caller need not hold the mutex, but must have held it when it changed the condition.
    pub fn notify_one(&self) -> bool {
        self.notify(1) == 1
    }

    /// Notifies all threads that wait at this moment; how many there were. Linear in their number; wakes one, and the releases of the
    /// mutex wake the others. Blocking as [`notify_one`](Self::notify_one).
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    fn notify(&self, most: usize) -> usize {
        // Relaxed: see the table.
        if self.waiting.load(Relaxed) == 0 {
            return 0;
        }
        self.with_list(|list| {
            let mut notified = 0;
            let mut told: Option<&RawLock> = None;
            while notified < most
                && let Some(waiter) = NonNull::new(list.first)
            {
                // SAFETY: C1, C3: it is in the list, whose lock is held.
                unsafe { list.remove(waiter) };
                // Relaxed: changed under the lock of the list.
                self.waiting.store(self.waiting.load(Relaxed) - 1, Relaxed);
                // SAFETY: C3: the waiter stays until it has had the lock of the list.
                let lock = unsafe { waiter.as_ref() }.lock;
                // SAFETY: and so does its mutex, whose guard it has.
                let lock = unsafe { &*lock };
                // SAFETY: the entry is in no queue, and stays until called (C2).
                unsafe { lock.push_caller(waiter.cast()) };
                // Nearly always there is one mutex: it is told once.
                if let Some(other) = told.replace(lock)
                    && !ptr::eq(other, lock)
                {
                    other.tell_callers();
                }
                notified += 1;
            }
            if let Some(lock) = told {
                lock.tell_callers();
            }
            notified
        })
    }

    #[track_caller]
    fn wait_until_deadline<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Option<<Native as Parking>::Deadline>,
    ) -> WaitTimeoutResult {
        // The guard would be left without its mutex.
        held::refuse_in_combined();
        let room = Room::of_this_thread();
        let node = room.node();
        node.bell.silence();
        let waiter = Waiter {
            entry: Entry::caller(call),
            state: AtomicU32::new(WAITING),
            lock: guard.raw(),
            node,
            links: UnsafeCell::new(Links { previous: ptr::null_mut(), next: ptr::null_mut(), listed: false }),
        };
        let this = NonNull::from(&waiter);
        self.with_list(|list| {
            // SAFETY: C1, and C3 for as long as it is in the list.
            unsafe { list.append(this) };
            self.waiting.store(self.waiting.load(Relaxed) + 1, Relaxed);
        });
        let mut timed_out = false;
        guard.released(|| {
            while !waiter.is_called() {
                let deadline = if timed_out { None } else { deadline };
                if node.bell.sleep::<Native>(deadline) == Wake::TimedOut && deadline.is_some() && !waiter.is_called() {
                    timed_out = self.with_list(|list| {
                        // SAFETY: C1: the lock of the list is held.
                        let listed = unsafe { list.has(this) };
                        if listed {
                            // SAFETY: C1: in the list, whose lock is held.
                            unsafe { list.remove(this) };
                            self.waiting.store(self.waiting.load(Relaxed) - 1, Relaxed);
                        }
                        listed
                    });
                    if timed_out {
                        return;
                    }
                    // Notified in time: the mutex will call.
                    while !waiter.is_called() {
                        let _ = node.bell.sleep::<Native>(None);
                    }
                }
            }
            // C3: whoever notified this thread has let go of it now.
            self.with_list(|_| ());
        });
        WaitTimeoutResult(timed_out)
    }

    /// Runs `work`, which is not foreign code, on the list.
    fn with_list<U>(&self, work: impl FnOnce(&mut List) -> U) -> U {
        self.lock.lock();
        let result = self.list.with_mut(|list| {
            // SAFETY: C1: the lock is held.
            work(unsafe { &mut *list })
        });
        // SAFETY: this thread has taken the lock above.
        unsafe { self.lock.unlock() };
        result
    }
}

impl List {
    /// # Safety
    /// - The lock of the list is held, the waiter is in no list and stays as C3 says.
    unsafe fn append(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: the clause above.
        unsafe { set_links(waiter, Links { previous: self.last, next: ptr::null_mut(), listed: true }) };
        match NonNull::new(self.last) {
            // SAFETY: C1: in the list.
            Some(last) => unsafe { change_links(last, |links| links.next = waiter.as_ptr()) },
            None => self.first = waiter.as_ptr(),
        }
        self.last = waiter.as_ptr();
    }

    /// # Safety
    /// - The lock of the list is held, and the waiter is in it.
    unsafe fn remove(&mut self, waiter: NonNull<Waiter>) {
        let (mut previous, mut next) = (ptr::null_mut(), ptr::null_mut());
        let out = |links: &mut Links| {
            (previous, next) = (links.previous, links.next);
            links.listed = false;
        };
        // SAFETY: C1: in the list.
        unsafe { change_links(waiter, out) };
        match NonNull::new(previous) {
            // SAFETY: C1: in the list.
            Some(previous) => unsafe { change_links(previous, |links| links.next = next) },
            None => self.first = next,
        }
        match NonNull::new(next) {
            // SAFETY: C1: in the list.
            Some(next) => unsafe { change_links(next, |links| links.previous = previous) },
            None => self.last = previous,
        }
    }

    /// # Safety
    /// - The lock of the list is held, and the waiter is the caller's own.
    unsafe fn has(&self, waiter: NonNull<Waiter>) -> bool {
        let mut listed = false;
        // SAFETY: the clause above.
        unsafe { change_links(waiter, |links| listed = links.listed) };
        listed
    }
}

/// # Safety
/// - The lock of the list is held, and the waiter is in it or the caller's own.
unsafe fn change_links(waiter: NonNull<Waiter>, change: impl FnOnce(&mut Links)) {
    // SAFETY: C3: it stays where it is.
    let links = unsafe { &waiter.as_ref().links };
    links.with_mut(|links| {
        // SAFETY: C1: whoever has the lock of the list alone touches the links.
        change(unsafe { &mut *links });
    });
}

/// # Safety
/// - As for `change_links`.
unsafe fn set_links(waiter: NonNull<Waiter>, new: Links) {
    // SAFETY: the clause above.
    unsafe { change_links(waiter, |links| *links = new) };
}

impl Waiter {
    fn is_called(&self) -> bool {
        // Acquire: `call` has done with the frame but for this word.
        self.state.load(edge!("condvar_called", Acquire, weaker Relaxed)) == CALLED
    }
}

/// Wakes a waiter whose mutex has become free.
///
/// # Safety
/// - The entry is a waiter's, which has not been called yet.
unsafe fn call(entry: NonNull<Entry>) {
    let waiter = entry.cast::<Waiter>();
    // SAFETY: C3: the waiter stays until it has been called.
    let Waiter { node, state, .. } = unsafe { waiter.as_ref() };
    let node = *node;
    // Release: the last access to the frame.
    state.store(CALLED, edge!("condvar_call", Release, weaker Relaxed));
    node.bell.ring::<Native>();
}

impl Default for Condvar {
    /// A condition variable that nobody waits on.
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("waiting", &self.waiting.load(Relaxed)).finish()
    }
}
