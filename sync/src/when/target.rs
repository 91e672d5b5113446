//! A lock as the queues know it: where it is, and how it is taken.

use std::ptr::NonNull;

use super::{block::Header, queue::Behaviours};
use crate::{raw_lock::RawLock, rwlock::Core};

/// A lock that a behaviour asks for, and in which way. Whoever makes one sees to it that the lock outlives its use.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    way: Way,
    /// Where the queue is; all of the lock, if that is a mutex.
    queue: NonNull<RawLock>,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Mutex,
    Read(NonNull<Core>),
    Write(NonNull<Core>),
}

impl Target {
    pub(super) fn mutex(lock: &RawLock) -> Self {
        Self { way: Way::Mutex, queue: NonNull::from(lock) }
    }

    pub(super) fn read(lock: &Core) -> Self {
        Self { way: Way::Read(NonNull::from(lock)), queue: NonNull::from(lock.writers()) }
    }

    pub(super) fn write(lock: &Core) -> Self {
        Self { way: Way::Write(NonNull::from(lock)), queue: NonNull::from(lock.writers()) }
    }

    /// What behaviours, and `lock_many`, take locks in the order of.
    pub(super) fn address(self) -> NonNull<RawLock> {
        self.queue
    }

    /// Whether others may have it at the same time.
    pub(super) fn is_shared(self) -> bool {
        matches!(self.way, Way::Read(_))
    }

    /// Who waits for it.
    ///
    /// # Safety
    /// - The lock is alive for as long as the result is used.
    pub(super) unsafe fn behaviours<'a>(self) -> &'a Behaviours {
        // SAFETY: the clause above.
        let lock: &'a RawLock = unsafe { self.queue.as_ref() };
        &lock.side().behaviours
    }

    /// Takes the lock for a behaviour; if false, the `grant` of one of its entries will be called.
    ///
    /// # Safety
    /// - The lock is alive, and stays so until it is released.
    /// - The behaviour waits for no other lock, and stays where it is until it is granted this one.
    pub(super) unsafe fn acquire(self, behaviour: NonNull<Header>) -> bool {
        let (Way::Read(lock) | Way::Write(lock)) = self.way else {
            // SAFETY: the first clause.
            let lock = unsafe { self.queue.as_ref() };
            // SAFETY: the second clause.
            return unsafe { lock.lock_entry(Header::entry(behaviour)) };
        };
        // SAFETY: the first clause.
        let lock = unsafe { lock.as_ref() };
        // SAFETY: the second clause.
        let entry = unsafe { Header::rw_entry(behaviour) };
        // SAFETY: the lock and the entry stay, by both clauses.
        unsafe { lock.lock_entry(entry, !self.is_shared()) }
    }

    /// Gives the lock back.
    ///
    /// # Safety
    /// - The lock is alive, and a behaviour holds it that gives it up with this call.
    pub(super) unsafe fn release(self) {
        let (Way::Read(lock) | Way::Write(lock)) = self.way else {
            // SAFETY: the clause above.
            let lock = unsafe { self.queue.as_ref() };
            // SAFETY: the clause above.
            return unsafe { lock.unlock_entry() };
        };
        // SAFETY: the clause above.
        let lock = unsafe { lock.as_ref() };
        // SAFETY: the clause above.
        unsafe { lock.unlock_entry(!self.is_shared()) }
    }
}
