//! arc-swap: `load` where a guard is enough, and `Cache`, a handle, where its documentation recommends one.

use std::sync::Arc;

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

type Cell = arc_swap::ArcSwap<Payload>;

/// The shared value itself. Frees at once.
pub(in crate::references) struct ArcSwap(Shared<Cell>);

impl Reference for ArcSwap {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Cell::from_pointee(value), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load());
    }
}

impl LoadFull for ArcSwap {
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load_full());
    }
}

impl Store for ArcSwap {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.store(Arc::new(value));
    }
}

impl Swap for ArcSwap {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        look(&self.0.swap(Arc::new(value)));
    }
}

impl Rcu for ArcSwap {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        self.0.rcu(|value| make(value));
    }
}

/// A cached handle: looks whether the pointer has changed, and keeps its last value until then.
pub(in crate::references) struct ArcSwapCache(arc_swap::Cache<Way, Arc<Payload>>);

/// The cache wants something that dereferences to the cell itself.
pub(in crate::references) struct Way(Shared<Cell>);

impl std::ops::Deref for Way {
    type Target = Cell;

    #[inline]
    fn deref(&self) -> &Cell {
        &self.0
    }
}

impl Reference for ArcSwapCache {
    type Seat = Shared<Cell>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        ArcSwap::seats(value, count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(arc_swap::Cache::new(Way(seat)))
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(self.0.load());
    }
}

impl Store for ArcSwapCache {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.arc_swap().store(Arc::new(value));
    }
}
