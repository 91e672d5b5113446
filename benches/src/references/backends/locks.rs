//! A lock around an `Arc`: what programs do that want no crate for it.
//!
//! Loads look at the value under the lock, which is cheaper than to clone the `Arc`. Values are made before the lock is
//! taken and dropped after it was let go, but for those of `rcu`, which are made under it: nothing is made twice.

use std::mem;
use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// Contenders, each with its lock and the ways to read it and to write it.
macro_rules! locked {
    ($($(#[$doc:meta])* $name:ident($lock:ty, $read:expr, $write:expr);)+) => {$(
        $(#[$doc])*
        pub(in crate::references) struct $name(Shared<$lock>);

        impl Reference for $name {
            type Seat = Shared<$lock>;

            fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
                shared(<$lock>::new(Arc::new(value)), count)
            }

            fn take(seat: Self::Seat) -> Self {
                Self(seat)
            }

            #[inline]
            fn load(&mut self, look: impl FnOnce(&Payload)) {
                look(&$read(&self.0));
            }
        }

        impl LoadFull for $name {
            #[inline]
            fn load_full(&mut self, look: impl FnOnce(&Payload)) {
                let owner = Arc::clone(&$read(&self.0));
                look(&owner);
            }
        }

        impl Store for $name {
            #[inline]
            fn store(&mut self, value: Payload) {
                self.swap(value, |_| ());
            }
        }

        impl Swap for $name {
            #[inline]
            fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
                let new = Arc::new(value);
                let old = mem::replace(&mut *$write(&self.0), new);
                look(&old);
            }
        }

        impl Rcu for $name {
            #[inline]
            fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
                let mut value = $write(&self.0);
                let new = Arc::new(make(&value));
                let old = mem::replace(&mut *value, new);
                drop(value);
                drop(old);
            }
        }
    )+};
}

type StdLock = std::sync::RwLock<Arc<Payload>>;
type ParkingRw = parking_lot::RwLock<Arc<Payload>>;
type Parking = parking_lot::Mutex<Arc<Payload>>;

// Nothing panics under the standard library's lock; as a program would, look at the flag all the same.

#[inline]
fn read(lock: &StdLock) -> RwLockReadGuard<'_, Arc<Payload>> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

#[inline]
fn write(lock: &StdLock) -> RwLockWriteGuard<'_, Arc<Payload>> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

locked! {
    /// The standard library's reader-writer lock.
    StdRwLock(StdLock, read, write);
    /// parking_lot's reader-writer lock.
    ParkingRwLock(ParkingRw, ParkingRw::read, ParkingRw::write);
    /// parking_lot's mutex.
    ParkingMutex(Parking, Parking::lock, Parking::lock);
}
