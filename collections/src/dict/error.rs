//! Refusals.

use std::{error::Error, fmt};

/// There was an entry already: what `try_insert` answers then. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OccupiedError<V, R = V> {
    /// The value that is there.
    pub present: V,
    /// The one that was to be put in.
    pub refused: R,
}

impl<V, R> fmt::Display for OccupiedError<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key has a value already")
    }
}

impl<V: fmt::Debug, R: fmt::Debug> Error for OccupiedError<V, R> {}

/// The value was not the expected one: what `compare_and_set` and `compare_and_remove` answer then. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareError<V> {
    /// The value that is there, if there is an entry.
    pub present: Option<V>,
}

impl<V> fmt::Display for CompareError<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.present.is_some() { "the key has another value" } else { "the key has no value" })
    }
}

impl<V: fmt::Debug> Error for CompareError<V> {}
