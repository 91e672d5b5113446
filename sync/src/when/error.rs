//! The error of a request that names a lock twice.

use std::{error::Error, fmt};

/// Two of the locks given to [`try_when`](super::try_when) are the same lock.
///
/// The behaviour would wait for itself. It is found before anything is queued. If there are several such pairs, this
/// is the one whose second lock comes first.
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
