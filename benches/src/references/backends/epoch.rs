//! crossbeam-epoch: `Atomic` and `Owned` under `pin()`, old values given to the guard.

use std::mem;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use crossbeam_epoch::{Atomic, Owned, pin};

use super::super::payload::Payload;
use super::super::reference::{Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// The shared value. Never null; who takes a value out retires it, once.
pub(in crate::references) struct Cell(Atomic<Payload>);

impl Drop for Cell {
    fn drop(&mut self) {
        let last = mem::replace(&mut self.0, Atomic::null());
        // SAFETY: the cell is never null, and nobody else has it any more: the value in it was not retired.
        drop(unsafe { last.into_owned() });
    }
}

/// Frees in bags of 64, when the epoch has moved on twice.
pub(in crate::references) struct Epoch(Shared<Cell>);

impl Reference for Epoch {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Cell(Atomic::new(value)), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        let guard = pin();
        let value = self.0.0.load(Acquire, &guard);
        // SAFETY: the cell is never null, and the guard keeps what was in it from being freed.
        look(unsafe { value.deref() });
    }

    fn settle(&mut self) {
        pin().flush();
    }
}

impl Store for Epoch {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.swap(value, |_| ());
    }
}

impl Swap for Epoch {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        let guard = pin();
        let old = self.0.0.swap(Owned::new(value), AcqRel, &guard);
        // SAFETY: the cell is never null, and the guard keeps what was in it from being freed.
        look(unsafe { old.deref() });
        // SAFETY: the swap took the value out, so that no later load finds it, and gave it to this call alone.
        unsafe { guard.defer_destroy(old) };
    }
}

impl Rcu for Epoch {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        let guard = pin();
        let mut current = self.0.0.load(Acquire, &guard);
        loop {
            // SAFETY: the cell is never null, and the guard keeps what was in it from being freed.
            let new = make(unsafe { current.deref() });
            match self.0.0.compare_exchange(current, Owned::new(new), AcqRel, Acquire, &guard) {
                Ok(_) => break,
                Err(failed) => current = failed.current,
            }
        }
        // SAFETY: the exchange took the value out, so that no later load finds it, and only this call knows.
        unsafe { guard.defer_destroy(current) };
    }
}
