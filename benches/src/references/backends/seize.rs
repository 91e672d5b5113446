//! seize: a collector beside the pointer, as its guide has it, and a local guard for each operation.

use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use ::seize::{Collector, Guard, reclaim};

use super::super::payload::Payload;
use super::super::reference::{Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// The shared value and its collector, with the batches of its defaults (32). The pointer is never null and comes from
/// a box; who takes it out retires it, once.
pub(in crate::references) struct Cell {
    collector: Collector,
    pointer: AtomicPtr<Payload>,
}

impl Drop for Cell {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from a box, and nobody else has the cell any more: it was not retired.
        drop(unsafe { Box::from_raw(*self.pointer.get_mut()) });
    }
}

/// Frees in batches.
pub(in crate::references) struct Seize(Shared<Cell>);

impl Reference for Seize {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        let pointer = AtomicPtr::new(Box::into_raw(Box::new(value)));
        shared(Cell { collector: Collector::new(), pointer }, count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        let guard = self.0.collector.enter();
        let value = guard.protect(&self.0.pointer, Acquire);
        // SAFETY: never null, and protected by the guard.
        look(unsafe { &*value });
    }

    fn settle(&mut self) {
        self.0.collector.enter().flush();
    }
}

impl Store for Seize {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.swap(value, |_| ());
    }
}

impl Swap for Seize {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        let new = Box::into_raw(Box::new(value));
        let guard = self.0.collector.enter();
        let old = guard.swap(&self.0.pointer, new, AcqRel);
        // SAFETY: never null, and not retired before the next line.
        look(unsafe { &*old });
        // SAFETY: the swap took the value out, so that no later load finds it, and gave it to this call alone.
        unsafe { guard.defer_retire(old, reclaim::boxed) };
    }
}

impl Rcu for Seize {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        let guard = self.0.collector.enter();
        let mut current = guard.protect(&self.0.pointer, Acquire);
        loop {
            // SAFETY: never null, and protected by the guard.
            let new = Box::into_raw(Box::new(make(unsafe { &*current })));
            match guard.compare_exchange(&self.0.pointer, current, new, AcqRel, Acquire) {
                Ok(_) => break,
                Err(other) => {
                    // SAFETY: the exchange failed, so that nobody has seen the new value.
                    drop(unsafe { Box::from_raw(new) });
                    current = other;
                }
            }
        }
        // SAFETY: the exchange took the value out, so that no later load finds it, and only this call knows.
        unsafe { guard.defer_retire(current, reclaim::boxed) };
    }
}
