//! kovan: `Atom`, and `Atom<Arc<_>>` with `load_clone` where an owner is asked for.

use std::sync::Arc;

use ::kovan::{Atom, flush};

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// The shared value itself. Frees in batches of 64.
pub(in crate::references) struct Kovan(Shared<Atom<Payload>>);

impl Reference for Kovan {
    type Seat = Shared<Atom<Payload>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Atom::new(value), count)
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

impl Store for Kovan {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.store(value);
    }
}

impl Swap for Kovan {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        look(&self.0.swap(value));
    }
}

impl Rcu for Kovan {
    #[inline]
    fn rcu(&mut self, make: impl FnMut(&Payload) -> Payload) {
        self.0.rcu(make);
    }
}

/// With an `Arc` inside, which it clones.
pub(in crate::references) struct KovanArc(Shared<Atom<Arc<Payload>>>);

impl Reference for KovanArc {
    type Seat = Shared<Atom<Arc<Payload>>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(Atom::new(Arc::new(value)), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load());
    }
}

impl LoadFull for KovanArc {
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.0.load_clone());
    }
}

impl Store for KovanArc {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.store(Arc::new(value));
    }
}
