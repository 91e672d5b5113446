//! A token that one thread waits for and any thread may leave: [`Parker`] and [`Unparker`].
//!
//! # What & when not
//!
//! One thread sleeps until others have something for it. Not a queue and not a semaphore: tokens do not add up, so the
//! thread looks at everything that may have been meant for it. It does not spin either; who expects the token within
//! microseconds looks for it first.
//!
//! # Representation
//!
//! ```text
//!   Parker ───┐      ┌───────────┬───────────┐
//!   Unparker ─┼─Arc─►│ counts    │ word: u32 │    address of word ──► the owner of the Parker, if it sleeps
//!   Unparker ─┘      └───────────┴───────────┘
//! ```
//!
//! # States
//!
//! | state | means | `park` | `unpark` |
//! |---|---|---|---|
//! | `ASLEEP` = 0 | no token; the owner sleeps, is about to, or has just woken | (the owner is inside) | leaves the token, wakes |
//! | `AWAKE` = 1 | no token; the owner does something else | goes to sleep | leaves the token |
//! | `TOKEN` = 2 | a token | takes it | replaces it by its own |
//!
//! # Transitions
//!
//! ```text
//!   step_down   TOKEN → AWAKE      the owner has the token
//!               AWAKE → ASLEEP     the owner goes on to sleep
//!   rise        TOKEN → AWAKE      the owner has the token
//!               ASLEEP stays       the owner goes on to sleep again
//!   give_up     TOKEN → AWAKE      the owner has the token
//!               ASLEEP → AWAKE     it has none
//!   leave       * → TOKEN          any thread; from ASLEEP it goes on to wake the owner
//! ```
//!
//! # Invariants
//!
//! - **I1, one owner.** `step_down`, `rise` and `give_up` are called by one thread at a time, each call after the one
//!   before: the `Parker` is not `Sync`, and passing it to another thread orders the two. So `step_down` never meets
//!   `ASLEEP`.
//! - **I2, no token is lost.** `TOKEN` leaves the word only by a transition that gives it to the owner.
//! - **I3, nobody decides on a load.** All transitions are read-modify-writes of the one word.
//!
//! # Who may touch what
//!
//! `word`: the owner by the first three, any thread by `leave`.
//!
//! # Protocols
//!
//! *Park.* (1) `step_down`; a token ends it. (2) Sleep while the word is `ASLEEP`. (3) Woken, for whatever reason:
//! `rise`; a token ends it, else go to 2. Deadline passed: `give_up`, and report whether there was a token after all.
//!
//! *Unpark.* `leave`; if it found `ASLEEP`, `wake_one`. It does not look first whether a token is there already: the
//! one that is there publishes what was written before *it*.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `parker_leave` | `leave`, Release | the three below | what was written before `unpark`, before what follows `park` | killed by loom `park_sees_what_was_written_before_unpark` |
//! | `parker_step_down` | `leave`, Release | `step_down`, Acquire | the same, for a token that was there | killed by loom `a_token_that_was_there_publishes` |
//! | `parker_rise` | `leave`, Release | `rise`, Acquire | the same, for a sleeper | killed by loom `park_sees_what_was_written_before_unpark`, in the executions in which the word changes before the sleeper is in the queue (the table's lock orders the others as well) |
//! | `parker_give_up` | `leave`, Release | `give_up`, Acquire | the same, for a sleeper whose time is over | killed by loom `a_token_at_the_deadline_publishes` |
//! | – | `leave`, then `wake_one` | the comparison in `wait` | no sleep on a word that has a token | P1 of the parker |
//! | – | – | `rise` failing, Relaxed | nothing | argument: without a token nothing is read on the strength of it |
//!
//! Each `leave` reads what the one before wrote (I3) and carries its release on, so a token publishes for all the
//! `unpark`s that it stands for.
//!
//! # Proof sketch
//!
//! *No sleep with a token.* Take any `leave`. If it found `AWAKE` or `TOKEN`, the owner is not on its way to sleep, and
//! its next `step_down` takes the token. If it found `ASLEEP`, then either the owner's comparison comes later, sees
//! `TOKEN` and does not sleep; or the owner was in the queue, and the `wake_one` that follows takes it out (P1). In
//! both cases the owner goes on to `rise`, or to `give_up` if its time is over (P2), and has the token.
//!
//! *A late `wake_one`* finds nobody, or the owner in a later sleep, where it is a wake-up for nothing (P3): `rise`
//! fails.
//!
//! # Checked by
//!
//! `tests/loom_parker.rs` (edges as above; `no_token_is_lost_between_two_threads` for I2 and P1; on the table parker),
//! `tests/parker.rs`, and `tests.rs` over each parker and over one that wakes for nothing.
//!
//! # Sources
//!
//! The interface is that of `std::thread::park` with the token made a value.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use super::{Native, Parking, Wake};
use crate::{
    edge::edge,
    primitive::{Arc, AtomicU32},
};

