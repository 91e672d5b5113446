//! hazarc: `AtomicArc` with its default domain (8 slots) and policy (concurrent writers), and its `Cache`.

use std::ops::Deref;
use std::sync::Arc;

use ::hazarc::AtomicArc;

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

type Cell = AtomicArc<Payload>;

/// The shared value itself. Frees at once.
pub(in crate::references) struct Hazarc(Shared<Cell>);

impl Reference for Hazarc {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Cell::new(Arc::new(value)), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load());
    }
}

impl LoadFull for Hazarc {
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load_owned());
    }
}

impl Store for Hazarc {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.store(Arc::new(value));
    }
}

impl Swap for Hazarc {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        look(&self.0.swap(Arc::new(value)));
    }
}

impl Rcu for Hazarc {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        let done = self.0.fetch_update(|value| Some(make(value)));
        assert!(done.is_ok(), "only a closure that declines stops it");
    }
}

/// A cached handle: looks whether the pointer has changed, and keeps its last value until then.
pub(in crate::references) struct HazarcCache(::hazarc::Cache<Way>);

/// The cache wants something that dereferences to the cell itself.
pub(in crate::references) struct Way(Shared<Cell>);

impl Deref for Way {
    type Target = Cell;

    #[inline]
    fn deref(&self) -> &Cell {
        &self.0
    }
}

impl Reference for HazarcCache {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        Hazarc::seats(value, count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(::hazarc::Cache::new(Way(seat)))
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(self.0.load());
    }
}

impl Store for HazarcCache {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.inner().store(Arc::new(value));
    }
}
