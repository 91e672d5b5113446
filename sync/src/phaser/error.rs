//! Why a phase was not reached.

use std::{error::Error, fmt};

/// The phaser or the barrier is broken: the phase will not end.
///
/// Somebody has aborted it, a party was dropped by a panic, an action panicked, or (at a barrier) somebody's time was
/// over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken: somebody who was waited for has given up")
    }
}

impl Error for Broken {}

/// Why a wait with a deadline for a phase or a barrier has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitError {
    /// The deadline has passed.
    TimedOut,
    /// The phaser or the barrier is [`Broken`].
    Broken,
}

impl From<Broken> for WaitError {
    fn from(Broken: Broken) -> Self {
        Self::Broken
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the time was over before all had arrived"),
            Self::Broken => Broken.fmt(f),
        }
    }
}

impl Error for WaitError {}

/// Why a party was not registered; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterError {
    /// There would be more than [`Phaser::MAX_PARTIES`](crate::Phaser::MAX_PARTIES).
    TooMany,
    /// The phaser is [`Broken`].
    Broken,
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "a phaser has {} parties at most", crate::phaser::MAX_PARTIES),
            Self::Broken => Broken.fmt(f),
        }
    }
}

impl Error for RegisterError {}
