//! A lock as the queues know it: where it is, and how it is taken.

use std::ptr::NonNull;

use super::{block::Header, queue::Behaviours};
use crate::raw_lock::RawLock;

/// A lock that a behaviour asks for. Whoever makes one sees to it that the lock outlives its use.
#[derive(Clone, Copy, Debug)]
pub struct Target(NonNull<RawLock>);

impl Target {
    pub(super) fn exclusive(lock: &RawLock) -> Self {
        Self(NonNull::from(lock))
    }

    /// What behaviours, and `lock_many`, take locks in the order of.
    pub(super) fn address(self) -> NonNull<RawLock> {
        self.0
    }

    /// Whether others may have it at the same time.
    pub(super) fn is_shared(self) -> bool {
        false
    }

    /// Who waits for it.
    ///
    /// # Safety
    /// - The lock is alive for as long as the result is used.
    pub(super) unsafe fn behaviours<'a>(self) -> &'a Behaviours {
        // SAFETY: the clause above.
        let lock: &'a RawLock = unsafe { self.0.as_ref() };
        &lock.side().behaviours
    }

    /// Takes the lock for a behaviour; if false, the entry's `grant` will be called.
    ///
    /// # Safety
    /// - The lock is alive, and stays so until it is released.
    /// - The behaviour waits for no other lock, and stays where it is until it is granted this one.
    pub(super) unsafe fn acquire(self, behaviour: NonNull<Header>) -> bool {
        // SAFETY: the first clause.
        let lock = unsafe { self.0.as_ref() };
        // SAFETY: the second clause; the entry is the first field of the header.
        unsafe { lock.lock_entry(behaviour.cast()) }
    }

    /// Gives the lock back.
    ///
    /// # Safety
    /// - The lock is alive, and a behaviour holds it that gives it up with this call.
    pub(super) unsafe fn release(self) {
        // SAFETY: the clause above.
        let lock = unsafe { self.0.as_ref() };
        // SAFETY: the clause above.
        unsafe { lock.unlock_entry() }
    }
}
