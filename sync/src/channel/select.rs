//! One of several operations, whichever can be done first.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crossbeam_channel as cb;

use super::{Closed, Limit, Receiver, Sender, gate::ended};
use crate::parker::around_blocking;

/// A choice between receives and sends on several channels: the first that can be done is done, and no other.
///
/// Each case has a closure that says what to make of the outcome; only that of the chosen case runs, after the operation is
/// over. A closed channel counts as something that can be done: its case is chosen with [`Closed`]. If several can be
/// done, which one is open, and each has its chance.
///
/// A case of a send borrows the slot in which the value is, and empties it if, and only if, the value was sent. So the values
/// of cases that were not chosen stay with the caller.
///
/// Linear in the number of cases, each of which allocates. A thread does not meet itself: a choice between sending and
/// receiving on the same channel without room waits for another thread.
///
/// # Panics
///
/// If the chosen closure does; the operation has been done by then, and a value received is dropped if the closure has it.
///
/// ```
/// use polder_sync::channel::{self, Select};
///
/// let (to_log, log) = channel::bounded(1);
/// let (_commands, command) = channel::unbounded::<String>();
///
/// let mut line = Some("started".to_owned());
/// let news = Select::new()
///     .recv(&command, |command| format!("told to {}", command.expect("a sender is left")))
///     .send(&to_log, &mut line, |sent| format!("logged: {}", sent.is_ok()))
///     .wait();
/// assert_eq!(news, "logged: true");
/// assert_eq!((line, log.recv().as_deref()), (None, Ok("started")));
/// ```
#[must_use = "nothing is chosen before one of the waits"]
pub struct Select<'a, R> {
    cases: Vec<Box<dyn Case<'a, R> + 'a>>,
}

/// What became possible for a case.
#[derive(Clone, Copy)]
enum Chance {
    /// Its operation, or the other side is gone.
    Queue,
    /// Nothing any more: somebody has closed the channel.
    Bell,
}

/// One operation that may be chosen.
trait Case<'a, R> {
    /// Enters what the case waits for: the queue, unless it must not be used any more, and then the bell. True if both.
    fn enter(&self, select: &mut cb::Select<'a>) -> bool;

    /// Does what was chosen. Inside the hooks (C4), so it runs no foreign code.
    fn complete(&mut self, operation: cb::SelectedOperation<'a>, chance: Chance);

    /// Passes the outcome to the closure. After `complete`.
    fn finish(self: Box<Self>) -> R;
}

/// A receive that may be chosen.
struct Taking<'a, T, F> {
    receiver: &'a Receiver<T>,
    outcome: Option<Result<T, Closed>>,
    then: F,
}

impl<'a, T, R, F: FnOnce(Result<T, Closed>) -> R> Case<'a, R> for Taking<'a, T, F> {
    fn enter(&self, select: &mut cb::Select<'a>) -> bool {
        select.recv(self.receiver.queue());
        select.recv(self.receiver.gate().bell());
        true
    }

    fn complete(&mut self, operation: cb::SelectedOperation<'a>, chance: Chance) {
        let queue = self.receiver.queue();
        let outcome = match chance {
            Chance::Queue => operation.recv(queue).map_err(|_| ended()).ok(),
            Chance::Bell => {
                self.receiver.gate().heard(operation);
                // C3, as the flag is set by now (C2).
                queue.try_recv().ok()
            }
        };
        self.outcome = Some(outcome.ok_or(Closed(())));
    }

    fn finish(self: Box<Self>) -> R {
        (self.then)(self.outcome.expect("a chosen case is complete"))
    }
}

/// A send that may be chosen.
struct Giving<'a, T, F> {
    sender: &'a Sender<T>,
    slot: &'a mut Option<T>,
    outcome: Result<(), Closed>,
    then: F,
}

impl<'a, T, R, F: FnOnce(Result<(), Closed>) -> R> Case<'a, R> for Giving<'a, T, F> {
    fn enter(&self, select: &mut cb::Select<'a>) -> bool {
        let open = !self.sender.gate().is_shut();
        if open {
            select.send(self.sender.queue());
        }
        select.recv(self.sender.gate().bell());
        open
    }

    fn complete(&mut self, operation: cb::SelectedOperation<'a>, chance: Chance) {
        self.outcome = match chance {
            Chance::Queue => {
                let value = self.slot.take().expect("full from the beginning, and borrowed since");
                operation.send(self.sender.queue(), value).map_err(|error| {
                    ended();
                    *self.slot = Some(error.into_inner());
                    Closed(())
                })
            }
            Chance::Bell => {
                self.sender.gate().heard(operation);
                Err(Closed(()))
            }
        };
    }

    fn finish(self: Box<Self>) -> R {
        (self.then)(self.outcome)
    }
}

