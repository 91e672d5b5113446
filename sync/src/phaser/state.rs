//! The state of a meeting, in one word, and what a phaser's steps make of it.

use std::fmt;

/// Bits for the number of a phase.
const PHASE_BITS: u32 = 31;
/// Bits for each of the two numbers of parties.
const PARTY_BITS: u32 = 15;

const PHASE_MASK: u32 = (1 << PHASE_BITS) - 1;
const PARTY_MASK: u64 = (1 << PARTY_BITS) - 1;
const ARRIVED_SHIFT: u32 = PARTY_BITS;
const PHASE_SHIFT: u32 = 2 * PARTY_BITS;
const ADVANCING: u64 = 1 << 61;
const BROKEN: u64 = 1 << 62;
const RESETTING: u64 = 1 << 63;

/// The most parties that a word can count.
pub(crate) const MAX_PARTIES: usize = PARTY_MASK as usize;

/// The number of a phase: 0 for the first one, and one more for each further one.
///
/// Numbers begin again at 0 after 2³¹ phases, so there is no order among them; [`is_past`](Self::is_past) tells earlier
/// from later within half of that.
///
/// ```
/// use polder_sync::{Phase, Phaser};
///
/// let phaser = Phaser::new();
/// let mut party = phaser.register().unwrap();
/// let first = party.arrive().unwrap();
/// assert_eq!(first, Phase::default());
/// assert_eq!(phaser.phase(), first.next());
/// assert!(phaser.phase().is_past(first) && !first.is_past(first));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Phase(u32);

impl Phase {
    /// The number, less than 2³¹.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The phase after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self((self.0 + 1) & PHASE_MASK)
    }

    /// The phase before this one; before the first one comes the last number there is.
    pub(crate) const fn previous(self) -> Self {
        Self(self.0.wrapping_sub(1) & PHASE_MASK)
    }

    /// Whether this phase comes later than `other`, by less than 2³⁰ phases.
    #[must_use]
    pub const fn is_past(self, other: Self) -> bool {
        let distance = self.0.wrapping_sub(other.0) & PHASE_MASK;
        distance != 0 && distance < 1 << (PHASE_BITS - 1)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A copy of the word, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The phase that has not ended.
    pub(crate) phase: Phase,
    /// How many have to arrive.
    pub(crate) parties: u32,
    /// How many have; never more.
    pub(crate) arrived: u32,
    /// All have arrived, and one of them runs the action.
    pub(crate) advancing: bool,
    /// The phase will not end.
    pub(crate) broken: bool,
    /// (Barrier) The last one to leave the broken round mends it.
    pub(crate) resetting: bool,
}

/// What a step of a party has led to.
#[must_use = "the one who ends a phase has to tell those who wait for it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Others are still to come, or somebody else ends the phase.
    Open,
    /// The phase has ended by this step: wake those who wait.
    Ended,
    /// The phase ends when the caller has run the action.
    RunAction(Phase),
}

/// Why a step was refused; it has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Broken,
    TooMany,
    AlreadyArrived,
}

impl State {
    pub(crate) const fn new(parties: u32) -> Self {
        Self { phase: Phase(0), parties, arrived: 0, advancing: false, broken: false, resetting: false }
    }

    pub(crate) const fn pack(self) -> u64 {
        self.parties as u64
            | (self.arrived as u64) << ARRIVED_SHIFT
            | (self.phase.0 as u64) << PHASE_SHIFT
            | if self.advancing { ADVANCING } else { 0 }
            | if self.broken { BROKEN } else { 0 }
            | if self.resetting { RESETTING } else { 0 }
    }

    pub(crate) const fn unpack(word: u64) -> Self {
        Self {
            phase: Phase((word >> PHASE_SHIFT) as u32 & PHASE_MASK),
            parties: (word & PARTY_MASK) as u32,
            arrived: (word >> ARRIVED_SHIFT & PARTY_MASK) as u32,
            advancing: word & ADVANCING != 0,
            broken: word & BROKEN != 0,
            resetting: word & RESETTING != 0,
        }
    }

    /// The phase that arrivals count for: while the action of one phase runs, the one after it.
    const fn collecting(&self) -> Phase {
        if self.advancing { self.phase.next() } else { self.phase }
    }

    /// Whether a party whose next arrival is at `next` has arrived at the phase that arrivals count for.
    pub(super) fn has_arrived(&self, next: Phase) -> bool {
        next != self.collecting()
    }

    /// `count` more parties; the phase of their first arrival.
    pub(super) fn register(&mut self, count: usize) -> Result<Phase, Refusal> {
        if self.broken {
            return Err(Refusal::Broken);
        }
        if count > MAX_PARTIES - self.parties as usize {
            return Err(Refusal::TooMany);
        }
        self.parties += count as u32;
        Ok(self.collecting())
    }

    /// The arrival of a party at the phase `next`.
    pub(super) fn arrive(&mut self, next: Phase, has_action: bool) -> Result<Ending, Refusal> {
        if self.broken {
            return Err(Refusal::Broken);
        }
        if self.has_arrived(next) {
            return Err(Refusal::AlreadyArrived);
        }
        self.arrived += 1;
        Ok(self.end_if_complete(has_action))
    }

    /// A party whose next arrival would have been at `next` goes away for good; the phase for which that counts.
    pub(super) fn leave(&mut self, next: Phase, has_action: bool) -> (Phase, Ending) {
        let phase = self.collecting();
        self.parties -= 1;
        if self.broken {
            // The phase has no end, and its count no meaning but for who looks at it.
            self.arrived = self.arrived.min(self.parties);
            return (phase, Ending::Open);
        }
        if next != phase {
            // It has arrived and is not waited for any more, so it cannot be the last one.
            self.arrived -= 1;
            return (phase, Ending::Open);
        }
        (phase, self.end_if_complete(has_action))
    }

    /// The caller has run the action. [`Ending::RunAction`] if the next phase is complete as well by now.
    pub(super) fn finish(&mut self) -> Ending {
        self.advancing = false;
        if self.broken {
            return Ending::Open;
        }
        self.phase = self.phase.next();
        if self.parties == 0 {
            // All who were there have left meanwhile: nobody has arrived at the next one.
            return Ending::Ended;
        }
        match self.end_if_complete(true) {
            Ending::Open => Ending::Ended,
            again => again,
        }
    }

    /// The phase will not end.
    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    /// The action has panicked.
    pub(super) fn fail(&mut self) {
        self.advancing = false;
        self.broken = true;
    }

    /// The last step of each arrival. While an action runs, whoever runs it looks again when it ends.
    fn end_if_complete(&mut self, has_action: bool) -> Ending {
        if self.advancing || self.arrived != self.parties {
            return Ending::Open;
        }
        self.arrived = 0;
        if has_action {
            self.advancing = true;
            return Ending::RunAction(self.phase);
        }
        self.phase = self.phase.next();
        Ending::Ended
    }
}
