//! The lock without a value: how readers and writers get in and out.
//!
//! The module header of [`rwlock`](super) has the protocols, the invariants and the orderings.

use std::ptr;

use super::{
    bias::{self, Bias},
    drain::{Drain, Left},
    entry::{Entries, List},
    state::{Joined, Phase, Word},
};
use crate::{
    config::WRITER_LOOKS,
    edge::edge,
    fence,
    parker::{Native, Parking, Wake},
    primitive::{AtomicU32, const_fn, spin_loop},
    raw_lock::RawLock,
    registry::{self, Node, Slot},
};

/// When a wait gives up; `None` for never.
pub(super) type Deadline = Option<<Native as Parking>::Deadline>;

/// A readers-writer lock without a value.
pub(crate) struct Core {
    /// Held by the writer, from before it keeps readers out until after it has let them in.
    pub(super) writers: RawLock,
    pub(super) word: Word,
    /// The phase that lasts; readers that wait for its end sleep on it. Written by the writer.
    gate: AtomicU32,
    pub(super) drain: Drain,
    pub(super) entries: Entries,
    pub(super) bias: Bias,
}

/// How a reader has the lock: by this slot of its thread, or in the count.
#[must_use]
pub(super) struct Hold(Option<&'static Slot>);

impl Hold {
    /// In the count.
    pub(super) const COUNTED: Self = Self(None);
}

impl Core {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self {
                writers: RawLock::new(),
                word: Word::new(),
                gate: AtomicU32::new(0),
                drain: Drain::new(),
                entries: Entries::new(),
                bias: Bias::new(),
            }
        }
    }

    /// What writers take, where the queue of behaviours is.
    pub(crate) fn writers(&self) -> &RawLock {
        &self.writers
    }

    /// What readers write in their slots.
    #[inline]
    pub(super) fn name(&self) -> *mut () {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// Reads; waits while there is a writer.
    #[inline]
    pub(super) fn read(&self) -> Hold {
        self.by_slot().unwrap_or_else(|| self.read_counted())
    }

    /// Reads, if there is no writer.
    #[inline]
    pub(super) fn try_read(&self) -> Option<Hold> {
        self.by_slot().or_else(|| self.word.try_enter(1, || self.bias.may_return()).then_some(Hold::COUNTED))
    }

    /// Reads; gives up at `deadline`.
    #[inline]
    pub(super) fn read_until(&self, deadline: Deadline) -> Option<Hold> {
        self.by_slot().or_else(|| self.count(deadline).then_some(Hold::COUNTED))
    }

    /// Publishes the lock in a slot of the thread, if the lock is biased and a slot free.
    #[inline]
    fn by_slot(&self) -> Option<Hold> {
        // The usual case is short, for it is inlined wherever somebody reads.
        match registry::current_asymmetric() {
            Some(node) => self.by_slot_of(node, fence::compiler),
            None => self.by_slot_fenced(),
        }
    }

    /// Where readers must run a fence, or the thread has no node yet, or has none any more.
    #[inline(never)]
    fn by_slot_fenced(&self) -> Option<Hold> {
        self.by_slot_of(registry::current()?, fence::light)
    }

    /// With the caller's node, and with what `light` is in this process.
    #[inline(always)]
    fn by_slot_of(&self, node: &'static Node, light: fn()) -> Option<Hold> {
        // Spares the slot where it would be in vain; the look that counts comes below.
        if !self.word.glance().is_biased() {
            return None;
        }
        let slot = node.free_read_slot()?;
        slot.publish(self.name());
        // F: either a writer that takes the bias away sees the slot, or the look below sees that it is gone.
        light();
        if self.word.is_still_biased() {
            return Some(Hold(Some(slot)));
        }
        self.clear(slot);
        None
    }

    /// The reader gives up its slot.
    #[inline]
    fn clear(&self, slot: &Slot) {
        slot.clear();
        // F: either a writer that waits sees that the slot is clear, or the look below sees the writer.
        fence::light();
        if self.word.glance().has_writer() {
            self.left();
        }
    }

    /// A reader leaves.
    #[inline]
    pub(super) fn leave(&self, hold: &Hold) {
        match hold.0 {
            Some(slot) => self.clear(slot),
            None => self.leave_counted(),
        }
    }

    /// A reader that counts leaves.
    pub(super) fn leave_counted(&self) {
        if self.word.leave() {
            self.left();
        }
    }

    #[cold]
    fn read_counted(&self) -> Hold {
        let entered = self.count(None);
        debug_assert!(entered, "only a deadline ends the wait without the lock");
        Hold::COUNTED
    }

    /// Enters as one that counts, or waits for the end of the writer; false if `deadline` passed first.
    #[cold]
    fn count(&self, deadline: Deadline) -> bool {
        for _ in 0..WRITER_LOOKS {
            if !self.word.glance().has_writer() {
                break;
            }
            spin_loop();
        }
        match self.word.join(|| self.bias.may_return()) {
            Joined::Reading => true,
            Joined::Waiting(phase) => self.wait_for_writer(phase, deadline),
        }
    }

    /// Waits until the writer lets in those who wait.
    fn wait_for_writer(&self, phase: Phase, deadline: Deadline) -> bool {
        loop {
            // Acquire, edge `rw_gate`: from `end`. The gate had this phase when the reader joined, by edge `rw_claim`.
            if self.gate.load(edge!("rw_gate_seen", Acquire, weaker Relaxed)) != phase.number() {
                return true;
            }
            let wake = Native::wait(&self.gate, phase.number(), deadline);
            if wake == Wake::TimedOut && deadline.is_some() {
                return !self.word.give_up(phase);
            }
        }
    }

    /// Writes; waits for other writers and for the readers that are there.
    #[inline]
    pub(super) fn write(&self) {
        self.writers.lock();
        if let Some(left) = self.begin_write() {
            let empty = self.wait_for_readers(left, None);
            debug_assert!(empty, "only a deadline ends the wait without the lock");
        }
    }

    /// Writes, if nobody else has the lock.
    pub(super) fn try_write(&self) -> bool {
        // A try that cannot succeed should not hold up readers that come meanwhile.
        if self.word.glance().readers() > 0 || !self.writers.try_lock() {
            return false;
        }
        let empty = self.begin_write().is_none();
        if !empty {
            self.abandon();
        }
        empty
    }

    /// Writes; gives up at `deadline`.
    pub(super) fn write_until(&self, deadline: Deadline) -> bool {
        if !self.writers.lock_until(deadline) {
            return false;
        }
        let Some(left) = self.begin_write() else { return true };
        let empty = self.wait_for_readers(left, deadline);
        if !empty {
            self.abandon();
        }
        empty
    }

    /// Keeps readers out, and looks for one that is left. The caller has `writers`.
    #[inline]
    pub(super) fn begin_write(&self) -> Option<Left> {
        if self.word.claim().is_biased() { self.revoke() } else { self.find_reader() }
    }

    /// Takes the bias away.
    #[cold]
    fn revoke(&self) -> Option<Left> {
        let begun = bias::now();
        self.word.revoke();
        // F: see `by_slot_of` and `clear`.
        fence::heavy();
        let left = self.find_reader();
        // Waiting for readers is no price of the bias: it would be the same without.
        self.bias.taken(begun);
        left
    }

    /// The writer leaves, and becomes so many readers.
    #[inline]
    pub(super) fn end_write(&self, readers: u64) {
        self.end(readers, false, || {
            // SAFETY: the writer holds it, and ends here.
            unsafe { self.writers.unlock() }
        });
    }

    /// The writer leaves that was let in by an entry.
    pub(super) fn end_write_of_entry(&self) {
        self.end(0, false, || {
            // SAFETY: the writer holds it in the name of an entry, and ends here.
            unsafe { self.writers.unlock_entry() }
        });
    }

    /// The writer leaves without having been alone: readers may be in their slots, so these must be trusted again.
    fn abandon(&self) {
        self.end(0, self.word.glance().is_revoking(), || {
            // SAFETY: the writer holds it, and ends here.
            unsafe { self.writers.unlock() }
        });
    }

    /// The writer becomes so many readers, lets in all who wait to read, and then the next writer, by `unlock`.
    #[inline]
    fn end(&self, readers: u64, bias: bool, unlock: impl FnOnce()) {
        let mut granted = List::EMPTY;
        let ended = loop {
            // Relaxed: confirmed by the exchange.
            let now = self.word.glance();
            if now.has_entries() {
                self.word.hear();
                granted.add(self.entries.take());
            } else if self.word.try_end(now, readers + granted.len(), bias) {
                break now;
            }
        };
        let sleepers = ended.waiting() > 0;
        if sleepers {
            // Release, edge `rw_gate`: the section. Before the next writer: whenever there is one, the gate has the phase of
            // the word (I5).
            let order = edge!("rw_gate", Release, weaker Relaxed);
            self.gate.store(ended.phase().next().number(), order);
        }
        unlock();
        if sleepers {
            Native::wake_all(&self.gate);
        }
        granted.grant_all();
    }

    /// Whether a writer has the lock or waits for readers, at some moment.
    pub(super) fn has_writer(&self) -> bool {
        self.word.glance().has_writer()
    }

    /// Whether anybody has the lock, at some moment.
    pub(super) fn is_locked(&self) -> bool {
        let state = self.word.look();
        let in_slots =
            || registry::REGISTRY.nodes().flat_map(|node| node.read_slots()).any(|slot| slot.names(self.name()));
        state.has_writer() || state.readers() > 0 || state.is_biased() && in_slots()
    }
}
