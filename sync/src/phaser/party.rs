//! The party: one of those that a phase waits for.

use std::{
    fmt,
    mem::ManuallyDrop,
    thread,
    time::{Duration, Instant},
};

use super::{
    Broken, Phase, Phaser, WaitError,
    state::{Refusal, State},
};

/// One of those that each phase of a [`Phaser`] waits for. Made by [`Phaser::register`] and its relatives.
///
/// A party arrives once in each phase. It may be registered on one thread and used on another.
///
/// **Dropping it** is [`arrive_and_deregister`](Self::arrive_and_deregister): the phase and all later ones go on without
/// it. Dropping it **while the thread panics** breaks the phaser: whoever waits for the phase gets [`Broken`], as the
/// work that the phase stands for was not done. Forgetting it (`mem::forget`) leaves all others waiting, which is safe.
///
/// ```
/// use polder_sync::{Broken, Phaser};
/// use std::{panic, thread};
///
/// # panic::set_hook(Box::new(|_| {}));
/// let phaser = Phaser::new();
/// let mut here = phaser.register().unwrap();
/// thread::scope(|scope| {
///     let there = phaser.register().unwrap();
///     let failing = scope.spawn(move || {
///         let _there = there;
///         panic!("no result");
///     });
///     assert_eq!(here.arrive_and_wait(), Err(Broken));
///     assert!(failing.join().is_err());
/// });
/// ```
#[must_use = "a party that is not kept leaves at once"]
#[clippy::has_significant_drop]
pub struct Party<'a, F: FnMut(Phase) = fn(Phase)> {
    phaser: &'a Phaser<F>,
    /// The phase of the next arrival.
    next: Phase,
}

impl<'a, F: FnMut(Phase)> Party<'a, F> {
    /// The caller has counted the party in, and `next` is the phase of its first arrival (I1).
    pub(super) fn new_registered(phaser: &'a Phaser<F>, next: Phase) -> Self {
        Self { phaser, next }
    }

    /// Says that this party is done with the phase, without waiting for the others; the phase for which that counts.
    ///
    /// Lock-free; one read-modify-write while nobody else arrives at the same moment. The party that is the last one ends
    /// the phase: it runs the phaser's action, if there is one, and wakes those who wait. What it has written before is
    /// visible to the action, and to whoever has waited for the phase.
    ///
    /// While another thread runs the action of one phase, arrivals count for the next one already. If that is complete
    /// when the action ends, the same thread ends it too.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the phaser is. Then nothing has changed.
    ///
    /// # Panics
    ///
    /// If this party has arrived in this phase already; see [`has_arrived`](Self::has_arrived). If the action panics:
    /// then the phaser is broken.
    pub fn arrive(&mut self) -> Result<Phase, Broken> {
        let (phase, has_action) = (self.next, self.phaser.action.is_some());
        match self.phaser.meeting.change(|state| state.arrive(phase, has_action)) {
            Ok(ending) => {
                // Before the action, which may panic: the party has arrived.
                self.next = phase.next();
                self.phaser.conclude(ending);
                Ok(phase)
            }
            Err(Refusal::AlreadyArrived) => {
                panic!("a party arrives once in a phase, and phase {} has not ended", phase.previous())
            }
            Err(Refusal::Broken | Refusal::TooMany) => Err(Broken),
        }
    }

    /// Says that this party is done with the phase and waits until all are; the phase that begins then.
    ///
    /// [`arrive`](Self::arrive) and [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// [`Broken`] if the phaser is before the phase has ended.
    ///
    /// # Panics
    ///
    /// As [`arrive`](Self::arrive).
    ///
    /// ```
    /// use polder_sync::Phaser;
    /// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
    ///
    /// let phaser = Phaser::new();
    /// let cells = [const { AtomicU32::new(0) }; 3];
    /// thread::scope(|scope| {
    ///     for (cell, mut party) in cells.iter().zip(phaser.register_many(3).unwrap()) {
    ///         let cells = &cells;
    ///         scope.spawn(move || {
    ///             for round in 1..=10 {
    ///                 cell.store(round, Relaxed);
    ///                 party.arrive_and_wait().unwrap();
    ///                 assert!(cells.iter().all(|cell| cell.load(Relaxed) == round));
    ///                 party.arrive_and_wait().unwrap();
    ///             }
    ///         });
    ///     }
    /// });
    /// ```
    pub fn arrive_and_wait(&mut self) -> Result<Phase, Broken> {
        self.arrive()?;
        self.wait()
    }

    /// Waits until the phase in which this party has arrived last has ended; the phase that begins then.
    ///
    /// Before the first arrival it returns at once; but if the party was registered while an action ran, when the phase of that
    /// action has ended (in the action itself: never). Blocking: looks for some microseconds at most, then sleeps. What any party
    /// wrote before its arrival in that phase is visible afterwards, and what the action wrote.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the phaser is before the phase has ended.
    pub fn wait(&self) -> Result<Phase, Broken> {
        self.phaser.wait(self.next.previous())
    }

    /// Waits as [`wait`](Self::wait), for `timeout` at most. The party has arrived all the same.
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] if the phase has not ended in time, which breaks nothing: wait again, or leave.
    /// [`WaitError::Broken`] if the phaser is.
    pub fn wait_for(&self, timeout: Duration) -> Result<Phase, WaitError> {
        self.phaser.wait_for(self.next.previous(), timeout)
    }

    /// Waits as [`wait_for`](Self::wait_for), until `deadline` at most.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_until(&self, deadline: Instant) -> Result<Phase, WaitError> {
        self.phaser.wait_until(self.next.previous(), deadline)
    }

    /// Arrives, if this party has not done so, and is not waited for from then on; the phase for which that counts.
    ///
    /// As [`arrive`](Self::arrive), and what dropping does (unless the thread panics). The last party to leave ends the
    /// phase by that; the phaser then rests until others are registered.
    ///
    /// # Panics
    ///
    /// If the action panics. Then the phaser is broken, and the party has left.
    pub fn arrive_and_deregister(self) -> Phase {
        ManuallyDrop::new(self).depart()
    }

    /// Whether this party has arrived in the phase that has not ended, so that it may not [`arrive`](Self::arrive) again.
    ///
    /// While a thread runs the action of that phase, the answer is no: the next arrival counts for the next phase.
    pub fn has_arrived(&self) -> bool {
        self.phaser.meeting.look().has_arrived(self.next)
    }

    /// The phaser.
    pub fn phaser(&self) -> &'a Phaser<F> {
        self.phaser
    }

    /// Leaves. The caller ends the party with this call (I1).
    fn depart(&mut self) -> Phase {
        let (next, has_action) = (self.next, self.phaser.action.is_some());
        let (phase, ending) = self.phaser.meeting.change(|state| state.leave(next, has_action));
        self.phaser.conclude(ending);
        phase
    }

    /// Leaves a phase that will not end. The caller ends the party with this call (I1).
    fn fall_out(&mut self) {
        let next = self.next;
        self.phaser.meeting.change(|state: &mut State| {
            state.break_off();
            let (_, _open) = state.leave(next, false);
        });
        self.phaser.meeting.ring();
    }
}

impl<F: FnMut(Phase)> Drop for Party<'_, F> {
    fn drop(&mut self) {
        // No action runs in a thread that panics: a second panic would end the process.
        if thread::panicking() {
            self.fall_out();
        } else {
            self.depart();
        }
    }
}

impl<F: FnMut(Phase)> fmt::Debug for Party<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").field("next_arrival", &self.next.number()).finish_non_exhaustive()
    }
}