impl<'a, R> Select<'a, R> {
    /// A choice without cases.
    pub const fn new() -> Self {
        Self { cases: Vec::new() }
    }

    /// Adds a case: to take a value from `receiver`.
    ///
    /// `then` gets [`Closed`] if nothing is left and the channel is closed.
    pub fn recv<T>(mut self, receiver: &'a Receiver<T>, then: impl FnOnce(Result<T, Closed>) -> R + 'a) -> Self {
        self.cases.push(Box::new(Taking { receiver, outcome: None, then }));
        self
    }

    /// Adds a case: to send the value in `slot`.
    ///
    /// `then` gets [`Closed`] if the channel is closed, and the value is still in the slot.
    ///
    /// # Panics
    ///
    /// If the slot is empty.
    pub fn send<T>(
        mut self,
        sender: &'a Sender<T>,
        slot: &'a mut Option<T>,
        then: impl FnOnce(Result<(), Closed>) -> R + 'a,
    ) -> Self {
        assert!(slot.is_some(), "a case of a send needs a value to send");
        self.cases.push(Box::new(Giving { sender, slot, outcome: Ok(()), then }));
        self
    }

    /// Waits until a case can be done, does it, and returns what its closure does.
    ///
    /// Blocking; runs the [`BlockingHooks`](crate::parker::BlockingHooks) around a sleep, and the closure outside of them.
    ///
    /// # Panics
    ///
    /// If there are no cases.
    pub fn wait(self) -> R {
        assert!(!self.cases.is_empty(), "a choice without cases would wait for ever");
        self.within(Limit::Never).unwrap_or_else(|_| unreachable!("without a limit, a case ends the wait"))
    }

    /// Does a case if one can be done at once, and returns what its closure does. Never sleeps.
    ///
    /// # Errors
    ///
    /// The choice itself, to be used again, if none can be done.
    pub fn try_wait(mut self) -> Result<R, Self> {
        match self.choose(|select| select.try_select().ok()) {
            Some(chosen) => Ok(self.cases.swap_remove(chosen).finish()),
            None => Err(self),
        }
    }

    /// As [`wait`](Self::wait), for `timeout` at most.
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever. A zero one does not sleep.
    ///
    /// # Errors
    ///
    /// The choice itself, to be used again, if the time has passed.
    ///
    /// # Panics
    ///
    /// If there are no cases, and the timeout is for ever.
    ///
    /// ```
    /// use polder_sync::channel::{self, Select};
    /// use std::time::Duration;
    ///
    /// let (_left, from_left) = channel::unbounded::<u32>();
    /// let (right, from_right) = channel::unbounded();
    /// let both = Select::new().recv(&from_left, |value| value.ok()).recv(&from_right, |value| value.ok());
    /// let both = both.wait_for(Duration::from_millis(1)).expect_err("nothing was sent");
    /// right.send(1).expect("there is a receiver");
    /// assert_eq!(both.wait(), Some(1));
    /// ```
    pub fn wait_for(self, timeout: Duration) -> Result<R, Self> {
        let limit = Limit::after(timeout);
        if matches!(limit, Limit::Never) {
            return Ok(self.wait());
        }
        self.within(limit)
    }

    /// As [`wait`](Self::wait), until `deadline` at most. What can be done is done even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// The choice itself, to be used again, if the deadline has passed.
    pub fn wait_until(self, deadline: Instant) -> Result<R, Self> {
        self.within(Limit::At(deadline))
    }

    fn within(self, limit: Limit) -> Result<R, Self> {
        let mut this = match self.try_wait() {
            Err(this) if !limit.has_passed() => this,
            over => return over,
        };
        match around_blocking(|| this.choose(|select| limit.select(select))) {
            Some(chosen) => Ok(this.cases.swap_remove(chosen).finish()),
            None => Err(this),
        }
    }

    /// Completes the operation of a case that `pick` picks, and says which case it was.
    fn choose<P>(&mut self, pick: P) -> Option<usize>
    where
        P: FnOnce(&mut cb::Select<'a>) -> Option<cb::SelectedOperation<'a>>,
    {
        let mut select = cb::Select::new();
        let mut entered = Vec::with_capacity(2 * self.cases.len());
        for (number, case) in self.cases.iter().enumerate() {
            if case.enter(&mut select) {
                entered.push((number, Chance::Queue));
            }
            entered.push((number, Chance::Bell));
        }
        let operation = pick(&mut select)?;
        let (number, chance) = entered[operation.index()];
        self.cases[number].complete(operation, chance);
        Some(number)
    }
}

impl<R> Default for Select<'_, R> {
    /// A choice without cases.
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("cases", &self.cases.len()).finish_non_exhaustive()
    }
}
