//! Waiting for the readers that are left: the writer looks, and then whoever leaves last tells it.
//!
//! The module header of [`rwlock`](super) has the protocol, the invariants and the orderings.

use std::{ptr, ptr::NonNull, sync::atomic::Ordering::Relaxed};

use super::{core::Core, entry::RwEntry};
use crate::{
    config::READER_LOOKS,
    edge::edge,
    parker::{Native, Parking, Wake},
    primitive::{AtomicPtr, AtomicU32, AtomicU64, const_fn, spin_loop},
    registry::{REGISTRY, Slot},
};

/// Nobody waits for the last reader.
const NOBODY: u64 = 0;
/// A thread does, asleep on `done`.
const THREAD: u64 = 1;
/// An entry does.
const ENTRY: u64 = 2;
/// The bits of those.
const WHO: u64 = 3;
/// What each change adds beside: the number never comes back within the time of the universe.
const STEP: u64 = 4;

/// Who waits for the last reader.
pub(super) struct Drain {
    /// Who, and a number that each change makes another one.
    sequence: AtomicU64,
    /// 1 when the thread that waits has been told.
    done: AtomicU32,
    /// The entry that waits.
    entry: AtomicPtr<RwEntry>,
}

impl Drain {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self {
                sequence: AtomicU64::new(NOBODY),
                done: AtomicU32::new(0),
                entry: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    /// Adds one change, and `who`; returns the value that makes.
    fn step(&self, who: u64) -> u64 {
        // Release and Acquire, edges `rw_step_release` and `rw_step`: whoever makes the last of several changes sees what
        // was done before the others.
        let order = edge!("rw_step", AcqRel, weaker Release, "rw_step_release", weaker Acquire);
        self.sequence.fetch_add(STEP + who, order).wrapping_add(STEP + who)
    }

    /// Ends the waiting, if nothing has changed since the value was `now`.
    fn conclude(&self, now: u64) -> bool {
        // Relaxed: who succeeds has made the change that `now` is of, and has looked after it.
        self.sequence.compare_exchange(now, (now & !WHO).wrapping_add(STEP), Relaxed, Relaxed).is_ok()
    }

    /// The thread that waits gives up; false if it is being told.
    fn withdraw(&self) -> bool {
        // Relaxed: a thread's own change, and one that allows nothing.
        let mut now = self.sequence.load(Relaxed);
        while now & WHO != NOBODY {
            match self.sequence.compare_exchange(now, (now & !WHO).wrapping_add(STEP), Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }
}

/// A reader that is left.
#[derive(Clone, Copy)]
pub(super) enum Left {
    /// One in this slot.
    Slot(&'static Slot),
    /// One that counts.
    Counted,
}

impl Core {
    /// A reader that is left, if one is. For a writer after its fence, or whoever its step is ahead of.
    pub(super) fn find_reader(&self) -> Option<Left> {
        let state = self.word.look();
        if state.readers() > 0 {
            return Some(Left::Counted);
        }
        // Without REVOKING nobody is in a slot (I3); whoever passes through one takes back what it wrote there.
        if !state.is_revoking() {
            return None;
        }
        let mut slots = REGISTRY.nodes().flat_map(|node| node.read_slots());
        slots.find(|slot| slot.names(self.name())).map(Left::Slot)
    }

    /// Whether one that was found is still there.
    fn is_left(&self, left: Left) -> bool {
        match left {
            Left::Slot(slot) => slot.names(self.name()),
            Left::Counted => self.word.look().readers() > 0,
        }
    }

    /// The writer waits until no reader is left; false if `deadline` passed first. `left` is one that was found.
    #[cold]
    pub(super) fn wait_for_readers(&self, left: Left, mut deadline: Option<<Native as Parking>::Deadline>) -> bool {
        if self.look_for_readers(left) {
            return true;
        }
        // Relaxed: before the step. Whoever set it last has been awaited.
        self.drain.done.store(0, Relaxed);
        let now = self.drain.step(THREAD);
        if self.try_conclude(now) {
            return true;
        }
        loop {
            // Acquire, edge `rw_told`: the readers' sections, which the one who tells has seen the end of.
            if self.drain.done.load(edge!("rw_told_seen", Acquire, weaker Relaxed)) == 1 {
                return true;
            }
            if Native::wait(&self.drain.done, 0, deadline) == Wake::TimedOut && deadline.is_some() {
                if self.drain.withdraw() {
                    return false;
                }
                // Somebody is about to write `done`, and must have done so before it is used again.
                deadline = None;
            }
        }
    }

    /// Looks for readers a bounded number of times, at one of them at a time; true if none is left.
    fn look_for_readers(&self, mut left: Left) -> bool {
        for _ in 0..READER_LOOKS {
            spin_loop();
            if !self.is_left(left) {
                match self.find_reader() {
                    None => return true,
                    Some(other) => left = other,
                }
            }
        }
        false
    }

    /// The writer has `entry` called when no reader is left; true, and it is not called, if none is.
    pub(super) fn drain_for(&self, entry: NonNull<RwEntry>) -> bool {
        // Relaxed: before the step.
        self.drain.entry.store(entry.as_ptr(), Relaxed);
        let now = self.drain.step(ENTRY);
        self.try_conclude(now)
    }

    /// Whether the caller, who has made the value `now`, is the one who ends the waiting: no reader is left, and nobody has
    /// made a change since.
    fn try_conclude(&self, now: u64) -> bool {
        now & WHO != NOBODY && self.find_reader().is_none() && self.drain.conclude(now)
    }

    /// A reader has left, or has passed through a slot, and there is a writer.
    #[cold]
    #[inline(never)]
    pub(super) fn left(&self) {
        let now = self.drain.step(NOBODY);
        if !self.try_conclude(now) {
            return;
        }
        if now & WHO == THREAD {
            // Release, edge `rw_told`.
            self.drain.done.store(1, edge!("rw_told", Release, weaker Relaxed));
            Native::wake_one(&self.drain.done);
        } else if let Some(entry) = NonNull::new(self.drain.entry.load(Relaxed)) {
            // SAFETY: the entry waits, as nobody but the caller has ended that, and it has the lock from now on.
            unsafe { RwEntry::grant(entry) };
        }
    }
}
