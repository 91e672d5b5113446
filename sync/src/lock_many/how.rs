//! How each lock is taken: waiting, trying, or waiting until a moment. One body for each kind of set serves all three.

use std::{
    cell::OnceCell,
    convert::Infallible,
    time::{Duration, Instant},
};

use super::{DuplicateLock, LockItem};

/// Why a set was not taken.
#[derive(Debug)]
pub enum Refused<F> {
    /// Two items are one lock.
    Duplicate(DuplicateLock),
    /// A lock was held, or stayed so for too long.
    Held(F),
}

/// A way to take one lock.
pub trait How {
    /// What is known when it fails; [`Infallible`] if it does not, so that the compiler knows too.
    type Failure;

    /// Tells that `item` may be waited for: for each item, before the first is taken.
    #[track_caller]
    fn announce<I: LockItem>(&self, item: I);

    /// Takes the lock of `item`.
    #[track_caller]
    fn take<I: LockItem>(&self, item: I) -> Result<I::Guard, Refused<Self::Failure>>;
}

/// Waits as long as it takes.
pub(super) struct Blocking;

impl How for Blocking {
    type Failure = Infallible;

    #[inline]
    fn announce<I: LockItem>(&self, item: I) {
        item.announce();
    }

    #[inline]
    fn take<I: LockItem>(&self, item: I) -> Result<I::Guard, Refused<Infallible>> {
        Ok(item.lock())
    }
}

/// Does not wait.
pub(super) struct Trying;

impl How for Trying {
    type Failure = ();

    /// A try cannot deadlock.
    #[inline]
    fn announce<I: LockItem>(&self, _: I) {}

    #[inline]
    fn take<I: LockItem>(&self, item: I) -> Result<I::Guard, Refused<()>> {
        item.try_lock().ok_or(Refused::Held(()))
    }
}

/// Waits until a moment that is the same for all locks of the call.
pub(super) struct Within {
    timeout: Duration,
    /// Set at the first wait, so that a call that need not wait does not ask for the time. `None` if no clock shows it.
    deadline: OnceCell<Option<Instant>>,
}

impl Within {
    pub(super) fn timeout(timeout: Duration) -> Self {
        Self { timeout, deadline: OnceCell::new() }
    }

    pub(super) fn deadline(deadline: Instant) -> Self {
        Self { timeout: Duration::ZERO, deadline: OnceCell::from(Some(deadline)) }
    }
}

impl How for Within {
    type Failure = ();

    /// What ends in time is no deadlock.
    #[inline]
    fn announce<I: LockItem>(&self, item: I) {
        if self.timeout == Duration::MAX {
            item.announce();
        }
    }

    #[inline]
    fn take<I: LockItem>(&self, item: I) -> Result<I::Guard, Refused<()>> {
        if let Some(guard) = item.try_lock() {
            return Ok(guard);
        }
        match *self.deadline.get_or_init(|| Instant::now().checked_add(self.timeout)) {
            Some(deadline) => item.try_lock_until(deadline).ok_or(Refused::Held(())),
            None => Ok(item.lock()),
        }
    }
}
