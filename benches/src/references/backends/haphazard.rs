//! haphazard: one hazard pointer that the thread keeps, in the global domain.

use std::mem;
use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::fence;

use ::haphazard::{AtomicPtr, Domain, HazardPointer};

use super::super::payload::Payload;
use super::super::reference::{Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// The shared value. Never null; who takes a value out retires it, once.
pub(in crate::references) struct Cell(AtomicPtr<Payload>);

impl Drop for Cell {
    fn drop(&mut self) {
        // SAFETY: nobody else has the cell any more, so that nothing else is put in the null's place.
        let last = mem::replace(&mut self.0, unsafe { AtomicPtr::new(std::ptr::null_mut()) });
        // SAFETY: the last value is in no cell any more and was not retired.
        unsafe { last.retire() };
    }
}

/// Frees when enough is retired to be worth a scan. The hazard pointer is not reset between two loads, which its
/// documentation offers and which is the cheaper use: the thread's last value stays protected.
pub(in crate::references) struct Haphazard {
    cell: Shared<Cell>,
    hazard: HazardPointer<'static>,
}

impl Reference for Haphazard {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Cell(AtomicPtr::from(Box::new(value))), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self { cell: seat, hazard: HazardPointer::new() }
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(self.cell.0.safe_load(&mut self.hazard).expect("the cell is never null"));
    }

    fn settle(&mut self) {
        self.hazard.reset_protection();
        Domain::global().eager_reclaim();
    }
}

impl Store for Haphazard {
    #[inline]
    fn store(&mut self, value: Payload) {
        let old = self.cell.0.swap(Box::new(value)).expect("the cell is never null");
        // SAFETY: the swap took the value out, so that no later load finds it, and gave it to this call alone.
        unsafe { old.retire() };
    }
}

impl Swap for Haphazard {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        let old = self.cell.0.swap(Box::new(value)).expect("the cell is never null");
        // The swap only releases: what the old value's maker wrote is to be read here.
        fence(Acquire);
        // SAFETY: not null, and not retired before the next line.
        look(unsafe { old.as_ref().as_ref() });
        // SAFETY: the swap took the value out, so that no later load finds it, and gave it to this call alone.
        unsafe { old.retire() };
    }
}

impl Rcu for Haphazard {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        loop {
            let current = self.cell.0.safe_load(&mut self.hazard).expect("the cell is never null");
            let new = Box::new(make(current));
            // The hazard pointer keeps the value, so that its address is not reused meanwhile.
            if let Ok(old) = self.cell.0.compare_exchange(std::ptr::from_ref(current).cast_mut(), new) {
                let old = old.expect("the cell is never null");
                // SAFETY: the exchange took the value out, so that no later load finds it, and only this call knows.
                unsafe { old.retire() };
                break;
            }
        }
    }
}
