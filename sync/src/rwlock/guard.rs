//! The guards: the evidence that this thread reads, or that it writes.

use std::{
    fmt,
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
};

use super::{RwLock, core::Hold};
use crate::held;

/// The right to read what an [`RwLock`] holds, beside other readers, until dropped.
///
/// Made by [`RwLock::read`] and its relatives. Dropping it gives the lock back, also while a panic unwinds: one store to
/// a line of the thread's own, or one read-modify-write if the guard is one that counts; and if a writer waits, a call that
/// wakes it. Forgetting it (`mem::forget`) leaves the lock read-locked for ever, which is safe; see [`RwLock`].
///
/// It is not `Send`: the thread that locks is the thread that unlocks. It is `Sync` if `T` is.
///
/// ```compile_fail,E0277
/// let lock = polder_sync::RwLock::new(1);
/// let guard = lock.read();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard)); // a guard stays on its thread
/// });
/// ```
/// What does compile is to lend it:
/// ```
/// let lock = polder_sync::RwLock::new(1);
/// let guard = lock.read();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(*guard, 1));
/// });
/// ```
#[must_use = "the lock is given back at once if the guard is not kept"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    hold: Hold,
    /// Raw pointers are neither `Send` nor `Sync`; the latter is given back below.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives out `&T` only (`Deref`, `Debug`, `Display`); `&T` may be used on several threads if `T`
// is `Sync`. Releasing needs the guard itself.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// The caller reads by `hold`, on this thread, and has not made a guard for that yet (I1).
    #[inline]
    pub(super) fn new_reading(lock: &'a RwLock<T>, hold: Hold) -> Self {
        Self { lock, hold, _not_send: PhantomData }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.lock.value.with(|value| {
            // SAFETY: I1: while this guard lives there is no writer, and readers make shared references only.
            unsafe { &*value }
        })
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.core.leave(&self.hold);
        held::leave();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to use what an [`RwLock`] holds, exclusively, until dropped.
///
/// Made by [`RwLock::write`] and its relatives. Dropping it lets in the readers that wait, and then the next writer, also
/// while a panic unwinds. Forgetting it (`mem::forget`) leaves the lock held for ever, which is safe.
///
/// It is not `Send`: the thread that locks is the thread that unlocks. It is `Sync` if `T` is.
///
/// ```compile_fail,E0277
/// let lock = polder_sync::RwLock::new(1);
/// let guard = lock.write();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard)); // a guard stays on its thread
/// });
/// ```
/// What does compile is to lend it:
/// ```
/// let lock = polder_sync::RwLock::new(1);
/// let guard = lock.write();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(*guard, 1));
/// });
/// ```
#[must_use = "the lock is given back at once if the guard is not kept"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// Raw pointers are neither `Send` nor `Sync`; the latter is given back below.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives out `&T` only (`Deref`, `Debug`, `Display`); `&T` may be used on several threads if `T`
// is `Sync`. Releasing needs the guard itself.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// The caller writes and has not made a guard for that yet (I1).
    #[inline]
    pub(super) fn new_writing(lock: &'a RwLock<T>) -> Self {
        Self { lock, _not_send: PhantomData }
    }

    /// Becomes a reader, with no writer in between: what the guard shows from now on is what the writer left. Readers
    /// that wait get in too. Lock-free; wakes those readers, and a writer if one waits for its turn.
    ///
    /// ```
    /// use polder_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut writing = lock.write();
    /// *writing += 1;
    /// let reading = RwLockWriteGuard::downgrade(writing);
    /// assert_eq!(*reading, 2);
    /// assert!(lock.try_read().is_some() && lock.try_write().is_none());
    /// ```
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        // The lock stays held, so nothing is uncounted in `held`.
        let lock = ManuallyDrop::new(guard).lock;
        lock.core.end_write(1);
        RwLockReadGuard::new_reading(lock, Hold::COUNTED)
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.lock.value.with(|value| {
            // SAFETY: I1: while this guard lives, references to the value come from it alone, and its borrow is shared.
            unsafe { &*value }
        })
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.lock.value.with_mut(|value| {
            // SAFETY: I1: while this guard lives, references to the value come from it alone, and its borrow is
            // exclusive.
            unsafe { &mut *value }
        })
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.core.end_write(0);
        held::leave();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
