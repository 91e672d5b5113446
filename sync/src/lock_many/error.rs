//! The error of all calls that ask for several locks.

use std::{error::Error, fmt};

/// Two of the items of one call, of [`lock_many`](fn@crate::lock_many) or a relative of it or of
/// [`try_when`](crate::when::try_when), are the same lock.
///
/// To take it twice would be to wait for oneself. It is found before anything is locked or queued. If there are several such
/// pairs, this is the one whose second item comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DuplicateLock {
    /// Position of the first of the two, from zero.
    pub first: usize,
    /// Position of the second.
    pub second: usize,
}

impl fmt::Display for DuplicateLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "items {} and {} are the same lock", self.first, self.second)
    }
}

impl Error for DuplicateLock {}
