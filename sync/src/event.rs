//! An event that stays until it is taken back: two marks and a generation in one word.
//!
//! # What & when not
//!
//! Threads wait until something is the case, and any thread may say that it is or no longer is. It counts nothing: two
//! `set`s are one. Nobody is chosen either; every waiter goes on. One thread that waits for a sign is better served by
//! a [`Parker`](crate::parker::Parker), a known number of signs by a [`CountDownLatch`](crate::CountDownLatch).
//!
//! # Representation
//!
//! ```text
//!    31                                 2    1      0
//!   ┌────────────────────────────────────┬─────┬─────────┐
//!   │ generation                         │ SET │ CROWDED │    address of word ──► sleeper, sleeper, …
//!   └────────────────────────────────────┴─────┴─────────┘
//! ```
//!
//! The generation is the number of resets, so generation and `SET` together, the *phase*, are one counter of changes: even
//! while not set, odd while set. A waiter remembers the phase it found, and goes on as soon as it finds another one.
//!
//! # States
//!
//! | `SET` | `CROWDED` | means | `set` wakes |
//! |---|---|---|---|
//! | no | no | nobody sleeps | nobody |
//! | no | yes | threads may sleep | all |
//! | yes | either | nobody goes to sleep; those that slept have been woken or are about to be | nobody |
//!
//! # Transitions
//!
//! ```text
//!   crowd   (g, no, any)  → (g, no, CROWDED)      a waiter, which goes on to sleep
//!   set     (g, no, c)    → (g, SET, c)           goes on to wake all if c
//!           (g, SET, c)     stays
//!   reset   (g, SET, any) → (g + 1, no, no)
//!           (g, no, any)    stays
//! ```
//!
//! # Invariants
//!
//! - **I1, phases only advance**, one at a time: even to odd by `set`, odd to even by `reset`.
//! - **I2, no sleeper is forgotten.** A thread sleeps on a word that says `CROWDED` and not `SET`, and that stays so until
//!   a `set`, whose caller goes on to wake all.
//! - **I3, nobody changes the word but by a read-modify-write**, so each `set` publishes to all who read the word later.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `event_set` | `set`, Release | both below | what was written before `set`, before what follows a wait that it ends, or a reset of it | killed by loom `a_wait_sees_what_was_written_before_set` |
//! | `event_look` | `set`, Release | `look`, Acquire | the former | killed by loom `a_wait_sees_what_was_written_before_set`, in the executions in which nobody sleeps (the table's lock orders the others as well) |
//! | `event_reset` | `set`, Release | `reset`, Acquire | the latter | killed by loom `a_set_is_seen_by_the_reset_or_outlives_it` |
//! | – | `crowd`, Relaxed | `set` | the mark before the decision to wake | argument: one word, read-modify-writes only (I3) |
//! | – | `set`, then `wake_all` | the comparison in `wait` | no sleep on a phase that is over | P1 of the parker |
//!
//! # Proof sketch
//!
//! *Released though reset at once.* A waiter that found phase `p` sleeps, at most, on the word with `p` and `CROWDED`. The
//! `set` that ends `p` wakes it, or comes before its comparison (P1). Then it looks: whatever came after, the phase is not
//! `p` (I1), unless it has gone round: the generation has 30 bits, and the waiter would have to be kept from running for
//! exactly a multiple of 2³⁰ rounds.
//!
//! *No sign is lost between `reset` and `set`*: both are read-modify-writes. Either the `set` comes first, and the `reset`
//! acquires from it; or it comes second, and the event is set.
//!
//! # Checked by
//!
//! `tests/loom_blocking.rs`: the edges as above; `a_waiter_is_released_though_the_event_is_reset_at_once` for the phase,
//! `set_wakes_each_waiter` for I2. `tests/event.rs`, natively and under Miri.
//!
//! # Sources
//!
//! `threading.Event` of Python and `ManualResetEvent` of .NET for the interface. Deviation: a thread that waits at the
//! moment of `set` is released even if `reset` follows at once.

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

/// Threads may sleep: the next `set` wakes them.
const CROWDED: u32 = 1;
/// The event is set.
const SET: u32 = 2;

/// The number of changes in a word, modulo 2³¹.
const fn phase(word: u32) -> u32 {
    word / SET
}

/// Something that is the case or not: threads wait until it is, any thread may change it.
///
/// Four bytes, no allocation on Linux, can be a `static`. Also known as a manual-reset event.
///
/// **Released means released.** Every thread that is inside [`wait`](Self::wait) at the moment of a [`set`](Self::set)
/// returns from it, even if a [`reset`](Self::reset) follows at once: `set` and then `reset` lets through exactly those
/// who wait at that moment.
///
/// **Signs are not lost.** What was written before a `set` is visible after every wait that it ends, and after the `reset`
/// that takes it back. So a consumer that resets the event first and looks for work afterwards finds the work, or finds the
/// event set again.
///
/// **Not intrusive.** The thread that sets the event may still use its address for a moment after a waiter has gone on. A
/// borrow keeps the event in place that long; code that frees an event through a raw pointer as soon as it has waited for
/// it does not.
///
/// ```
/// use polder_sync::Event;
/// use std::thread;
///
/// static READY: Event = Event::new(false);
///
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| READY.wait());
///     }
///     READY.set();
/// });
/// assert!(READY.is_set());
/// READY.reset();
/// assert!(!READY.is_set());
/// ```
pub struct Event {
    word: AtomicU32,
}

