//! The phaser: parties that come and go meet at the end of each phase.
//!
//! # What & when not
//!
//! Work in phases, by threads whose number may change: each phase ends when all that are registered have arrived. A
//! [`Barrier`](crate::Barrier) is for a fixed number of threads, and stands on the same two words. One phaser is one
//! shared cache line: with very many threads that arrive within a microsecond, a tree of them would be better; there is
//! none here.
//!
//! # Representation
//!
//! ```text
//!   state: u64   ┌ 63 ┬ 62 ┬ 61 ┬ 60 … 30 ┬ 29 … 15 ┬ 14 … 0  ┐      bell: u32   ┌ 31 … 1 ┬ 0 ┐
//!                │ R  │ B  │ A  │ phase   │ arrived │ parties │                  │ rung   │ S │ ──► sleepers
//!                └────┴────┴────┴─────────┴─────────┴─────────┘                  └────────┴───┘
//!   R resetting (barrier only), B broken, A an action runs;        S threads may sleep on the bell
//! ```
//!
//! One word for all that decides, since an arrival is then one compare-and-swap, as users of such a thing expect, and the
//! last arrival is the step that ends the phase: there is no moment at which the one has happened and the other has not. A
//! mutex around plain fields would cost two read-modify-writes an arrival, and put the threads that arrive together to
//! sleep before they sleep for the phase. The bell is apart as sleepers need 32 bits.
//!
//! # States
//!
//! | state | arrivals count for | who waits for the phase | left by |
//! |---|---|---|---|
//! | open | the phase | sleeps | the last arrival, a break |
//! | A | the phase after it | sleeps | the thread that runs the action |
//! | B | nothing, they are refused | returns with `Broken` | never (a barrier: reset) |
//! | A and B | nothing, they are refused | returns with `Broken` | the thread that runs the action, to B |
//!
//! # Transitions
//!
//! `n` parties, `k` of them arrived, in phase `p`:
//!
//! ```text
//!   register   (p, n, k)        → (p, n + c, k)
//!   arrive     (p, n, k)        → (p, n, k + 1)             k + 1 < n, or A
//!              (p, n, n - 1)    → (p + 1, n, 0)             rings
//!                               → (p, n, 0, A)              if there is an action: runs it, then
//!   finish     (p, n, k, A)     → (p + 1, n, k)             k < n or n = 0; rings
//!              (p, n, n, A)     → (p + 1, n, 0, A)          rings, and runs the action again
//!   leave      not arrived      → n - 1, then as an arrival; n - 1 = k = 0 ends the phase, if not A
//!              arrived          → n - 1, k - 1
//!   break      *                → * and B                   rings
//!   fail       A                → B                         rings; the action has panicked
//! ```
//!
//! # Invariants
//!
//! - **I1, a party is counted once.** `parties` is the number of `Party` values that exist, and of places not yet claimed;
//!   `arrived` is the number of those that have arrived at the phase that arrivals count for. (Not kept up in B.)
//! - **I2, a phase ends once.** Only the change that completes it, or `finish` of the thread that this change told to run
//!   the action, writes its successor. At most one thread at a time was told so: A keeps the others from it.
//! - **I3, nobody decides on an old state.** Each change is a compare-and-swap of the whole state.
//! - **I4, no sleeper is forgotten.** A thread sleeps only on a bell that it has marked, with a look at the state between.
//!   Whoever has changed the state in a way that ends a wait rings afterwards, and wakes all if the bell has the mark.
//!
//! # Protocols
//!
//! *Wait.* (1) Look at the state a bounded number of times. (2) Mark the bell, and keep its value. (3) Look once more. (4)
//! Sleep while the bell has that value; then go to 2.
//!
//! *Ring.* One compare-and-swap takes the mark off and adds one to the number; if there was a mark, wake all.
//!
//! *End a phase with an action.* (1) The last arrival sets A. (2) Run the action, outside all locks that others could wait
//! for; the mutex around it is never contended (I2) and makes the closure's exclusive borrow safe. (3) `finish`, or `fail`
//! on unwinding. (4) Ring. (5) If the next phase is complete by now, go to 2.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `phase_arrive` | `change`, Release | `change`, Acquire; `look`, Acquire | what was written before an arrival (or a break), before the action and all who have waited | killed by loom `a_phase_publishes_what_its_parties_wrote` |
//! | `phase_gather` | `change`, Release | `change`, Acquire | the same, for the one who ends the phase | killed by loom `the_action_sees_what_the_parties_wrote`, `barrier_rounds_publish` |
//! | `phase_look` | `change`, Release | `look`, Acquire | the same, for one who waits | killed by loom `a_phase_publishes_what_its_parties_wrote` |
//! | `bell_ring` | `ring`, Release | `mark`, Acquire | a change before the look that follows a mark that came after the ring | killed by loom `no_sleeper_is_forgotten` (a deadlock) |
//! | `bell_mark` | `ring`, Release | `mark`, Acquire | the same | killed by loom `no_sleeper_is_forgotten` (a deadlock) |
//! | the wake-up | `ring`, then `wake_all` | the comparison in `wait` | no sleep on a bell that was rung | P1 of the parker |
//! | – | – | the first loads and the failures of the exchanges, Relaxed | nothing | argument: what was read is only proposed to the exchange, which reads again (I3) |
//!
//! Each change reads what the one before wrote and carries its release on, so that the last arrival of a phase publishes for
//! all of them.
//!
//! # Proof sketch
//!
//! *No sleeper is forgotten.* Take a change and the ring after it, and a thread that marks the bell. If the mark comes before
//! the ring in the order of the bell, the ring finds a mark: either this one, and then the thread is woken or its
//! comparison fails (P1); or an earlier ring has taken it off, and has changed the number, so that the comparison fails. If the
//! mark comes after the ring, it reads from it (or from a later one, which carries its release on), so the look that follows
//! sees the change.
//!
//! *The number of a bell* returns after 2³¹ rings. A thread would have to be held up between mark and sleep that long.
//!
//! *The number of a phase* returns after 2³¹ phases. A party cannot be late by more than one; who waits without being one,
//! and sleeps through 2³⁰ phases, waits for as many again.
//!
//! # Checked by
//!
//! `tests/loom_phaser.rs` (edges as above, and the phaser's rules with two and three threads), `tests/phaser.rs`,
//! `tests/barrier.rs`; `tests.rs` runs the steps against a model that counts parties one by one.
//!
//! # Sources
//!
//! `java.util.concurrent.Phaser` (D. Lea and others, 2011). Deviations: 1) no tiers, and no termination: a phaser without
//! parties rests; 2) a party is a value, so that nobody arrives twice or for another; 3) a panic breaks the phaser; 4) arrivals
//! are taken while an action runs.

