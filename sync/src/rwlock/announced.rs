//! The halves of `read` and `write`, for calls that take several locks: first all checks, then all locks.

use std::{panic::Location, ptr};

use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::{held, order::Kind};

impl<T: ?Sized> RwLock<T> {
    /// The address of the lock without the value: what orders locks that are taken together.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(&self.core).addr()
    }

    /// The first half: whether the calling thread may wait for the lock, holding what it holds now.
    #[inline]
    #[track_caller]
    pub(crate) fn announce(&self, kind: Kind) {
        self.id.before_blocking(kind, Location::caller());
    }

    /// The second half of `read`, perhaps with other locks taken in between.
    #[inline]
    #[track_caller]
    pub(crate) fn read_announced(&self) -> RwLockReadGuard<'_, T> {
        held::enter();
        RwLockReadGuard::new_reading(self, self.core.read(), Location::caller())
    }

    /// The second half of `write`.
    #[inline]
    #[track_caller]
    pub(crate) fn write_announced(&self) -> RwLockWriteGuard<'_, T> {
        held::enter();
        self.core.write();
        RwLockWriteGuard::new_writing(self, Location::caller())
    }
}
