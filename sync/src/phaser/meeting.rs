//! The two words of a meeting: the state, changed by compare-and-swap, and the bell, on which those sleep who wait for a
//! change. `mod.rs` is the proof.
//!
//! Orderings: `phase_look`, `phase_arrive`, `phase_gather`, `bell_ring` and `bell_mark`, in the table there.

use std::sync::atomic::Ordering::Relaxed;

use super::state::State;
use crate::{
    config::SPINS,
    edge::edge,
    parker::{Native, Parking, Wake},
    primitive::{AtomicU32, AtomicU64, const_fn, spin_loop},
};

/// The bit of the bell that says that threads may sleep on it. The bits above count how often it was rung.
const ASLEEP: u32 = 1;

/// A deadline of the parker.
pub(crate) type Deadline = <Native as Parking>::Deadline;

/// What phasers and barriers stand on.
pub(crate) struct Meeting {
    state: AtomicU64,
    bell: AtomicU32,
}

impl Meeting {
    const_fn! {
        pub(crate) const fn new(parties: u32) -> Self {
            Self { state: AtomicU64::new(State::new(parties).pack()), bell: AtomicU32::new(0) }
        }
    }

    /// The state at this moment.
    #[inline]
    pub(crate) fn look(&self) -> State {
        // Acquire: from `change`.
        State::unpack(self.state.load(edge!("phase_look", Acquire, weaker Relaxed)))
    }

    /// Lets `step` change the state, in one step; `step` may run several times, and what it returned last counts.
    ///
    /// A step that changes nothing writes all the same: what it decides, it decides on the latest state (I3).
    #[inline]
    pub(crate) fn change<U>(&self, mut step: impl FnMut(&mut State) -> U) -> U {
        let mut seen = self.state.load(Relaxed);
        loop {
            let mut state = State::unpack(seen);
            let outcome = step(&mut state);
            // Release: to `look` and to later changes. Acquire: from the changes before, for whoever ends the phase.
            let order = edge!("phase_arrive", AcqRel, weaker Acquire, "phase_gather", weaker Release);
            match self.state.compare_exchange_weak(seen, state.pack(), order, Relaxed) {
                Ok(_) => return outcome,
                Err(now) => seen = now,
            }
        }
    }

    /// Wakes all who sleep until the state changes. After each change that somebody may wait for.
    pub(crate) fn ring(&self) {
        let mut seen = self.bell.load(Relaxed);
        loop {
            // One more, and nobody asleep.
            let rung = (seen | ASLEEP).wrapping_add(1);
            // Release: to `mark`, so that whoever comes too late for the wake-up sees the change.
            match self.bell.compare_exchange_weak(seen, rung, edge!("bell_ring", Release, weaker Relaxed), Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        if seen & ASLEEP != 0 {
            Native::wake_all(&self.bell);
        }
    }

    /// Sleeps until the state is one that `decide` can tell something about; `None` if the deadline came first.
    #[inline]
    pub(crate) fn wait<U>(&self, deadline: Option<Deadline>, decide: impl Fn(State) -> Option<U>) -> Option<U> {
        for _ in 0..SPINS {
            if let Some(outcome) = decide(self.look()) {
                return Some(outcome);
            }
            spin_loop();
        }
        self.sleep(deadline, decide)
    }

    #[cold]
    fn sleep<U>(&self, deadline: Option<Deadline>, decide: impl Fn(State) -> Option<U>) -> Option<U> {
        loop {
            let marked = self.mark();
            // After the mark: a change that is not seen here rings a bell that has the mark (I4).
            if let Some(outcome) = decide(self.look()) {
                return Some(outcome);
            }
            if Native::wait(&self.bell, marked, deadline) == Wake::TimedOut && deadline.is_some() {
                return decide(self.look());
            }
        }
    }

    /// Says that somebody is about to sleep; the value of the bell to sleep on.
    fn mark(&self) -> u32 {
        // Acquire: from `ring`.
        self.bell.fetch_or(ASLEEP, edge!("bell_mark", Acquire, weaker Relaxed)) | ASLEEP
    }
}