/// No token, and the owner sleeps or is about to.
const ASLEEP: u32 = 0;
/// No token, and the owner does something else.
const AWAKE: u32 = 1;
/// A token.
const TOKEN: u32 = 2;

/// The word of one token.
pub(super) struct Token(AtomicU32);

impl Token {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(AWAKE))
    }

    /// Waits for the token until `deadline` at most and takes it; false if there was none. By the owner only (I1).
    pub(super) fn park<P: Parking>(&self, deadline: Option<P::Deadline>) -> bool {
        if self.step_down() {
            return true;
        }
        loop {
            match P::wait(&self.0, ASLEEP, deadline) {
                Wake::TimedOut if deadline.is_some() => return self.give_up(),
                // Without a deadline nothing ends the wait but the token, whatever the parker says.
                _ if self.rise() => return true,
                _ => {}
            }
        }
    }

    /// Leaves a token, and wakes the owner if it sleeps.
    #[inline]
    pub(super) fn unpark<P: Parking>(&self) {
        if self.leave() == ASLEEP {
            P::wake_one(&self.0);
        }
    }

    /// `TOKEN → AWAKE`, true; or `AWAKE → ASLEEP`, false.
    #[inline]
    fn step_down(&self) -> bool {
        // Acquire: from `leave`, if there was a token. The step to ASLEEP orders nothing; it is a read-modify-write, so
        // the next `leave` cannot miss it.
        let before = self.0.fetch_sub(1, edge!("parker_step_down", Acquire, weaker Relaxed));
        debug_assert_ne!(before, ASLEEP, "one owner at a time (I1)");
        before == TOKEN
    }

    /// `TOKEN → AWAKE`, true; `ASLEEP` stays, false.
    fn rise(&self) -> bool {
        // Acquire: from `leave`. Relaxed on failure: no token, nothing to read.
        self.0.compare_exchange(TOKEN, AWAKE, edge!("parker_rise", Acquire, weaker Relaxed), Relaxed).is_ok()
    }

    /// `TOKEN → AWAKE`, true; or `ASLEEP → AWAKE`, false.
    fn give_up(&self) -> bool {
        // Acquire: from `leave`, if the token came at the last moment.
        self.0.swap(AWAKE, edge!("parker_give_up", Acquire, weaker Relaxed)) == TOKEN
    }

    /// `* → TOKEN`; the state before.
    #[inline]
    fn leave(&self) -> u32 {
        // Release: to whichever of the three takes the token.
        self.0.swap(TOKEN, edge!("parker_leave", Release, weaker Relaxed))
    }
}

