//! The state machine of the readers-writer lock: one 64-bit word, one function for each transition.
//!
//! Nothing else reads or writes the bits. The module header of [`rwlock`](super) has the table of transitions, the
//! invariants and the orderings; their names are used here.

use std::{process, sync::atomic::Ordering::Relaxed};

use crate::{
    edge::edge,
    primitive::{AtomicU64, const_fn},
};

/// Readers may publish the lock in a slot instead of counting.
const BIASED: u64 = 1;
/// A writer has the lock, or waits for the readers that are left. Nobody else gets in.
const WRITER: u64 = 1 << 1;
/// That writer took the bias away, so readers in slots may be left.
const REVOKING: u64 = 1 << 2;
/// Entries that want to read have been put in the list since that writer came.
const ENTRIES: u64 = 1 << 3;
/// How often a writer has let waiting readers in, in twenty bits. A writer that gives up lets them in as well, and may do so again and
/// again while a reader that was let in is kept from noticing; so one bit would not do, and a million of such turns is taken for never.
const PHASE: u64 = 1 << 4;
/// One reader that counts.
const READER: u64 = 1 << 24;
/// One thread that waits for the end of a writer to read.
const WAITING: u64 = 1 << 44;
/// The most of either, half of what there is room for: those who wait become readers all at once.
const MOST: u64 = 1 << 19;

/// A value of the [`Word`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u64);

impl State {
    pub(super) fn is_biased(self) -> bool {
        self.0 & BIASED != 0
    }

    pub(super) fn has_writer(self) -> bool {
        self.0 & WRITER != 0
    }

    pub(super) fn is_revoking(self) -> bool {
        self.0 & REVOKING != 0
    }

    pub(super) fn has_entries(self) -> bool {
        self.0 & ENTRIES != 0
    }

    pub(super) fn phase(self) -> Phase {
        Phase((self.0 % READER / PHASE) as u32)
    }

    /// Readers that count.
    pub(super) fn readers(self) -> u64 {
        self.0 % WAITING / READER
    }

    /// Threads that wait to read.
    pub(super) fn waiting(self) -> u64 {
        self.0 / WAITING
    }

    /// With so many more readers, and with the bias if `arm` says so.
    fn with_readers(self, more: u64, arm: &mut impl FnMut() -> bool) -> Self {
        self.check_room(more);
        let bias = if self.is_biased() || arm() { BIASED } else { 0 };
        Self((self.0 + more * READER) | bias)
    }

    /// Without the writer, who becomes `more` readers, and with all who wait as readers.
    fn ended(self, more: u64, bias: bool) -> Self {
        self.check_room(more);
        let waiting = self.waiting();
        let phase = if waiting > 0 { self.phase().next() } else { self.phase() };
        let phase = u64::from(phase.0) * PHASE;
        Self(((self.readers() + waiting + more) * READER) | phase | if bias { BIASED } else { 0 })
    }

    /// Ends the process, as `Arc` does, before a field runs over: guards have been forgotten by the million.
    fn check_room(self, more: u64) {
        if self.readers() + more > MOST || self.waiting() > MOST {
            process::abort();
        }
    }
}

/// Which phase it is: the value on which waiting readers sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase(u32);

impl Phase {
    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// The one after it.
    pub(super) fn next(self) -> Self {
        Self((self.0 + 1) % (READER / PHASE) as u32)
    }
}

/// What became of a reader that does not give up.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It is counted, and has the lock.
    Reading,
    /// It will have it when this phase is over.
    Waiting(Phase),
}

/// The word of one lock.
pub(super) struct Word(AtomicU64);

impl Word {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// The state at some moment. For advice only: nothing may be read on the strength of it.
    #[inline]
    pub(super) fn glance(&self) -> State {
        State(self.0.load(Relaxed))
    }

    /// Whether readers may use slots, for a reader that has published the lock in one and has run a light fence since.
    #[inline]
    pub(super) fn is_still_biased(&self) -> bool {
        // Acquire, edge `rw_bias`: from `try_end`, whatever came after it: the word has read-modify-writes only.
        State(self.0.load(edge!("rw_bias", Acquire, weaker Relaxed))).is_biased()
    }

