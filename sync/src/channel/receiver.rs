//! The side that takes.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel as cb;

use super::{
    Closed, Iter, Limit, RecvTimeoutError, TryIter, TryRecvError,
    gate::{Gate, Receivers, ended},
};
use crate::{parker::around_blocking, primitive::Backoff};

/// The side of a channel that takes values. Clones are handles to the same channel: each value goes to one of them.
///
/// When the last one is dropped, so is what is left in the queue, and senders report [`Closed`]. See the
/// [module](super) for what closing means and what is ordered before what.
///
/// # Panics
///
/// Dropping the last receiver runs the destructors of the values that are left. If one panics, the panic comes out of that
/// drop, and the values after it may stay until the last sender goes. If a second one panics meanwhile, the process ends.
pub struct Receiver<T> {
    queue: cb::Receiver<T>,
    side: Arc<Receivers<T>>,
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    pub(super) fn new(queue: cb::Receiver<T>, gate: Arc<Gate>) -> Self {
        Self { side: Receivers::new(queue.clone(), gate), queue }
    }

    /// Takes the next value, waiting for one.
    ///
    /// Blocking while the channel is empty; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around a sleep.
    ///
    /// # Errors
    ///
    /// [`Closed`] if nothing is left and the channel is closed, or becomes so during the wait.
    ///
    /// ```
    /// let (sender, receiver) = polder_sync::channel::unbounded();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(move || sender.send("a value").expect("there is a receiver"));
    ///     assert_eq!(receiver.recv(), Ok("a value"));
    ///     assert!(receiver.recv().is_err());
    /// });
    /// ```
    #[inline]
    pub fn recv(&self) -> Result<T, Closed> {
        self.recv_within(Limit::Never).map_err(|_| Closed(()))
    }

    /// Takes the next value if there is one; in a channel without room, if a sender waits.
    ///
    /// Waits for no sender. It may block briefly, for the lock around those who wait: in a channel without room always, else to
    /// wake one of them.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`] says why there is none.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.queue.try_recv() {
            Ok(value) => Ok(value),
            Err(cb::TryRecvError::Disconnected) => {
                ended();
                Err(TryRecvError::Closed)
            }
            // C3: what was sent before the closing may have come in after the look above.
            Err(cb::TryRecvError::Empty) if self.gate().is_shut() => {
                self.queue.try_recv().map_err(|_| TryRecvError::Closed)
            }
            Err(cb::TryRecvError::Empty) => Err(TryRecvError::Empty),
        }
    }

    /// Takes the next value, waiting for `timeout` at most; otherwise as [`recv`](Self::recv).
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever. A zero one does not sleep.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] says why there is none.
    ///
    /// ```
    /// use polder_sync::channel::{self, RecvTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (sender, receiver) = channel::unbounded::<u32>();
    /// assert_eq!(receiver.recv_for(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// # drop(sender);
    /// ```
    #[inline]
    pub fn recv_for(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_within(Limit::after(timeout))
    }

    /// Takes the next value, waiting until `deadline` at most; otherwise as [`recv_for`](Self::recv_for).
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] says why there is none. A value that is there is taken even if the deadline has passed.
    #[inline]
    pub fn recv_until(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_within(Limit::At(deadline))
    }

    #[inline]
    fn recv_within(&self, limit: Limit) -> Result<T, RecvTimeoutError> {
        match self.try_recv() {
            Ok(value) => Ok(value),
            Err(TryRecvError::Closed) => Err(RecvTimeoutError::Closed),
            Err(TryRecvError::Empty) => self.wait_to_recv(limit),
        }
    }

    #[cold]
    fn wait_to_recv(&self, limit: Limit) -> Result<T, RecvTimeoutError> {
        let backoff = Backoff::new();
        while !backoff.is_completed() {
            backoff.snooze();
            match self.try_recv() {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Empty) => {}
            }
        }
        if limit.has_passed() {
            return Err(RecvTimeoutError::Timeout);
        }
        around_blocking(|| {
            // The queue first: what is left comes before the end.
            let mut select = cb::Select::new_biased();
            select.recv(&self.queue);
            let bell = select.recv(self.gate().bell());
            let operation = limit.select(&mut select).ok_or(RecvTimeoutError::Timeout)?;
            // Completed inside the hooks: C4.
            if operation.index() == bell {
                self.gate().heard(operation);
                // C3, as the flag is set by now (C2).
                return self.queue.try_recv().map_err(|_| RecvTimeoutError::Closed);
            }
            operation.recv(&self.queue).map_err(|_| {
                ended();
                RecvTimeoutError::Closed
            })
        })
    }

    /// Closes the channel for all its handles, on both sides; false if it is closed already.
    ///
    /// As [`Sender::close`](super::Sender::close): for a receiver that has had enough, and yet wants what was sent before.
    ///
    /// ```
    /// use polder_sync::channel;
    ///
    /// let (sender, receiver) = channel::unbounded();
    /// sender.send(1).expect("there is a receiver");
    /// receiver.close();
    /// assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn close(&self) -> bool {
        self.gate().shut()
    }

    /// Whether the channel is closed: by [`close`](Self::close), or because no sender is left. Values may be left.
    pub fn is_closed(&self) -> bool {
        self.gate().is_shut()
    }

    /// The values as they come, waiting for each, until the channel is closed and nothing is left.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// The values that are there, without waiting for more.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
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

    pub(super) fn queue(&self) -> &cb::Receiver<T> {
        &self.queue
    }

    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        self.side.gate()
    }
}

impl<T> Clone for Receiver<T> {
    /// A further handle of the same channel.
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), side: Arc::clone(&self.side) }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    /// Shows the state of the channel, and no values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