/// The right to sleep until somebody leaves a token: what one thread waits on.
///
/// [`unpark`](Unparker::unpark) leaves the token, [`park`](Self::park) takes it, sleeping until it is there. A token
/// that was left before ends the next `park` at once. **Tokens do not add up**: two `unpark`s without a `park` between
/// leave one, and `park` returns once for both. What was written before either `unpark` is visible after that `park`.
///
/// A `Parker` is `Send` and not `Sync`: one thread at a time owns the waiting, and may hand it to another. All others
/// have an [`Unparker`]. Unlike [`std::thread::park`], no other code can take or leave this token, and `park` does not
/// return without it.
///
/// ```
/// use polder_sync::parker::Parker;
/// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
///
/// let parker = Parker::new();
/// let unparker = parker.unparker();
/// let result = AtomicU32::new(0);
///
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         result.store(42, Relaxed);
///         unparker.unpark();
///     });
///     parker.park();
///     assert_eq!(result.load(Relaxed), 42);
/// });
/// ```
pub struct Parker {
    unparker: Unparker,
    /// Keeps `&Parker` on one thread (I1).
    _not_sync: PhantomData<Cell<()>>,
}

impl Parker {
    /// A parker without a token. Allocates once.
    pub fn new() -> Self {
        Self { unparker: Unparker(Arc::new(Token::new())), _not_sync: PhantomData }
    }

    /// Sleeps until there is a token, and takes it.
    ///
    /// One read-modify-write if it is there already. Blocking; runs the [`BlockingHooks`](super::BlockingHooks) around
    /// the sleep. Never returns without a token.
    #[inline]
    pub fn park(&self) {
        let taken = self.token().park::<Native>(None);
        debug_assert!(taken, "only a deadline ends the wait without the token");
    }

    /// Sleeps until there is a token, for `timeout` at most; whether it took one.
    ///
    /// Otherwise as [`park`](Self::park). A token that is there is taken even if `timeout` is zero. A timeout that the
    /// clock cannot show, such as [`Duration::MAX`], means for ever. After `false` a token that comes later is there
    /// for the next call.
    ///
    /// ```
    /// use polder_sync::parker::Parker;
    /// use std::time::Duration;
    ///
    /// let parker = Parker::new();
    /// assert!(!parker.park_timeout(Duration::from_millis(1)));
    /// parker.unpark();
    /// parker.unpark();
    /// assert!(parker.park_timeout(Duration::ZERO));
    /// assert!(!parker.park_timeout(Duration::ZERO), "tokens do not add up");
    /// ```
    #[inline]
    #[must_use = "false means that nobody has left a token"]
    pub fn park_timeout(&self, timeout: Duration) -> bool {
        self.token().park::<Native>(Native::after(timeout))
    }

    /// Sleeps until there is a token, until `deadline` at most; whether it took one.
    ///
    /// Otherwise as [`park_timeout`](Self::park_timeout).
    #[inline]
    #[must_use = "false means that nobody has left a token"]
    pub fn park_until(&self, deadline: Instant) -> bool {
        self.token().park::<Native>(Native::at(deadline))
    }

    /// Leaves a token for this parker, as [`Unparker::unpark`]: the owner's next `park` returns at once.
    #[inline]
    pub fn unpark(&self) {
        self.unparker.unpark();
    }

    /// A handle for other threads, which may outlive the parker.
    pub fn unparker(&self) -> Unparker {
        self.unparker.clone()
    }

    fn token(&self) -> &Token {
        &self.unparker.0
    }
}

impl Default for Parker {
    /// A parker without a token.
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parker").finish_non_exhaustive()
    }
}

/// The right to leave a token for one [`Parker`], for any thread. Clones are for the same parker.
#[derive(Clone)]
pub struct Unparker(Arc<Token>);

impl Unparker {
    /// Leaves a token: wakes the owner of the parker, or ends its next [`park`](Parker::park) at once.
    ///
    /// Everything that this thread wrote before is visible to the owner after that `park`. One read-modify-write, and a
    /// wake-up if the owner sleeps; never sleeps. Without effect once the parker is gone.
    #[inline]
    pub fn unpark(&self) {
        self.0.unpark::<Native>();
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparker").finish_non_exhaustive()
    }
}
