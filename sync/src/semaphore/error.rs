//! Why there was no permit.

use std::{error::Error, fmt};

/// The semaphore has been [closed](super::Semaphore::close): it gives no permits any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore is closed")
    }
}

impl Error for Closed {}

/// Why an attempt to get permits from a [`Semaphore`](super::Semaphore) without waiting, or waiting for a limited time, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryAcquireError {
    /// The semaphore has been [closed](super::Semaphore::close).
    Closed,
    /// There were too few permits, or threads that came before waited for theirs; until the deadline, if there was one.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => Closed.fmt(f),
            Self::NoPermits => f.write_str("the semaphore has too few permits, or others wait for theirs"),
        }
    }
}

impl Error for TryAcquireError {}

impl From<Closed> for TryAcquireError {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}
