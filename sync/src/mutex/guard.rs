//! The guard: the evidence that this thread holds the mutex.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
};

use super::Mutex;
use crate::{order::Kind, raw_lock::RawLock};

/// The right to use what a [`Mutex`] holds, exclusively, until dropped.
///
/// Made by [`Mutex::lock`] and its relatives. Dropping it releases the mutex, also while a panic unwinds: one
/// read-modify-write, and if threads may be asleep a call that wakes one of them. Forgetting it (`mem::forget`) leaves
/// the mutex held for ever, which is safe; the [check](crate::set_lock_order_check) of lock orders counts it as held by the
/// thread too, until the mutex is dropped.
///
/// It is not `Send`: the thread that locks is the thread that unlocks. It is `Sync` if `T` is.
///
/// ```compile_fail,E0277
/// let mutex = polder_sync::Mutex::new(1);
/// let guard = mutex.lock();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard)); // a guard stays on its thread
/// });
/// ```
/// What does compile is to lend it:
/// ```
/// let mutex = polder_sync::Mutex::new(1);
/// let guard = mutex.lock();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(*guard, 1));
/// });
/// ```
#[must_use = "the mutex is released at once if the guard is not kept"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// Raw pointers are neither `Send` nor `Sync`; the latter is given back below.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives out `&T` only (`Deref`, `Debug`, `Display`); `&T` may be used on several threads if `T`
// is `Sync`. Releasing needs the guard itself.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The caller has just taken the mutex and has not made a guard for that yet (I1).
    #[inline]
    pub(super) fn new_locked(mutex: &'a Mutex<T>, site: &'static Location<'static>) -> Self {
        mutex.id.acquired(Kind::Exclusive, site);
        Self { mutex, _not_send: PhantomData }
    }

    /// The lock itself.
    pub(crate) fn raw(&self) -> &RawLock {
        &self.mutex.raw
    }

    /// Releases the mutex, runs `f`, which is not foreign code, and takes the mutex again.
    #[track_caller]
    pub(crate) fn released(&mut self, f: impl FnOnce()) {
        self.mutex.unlock_locked();
        f();
        self.mutex.lock_again();
    }

    /// Releases the mutex to a thread that waits for it, if one does, rather than to whoever comes first.
    ///
    /// With a waiter, a hand-over costs a wake-up during which nobody has the mutex: for long sections whose waiters must
    /// not be overtaken. Without one it is a little dearer than dropping the guard.
    ///
    /// ```
    /// use polder_sync::{Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new(1);
    /// let guard = mutex.lock();
    /// MutexGuard::unlock_fair(guard);
    /// assert!(!mutex.is_locked());
    /// ```
    pub fn unlock_fair(guard: Self) {
        let mutex = guard.mutex;
        std::mem::forget(guard);
        mutex.unlock_fair_locked();
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.mutex.value.with(|value| {
            // SAFETY: I1: while this guard lives, references to the value come from it alone, and its borrow is shared.
            unsafe { &*value }
        })
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.mutex.value.with_mut(|value| {
            // SAFETY: I1: while this guard lives, references to the value come from it alone, and its borrow is
            // exclusive.
            unsafe { &mut *value }
        })
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.unlock_locked();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
