//! The barrier: a fixed number of threads meet, again and again.
//!
//! # What & when not
//!
//! Rounds of `n` threads, any threads: nobody registers, so nobody is missed who panics elsewhere. Where that matters, or the
//! number changes, use a [`Phaser`](crate::Phaser).
//!
//! # Representation
//!
//! The two words of `phaser`, with the round as the phase and `n` as the parties. `arrived` means here: threads *inside*, who
//! have arrived in the round and will look at its outcome, or have just been told to leave.
//!
//! # States
//!
//! | state | a thread that comes | those inside |
//! |---|---|---|
//! | open | arrives | sleep |
//! | A (an action runs) | sleeps until it is over | sleep |
//! | B (broken) | is refused | leave, each with `Broken` |
//! | B and R (resetting) | sleeps until it is over | leave, each with `Broken`; the last one mends the barrier |
//!
//! A and B may hold together, while the action of a round that somebody has broken comes to its end.
//!
//! # Transitions
//!
//! `k` of `n` threads inside, in round `p`:
//!
//! ```text
//!   arrive     (p, k)            → (p, k + 1)              k + 1 < n
//!              (p, n - 1)        → (p + 1, 0)              rings; the leader
//!                                → (p, n, A)               if there is an action: the leader runs it, then
//!   finish     (p, n, A)         → (p + 1, 0)              rings
//!              (p, k, A and B)   → (p, k, B), then as leave
//!   fail       (p, k, A)         → (p, k, B), then as leave; rings
//!   give up    (p, k)            → (p, k - 1, B)           rings
//!   abort      *                 → * and B, not R          rings
//!   reset      (p, 0, B)         → (p, 0)
//!              (p, k)            → (p, k, B, R)            rings; also from B
//!   leave      (p, k, B)         → (p, k - 1, B)           k > 1 or not R
//!              (p, 1, B, R)      → (p + 1, 0)              rings
//! ```
//!
//! # Invariants
//!
//! - **I1, rounds do not mix.** A round's number is left behind in two ways only: by its end, which all inside share; or by
//!   the last `leave` of a reset, when nobody is inside. So a thread that is inside and finds the number gone knows that
//!   the round has ended, however late it looks; and one that finds B with its number knows that it has not, and never will.
//! - **I2, one leader.** Only the arrival that completes a round is told so.
//!
//! # Orderings
//!
//! Those of `phaser`: `phase_arrive`, `phase_gather`, `phase_look`, `bell_ring`, `bell_mark`.
//!
//! # Checked by
//!
//! `tests/loom_phaser.rs` (`barrier_…`), `tests/barrier.rs`.
//!
//! # Sources
//!
//! `java.util.concurrent.CyclicBarrier` for the action, and for what a time-out breaks; `threading.Barrier` of Python for
//! the reset that drains the round first, which spares an object for each round.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::{
    parker::{Native, Parking},
    phaser::{Broken, Deadline, MAX_PARTIES, Meeting, Phase, State, WaitError},
    primitive::const_fn,
    private::Private,
};