    /// The state, for whoever wants to know whether readers are left.
    pub(super) fn look(&self) -> State {
        // Acquire, edge `rw_leave`: the readers that are not in the count any more have finished reading.
        State(self.0.load(edge!("rw_look", Acquire, weaker Relaxed)))
    }

    /// `more` readers enter, unless there is a writer.
    pub(super) fn try_enter(&self, more: u64, mut arm: impl FnMut() -> bool) -> bool {
        let mut now = self.glance();
        while !now.has_writer() {
            match self.step_in(now, now.with_readers(more, &mut arm)) {
                Ok(()) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// A reader enters, or waits for the end of the writer.
    pub(super) fn join(&self, mut arm: impl FnMut() -> bool) -> Joined {
        let mut now = self.glance();
        loop {
            let (next, joined) = if now.has_writer() {
                now.check_room(0);
                (State(now.0 + WAITING), Joined::Waiting(now.phase()))
            } else {
                (now.with_readers(1, &mut arm), Joined::Reading)
            };
            match self.step_in(now, next) {
                Ok(()) => return joined,
                Err(other) => now = other,
            }
        }
    }

    fn step_in(&self, now: State, next: State) -> Result<(), State> {
        // Acquire, edge `rw_enter`: from `try_end`.
        let order = edge!("rw_enter", Acquire, weaker Relaxed);
        self.0.compare_exchange_weak(now.0, next.0, order, Relaxed).map(drop).map_err(State)
    }

    /// A reader that waits since `phase` gives up; false if it has been let in meanwhile, and so has the lock.
    pub(super) fn give_up(&self, phase: Phase) -> bool {
        let mut now = self.glance();
        while now.phase() == phase {
            match self.0.compare_exchange_weak(now.0, now.0 - WAITING, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => now = State(other),
            }
        }
        // Acquire, edge `rw_late`: from `try_end`, or a later one.
        let _ = State(self.0.load(edge!("rw_late", Acquire, weaker Relaxed)));
        false
    }

    /// A reader that counts leaves. True if it is the last one that counts and there is a writer, who must be told.
    pub(super) fn leave(&self) -> bool {
        // Release, edge `rw_leave`: reading comes before the writer's section.
        let before = State(self.0.fetch_sub(READER, edge!("rw_leave", Release, weaker Relaxed)));
        before.has_writer() && before.readers() == 1
    }

    /// The writer whose turn it is keeps others out. Returns the state before.
    pub(super) fn claim(&self) -> State {
        // Release, edge `rw_claim`: the gate, as the writer before left it, to readers that find this one and sleep there.
        State(self.0.fetch_or(WRITER, edge!("rw_claim", Release, weaker Relaxed)))
    }

    /// The same writer takes the bias away; a heavy fence must follow.
    pub(super) fn revoke(&self) {
        // Relaxed: the fence that follows does the rest. Nobody else touches the two bits while there is a writer.
        self.0.fetch_xor(BIASED | REVOKING, Relaxed);
    }

    /// Notes that entries wait in the list; false if there is no writer to see to them.
    pub(super) fn announce(&self) -> bool {
        let mut now = self.glance();
        while now.has_writer() {
            // Release, edge `rw_announce`: the entry is in the list before this is seen.
            let order = edge!("rw_announce", Release, weaker Relaxed);
            match self.0.compare_exchange_weak(now.0, now.0 | ENTRIES, order, Relaxed) {
                Ok(_) => return true,
                Err(other) => now = State(other),
            }
        }
        false
    }

    /// The writer is about to take the list.
    pub(super) fn hear(&self) {
        // Acquire, edge `rw_announce`.
        self.0.fetch_and(!ENTRIES, edge!("rw_hear", Acquire, weaker Relaxed));
    }

    /// The writer becomes `more` readers, and all who wait get in. Returns whether `now` was still the state.
    pub(super) fn try_end(&self, now: State, more: u64, bias: bool) -> bool {
        // Release, edges `rw_bias`, `rw_enter`, `rw_late`: the section, to all who read next.
        let order = edge!("rw_end", Release, weaker Relaxed);
        self.0.compare_exchange_weak(now.0, now.ended(more, bias).0, order, Relaxed).is_ok()
    }
}
