//! Why an operation of a channel did not do what it says. Errors of sending carry the value.

use std::{error::Error, fmt};

/// The channel is closed: by `close`, or because the other side has no handle left.
///
/// From [`Sender::send`](super::Sender::send) it carries the value that was not sent, otherwise nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closed<T = ()>(
    /// What the error carries.
    pub T,
);

impl<T> Closed<T> {
    /// What the error carries.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why [`try_send`](super::Sender::try_send) has not sent the value, which is in here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrySendError<T> {
    /// There is no room; or, in a channel without room, no receiver that waits.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// Why [`send_for`](super::Sender::send_for) or [`send_until`](super::Sender::send_until) has not sent the value, which
/// is in here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendTimeoutError<T> {
    /// The time has passed, and there was no room.
    Timeout(T),
    /// The channel is closed.
    Closed(T),
}

/// Why [`try_recv`](super::Receiver::try_recv) has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryRecvError {
    /// There is none at the moment.
    Empty,
    /// There is none, and the channel is closed.
    Closed,
}

/// Why [`recv_for`](super::Receiver::recv_for) or [`recv_until`](super::Receiver::recv_until) has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecvTimeoutError {
    /// The time has passed, and none came.
    Timeout,
    /// There is none, and the channel is closed.
    Closed,
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> SendTimeoutError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::Timeout(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> From<Closed<T>> for TrySendError<T> {
    fn from(closed: Closed<T>) -> Self {
        Self::Closed(closed.0)
    }
}

impl<T> From<Closed<T>> for SendTimeoutError<T> {
    fn from(closed: Closed<T>) -> Self {
        Self::Closed(closed.0)
    }
}

impl From<Closed> for TryRecvError {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<Closed> for RecvTimeoutError {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

const CLOSED: &str = "the channel is closed";
const TIMEOUT: &str = "the time for waiting on the channel has passed";

/// The values are not shown, so that `unwrap` works for any.
macro_rules! debug_without_value {
    ($($type:ident: $($variant:pat => $name:literal),+;)*) => {$(
        impl<T> fmt::Debug for $type<T> {
            /// Does not show the value, so that `unwrap` works for any.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($variant => f.write_str($name),)+
                }
            }
        }
    )*};
}

debug_without_value! {
    Closed: Closed(_) => "Closed(..)";
    TrySendError: Self::Full(_) => "Full(..)", Self::Closed(_) => "Closed(..)";
    SendTimeoutError: Self::Timeout(_) => "Timeout(..)", Self::Closed(_) => "Closed(..)";
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the channel is full",
            Self::Closed(_) => CLOSED,
        })
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout(_) => TIMEOUT,
            Self::Closed(_) => CLOSED,
        })
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the channel is empty",
            Self::Closed => CLOSED,
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => TIMEOUT,
            Self::Closed => CLOSED,
        })
    }
}

impl<T> Error for Closed<T> {}
impl<T> Error for TrySendError<T> {}
impl<T> Error for SendTimeoutError<T> {}
impl Error for TryRecvError {}
impl Error for RecvTimeoutError {}