/// A meeting point for a fixed number of threads, which may be used again and again.
///
/// Each round ends when [`parties`](Self::parties) threads are in [`wait`](Self::wait) or its relatives; then all of
/// them go on. A thread that comes back early waits in the next round.
///
/// **What happens before what.** All that any of the threads writes before it waits is visible to all of them afterwards,
/// and to the action; so is what the action writes.
///
/// **The action**, if there is one ([`with_action`](Self::with_action)), runs once a round in the thread that came last,
/// before the others are released. It may ask and break the barrier; if it waits for it, it waits for ever.
///
/// **Broken.** A round that cannot end releases all who wait with [`Broken`], and so does each wait from then on, until
/// somebody calls [`reset`](Self::reset). That happens when the time of one of them is over, when the action panics, and by
/// [`abort`](Self::abort). The threads of a round agree: all of them have met, or none has.
///
/// Allocates nothing on Linux, and can be a `static`.
///
/// ```
/// use polder_sync::Barrier;
/// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
///
/// let barrier = Barrier::new(3);
/// let leaders = AtomicU32::new(0);
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             for _ in 0..10 {
///                 if barrier.wait().unwrap().is_leader() {
///                     leaders.fetch_add(1, Relaxed);
///                 }
///             }
///         });
///     }
/// });
/// assert_eq!(leaders.into_inner(), 10);
/// ```
pub struct Barrier<F = fn()> {
    meeting: Meeting,
    /// Locked by the leader of the round; never contended.
    action: Option<Private<F>>,
}

impl Barrier {
    /// The most threads that a round can have.
    pub const MAX_PARTIES: usize = MAX_PARTIES;

    const_fn! {
        /// A barrier for `parties` threads.
        ///
        /// # Panics
        ///
        /// If `parties` is zero or more than [`MAX_PARTIES`](Self::MAX_PARTIES).
        pub const fn new(parties: usize) -> Self {
            assert!(parties > 0, "a barrier for nobody has no end of a round");
            assert!(parties <= MAX_PARTIES, "too many parties for a barrier");
            Self { meeting: Meeting::new(parties as u32), action: None }
        }
    }
}

impl<F> Barrier<F> {
    /// The same barrier with an action, which runs at the end of each round. Replaces the action that there was.
    ///
    /// If the action panics, the barrier is broken, and the panic goes on in the thread that ran it. After a
    /// [`reset`](Self::reset) the action runs again, as the panic left it.
    ///
    /// ```
    /// use polder_sync::Barrier;
    /// use std::thread;
    ///
    /// let mut rounds = 0;
    /// let barrier = Barrier::new(2).with_action(|| rounds += 1);
    /// thread::scope(|scope| {
    ///     scope.spawn(|| (0..5).try_for_each(|_| barrier.wait().map(|_| ())));
    ///     scope.spawn(|| (0..5).try_for_each(|_| barrier.wait().map(|_| ())));
    /// });
    /// drop(barrier);
    /// assert_eq!(rounds, 5);
    /// ```
    pub fn with_action<G: FnMut()>(self, action: G) -> Barrier<G> {
        Barrier { meeting: self.meeting, action: Some(Private::new(action)) }
    }

    /// How many threads make a round.
    pub fn parties(&self) -> usize {
        self.meeting.look().parties as usize
    }

    /// How many threads wait in the round that has not ended; 0 if the barrier is broken. Wait-free.
    pub fn waiting(&self) -> usize {
        let state = self.meeting.look();
        if state.broken { 0 } else { state.arrived as usize }
    }

    /// Whether the barrier is [`Broken`]. Wait-free.
    pub fn is_broken(&self) -> bool {
        let state = self.meeting.look();
        state.broken && !state.resetting
    }

    /// Breaks the barrier, until it is [reset](Self::reset): whoever waits, or comes later, gets [`Broken`].
    ///
    /// Lock-free. What this thread has written before is visible to those. If the action of the round is running, it runs to
    /// its end, and all threads of the round get [`Broken`], the one that ran it too.
    pub fn abort(&self) {
        self.meeting.change(abort);
        self.meeting.ring();
    }

    /// Makes the barrier whole and empty: whoever waits gets [`Broken`], and whoever comes later is in a new round.
    ///
    /// Lock-free. The new round begins when the threads that waited have left (and an action that is running has ended);
    /// threads that come before that wait for it, as part of their [`wait`](Self::wait).
    pub fn reset(&self) {
        self.meeting.change(reset);
        self.meeting.ring();
    }
}

impl<F: FnMut()> Barrier<F> {
    /// Waits until [`parties`](Self::parties) threads do.
    ///
    /// One compare-and-swap, and for the last one two more and a wake-up if there are sleepers. Blocking: looks for some
    /// microseconds at most, then sleeps.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the barrier is, or becomes so before the round has ended.
    ///
    /// # Panics
    ///
    /// If this thread came last and the action panics. Then the barrier is broken.
    pub fn wait(&self) -> Result<BarrierWaitResult, Broken> {
        // Without a deadline no time is over.
        self.wait_with(None).map_err(|_| Broken)
    }

    /// Waits as [`wait`](Self::wait), for `timeout` at most. **When the time is over the barrier is broken**, for all.
    ///
    /// The others could not end the round without this thread, so they learn at once that it has gone. The timeout bounds
    /// the waiting for other threads, not that for a running action or for a reset. Whoever comes last has met the others,
    /// however late. A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] for the thread whose time was over, [`WaitError::Broken`] as for [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// use polder_sync::{Barrier, Broken, WaitError};
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2);
    /// assert_eq!(barrier.wait_for(Duration::from_millis(1)), Err(WaitError::TimedOut));
    /// assert_eq!(barrier.wait(), Err(Broken));
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// ```
    pub fn wait_for(&self, timeout: Duration) -> Result<BarrierWaitResult, WaitError> {
        self.wait_with(Native::after(timeout))
    }

    /// Waits as [`wait_for`](Self::wait_for), until `deadline` at most.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_until(&self, deadline: Instant) -> Result<BarrierWaitResult, WaitError> {
        self.wait_with(Native::at(deadline))
    }

    fn wait_with(&self, deadline: Option<Deadline>) -> Result<BarrierWaitResult, WaitError> {
        let has_action = self.action.is_some();
        loop {
            match self.meeting.change(|state| arrive(state, has_action)) {
                Arrival::Refused => return Err(WaitError::Broken),
                Arrival::Later => self.stand_by(),
                Arrival::Last => {
                    self.meeting.ring();
                    return Ok(BarrierWaitResult { leader: true });
                }
                Arrival::RunAction => return self.lead().map_err(WaitError::from),
                Arrival::Wait(round) => return self.sleep(round, deadline),
            }
        }
    }

    /// Waits until a thread can arrive, or is refused.
    fn stand_by(&self) {
        let over = self.meeting.wait(None, |state| (!is_closed(&state)).then_some(()));
        debug_assert!(over.is_some(), "only a deadline ends the wait without an outcome");
    }

    /// Waits, inside `round`, for its outcome.
    fn sleep(&self, round: Phase, deadline: Option<Deadline>) -> Result<BarrierWaitResult, WaitError> {
        let decided = |state: State| (state.phase != round || state.broken).then_some(());
        if self.meeting.wait(deadline, decided).is_none() && self.meeting.change(|state| give_up(state, round)) {
            self.meeting.ring();
            return Err(WaitError::TimedOut);
        }
        // At once, or when the action of the round has ended.
        let decided = |state: State| {
            if state.phase != round {
                return Some(true);
            }
            state.broken.then_some(false)
        };
        match self.meeting.wait(None, decided) {
            Some(true) => Ok(BarrierWaitResult { leader: false }),
            _ => {
                self.leave();
                Err(WaitError::Broken)
            }
        }
    }

    /// Runs the action and ends the round.
    #[cold]
    fn lead(&self) -> Result<BarrierWaitResult, Broken> {
        let Some(action) = &self.action else { unreachable!("only a barrier with an action asks for it") };
        let unwinding = Unwinding(self);
        (action.lock())();
        std::mem::forget(unwinding);
        let ended = self.meeting.change(finish);
        self.meeting.ring();
        if ended { Ok(BarrierWaitResult { leader: true }) } else { Err(Broken) }
    }
}

