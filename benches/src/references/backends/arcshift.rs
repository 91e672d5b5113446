//! arcshift: a handle for each thread, as its documentation recommends, and one handle that all threads read.

use ::arcshift::ArcShift;

use super::super::payload::Payload;
use super::super::reference::{LoadFull, Rcu, Reference, Store};
use super::{Shared, shared};

/// A handle of the thread's own. It frees what it steps over when no other handle is behind it; one that nobody uses
/// would keep every value from its own on, so there is none: the seats are the handles.
pub(in crate::references) struct ArcShiftHandle(ArcShift<Payload>);

impl Reference for ArcShiftHandle {
    type Seat = ArcShift<Payload>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        vec![ArcShift::new(value); count]
    }

    fn take(seat: Self::Seat) -> Self {
        Self(seat)
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(self.0.get());
    }

    fn settle(&mut self) {
        self.0.reload();
    }
}

impl LoadFull for ArcShiftHandle {
    /// Another handle is what can be kept and sent away.
    #[inline]
    fn load_full(&mut self, look: impl FnOnce(&Payload)) {
        look(self.0.clone().shared_non_reloading_get());
    }
}

impl Store for ArcShiftHandle {
    #[inline]
    fn store(&mut self, value: Payload) {
        self.0.update(value);
    }
}

impl Rcu for ArcShiftHandle {
    #[inline]
    fn rcu(&mut self, make: impl FnMut(&Payload) -> Payload) {
        self.0.rcu(make);
    }
}

/// One handle that all threads read. While it is shared it cannot step on to a new value, but has to look for it in
/// every load: this is for the row of loads alone.
pub(in crate::references) struct ArcShiftShared {
    shared: Shared<ArcShift<Payload>>,
    /// The handle of a thread that stores, for as long as it does.
    own: Option<ArcShift<Payload>>,
}

impl Reference for ArcShiftShared {
    type Seat = Shared<ArcShift<Payload>>;

    fn seats(value: Payload, count: usize) -> Vec<Self::Seat> {
        shared(ArcShift::new(value), count)
    }

    fn take(seat: Self::Seat) -> Self {
        Self { shared: seat, own: None }
    }

    #[inline]
    fn load(&mut self, look: impl FnOnce(&Payload)) {
        look(&self.shared.shared_get());
    }

    fn settle(&mut self) {
        self.own = None;
    }
}

impl Store for ArcShiftShared {
    fn store(&mut self, value: Payload) {
        let shared: &ArcShift<Payload> = &self.shared;
        self.own.get_or_insert_with(|| shared.clone()).update(value);
    }
}
