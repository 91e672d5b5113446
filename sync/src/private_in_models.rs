//! The twin of `private.rs` for the checkers: their own mutex, which orders no more than a mutex does. The crate's passes full fences, which
//! would hide what is missing elsewhere; its own models look at it.

use std::{sync::PoisonError, time::Duration};

use crate::primitive::blocking::Mutex;
pub(crate) use crate::primitive::blocking::MutexGuard as PrivateGuard;

/// A value that one thread at a time may use.
pub(crate) struct Private<T>(Mutex<T>);

impl<T> Private<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> PrivateGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn try_lock(&self) -> Option<PrivateGuard<'_, T>> {
        self.0.try_lock().ok()
    }

    /// No clock: as `lock`.
    pub(crate) fn try_lock_for(&self, _timeout: Duration) -> Option<PrivateGuard<'_, T>> {
        Some(self.lock())
    }
}
