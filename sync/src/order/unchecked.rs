//! The check of builds that have none: nothing, at no cost.

use std::{marker::PhantomData, panic::Location};

use super::Kind;

/// A lock's part in the check: none.
#[derive(Debug)]
pub(crate) struct LockId(());

const _: () = assert!(size_of::<LockId>() == 0, "costs nothing");

impl LockId {
    pub(crate) const fn new() -> Self {
        Self(())
    }

    #[inline(always)]
    pub(crate) fn before_blocking(&self, _: Kind, _: &'static Location<'static>) {}

    #[inline(always)]
    pub(crate) fn acquired(&self, _: Kind, _: &'static Location<'static>) {}

    #[inline(always)]
    pub(crate) fn released(&self) {}
}

/// Nothing is known about what the thread holds.
#[inline(always)]
pub(crate) const fn holds_any() -> Option<&'static Location<'static>> {
    None
}

/// Marks nothing.
#[derive(Debug)]
#[must_use = "the behaviour is over when it is dropped"]
pub(crate) struct InBehaviour {
    /// As in the twin.
    _not_send: PhantomData<*const ()>,
}

impl InBehaviour {
    #[inline(always)]
    pub(crate) const fn enter() -> Self {
        Self { _not_send: PhantomData }
    }
}

/// There is no check, and so none to switch.
pub(super) const fn switch(_: bool) -> bool {
    false
}
