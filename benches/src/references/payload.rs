//! What the references hold: a value that shows when it is wrong or freed, and how many of them there are.

use std::cell::Cell;
use std::ptr;

/// What both ends of a freed value read.
const FREED: u64 = 0xDEAD_DEAD_DEAD_DEAD;

thread_local! {
    /// Values that this thread has made, less those that it has dropped.
    static LIVING: Cell<i64> = const { Cell::new(0) };
}

/// Forty bytes with a serial number at one end and its complement at the other.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Payload {
    serial: u64,
    body: [u64; 3],
    complement: u64,
}

impl Payload {
    /// A new value.
    #[inline]
    pub(super) fn new(serial: u64) -> Self {
        LIVING.set(LIVING.get() + 1);
        Self { serial, body: [serial; 3], complement: !serial }
    }

    /// Its number.
    #[inline]
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether both ends belong together, which those of a freed value do not.
    #[inline]
    pub(super) fn is_whole(&self) -> bool {
        self.serial == !self.complement
    }
}

impl Drop for Payload {
    #[inline]
    fn drop(&mut self) {
        LIVING.set(LIVING.get() - 1);
        for end in [&raw mut self.serial, &raw mut self.complement] {
            // SAFETY: a field of a value that this call borrows mutably. Volatile, because the memory is about to be
            // freed, and the compiler would leave out a write that nobody may read.
            unsafe { ptr::write_volatile(end, FREED) };
        }
    }
}

/// How many more values this thread has made than dropped since the last call; negative if it dropped more.
pub(super) fn take_living() -> i64 {
    LIVING.replace(0)
}

/// The same, without starting anew.
pub(super) fn living() -> i64 {
    LIVING.get()
}

#[cfg(test)]
mod tests {
    use std::mem::ManuallyDrop;

    use super::*;

    #[test]
    fn a_dropped_value_is_not_whole() {
        let mut value = ManuallyDrop::new(Payload::new(7));
        assert!(value.is_whole() && size_of::<Payload>() == 40);
        // SAFETY: dropped once, here; what is read of it afterwards are plain numbers.
        unsafe { ManuallyDrop::drop(&mut value) };
        assert!(!value.is_whole());
    }

    #[test]
    fn values_are_counted() {
        take_living();
        let values = [Payload::new(1), Payload::new(2)];
        assert_eq!((living(), values[1].serial()), (2, 2));
        drop(values);
        assert_eq!(take_living(), 0);
    }
}