mod error;
mod meeting;
mod party;
mod state;
#[cfg(all(test, not(polder_loom)))]
mod tests;

use std::{
    fmt,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use self::state::{Ending, Refusal};
pub use self::{
    error::{Broken, RegisterError, WaitError},
    party::Party,
    state::Phase,
};
pub(crate) use self::{
    meeting::{Deadline, Meeting},
    state::{MAX_PARTIES, State},
};
use crate::{
    parker::{Native, Parking},
    primitive::{AtomicU32, const_fn},
    private::Private,
};

/// A meeting point for a changing number of parties: each phase ends when all that are registered have arrived.
///
/// [`register`](Self::register) gives a [`Party`], which arrives, waits, and leaves when dropped. Anyone may
/// [`wait`](Self::wait) for a phase without being a party. Phases are numbered from 0.
///
/// **What happens before what.** All that a party writes before it arrives, and all that it writes before it leaves, is
/// visible to the action of that phase and to each thread that has waited for the phase; so is what the action writes.
///
/// **The action**, if there is one ([`with_action`](Self::with_action)), runs once for each phase, by the party that
/// arrives last, before the others are released. It may use the phaser: [`phase`](Self::phase) is the one that ends;
/// parties that it registers, and arrivals, count for the next phase. If it waits for the phase it is about to end, it waits
/// for ever.
///
/// **Broken.** A phase whose end cannot be reached in good order breaks the phaser, for good: when a thread
/// panics while it holds a party, when the action panics, and by [`abort`](Self::abort). Whoever waits for the phase, or
/// would, gets [`Broken`]. Phases that have ended stay ended.
///
/// **Empty.** The last party to leave ends the phase by that. A phaser without parties rests in the next phase; it does not
/// terminate, so a party may be registered then as ever. A phase that all leave while the action of the one before
/// still runs has not ended: the phaser rests in it.
///
/// Allocates nothing on Linux, and can be a `static`.
///
/// ```
/// use polder_sync::Phaser;
/// use std::thread;
///
/// let mut rounds = Vec::new();
/// let phaser = Phaser::with_parties(2).with_action(|phase| rounds.push(phase.number()));
/// thread::scope(|scope| {
///     for work in [1, 3] {
///         let phaser = &phaser;
///         scope.spawn(move || {
///             let mut party = phaser.claim().expect("two places");
///             for _ in 0..work {
///                 party.arrive_and_wait().unwrap();
///             } // leaves, and the other goes on alone
///         });
///     }
/// });
/// assert_eq!(rounds, [0, 1, 2, 3], "leaving ended the last one");
/// ```
pub struct Phaser<F = fn(Phase)> {
    meeting: Meeting,
    /// Places of [`Phaser::with_parties`] that nobody has taken.
    unclaimed: AtomicU32,
    /// Locked by the thread that was told to run it; see the protocols.
    action: Option<Private<F>>,
}

impl Phaser {
    /// The most parties that can be registered at a time.
    pub const MAX_PARTIES: usize = MAX_PARTIES;

    const_fn! {
        /// A phaser without parties, in phase 0.
        pub const fn new() -> Self {
            Self::with_parties(0)
        }
    }

    const_fn! {
        /// A phaser that waits for `parties` from the beginning: the first phase does not end before so many places are
        /// [claimed](Self::claim), and all of their parties have arrived.
        ///
        /// # Panics
        ///
        /// If `parties` is more than [`MAX_PARTIES`](Self::MAX_PARTIES).
        pub const fn with_parties(parties: usize) -> Self {
            assert!(parties <= MAX_PARTIES, "too many parties for a phaser");
            Self { meeting: Meeting::new(parties as u32), unclaimed: AtomicU32::new(parties as u32), action: None }
        }
    }
}

impl<F> Phaser<F> {
    /// The same phaser with an action, which runs at the end of each phase and gets the number of that.
    ///
    /// Replaces the action that there was. The type of a phaser names that of its action.
    ///
    /// If the action panics, the phaser is broken, and the panic goes on in the thread that ran it.
    pub fn with_action<G: FnMut(Phase)>(self, action: G) -> Phaser<G> {
        Phaser { meeting: self.meeting, unclaimed: self.unclaimed, action: Some(Private::new(action)) }
    }

    /// The phase that has not ended. Wait-free.
    pub fn phase(&self) -> Phase {
        self.meeting.look().phase
    }

    /// How many parties there are, places that nobody has claimed among them. Wait-free.
    pub fn registered(&self) -> usize {
        self.meeting.look().parties as usize
    }

    /// How many parties have arrived. Wait-free.
    ///
    /// While an action runs, those that have arrived at the next phase.
    pub fn arrived(&self) -> usize {
        self.meeting.look().arrived as usize
    }

    /// Whether the phaser is [`Broken`]. Wait-free.
    pub fn is_broken(&self) -> bool {
        self.meeting.look().broken
    }

    /// Breaks the phaser for good: whoever waits for the phase, or comes later, gets [`Broken`].
    ///
    /// Lock-free. What this thread has written before is visible to those. If the action is running, it runs to its end,
    /// and the phase has not ended then.
    pub fn abort(&self) {
        self.meeting.change(State::break_off);
        self.meeting.ring();
    }

    /// Waits until `phase` has ended; the phase that the phaser is in then. For parties and others.
    ///
    /// Returns at once for phases that have ended. `phase` may lie ahead by up to 2³⁰ phases. Blocking: looks for some
    /// microseconds at most, then sleeps. What the parties and the action wrote before the phase ended is visible afterwards.
    ///
    /// A thread that waits so for a phase in which it has a party that has not arrived waits for ever.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the phaser is before the phase has ended.
    ///
    /// ```
    /// use polder_sync::Phaser;
    /// use std::thread;
    ///
    /// let phaser = Phaser::with_parties(1);
    /// let first = phaser.phase();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| phaser.claim().unwrap().arrive());
    ///     phaser.wait(first).unwrap();
    /// });
    /// ```
    pub fn wait(&self, phase: Phase) -> Result<Phase, Broken> {
        match self.meeting.wait(None, outcome(phase)) {
            Some(outcome) => outcome,
            None => unreachable!("only a deadline ends the wait without an outcome"),
        }
    }

    /// Waits as [`wait`](Self::wait), for `timeout` at most.
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] if the phase has not ended in time; this breaks nothing. [`WaitError::Broken`] if the phaser
    /// is.
    pub fn wait_for(&self, phase: Phase, timeout: Duration) -> Result<Phase, WaitError> {
        self.wait_with(phase, Native::after(timeout))
    }

    /// Waits as [`wait_for`](Self::wait_for), until `deadline` at most.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_until(&self, phase: Phase, deadline: Instant) -> Result<Phase, WaitError> {
        self.wait_with(phase, Native::at(deadline))
    }

    fn wait_with(&self, phase: Phase, deadline: Option<Deadline>) -> Result<Phase, WaitError> {
        let outcome = self.meeting.wait(deadline, outcome(phase)).ok_or(WaitError::TimedOut)?;
        Ok(outcome?)
    }
}

