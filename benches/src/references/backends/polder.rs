//! polder: `AtomicRef` of an `Arc`.

use std::sync::Arc;

use polder_sync::AtomicRef;
use polder_sync::reclaim::flush;

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// The shared value itself. Frees in scans.
pub(in crate::references) struct Polder(Shared<AtomicRef<Payload>>);

impl Reference for Polder {
    type Seat = Shared<AtomicRef<Payload>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(AtomicRef::from_value(value), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load());
    }

    fn settle(&mut self) {
        flush();
    }
}

impl LoadFull for Polder {
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load_full());
    }
}

impl Store for Polder {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.store(Arc::new(value));
    }
}

impl Swap for Polder {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        look(&self.0.swap(Arc::new(value)));
    }
}

impl Rcu for Polder {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        drop(self.0.rcu(|value| Arc::new(make(value))));
    }
}
