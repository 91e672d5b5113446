//! The queue of one lock: who comes after whom. The module header of [`when`](super) has the states, the invariants and the
//! proofs.

use std::{
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
};

use super::{DuplicateLock, block::Header, target::Target};
use crate::{
    edge::edge,
    primitive::{AtomicPtr, AtomicU32, Backoff},
};

/// The part of the queue that belongs to the lock.
pub(crate) struct Behaviours {
    /// The last slot in the queue.
    tail: AtomicPtr<Slot>,
    /// Readers that have had their turn and have not left, and [`PARKED`].
    readers: AtomicU32,
    /// The writer whose turn it is once those have left.
    writer: AtomicPtr<Slot>,
}

/// There is a writer that waits for the readers.
const PARKED: u32 = 1 << 31;

impl Behaviours {
    pub(crate) fn new() -> Self {
        Self {
            tail: AtomicPtr::new(ptr::null_mut()),
            readers: AtomicU32::new(0),
            writer: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The turn of a writer, which nobody can overtake; false if it has to wait for readers, the last of which will go on.
    fn admit_writer(&self, slot: NonNull<Slot>) -> bool {
        // Relaxed: who has the turn has seen all readers come (`when_tail_take`, `when_next`); if their leaving has not been
        // seen, that costs the next step.
        if self.readers.load(Relaxed) == 0 {
            return true;
        }
        self.writer.store(slot.as_ptr(), Relaxed);
        // Release: the slot and where it is, to the last reader.
        if self.readers.fetch_or(PARKED, edge!("when_park", Release, weaker Relaxed)) != 0 {
            return false;
        }
        // They have left meanwhile, and nobody comes before the writer has gone on.
        self.readers.store(0, Relaxed);
        true
    }

    /// The turn of a reader.
    fn admit_reader(&self) {
        // Relaxed: whoever gets the turn from this reader sees it (`when_enqueued`, `when_turn`).
        self.readers.fetch_add(1, Relaxed);
    }

    /// A reader leaves; the writer that has waited for it, if it was the last one.
    fn dismiss_reader(&self) -> Option<NonNull<Slot>> {
        // Acquire: the writer's slot, from `admit_writer`. Release: keeps the order for the other readers, whose last one reads it.
        if self.readers.fetch_sub(1, edge!("when_unpark", Acquire, weaker Relaxed)) != PARKED | 1 {
            return None;
        }
        // Nobody comes before the writer has gone on.
        self.readers.store(0, Relaxed);
        NonNull::new(self.writer.load(Relaxed))
    }
}

/// Puts the targets into the order in which all behaviours and all of `lock_many` go, which is that of their addresses.
///
/// # Errors
/// If two are one lock.
pub(super) fn sorted<const N: usize>(mut targets: [Target; N]) -> Result<[Target; N], DuplicateLock> {
    // Eight at most, and mostly two: insertion beats anything cleverer.
    let mut positions: [usize; N] = std::array::from_fn(|position| position);
    for next in 1..N {
        let mut at = next;
        while at > 0 && targets[at - 1].address() >= targets[at].address() {
            if targets[at - 1].address() == targets[at].address() {
                return Err(DuplicateLock { first: positions[at - 1], second: positions[at] });
            }
            targets.swap(at - 1, at);
            positions.swap(at - 1, at);
            at -= 1;
        }
    }
    Ok(targets)
}

/// The place of one behaviour in the queue of one lock. Part of the behaviour's block.
#[derive(Debug)]
pub struct Slot {
    pub(super) target: Target,
    /// Whose place it is.
    behaviour: NonNull<Header>,
    /// The place behind this one; or [`TURN`], or [`TAKEN`].
    next: AtomicPtr<Slot>,
}

/// In `next` of a reader that has had its turn: who comes next has it at once.
const TURN: *mut Slot = ptr::without_provenance_mut(1);
/// In `next` of a reader that has had its turn: somebody behind it has it too.
const TAKEN: *mut Slot = ptr::without_provenance_mut(2);

impl Slot {
    pub(super) fn new(target: Target, behaviour: NonNull<Header>) -> Self {
        Self { target, behaviour, next: AtomicPtr::new(ptr::null_mut()) }
    }
}

/// Puts a behaviour into the queues of all its locks; true if it has its turn in each of them.
///
/// If false, the behaviour belongs to those before it from some moment during the call on.
///
/// # Safety
/// - The behaviour is alive with all of its locks, has not been enqueued, and is given up unless the result is true.
pub(super) unsafe fn enqueue(behaviour: NonNull<Header>) -> bool {
    // SAFETY: alive, by the clause above. Not used after the last step, which may give the behaviour away.
    let header = unsafe { behaviour.as_ref() };
    let mut turns = 0;
    for index in 0..header.count {
        // SAFETY: the index is below the count.
        let slot = unsafe { header.slot(index) };
        // SAFETY: the behaviour is alive, and its slots with it.
        let place = unsafe { slot.as_ref() };
        // SAFETY: its locks are alive.
        let queue = unsafe { place.target.behaviours() };
        // Release: the slot and its behaviour, to whoever comes next. Acquire: those of whoever came before.
        let order = edge!("when_tail_publish", AcqRel, weaker Acquire, "when_tail_take", weaker Release);
        let before = NonNull::new(queue.tail.swap(slot.as_ptr(), order));
        // SAFETY: just enqueued behind it.
        if before.is_some_and(|before| !unsafe { follow(before, slot) }) {
            continue;
        }
        // The turn. Nobody is behind this slot yet: who comes waits for `set_enqueued`.
        if place.target.is_shared() {
            queue.admit_reader();
            // Relaxed: `set_enqueued` publishes it, and that the reader has been counted.
            place.next.store(TURN, Relaxed);
        } else if !queue.admit_writer(slot) {
            continue;
        }
        turns += 1;
    }
    header.set_enqueued();
    // Who has all turns has nobody before it that would count; else the count decides who goes on.
    turns == header.count || header.pass(turns + 1)
}

/// Tells the slot before who is behind it; true if the turn is here already.
///
/// # Safety
/// - The slot has found `before` at the tail.
unsafe fn follow(before: NonNull<Slot>, slot: NonNull<Slot>) -> bool {
    // SAFETY: I2: a slot that has been followed stays until it is told by whom.
    let before = unsafe { before.as_ref() };
    // I3: nobody passes a behaviour that is still on its way through the tails, nor lets others believe so.
    // SAFETY: I2, for the block that the slot is part of.
    unsafe { before.behaviour.as_ref() }.await_enqueued();
    // Release: this slot, to whoever has the turn. Acquire on failure: the readers that have been counted. In each case the last use of the slot before, or
    // there is one more.
    let (link, turn) = (edge!("when_link", Release, weaker Relaxed), edge!("when_turn_seen", Acquire, weaker Relaxed));
    if before.next.compare_exchange(ptr::null_mut(), slot.as_ptr(), link, turn).is_ok() {
        return false;
    }
    // Release: the last use of the slot before, to its owner.
    before.next.store(TAKEN, edge!("when_taken", Release, weaker Relaxed));
    true
}

/// Takes a behaviour that has released its lock out of the queue. `ready` gets those that have all their turns now.
///
/// # Safety
/// - The slot has its turn, its lock is alive, and the slot is not used after this call.
/// - `ready` owns what it gets.
pub(super) unsafe fn leave(slot: NonNull<Slot>, mut ready: impl FnMut(NonNull<Header>)) {
    // SAFETY: the first clause.
    let place = unsafe { slot.as_ref() };
    // SAFETY: the first clause.
    let queue = unsafe { place.target.behaviours() };
    let next = next_of(place, slot, queue);
    if place.target.is_shared() {
        // Who was behind it has had its turn.
        if let Some(writer) = queue.dismiss_reader() {
            // SAFETY: whoever waits for a turn is alive.
            unsafe { pass(writer, &mut ready) };
        }
    } else if let Some(next) = next {
        // SAFETY: as above; it is the next one.
        unsafe { give_turns(next, queue, &mut ready) };
    }
}

/// Waits until nobody behind the slot will touch it any more; who is there, unless it has had its turn.
fn next_of(place: &Slot, slot: NonNull<Slot>, queue: &Behaviours) -> Option<NonNull<Slot>> {
    // Acquire: the slot behind, from `follow`; or that slot's last use of this one.
    let look = || place.next.load(edge!("when_next", Acquire, weaker Relaxed));
    let last = if place.target.is_shared() { TURN } else { ptr::null_mut() };
    let mut next = look();
    if next == last {
        // Release: the readers that have been counted, to who finds the queue empty.
        let order = edge!("when_tail_leave", Release, weaker Relaxed);
        if queue.tail.compare_exchange(slot.as_ptr(), ptr::null_mut(), order, Relaxed).is_ok() {
            return None;
        }
        // Somebody is between the tail and this slot: it waits for nobody but this behaviour, which has been enqueued.
        let backoff = Backoff::new();
        while next == last {
            backoff.snooze();
            next = look();
        }
    }
    if next == TAKEN { None } else { NonNull::new(next) }
}

/// Gives the turn to a slot, and if that is a reader's also to the readers right behind it and whoever follows them.
///
/// # Safety
/// - The slot is the first that has not had its turn, and its behaviour is alive.
unsafe fn give_turns(mut slot: NonNull<Slot>, queue: &Behaviours, ready: &mut impl FnMut(NonNull<Header>)) {
    loop {
        // SAFETY: alive, as its behaviour is until it has passed.
        let place = unsafe { slot.as_ref() };
        if !place.target.is_shared() {
            if queue.admit_writer(slot) {
                // SAFETY: as above.
                unsafe { pass(slot, ready) };
            }
            return;
        }
        queue.admit_reader();
        // Release: that the reader has been counted, to who comes next. Acquire on failure: the slot behind.
        let (turn, seen) =
            (edge!("when_turn", Release, weaker Relaxed), edge!("when_next_reader", Acquire, weaker Relaxed));
        let next = place.next.compare_exchange(ptr::null_mut(), TURN, turn, seen);
        if next.is_err() {
            // Relaxed: it is for this behaviour alone, which `pass` tells.
            place.next.store(TAKEN, Relaxed);
        }
        // SAFETY: as above. The last use of the slot.
        unsafe { pass(slot, ready) };
        let Some(next) = next.err().and_then(NonNull::new) else { return };
        slot = next;
    }
}

/// Counts the turn of a slot.
///
/// # Safety
/// - The slot waits for its turn, and has it now.
unsafe fn pass(slot: NonNull<Slot>, ready: &mut impl FnMut(NonNull<Header>)) {
    // SAFETY: who waits is alive.
    let behaviour = unsafe { slot.as_ref() }.behaviour;
    // SAFETY: likewise. From here on it is this thread's if the result is true, and else not to be touched.
    if unsafe { behaviour.as_ref() }.pass(1) {
        ready(behaviour);
    }
}