impl<F> Barrier<F> {
    /// Leaves a broken round.
    fn leave(&self) {
        if self.meeting.change(leave) {
            self.meeting.ring();
        }
    }
}

/// Breaks the round when dropped, which is when the action panics.
struct Unwinding<'a, F>(&'a Barrier<F>);

impl<F> Drop for Unwinding<'_, F> {
    fn drop(&mut self) {
        self.0.meeting.change(fail);
        self.0.meeting.ring();
    }
}

/// What a thread that comes has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// Nothing: the barrier is broken.
    Refused,
    /// Come again when a new round has begun.
    Later,
    /// It is inside; the round goes on.
    Wait(Phase),
    /// It has ended the round.
    Last,
    /// It came last and has to run the action.
    RunAction,
}

/// Whether nobody can arrive for the moment.
fn is_closed(state: &State) -> bool {
    if state.broken { state.resetting } else { state.advancing }
}

fn arrive(state: &mut State, has_action: bool) -> Arrival {
    if is_closed(state) {
        return Arrival::Later;
    }
    if state.broken {
        return Arrival::Refused;
    }
    state.arrived += 1;
    if state.arrived < state.parties {
        return Arrival::Wait(state.phase);
    }
    if has_action {
        state.advancing = true;
        return Arrival::RunAction;
    }
    end(state);
    Arrival::Last
}

/// The round is over, or its last thread has left it; a new one begins.
fn end(state: &mut State) {
    *state = State { phase: state.phase.next(), ..State::new(state.parties) };
}

/// The leader has run the action; whether the round has ended by that. If not, the leader has left it.
fn finish(state: &mut State) -> bool {
    state.advancing = false;
    if state.broken {
        leave(state);
        return false;
    }
    end(state);
    true
}

/// The action has panicked, and the leader leaves.
fn fail(state: &mut State) {
    state.advancing = false;
    state.broken = true;
    leave(state);
}

/// The time of a thread inside `round` is over; whether it has left and broken the round. If not, the outcome is there or
/// an action is about to bring it.
fn give_up(state: &mut State, round: Phase) -> bool {
    if state.phase != round || state.broken || state.advancing {
        return false;
    }
    state.broken = true;
    state.arrived -= 1;
    true
}

fn abort(state: &mut State) {
    state.broken = true;
    state.resetting = false;
}

fn reset(state: &mut State) {
    if state.arrived == 0 {
        state.broken = false;
    } else {
        state.broken = true;
        state.resetting = true;
    }
}

/// A thread inside a broken round leaves it; whether it has begun a new one.
fn leave(state: &mut State) -> bool {
    state.arrived -= 1;
    let last = state.resetting && state.arrived == 0;
    if last {
        end(state);
    }
    last
}

/// What a thread has learnt at a [`Barrier`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BarrierWaitResult {
    leader: bool,
}

impl BarrierWaitResult {
    /// Whether this thread was the last to come. One thread in each round was.
    #[must_use]
    pub fn is_leader(self) -> bool {
        self.leader
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.leader).finish()
    }
}

impl<F> fmt::Debug for Barrier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.parties())
            .field("waiting", &self.waiting())
            .field("broken", &self.is_broken())
            .finish()
    }
}