impl<F: FnMut(Phase)> Phaser<F> {
    /// One more party, which each phase waits for from now on.
    ///
    /// Lock-free. Its first arrival counts for the phase that has not ended; while an action runs, for the next one.
    ///
    /// # Errors
    ///
    /// [`RegisterError`]; nothing has changed then.
    pub fn register(&self) -> Result<Party<'_, F>, RegisterError> {
        let next = self.count_in(1)?;
        Ok(Party::new_registered(self, next))
    }

    /// `count` more parties, in one step: no phase ends between.
    ///
    /// # Errors
    ///
    /// [`RegisterError`]; nothing has changed then.
    pub fn register_many(&self, count: usize) -> Result<Vec<Party<'_, F>>, RegisterError> {
        let next = self.count_in(count)?;
        Ok((0..count).map(|_| Party::new_registered(self, next)).collect())
    }

    /// Takes one of the places of [`with_parties`](Phaser::with_parties); `None` if all are taken. Lock-free.
    ///
    /// ```
    /// use polder_sync::Phaser;
    ///
    /// static PHASER: Phaser = Phaser::with_parties(1);
    /// let party = PHASER.claim().expect("one place");
    /// assert!(PHASER.claim().is_none());
    /// # drop(party);
    /// ```
    pub fn claim(&self) -> Option<Party<'_, F>> {
        // Relaxed: a number of places, which publishes nothing. The places are counted in the state from the beginning.
        self.unclaimed.fetch_update(Relaxed, Relaxed, |places| places.checked_sub(1)).ok()?;
        // The party of this place has not arrived, so the first phase has not ended.
        Some(Party::new_registered(self, Phase::default()))
    }

    /// Counts parties in; the phase of their first arrival.
    fn count_in(&self, count: usize) -> Result<Phase, RegisterError> {
        self.meeting.change(|state| state.register(count)).map_err(|refusal| match refusal {
            Refusal::TooMany => RegisterError::TooMany,
            Refusal::Broken | Refusal::AlreadyArrived => RegisterError::Broken,
        })
    }

    /// Does what the step of a party has led to.
    fn conclude(&self, ending: Ending) {
        match ending {
            Ending::Open => {}
            Ending::Ended => self.meeting.ring(),
            Ending::RunAction(phase) => self.lead(phase),
        }
    }

    /// Ends a phase with its action, and those after it that are complete by then.
    #[cold]
    fn lead(&self, mut phase: Phase) {
        let Some(action) = &self.action else { unreachable!("only a phaser with an action asks for it") };
        loop {
            let unwinding = Unwinding(&self.meeting);
            (action.lock())(phase);
            std::mem::forget(unwinding);
            let ending = self.meeting.change(State::finish);
            self.meeting.ring();
            let Ending::RunAction(next) = ending else { return };
            phase = next;
        }
    }
}

/// What the state says to one who waits for the end of `phase`.
fn outcome(phase: Phase) -> impl Fn(State) -> Option<Result<Phase, Broken>> {
    move |state| {
        // What has ended has ended, broken or not.
        if state.phase.is_past(phase) { Some(Ok(state.phase)) } else { state.broken.then_some(Err(Broken)) }
    }
}

/// Breaks the phaser when dropped, which is when the action panics.
struct Unwinding<'a>(&'a Meeting);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        self.0.change(State::fail);
        self.0.ring();
    }
}

impl Default for Phaser {
    /// A phaser without parties.
    fn default() -> Self {
        Self::new()
    }
}

impl<F> fmt::Debug for Phaser<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.meeting.look();
        f.debug_struct("Phaser")
            .field("phase", &state.phase.number())
            .field("registered", &state.parties)
            .field("arrived", &state.arrived)
            .field("broken", &state.broken)
            .finish()
    }
}
