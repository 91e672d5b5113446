//! Region locks as items of [`lock_many`](fn@polder_sync::lock_many): it gives guards, from which each region is opened in
//! a session of its own.

use std::time::Instant;

use polder_sync::{LockItem, SharedLock};

use super::{RegionGuard, RegionMutex, RegionReadGuard, RegionRwLock, RegionWriteGuard};
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

// SAFETY: address and guards are those of the lock inside, which is part of this one and of no other.
unsafe impl<'a, R: Rebrand> LockItem for &'a RegionRwLock<R> {
    type Guard = RegionWriteGuard<'a, R>;

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
        RegionWriteGuard { guard: LockItem::lock(&self.lock) }
    }

    #[inline]
    fn try_lock(self) -> Option<Self::Guard> {
        Some(RegionWriteGuard { guard: LockItem::try_lock(&self.lock)? })
    }

    #[inline]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        Some(RegionWriteGuard { guard: LockItem::try_lock_until(&self.lock, deadline)? })
    }
}

// SAFETY: address and guards are those of the lock inside, which is part of this one and of no other.
unsafe impl<R: Rebrand> SharedLock for RegionRwLock<R> {
    type ReadGuard<'a>
        = RegionReadGuard<'a, R>
    where
        R: 'a;

    #[inline]
    fn address(&self) -> usize {
        SharedLock::address(&self.lock)
    }

    #[inline]
    fn announce(&self) {
        SharedLock::announce(&self.lock);
    }

    #[inline]
    fn read(&self) -> RegionReadGuard<'_, R> {
        RegionReadGuard { guard: SharedLock::read(&self.lock) }
    }

    #[inline]
    fn try_read(&self) -> Option<RegionReadGuard<'_, R>> {
        Some(RegionReadGuard { guard: SharedLock::try_read(&self.lock)? })
    }

    #[inline]
    fn try_read_until(&self, deadline: Instant) -> Option<RegionReadGuard<'_, R>> {
        Some(RegionReadGuard { guard: SharedLock::try_read_until(&self.lock, deadline)? })
    }
}
