//! A latch that opens when a count reaches zero: the count and a mark in one word.
//!
//! # What & when not
//!
//! Threads wait until a known number of things has happened. It opens once and stays open: for rounds that repeat, or
//! parties that come and go, take something else. What must be undone again is an [`Event`](crate::Event).
//!
//! # Representation
//!
//! ```text
//!    31                                     1      0
//!   ┌────────────────────────────────────────┬─────────┐
//!   │ count                                  │ CROWDED │    address of word ──► sleeper, sleeper, …
//!   └────────────────────────────────────────┴─────────┘
//! ```
//!
//! # Transitions
//!
//! ```text
//!   count_down   (c, m)  → (c - n, m)        n ≤ c; goes on to wake all if the count is 0 now and m is CROWDED
//!   crowd        (c, no) → (c, CROWDED)      c > 0; a waiter, which goes on to sleep
//! ```
//!
//! # Invariants
//!
//! - **I1, the count only falls.** Open, which is count 0, is for ever.
//! - **I2, no sleeper is forgotten.** A thread sleeps on a word that says `CROWDED` and a count that is not 0. The mark
//!   never leaves the word, so the step to 0 finds it.
//! - **I3, nobody changes the word but by a read-modify-write**, so the step to 0 carries on the releases of all steps
//!   before it, and whoever sees it acquires from all.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `latch_count_down` | `count_down_by`, Release | `look`, Acquire | what each thread wrote before it counted, before what follows a wait | killed by loom `a_wait_sees_what_was_written_before_each_count` |
//! | `latch_look` | `count_down_by`, Release | `look`, Acquire | the same | killed by the same test, in the executions in which nobody sleeps (the table's lock orders the others as well) |
//! | – | `crowd`, Relaxed | `count_down_by` | the mark before the decision to wake | argument: one word, read-modify-writes only (I3) |
//! | – | `count_down_by`, then `wake_all` | the comparison in `wait` | no sleep on a latch that is open | P1 of the parker |
//! | – | – | the load before the exchange in `count_down_by`, Relaxed | nothing | argument: the exchange compares it |
//!
//! # Checked by
//!
//! `tests/loom_blocking.rs`: the edges as above, `the_last_count_wakes_each_waiter` for I2. `tests/latch.rs`, natively and
//! under Miri.
//!
//! # Sources
//!
//! `CountDownLatch` of java.util.concurrent for the interface. Deviations: counting below zero panics; several counts may
//! be given at once.