impl Event {
    const_fn! {
        /// An event that is set at first or is not.
        pub const fn new(set: bool) -> Self {
            Self { word: AtomicU32::new(if set { SET } else { 0 }) }
        }
    }

    /// Sets the event: releases all threads that wait for it, and those that will until [`reset`](Self::reset).
    ///
    /// Happens before the return of each wait that it ends, and before the return of the `reset` that takes it back. That
    /// holds also for a `set` of an event that is set already. Wait-free, one read-modify-write; if threads may be asleep,
    /// a call that wakes all of them.
    #[inline]
    pub fn set(&self) {
        // Release: to `look` and `reset`, which read this value or a later one of the same chain (I3). Also when it
        // changes nothing: what the caller has written must not go unseen by the `reset` that comes next.
        let before = self.word.fetch_or(SET, edge!("event_set", Release, weaker Relaxed));
        if before & (SET | CROWDED) == CROWDED {
            self.wake_all();
        }
    }

    /// Takes the event back: later waits sleep again. Whoever was waiting at the moment of the last [`set`](Self::set)
    /// goes on nevertheless.
    ///
    /// Lock-free: it tries again only if another thread has set or reset the event meanwhile. One load if the event is not
    /// set, else one read-modify-write. After it, everything is visible that was written before the `set`s it has undone.
    pub fn reset(&self) {
        let mut now = self.look();
        while now & SET != 0 {
            // The next generation, without marks: adding SET carries into the generation. Acquire: from `set`; the one
            // that is undone may be later than the one that `look` has seen, as a second `set` changes no bit.
            let next = (now & !CROWDED).wrapping_add(SET);
            match self.word.compare_exchange(now, next, edge!("event_reset", Acquire, weaker Relaxed), Relaxed) {
                Ok(_) => return,
                Err(_) => now = self.look(),
            }
        }
    }

    /// Whether the event is set at some moment during the call. Wait-free, one load.
    ///
    /// If so, everything that was written before that `set` is visible.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.look() & SET != 0
    }

    /// Sleeps until the event is set. One load if it is.
    ///
    /// Blocking; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around the sleep. Does not return without a
    /// [`set`](Self::set), which happens before the return.
    #[inline]
    pub fn wait(&self) {
        let before = self.look();
        if before & SET == 0 {
            let set = self.sleep(before, None);
            debug_assert!(set, "only a deadline ends the wait without the event");
        }
    }

    /// Sleeps until the event is set, for `timeout` at most; whether it was.
    ///
    /// Otherwise as [`wait`](Self::wait). A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// ```
    /// use polder_sync::Event;
    /// use std::time::Duration;
    ///
    /// let event = Event::new(false);
    /// assert!(!event.wait_for(Duration::from_millis(1)));
    /// event.set();
    /// assert!(event.wait_for(Duration::ZERO));
    /// ```
    #[inline]
    #[must_use = "false means that the event has not been set"]
    pub fn wait_for(&self, timeout: Duration) -> bool {
        let before = self.look();
        before & SET != 0 || self.sleep(before, Native::after(timeout))
    }

    /// Sleeps until the event is set, until `deadline` at most; whether it was.
    ///
    /// Otherwise as [`wait_for`](Self::wait_for). True for an event that is set even if the deadline has passed.
    #[inline]
    #[must_use = "false means that the event has not been set"]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        let before = self.look();
        before & SET != 0 || self.sleep(before, Native::at(deadline))
    }

    /// Sleeps until the phase is not that of `before`, in which the event is not set; false if the deadline passed first.
    #[cold]
    fn sleep(&self, before: u32, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        let crowded = before | CROWDED;
        if before != crowded {
            // Relaxed: it publishes nothing; a `set` that comes later cannot miss the mark (I3). A failure means that
            // another waiter left it, or that the phase is over; the parker compares the word again.
            let _ = self.word.compare_exchange(before, crowded, Relaxed, Relaxed);
        }
        loop {
            let wake = Native::wait(&self.word, crowded, deadline);
            if phase(self.look()) != phase(before) {
                return true;
            }
            if wake == Wake::TimedOut && deadline.is_some() {
                return false;
            }
        }
    }

    #[cold]
    fn wake_all(&self) {
        Native::wake_all(&self.word);
    }

    #[inline]
    fn look(&self) -> u32 {
        // Acquire: from `set`.
        self.word.load(edge!("event_look", Acquire, weaker Relaxed))
    }
}

impl Default for Event {
    /// An event that is not set.
    fn default() -> Self {
        Self::new(false)
    }
}

impl fmt::Debug for Event {
    /// Shows whether the event is set and whether, while it is not, threads may be asleep over it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.look();
        let set = now & SET != 0;
        f.debug_struct("Event").field("set", &set).field("crowded", &(!set && now & CROWDED != 0)).finish()
    }
}
