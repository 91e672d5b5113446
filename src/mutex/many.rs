//! Region mutexes as items of [`lock_many`](fn@polder_sync::lock_many): it gives guards, from which each region is opened in
//! a session of its own.

use std::time::Instant;

use polder_sync::LockItem;

use super::{RegionGuard, RegionMutex};
use crate::Rebrand;

// SAFETY: address and guards are those of the mutex inside, which is part of the lock and of no other.
unsafe impl<'a, R: Rebrand> LockItem for &'a RegionMutex<R> {
    type Guard = RegionGuard<'a, R>;

    #[inline]
    fn address(self) -> usize {
        LockItem::address(&self.lock)
    }

    #[inline]
    fn announce(self) {
        LockItem::announce(&self.lock);
    }

    #[inline]
    fn lock(self) -> Self::Guard {
        LockItem::lock(&self.lock)
    }

    #[inline]
    fn try_lock(self) -> Option<Self::Guard> {
        LockItem::try_lock(&self.lock)
    }

    #[inline]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        LockItem::try_lock_until(&self.lock, deadline)
    }
}
