//! The side that gives.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel as cb;

use super::{
    Closed, Limit, SendTimeoutError, TrySendError,
    gate::{Gate, Senders, ended},
};
use crate::{parker::around_blocking, primitive::Backoff};

/// The side of a channel that gives values away. Clones are handles to the same channel.
///
/// When the last one is dropped, receivers take what is left and then report [`Closed`]. See the [module](super) for
/// what closing means and what is ordered before what.
pub struct Sender<T> {
    // Before the queue: the flag is set before crossbeam tells anybody of the end.
    side: Arc<Senders>,
    queue: cb::Sender<T>,
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    pub(super) fn new(queue: cb::Sender<T>, gate: Arc<Gate>) -> Self {
        Self { queue, side: Senders::new(gate) }
    }

    /// Sends `value`, waiting for room.
    ///
    /// Blocking while the channel is full; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around a sleep.
    /// Success means that the value is in the queue, not that anybody has taken it, or will.
    ///
    /// # Errors
    ///
    /// [`Closed`] with the value in it, if the channel is closed or becomes so during the wait.
    ///
    /// ```
    /// let (sender, receiver) = polder_sync::channel::bounded(1);
    /// sender.send(1).expect("there is a receiver");
    /// drop(receiver);
    /// assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Result<(), Closed<T>> {
        self.send_within(value, Limit::Never).map_err(|error| Closed(error.into_inner()))
    }

    /// Sends `value` if there is room; in a channel without room, if a receiver waits.
    ///
    /// Waits for no receiver. It may block briefly, for the lock around those who wait: in a channel without room always, else to
    /// wake one of them.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the value in it.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.gate().is_shut() {
            return Err(TrySendError::Closed(value));
        }
        self.queue.try_send(value).map_err(|error| match error {
            cb::TrySendError::Full(value) => TrySendError::Full(value),
            cb::TrySendError::Disconnected(value) => {
                ended();
                TrySendError::Closed(value)
            }
        })
    }

    /// Sends `value`, waiting for room for `timeout` at most; otherwise as [`send`](Self::send).
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever. A zero one does not sleep.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the value in it.
    ///
    /// ```
    /// use polder_sync::channel::{self, SendTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (sender, _receiver) = channel::bounded(0);
    /// assert_eq!(sender.send_for(1, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(1)));
    /// ```
    #[inline]
    pub fn send_for(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_within(value, Limit::after(timeout))
    }

    /// Sends `value`, waiting for room until `deadline` at most; otherwise as [`send_for`](Self::send_for).
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the value in it. A channel with room takes the value even if the deadline has passed.
    #[inline]
    pub fn send_until(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_within(value, Limit::At(deadline))
    }

    #[inline]
    fn send_within(&self, value: T, limit: Limit) -> Result<(), SendTimeoutError<T>> {
        match self.try_send(value) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(value)) => Err(SendTimeoutError::Closed(value)),
            Err(TrySendError::Full(value)) => self.wait_to_send(value, limit),
        }
    }

    #[cold]
    fn wait_to_send(&self, mut value: T, limit: Limit) -> Result<(), SendTimeoutError<T>> {
        let backoff = Backoff::new();
        while !backoff.is_completed() {
            backoff.snooze();
            match self.try_send(value) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(value)) => return Err(SendTimeoutError::Closed(value)),
                Err(TrySendError::Full(back)) => value = back,
            }
        }
        if limit.has_passed() {
            return Err(SendTimeoutError::Timeout(value));
        }
        around_blocking(|| {
            // The bell first: if there is room as well, the channel is closed all the same.
            let mut select = cb::Select::new_biased();
            let bell = select.recv(self.gate().bell());
            select.send(&self.queue);
            let Some(operation) = limit.select(&mut select) else {
                return Err(SendTimeoutError::Timeout(value));
            };
            // Completed inside the hooks: C4.
            if operation.index() == bell {
                self.gate().heard(operation);
                return Err(SendTimeoutError::Closed(value));
            }
            operation.send(&self.queue, value).map_err(|error| {
                ended();
                SendTimeoutError::Closed(error.into_inner())
            })
        })
    }

    /// Closes the channel for all its handles, on both sides; false if it is closed already.
    ///
    /// Wakes all who wait on it. Values in the queue stay there for the receivers. Takes a lock for a moment.
    ///
    /// ```
    /// use polder_sync::channel;
    ///
    /// let (sender, receiver) = channel::unbounded();
    /// sender.send(1).expect("there is a receiver");
    /// assert!(sender.close());
    /// assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
    /// assert_eq!(receiver.recv(), Ok(1));
    /// assert!(receiver.recv().is_err());
    /// ```
    pub fn close(&self) -> bool {
        self.gate().shut()
    }

    /// Whether the channel is closed: by [`close`](Self::close), or because no receiver is left.
    pub fn is_closed(&self) -> bool {
        self.gate().is_shut()
    }

    /// How many values are in the queue, at some moment during the call.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no value is in the queue, at some moment during the call. Always so in a channel without room.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether there is no room, at some moment during the call. Always so in a channel without room.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// For how many values there is room; `None` without limit.
    pub fn capacity(&self) -> Option<usize> {
        self.queue.capacity()
    }

    /// Whether the two are handles of the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.queue.same_channel(&other.queue)
    }

    pub(super) fn queue(&self) -> &cb::Sender<T> {
        &self.queue
    }

    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        self.side.gate()
    }
}

impl<T> Clone for Sender<T> {
    /// A further handle of the same channel.
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), side: Arc::clone(&self.side) }
    }
}

impl<T> fmt::Debug for Sender<T> {
    /// Shows the state of the channel, and no values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
