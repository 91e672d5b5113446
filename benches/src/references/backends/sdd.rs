//! sdd: `AtomicOwned` under a guard, and `AtomicShared` where an owner is asked for.

use std::sync::atomic::Ordering::{AcqRel, Acquire};

use ::sdd::{AtomicOwned, AtomicShared, Guard, Owned, Shared as Counted, Tag};

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use super::{Shared, shared};

/// What a cell that is never null is expected to be.
const FULL: &str = "the cell is never null";

/// The faster of the two. Values that are dropped are freed when the epoch has moved on.
pub(in crate::references) struct SddOwned(Shared<AtomicOwned<Payload>>);

impl Reference for SddOwned {
    type Seat = Shared<AtomicOwned<Payload>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(AtomicOwned::new(value), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        let guard = Guard::new();
        look(self.0.load(Acquire, &guard).as_ref().expect(FULL));
    }

    fn settle(&mut self) {
        let guard = Guard::new();
        guard.set_has_garbage();
        guard.accelerate();
    }
}

impl Store for SddOwned {
    #[inline]
    fn store(&mut self, value: Payload) {
        let (old, _) = self.0.swap((Some(Owned::new(value)), Tag::None), AcqRel);
        drop(old);
    }
}

impl Swap for SddOwned {
    #[inline]
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload)) {
        let (old, _) = self.0.swap((Some(Owned::new(value)), Tag::None), AcqRel);
        look(&old.expect(FULL));
    }
}

impl Rcu for SddOwned {
    #[inline]
    fn rcu(&mut self, mut make: impl FnMut(&Payload) -> Payload) {
        let guard = Guard::new();
        let mut current = self.0.load(Acquire, &guard);
        loop {
            let new = Owned::new(make(current.as_ref().expect(FULL)));
            match self.0.compare_exchange(current, (Some(new), Tag::None), AcqRel, Acquire, &guard) {
                Ok((old, _)) => return drop(old),
                // The value that came too late comes back and is dropped.
                Err((_, other)) => current = other,
            }
        }
    }
}

/// With a count in each value.
pub(in crate::references) struct SddShared(Shared<AtomicShared<Payload>>);

impl Reference for SddShared {
    type Seat = Shared<AtomicShared<Payload>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(AtomicShared::new(value), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        let guard = Guard::new();
        look(self.0.load(Acquire, &guard).as_ref().expect(FULL));
    }
}

impl LoadFull for SddShared {
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        let owner: Option<Counted<Payload>> = self.0.get_shared(Acquire, &Guard::new());
        look(&owner.expect(FULL));
    }
}

impl Store for SddShared {
    #[inline]
    fn store(&mut self, value: Payload) {
        let (old, _) = self.0.swap((Some(Counted::new(value)), Tag::None), AcqRel);
        drop(old);
    }
}
