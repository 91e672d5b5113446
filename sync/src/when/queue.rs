//! The queue of one lock: who comes after whom.
//!
//! # Representation
//!
//! ```text
//!   lock ── Side ── Behaviours           behaviour, one block
//!                   tail ───────────┐    ┌────────┬────────┬────────┬───────┬────────────────┐
//!                   readers, writer │    │ header │ slot 0 │ slot 1 │ locks │ closure/result │
//!                                   │    └────────┴───┬────┴────────┴───────┴────────────────┘
//!     slot ─next─► slot ─next─► slot◄┘                └ one for each lock, by address
//! ```
//! The queue of a lock is a list of slots, from the first whose owner has not left to the `tail`. A behaviour has its
//! *turn* at a lock when everybody before it there has left; a reader, when all writers before it have. With all of
//! its turns it goes on to the locks themselves, one by one in the order of their addresses (`block::acquire`), runs,
//! releases them, and leaves the queues.
//!
//! # States
//!
//! `next` of a slot:
//!
//! | value | means |
//! |---|---|
//! | null | nobody is known to be behind; the turn has not come, or is a writer's |
//! | a slot | that one is behind, and waits for this one to give it the turn |
//! | [`TURN`] | a reader that has had its turn: whoever comes next has it at once |
//! | [`TAKEN`] | a reader that has had its turn, and whoever is behind it too: the slot is not touched any more |
//!
//! Of a behaviour: `enqueued` is 0 while it is on its way through the tails; `before` counts the turns that it has
//! not had, and one while it is on its way. Of a lock: `readers` counts those that have had their turn and not left,
//! with [`PARKED`] if the writer whose turn is next waits for them.
//!
//! # Transitions
//!
//! ```text
//!   enqueue        tail: X → slot              X null: the turn. X a slot: follow it
//!   follow         X.next: null → slot         waits for its turn
//!                  X.next: TURN → TAKEN        the turn
//!   the turn       of a reader: readers + 1; its next: null → TURN, or slot → TAKEN and that slot has the turn as well
//!                  of a writer: readers = 0, or PARKED and the last reader gives it the turn
//!   leave          the last one: tail: slot → null. A writer gives the turn to who is behind. A reader: readers − 1
//! ```
//!
//! # Invariants
//!
//! - **I1, one turn.** At most one writer has its turn and has not left, and then no reader; a slot gets its turn
//!   once.
//! - **I2, slots that are followed stay.** A slot leaves only after it has made the tail null, or has seen in `next`
//!   that the one behind it has touched it for the last time. So whoever found it at the tail may use it until then,
//!   with the block that it is part of.
//! - **I3, one order.** If `b` is behind `a` in one queue, and both want another lock, `b` is behind `a` there.
//! - **I4, owned.** A behaviour belongs to the thread that is in `enqueue` with it; then to whoever brings `before`
//!   to zero; then to the lock it waits for, and by that to the thread that grants it; then to the ready queue; then
//!   to who runs it.
//!
//! # Proof sketch
//!
//! *I3.* Let `a` be before `b` at the lower of two common locks. Before `b` swaps the other tail, or says that it is
//! enqueued, it has waited for the behaviour right before it to say so; and that one likewise for the one before. So
//! by induction along the queue `a` has swapped all its tails by then, and `b` comes to the higher lock after it.
//! Hence the orders at both locks are one, whichever of them is looked at. That a behaviour of one lock waits as
//! well, although it wants no other, is for those behind it.
//!
//! *Enqueueing ends.* Who waits in `follow` waits for a behaviour that is itself in `enqueue`, at a lock of a higher
//! address than the one where they met, or at the same one further ahead. Along such a chain addresses rise or the
//! place in one queue gets better, so it has an end: a thread that is not waiting. It runs no foreign code and takes
//! no lock in there.
//!
//! *No deadlock among turns.* Who is behind somebody says that it is enqueued after that one has said so. So of all
//! pending behaviours the one that said so first is behind nobody, and has all its turns.
//!
//! *No deadlock at the locks.* A behaviour with all its turns holds some locks and waits for one of a higher address.
//! Other behaviours that hold that one have run or wait at a still higher one; so do threads that take several at
//! once (`lock_many`), or obey the order of addresses. Readers that wait for a blocked writer at a lock wait for
//! those that hold it, with the same argument. So the one who waits at the highest address waits for somebody who
//! runs. Having the turn without the lock keeps no thread from the lock.
//!
//! *Fairness.* Turns are first come, first served. At the lock itself behaviours are entries, which take turns with
//! blocked threads.
//!
//! *After the run*: first all locks are released, then the queues are left. In this order the next behaviour finds
//! the lock free, or behind the one thread that was waiting; the other way round it would queue for a lock that is
//! still held, and be granted it by a longer way.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `when_tail_publish`, `when_tail_take` | `enqueue`, AcqRel | the next `enqueue` | the slot before its use by who follows | killed by loom `behaviours_of_one_lock_follow_each_other` |
//! | `when_enqueued`, `when_await` | `set_enqueued`, Release | `await_enqueued`, Acquire | tails swapped, and readers counted, before who follows goes on | killed by loom `a_writer_stays_behind_a_reader_that_found_the_queue_empty` |
//! | `when_link`, `when_next` | `follow`, Release | `next_of`, Acquire | the slot behind before its use by who leaves | killed by loom `behaviours_of_one_lock_follow_each_other` |
//! | `when_link`, `when_next_reader` | `follow`, Release | `give_turns`, Acquire | the same, by who gives the turn on | killed by loom `readers_get_their_turn_through_each_other` |
//! | `when_turn`, `when_turn_seen` | `give_turns`, Release | `follow`, Acquire | that the reader has been counted, before a writer looks at the count | killed by loom `a_writer_stays_behind_a_reader_that_got_its_turn_later` |
//! | `when_tail_leave`, `when_tail_take` | `next_of`, Release | `enqueue`, Acquire | the same, where the follower has come and left in between | argument: a thread that finds the queue empty knows what who emptied it knew |
//! | `when_taken`, `when_next` | `follow`, Release | `next_of`, Acquire | the last use of a slot before the block is freed | argument: as for any count of owners; loom does not watch the memory of a block |
//! | `when_park`, `when_unpark` | `admit_writer`, Release | `dismiss_reader`, Acquire | the parked writer before its use | killed by loom `the_last_reader_lets_the_writer_in` |
//! | `when_pass_release`, `when_pass_acquire` | `pass`, AcqRel | `pass`, AcqRel | all uses of a behaviour by who gives it turns, before its owner's | argument: as `when_taken` |
//! | `when_disown`, `when_free` | `disown`, Release | `disown`, Acquire fence | the last use of a block before it is freed | killed by loom `a_handle_is_dropped_at_any_moment` |
//! | – | `readers`, `writer`, Relaxed | the same | nothing | argument: the turn is what orders them; who has it has seen the readers come, and a count that is too high costs a step |
//!
//! What is behind the locks is ordered by the locks.
//!
//! # Checked by
//!
//! `tests/loom_when.rs` (I3 by `a_behaviour_of_one_lock_lets_nobody_past_one_of_two`, which deadlocks if nobody waits
//! in `follow`), `tests/shuttle_when.rs`, `tests/when.rs` natively and under Miri.
//!
//! # Sources
//!
//! L. Cheeseman et al., *When Concurrency Matters: Behaviour-Oriented Concurrency* (OOPSLA 2023), and the MCS lock.
//! Here behaviours go on to real locks, which threads may take as well; readers pass the turn along in `next`, so that
//! a queue has no other state than a count; and a lock that is asked for twice is refused.

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

    /// The turn of a writer, which nobody can overtake; false if it has to wait for readers, the last of which will
    /// go on.
    fn admit_writer(&self, slot: NonNull<Slot>) -> bool {
        // Relaxed: who has the turn has seen all readers come (`when_tail_take`, `when_next`); if their leaving has
        // not been seen, that costs the next step.
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
        // Acquire: the writer's slot, from `admit_writer`. Release: keeps the order for the other readers, whose last
        // one reads it.
        if self.readers.fetch_sub(1, edge!("when_unpark", Acquire, weaker Relaxed)) != PARKED | 1 {
            return None;
        }
        // Nobody comes before the writer has gone on.
        self.readers.store(0, Relaxed);
        NonNull::new(self.writer.load(Relaxed))
    }
}

/// Puts the targets into the order in which all behaviours and all of `lock_many` go, which is that of their
/// addresses.
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
    // Release: this slot, to whoever has the turn. Acquire on failure: the readers that have been counted. In each
    // case the last use of the slot before, or there is one more.
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
        // Somebody is between the tail and this slot: it waits for nobody but this behaviour, which has been
        // enqueued.
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
                // SAFETY: the slot is alive until its behaviour has passed, which is what it does here.
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
