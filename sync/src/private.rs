//! A mutex for the crate's own state, which its users do not see.
//!
//! The same lock as [`Mutex`](crate::Mutex), without what belongs to locks that a program takes: it is not counted among those that a
//! thread holds, so that a permit may be given back, or a value retired, inside a closure of `combine`; and the check of lock orders knows
//! nothing of it. Whoever holds one runs no foreign code, but for the actions of barriers and phasers, of which each has a lock of its own.

use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::Duration,
};

use crate::{
    parker::{Native, Parking},
    primitive::{UnsafeCell, const_fn},
    raw_lock::RawLock,
};

/// A value that one thread at a time may use.
pub(crate) struct Private<T> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives the value to one thread at a time; for that `T: Send` suffices.
unsafe impl<T: Send> Sync for Private<T> {}
// SAFETY: the lock belongs to no thread, and the value may go to another one.
unsafe impl<T: Send> Send for Private<T> {}

impl<T> Private<T> {
    const_fn! {
        pub(crate) const fn new(value: T) -> Self {
            Self { raw: RawLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// Blocking, as `Mutex::lock`.
    #[inline]
    pub(crate) fn lock(&self) -> PrivateGuard<'_, T> {
        self.raw.lock();
        PrivateGuard { lock: self, _not_send: PhantomData }
    }

    /// Wait-free, as `Mutex::try_lock`.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<PrivateGuard<'_, T>> {
        self.raw.try_lock().then(|| PrivateGuard { lock: self, _not_send: PhantomData })
    }

    /// Blocking, as `Mutex::try_lock_for`.
    pub(crate) fn try_lock_for(&self, timeout: Duration) -> Option<PrivateGuard<'_, T>> {
        let taken = self.raw.lock_until(Native::after(timeout));
        taken.then(|| PrivateGuard { lock: self, _not_send: PhantomData })
    }
}

/// The right to use the value.
#[must_use]
pub(crate) struct PrivateGuard<'a, T> {
    lock: &'a Private<T>,
    _not_send: PhantomData<*const ()>,
}

impl<T> Deref for PrivateGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.lock.value.with(|value| {
            // SAFETY: the guard holds the lock, and is borrowed.
            unsafe { &*value }
        })
    }
}

impl<T> DerefMut for PrivateGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.lock.value.with_mut(|value| {
            // SAFETY: the guard holds the lock, and is borrowed exclusively.
            unsafe { &mut *value }
        })
    }
}

impl<T> Drop for PrivateGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken before the guard was made, and given up with it.
        unsafe { self.lock.raw.unlock() }
    }
}
