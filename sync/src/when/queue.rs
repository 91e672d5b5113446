//! The queue of one lock: who comes after whom. The module header of [`when`](super) has the proofs.

use std::{ptr, ptr::NonNull, sync::atomic::Ordering::Relaxed};

use super::block::Header;
use crate::{
    DuplicateLock,
    edge::edge,
    primitive::{AtomicPtr, Backoff},
    raw_lock::{Entry, RawLock},
};

/// A lock that a behaviour asks for. Whoever makes one sees to it that the lock outlives its use.
#[derive(Clone, Copy, Debug)]
pub struct Target(NonNull<RawLock>);

impl Target {
    pub(super) fn exclusive(lock: &RawLock) -> Self {
        Self(NonNull::from(lock))
    }

    /// # Safety
    /// - The lock is alive for as long as the result is used.
    unsafe fn lock<'a>(self) -> &'a RawLock {
        // SAFETY: the clause above.
        unsafe { self.0.as_ref() }
    }

    /// Takes the lock for the behaviour whose entry this is; else the entry's `grant` will be called.
    ///
    /// # Safety
    /// - The lock is alive, and stays so until it is released.
    /// - The entry is in no queue, and stays where it is until it is granted.
    pub(super) unsafe fn acquire(self, entry: NonNull<Entry>) -> bool {
        // SAFETY: the first clause.
        let lock = unsafe { self.lock() };
        // SAFETY: the second clause.
        unsafe { lock.lock_entry(entry) }
    }

    /// Gives the lock back.
    ///
    /// # Safety
    /// - The lock is alive, and a behaviour holds it that gives it up with this call.
    pub(super) unsafe fn release(self) {
        // SAFETY: the clause above.
        let lock = unsafe { self.lock() };
        // SAFETY: the clause above.
        unsafe { lock.unlock_entry() }
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
        while at > 0 && targets[at - 1].0 >= targets[at].0 {
            if targets[at - 1].0 == targets[at].0 {
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
    /// The place behind this one, once its owner has said so.
    next: AtomicPtr<Slot>,
}

impl Slot {
    pub(super) fn new(target: Target, behaviour: NonNull<Header>) -> Self {
        Self { target, behaviour, next: AtomicPtr::new(ptr::null_mut()) }
    }
}

/// Puts a behaviour into the queues of all its locks; true if it is the first in each of them.
///
/// If false, the behaviour belongs to those before it from some moment during the call on.
///
/// # Safety
/// - The behaviour is alive with all of its locks, has not been enqueued, and is given up unless the result is true.
pub(super) unsafe fn enqueue(behaviour: NonNull<Header>) -> bool {
    // SAFETY: alive, by the clause above. Not used after the last step, which may give the behaviour away.
    let header = unsafe { behaviour.as_ref() };
    let mut first_in = 0;
    for index in 0..header.count {
        // SAFETY: the index is below the count.
        let slot = unsafe { header.slot(index) };
        // SAFETY: the behaviour is alive, and its slots with it.
        let target = unsafe { slot.as_ref() }.target;
        // SAFETY: its locks are alive.
        let tail = unsafe { &target.lock().side().tail };
        // Release: the slot and its behaviour, to whoever comes next. Acquire: those of whoever came before.
        let order = edge!("when_tail_publish", AcqRel, weaker Acquire, "when_tail_take", weaker Release);
        let Some(before) = NonNull::new(tail.swap(slot.as_ptr().cast(), order).cast::<Slot>()) else {
            first_in += 1;
            continue;
        };
        // SAFETY: I2: a slot that has been followed stays until it is told by whom.
        let before = unsafe { before.as_ref() };
        // I3: nobody passes a behaviour that is still on its way through the tails, nor lets others believe so.
        // SAFETY: I2, for the block that the slot is part of.
        unsafe { before.behaviour.as_ref() }.await_enqueued();
        // Release: this slot, to `leave`. The last use of the slot before.
        before.next.store(slot.as_ptr(), edge!("when_link", Release, weaker Relaxed));
    }
    header.set_enqueued();
    // Who is first everywhere has nobody before it that would count; else the count decides who goes on.
    first_in == header.count || header.pass(first_in + 1)
}

/// Takes a behaviour that has released its lock out of the queue; the one behind it, if that is first in all queues now.
///
/// # Safety
/// - The slot is the first of its queue, its lock is alive, and the slot is not used after this call.
/// - Whoever gets a result owns that behaviour.
pub(super) unsafe fn leave(slot: NonNull<Slot>) -> Option<NonNull<Header>> {
    // SAFETY: the first clause.
    let place = unsafe { slot.as_ref() };
    // Acquire: the slot behind, from `enqueue`.
    let look = || NonNull::new(place.next.load(edge!("when_next", Acquire, weaker Relaxed)));
    let next = look().or_else(|| {
        // SAFETY: the first clause.
        let tail = unsafe { &place.target.lock().side().tail };
        // Relaxed: whoever finds an empty queue reads nothing of those who were in it. The values behind the lock come
        // with the lock.
        if tail.compare_exchange(slot.as_ptr().cast(), ptr::null_mut(), Relaxed, Relaxed).is_ok() {
            return None;
        }
        // Somebody is between the tail and this slot: it waits for nobody but this behaviour, which has been enqueued.
        let backoff = Backoff::new();
        loop {
            if let next @ Some(_) = look() {
                return next;
            }
            backoff.snooze();
        }
    })?;
    // SAFETY: whoever is behind waits for this behaviour and is alive.
    let behaviour = unsafe { next.as_ref() }.behaviour;
    // SAFETY: likewise. From here on it is this thread's if the result is true, and else not to be touched.
    unsafe { behaviour.as_ref() }.pass(1).then_some(behaviour)
}
