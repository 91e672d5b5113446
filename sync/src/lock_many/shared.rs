//! Items of readers-writer locks: a plain borrow writes, and what [`read`] returns reads.

use std::{fmt, time::Instant};

use super::LockItem;
use crate::{RwLock, RwLockReadGuard, RwLockWriteGuard, order::Kind};

/// A readers-writer lock that [`read`] makes an item of: [`RwLock`], and locks of other crates of polder. The methods are no
/// part of the interface.
///
/// # Safety
///
/// As for [`LockItem`]: `address` is the one of the item that writes, the same for all borrows of a lock; the other methods
/// take this lock and no other, and what they return holds it, for reading at least, until dropped.
#[diagnostic::on_unimplemented(message = "`{Self}` is no lock that readers share", label = "not a readers-writer lock")]
pub unsafe trait SharedLock {
    /// What reads until dropped.
    type ReadGuard<'a>
    where
        Self: 'a;

    /// Where the lock is.
    #[doc(hidden)]
    fn address(&self) -> usize;

    /// As [`LockItem`]'s, for reading.
    #[doc(hidden)]
    #[track_caller]
    fn announce(&self);

    /// Waits to read, after that has been announced.
    #[doc(hidden)]
    #[track_caller]
    fn read(&self) -> Self::ReadGuard<'_>;

    /// Reads if that needs no wait.
    #[doc(hidden)]
    #[track_caller]
    fn try_read(&self) -> Option<Self::ReadGuard<'_>>;

    /// Waits to read, until `deadline`.
    #[doc(hidden)]
    #[track_caller]
    fn try_read_until(&self, deadline: Instant) -> Option<Self::ReadGuard<'_>>;
}

/// An item of [`lock_many`](fn@crate::lock_many) that reads: made by [`read`].
pub struct Reading<'a, L: ?Sized>(&'a L);

/// The item that takes a readers-writer lock for reading, beside others that read it.
///
/// ```
/// use polder_sync::{Mutex, RwLock, lock_many, read, write};
///
/// let rates = RwLock::new(vec![2, 3]);
/// let (books, total) = (RwLock::new(vec![10, 100]), Mutex::new(0));
/// {
///     // Others may read the rates meanwhile.
///     let (rates, mut books, mut total) = lock_many((read(&rates), write(&books), &total))?;
///     books.iter_mut().zip(&*rates).for_each(|(amount, rate)| *amount *= rate);
///     *total = books.iter().sum();
/// }
/// assert_eq!(total.into_inner(), 320);
/// # Ok::<(), polder_sync::DuplicateLock>(())
/// ```
pub fn read<L: SharedLock + ?Sized>(lock: &L) -> Reading<'_, L> {
    Reading(lock)
}

/// The item that takes a readers-writer lock for writing: the borrow itself, said aloud beside a [`read`].
pub fn write<L: SharedLock + ?Sized>(lock: &L) -> &L {
    lock
}

impl<L: ?Sized> Clone for Reading<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: ?Sized> Copy for Reading<'_, L> {}

impl<L: ?Sized + fmt::Debug> fmt::Debug for Reading<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reading").field(&self.0).finish()
    }
}

// SAFETY: what `SharedLock` promises of the lock, of which this is a borrow.
unsafe impl<'a, L: SharedLock + ?Sized> LockItem for Reading<'a, L> {
    type Guard = L::ReadGuard<'a>;

    #[inline]
    fn address(self) -> usize {
        self.0.address()
    }

    #[inline]
    fn announce(self) {
        self.0.announce();
    }

    #[inline]
    fn lock(self) -> Self::Guard {
        self.0.read()
    }

    #[inline]
    fn try_lock(self) -> Option<Self::Guard> {
        self.0.try_read()
    }

    #[inline]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        self.0.try_read_until(deadline)
    }
}

// SAFETY: the core is part of the lock and of no other, and moves with it; the methods are the lock's.
unsafe impl<T: ?Sized> SharedLock for RwLock<T> {
    type ReadGuard<'a>
        = RwLockReadGuard<'a, T>
    where
        T: 'a;

    #[inline]
    fn address(&self) -> usize {
        RwLock::address(self)
    }

    #[inline]
    fn announce(&self) {
        RwLock::announce(self, Kind::Shared);
    }

    #[inline]
    fn read(&self) -> RwLockReadGuard<'_, T> {
        RwLock::read_announced(self)
    }

    #[inline]
    fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        RwLock::try_read(self)
    }

    #[inline]
    fn try_read_until(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        RwLock::try_read_until(self, deadline)
    }
}

// SAFETY: the core is part of the lock and of no other, and moves with it; the methods are the lock's.
unsafe impl<'a, T: ?Sized> LockItem for &'a RwLock<T> {
    type Guard = RwLockWriteGuard<'a, T>;

    #[inline]
    fn address(self) -> usize {
        RwLock::address(self)
    }

    #[inline]
    fn announce(self) {
        RwLock::announce(self, Kind::Exclusive);
    }

    #[inline]
    fn lock(self) -> Self::Guard {
        self.write_announced()
    }

    #[inline]
    fn try_lock(self) -> Option<Self::Guard> {
        self.try_write()
    }

    #[inline]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        self.try_write_until(deadline)
    }
}