use std::{
    fmt,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crate::{
    edge::edge,
    parker::{Native, Parking, Wake},
    primitive::{AtomicU32, const_fn},
};

/// Threads may sleep: the step to zero wakes them.
const CROWDED: u32 = 1;
/// One count.
const ONE: u32 = 2;

const fn count_of(word: u32) -> u32 {
    word / ONE
}

/// Opens when it has been counted down to zero, and lets all threads through from then on.
///
/// Four bytes, no allocation on Linux, can be a `static`. Not for a second use: an open latch stays open.
///
/// What every thread wrote before its [`count_down`](Self::count_down) is visible after [`wait`](Self::wait).
///
/// **Not intrusive.** The thread that opens the latch may still use its address for a moment after a waiter has gone on. A
/// borrow keeps the latch in place that long; code that frees a latch through a raw pointer as soon as it has waited for
/// it does not.
///
/// ```
/// use polder_sync::CountDownLatch;
/// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
///
/// let loaded = CountDownLatch::new(3);
/// let parts = [const { AtomicU32::new(0) }; 3];
/// thread::scope(|scope| {
///     for part in &parts {
///         scope.spawn(|| {
///             part.store(14, Relaxed);
///             loaded.count_down();
///         });
///     }
///     loaded.wait();
///     assert_eq!(parts.iter().map(|part| part.load(Relaxed)).sum::<u32>(), 42);
/// });
/// ```
pub struct CountDownLatch {
    word: AtomicU32,
}

impl CountDownLatch {
    /// The largest count: 2³¹ − 1.
    pub const MAX_COUNT: u32 = count_of(u32::MAX);

    const_fn! {
        /// A latch that opens after `count` counts; with none it is open.
        ///
        /// # Panics
        ///
        /// If `count` is more than [`MAX_COUNT`](Self::MAX_COUNT).
        pub const fn new(count: u32) -> Self {
            assert!(count <= Self::MAX_COUNT, "a latch counts from 2147483647 at most");
            Self { word: AtomicU32::new(count * ONE) }
        }
    }

    /// Counts down by one; opens the latch if that leaves zero.
    ///
    /// Happens before the return of each wait. Lock-free: it tries again only if another thread has counted, or gone to
    /// sleep, meanwhile. If it opens the latch and threads may be asleep, a call that wakes all of them.
    ///
    /// # Panics
    ///
    /// If the latch is open: with more counts than announced it has opened too early for somebody. Nothing has changed
    /// then.
    #[inline]
    pub fn count_down(&self) {
        self.count_down_by(1);
    }

    /// Counts down by `n`, all in one step; otherwise as [`count_down`](Self::count_down).
    ///
    /// # Panics
    ///
    /// If `n` is more than is left. Nothing has changed then. By zero does nothing, also on an open latch.
    ///
    /// ```
    /// let latch = polder_sync::CountDownLatch::new(5);
    /// latch.count_down_by(3);
    /// latch.count_down();
    /// assert_eq!(latch.count(), 1);
    /// assert!(!latch.is_open());
    /// ```
    #[inline]
    pub fn count_down_by(&self, n: u32) {
        // Relaxed: the exchange compares it.
        let mut now = self.word.load(Relaxed);
        loop {
            if n > count_of(now) {
                below_zero(n, count_of(now));
            }
            // No overflow: n is at most the count, whose product this is. Release: to `look`, by this value or by a
            // later one of the same chain (I3).
            let next = now - n * ONE;
            match self.word.compare_exchange_weak(
                now,
                next,
                edge!("latch_count_down", Release, weaker Relaxed),
                Relaxed,
            ) {
                Ok(_) if next == CROWDED && n > 0 => return self.wake_all(),
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// What is left to count, at some moment during the call. Wait-free.
    ///
    /// If that is zero, everything that was written before each count is visible.
    pub fn count(&self) -> u32 {
        count_of(self.look())
    }

    /// Whether the latch is open; if so, it is for ever. Wait-free, one load.
    ///
    /// If so, everything that was written before each count is visible.
    #[inline]
    pub fn is_open(&self) -> bool {
        count_of(self.look()) == 0
    }

    /// Sleeps until the latch is open. One load if it is.
    ///
    /// Blocking; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around the sleep. Never returns if too few
    /// counts come. Each count happens before the return.
    #[inline]
    pub fn wait(&self) {
        if !self.is_open() {
            let open = self.sleep(None);
            debug_assert!(open, "only a deadline ends the wait before the latch opens");
        }
    }

    /// Sleeps until the latch is open, for `timeout` at most; whether it is.
    ///
    /// Otherwise as [`wait`](Self::wait). A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// ```
    /// use polder_sync::CountDownLatch;
    /// use std::time::Duration;
    ///
    /// let latch = CountDownLatch::new(1);
    /// assert!(!latch.wait_for(Duration::from_millis(1)));
    /// latch.count_down();
    /// assert!(latch.wait_for(Duration::ZERO));
    /// ```
    #[inline]
    #[must_use = "false means that the latch is not open"]
    pub fn wait_for(&self, timeout: Duration) -> bool {
        self.is_open() || self.sleep(Native::after(timeout))
    }

    /// Sleeps until the latch is open, until `deadline` at most; whether it is.
    ///
    /// Otherwise as [`wait_for`](Self::wait_for). True for an open latch even if the deadline has passed.
    #[inline]
    #[must_use = "false means that the latch is not open"]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        self.is_open() || self.sleep(Native::at(deadline))
    }

    /// Sleeps until the count is zero; false if the deadline passed first.
    ///
    /// Whoever counts while the latch stays closed wakes nobody. A thread that finds the count changed when it is about to
    /// sleep tries again, at most once for each count.
    #[cold]
    fn sleep(&self, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        loop {
            let now = self.look();
            if count_of(now) == 0 {
                return true;
            }
            // Relaxed: the mark publishes nothing; a count that comes later cannot miss it (I3).
            if now & CROWDED == 0 && self.word.compare_exchange(now, now | CROWDED, Relaxed, Relaxed).is_err() {
                continue;
            }
            let wake = Native::wait(&self.word, now | CROWDED, deadline);
            if wake == Wake::TimedOut && deadline.is_some() {
                return self.is_open();
            }
        }
    }

    #[cold]
    fn wake_all(&self) {
        Native::wake_all(&self.word);
    }

    #[inline]
    fn look(&self) -> u32 {
        // Acquire: from `count_down_by`.
        self.word.load(edge!("latch_look", Acquire, weaker Relaxed))
    }
}

#[cold]
#[inline(never)]
fn below_zero(n: u32, left: u32) -> ! {
    panic!("a latch with {left} left to count cannot be counted down by {n}");
}

impl fmt::Debug for CountDownLatch {
    /// Shows what is left to count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountDownLatch").field("count", &self.count()).finish()
    }
}
