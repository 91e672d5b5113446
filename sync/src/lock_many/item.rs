//! One lock of a set: which word it is, and how to take it.

use std::time::Instant;

use crate::{Mutex, MutexGuard};

/// A lock that [`lock_many`](fn@crate::lock_many) and its relatives take: a borrow of it, and so in which way.
///
/// | item | guard |
/// |---|---|
/// | `&Mutex<T>` | [`MutexGuard<T>`](MutexGuard) |
/// | `&RwLock<T>`, or [`write`](fn@crate::write)`(&lock)` | [`RwLockWriteGuard<T>`](crate::RwLockWriteGuard) |
/// | [`read`](crate::read)`(&lock)` | [`RwLockReadGuard<T>`](crate::RwLockReadGuard) |
///
/// Locks of other crates of polder have items too; this trait is not for others to implement, and its methods are
/// no part of the interface.
///
/// # Safety
///
/// For an implementation, while any copy of the item exists:
///
/// - `address` returns the address of a word, at least one byte, that is part of the lock and of no other lock: items have
///   equal addresses exactly if they are the same lock. It does not change.
/// - The other methods take this lock, no other, and what they return holds it until dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of `lock_many`",
    label = "not a borrow of a lock",
    note = "items are borrows of locks, `&mutex`, `&rwlock`, and `read(&rwlock)`"
)]
pub unsafe trait LockItem: Copy {
    /// What holds the lock until dropped.
    type Guard;

    /// Where the lock is.
    #[doc(hidden)]
    fn address(self) -> usize;

    /// Panics if the calling thread, with the locks that it holds now, had better not wait for this one. A call that waits
    /// announces all its items before it takes the first.
    #[doc(hidden)]
    #[track_caller]
    fn announce(self);

    /// Waits for the lock, after it has been announced.
    #[doc(hidden)]
    #[track_caller]
    fn lock(self) -> Self::Guard;

    /// Takes the lock if it is free.
    #[doc(hidden)]
    #[track_caller]
    fn try_lock(self) -> Option<Self::Guard>;

    /// Waits for the lock until `deadline`.
    #[doc(hidden)]
    #[track_caller]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard>;
}

// SAFETY: a borrowed mutex stays where it is, with the word in it, which is its own; the methods are the mutex's.
unsafe impl<'a, T: ?Sized> LockItem for &'a Mutex<T> {
    type Guard = MutexGuard<'a, T>;

    #[inline]
    fn address(self) -> usize {
        Mutex::address(self)
    }

    #[inline]
    fn announce(self) {
        Mutex::announce(self);
    }

    #[inline]
    fn lock(self) -> Self::Guard {
        Mutex::lock_announced(self)
    }

    #[inline]
    fn try_lock(self) -> Option<Self::Guard> {
        Mutex::try_lock(self)
    }

    #[inline]
    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        Mutex::try_lock_until(self, deadline)
    }
}
