//! The handle of a behaviour.

use std::{
    fmt,
    marker::PhantomData,
    mem,
    panic::{RefUnwindSafe, UnwindSafe, resume_unwind},
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use super::{
    DuplicateLock,
    block::{self, Header},
    completion::Watcher,
    executor, hooks,
    tuples::{Body, ChainedBody, Locks, Request},
};

/// A behaviour that has been given to [`when`](fn@crate::when), and the way to its result.
///
/// Dropping it lets the behaviour run on its own; its result is then dropped where it ran. As a future it needs no
/// runtime: the thread that ends the behaviour calls the waker.
///
/// When a result arrives, the behaviour has released its locks and dropped its shares of them.
///
/// ```
/// use polder_sync::{Mutex, when};
/// use std::sync::Arc;
///
/// let words = Arc::new(Mutex::new(vec!["a"]));
/// let count = when(&words, |words: &mut Vec<&str>| {
///     words.push("b");
///     words.len()
/// });
/// assert_eq!(count.wait(), 2);
/// assert_eq!(Arc::into_inner(words).unwrap().into_inner(), ["a", "b"]);
/// ```
pub struct Behaviour<U> {
    behaviour: NonNull<Header>,
    _result: PhantomData<fn() -> U>,
}

// SAFETY: the handle moves the result, for which `U: Send` suffices; what it shares with the runner is atomic or
// changes hands by the completion (C2, C3).
unsafe impl<U: Send> Send for Behaviour<U> {}
// SAFETY: through a shared handle one can look at the completion and no more.
unsafe impl<U: Send> Sync for Behaviour<U> {}

// A panic of the closure does not interrupt the handle's steps, and arrives at `wait` or `join`.
impl<U> UnwindSafe for Behaviour<U> {}
impl<U> RefUnwindSafe for Behaviour<U> {}

impl<U: Send + 'static> Behaviour<U> {
    /// Makes and launches a behaviour.
    pub(super) fn begin<L, F>(locks: L, body: F) -> Result<Self, DuplicateLock>
    where
        L: Locks,
        F: Body<L, U> + Send + 'static,
    {
        let behaviour = block::make(locks, body)?;
        let handle = Self { behaviour, _result: PhantomData };
        // SAFETY: just made; one of the two shares is the handle's and the other one is given away.
        unsafe { block::launch(behaviour) };
        Ok(handle)
    }

    /// Sleeps until the behaviour has ended; what its closure returned.
    ///
    /// On a thread of a rayon pool it runs other behaviours that are ready meanwhile, as it keeps a place of theirs.
    ///
    /// # Panics
    ///
    /// With the panic of the closure, if that panicked. In builds with debug assertions also if the calling thread
    /// holds a lock of this crate, or runs a behaviour: the one it waits for might need that lock. Without them that
    /// is a deadlock, sometimes.
    pub fn wait(self) -> U {
        unwrap(self.join())
    }

    /// As [`wait`](Self::wait), with a panic of the closure as the error.
    ///
    /// # Errors
    ///
    /// What the closure panicked with.
    ///
    /// ```
    /// use polder_sync::{Mutex, when};
    /// use std::sync::Arc;
    ///
    /// let number = Arc::new(Mutex::new(0));
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// let refused = when(&number, |_: &mut i32| panic!("no"));
    /// assert_eq!(refused.join().unwrap_err().downcast_ref(), Some(&"no"));
    /// assert!(number.try_lock().is_some());
    /// ```
    pub fn join(self) -> thread::Result<U> {
        let ended = self.sleep(None);
        debug_assert!(ended, "there was no deadline");
        self.take()
    }

    /// As [`wait`](Self::wait), for `timeout` at most. A timeout that the clock cannot show means for ever.
    ///
    /// # Errors
    ///
    /// The handle, if the behaviour has not ended.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(self, timeout: Duration) -> Result<U, Self> {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.wait_until(deadline),
            None => Ok(self.wait()),
        }
    }

    /// As [`wait`](Self::wait), until `deadline` at most.
    ///
    /// # Errors
    ///
    /// The handle, if the behaviour has not ended.
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_until(self, deadline: Instant) -> Result<U, Self> {
        if self.sleep(Some(deadline)) { Ok(unwrap(self.take())) } else { Err(self) }
    }

    /// Begins another behaviour when this one has ended, with its result.
    ///
    /// It enters the queues of its locks at that moment, behind all that is in them by then. If this behaviour
    /// panics, `body` is dropped, and the other one ends with that panic when it gets its turn.
    ///
    /// # Panics
    ///
    /// As [`when`](fn@crate::when). This behaviour then runs on its own.
    ///
    /// ```
    /// use polder_sync::{Mutex, when};
    /// use std::sync::Arc;
    ///
    /// let from = Arc::new(Mutex::new(vec![1, 2, 3]));
    /// let to = Arc::new(Mutex::new(0));
    /// let moved = when(&from, |from: &mut Vec<i32>| std::mem::take(from));
    /// let sum = moved.then(&to, |numbers: Vec<i32>, to: &mut i32| {
    ///     *to += numbers.iter().sum::<i32>();
    ///     *to
    /// });
    /// assert_eq!(sum.wait(), 6);
    /// ```
    #[track_caller]
    pub fn then<R, F, V>(self, request: R, body: F) -> Behaviour<V>
    where
        R: Request,
        F: ChainedBody<U, R::Locks, V> + Send + 'static,
        V: Send + 'static,
    {
        let first = self.behaviour;
        let next = match block::make(request.locks(), Chained { first: self, body }) {
            Ok(next) => next,
            Err(duplicate) => super::refuse(duplicate),
        };
        let handle = Behaviour { behaviour: next, _result: PhantomData };
        // SAFETY: the new behaviour's closure owns the handle of the first one, and has not been launched.
        let header = unsafe { first.as_ref() };
        if header.completion.watch(Watcher::Next(next)).is_err() {
            // SAFETY: just made; the first behaviour has ended and will not launch it.
            unsafe { block::launch(next) };
        }
        handle
    }

    /// The result of a behaviour that has been seen to have ended, and has not been taken.
    fn take(self) -> thread::Result<U> {
        self.try_take().unwrap_or_else(|| panic!("the result of this behaviour was taken when it was polled"))
    }

    /// Sleeps until the behaviour has ended, or `deadline`; whether it has.
    fn sleep(&self, deadline: Option<Instant>) -> bool {
        if self.is_finished() {
            return true;
        }
        hooks::before_waiting();
        executor::wait(&self.header().completion, deadline)
    }
}

impl<U> Behaviour<U> {
    /// Whether the behaviour has ended. Wait-free; if so, what it did is visible.
    pub fn is_finished(&self) -> bool {
        self.header().completion.is_done()
    }

    /// The result of a behaviour that has been seen to have ended; `None` if it has been taken.
    fn try_take(&self) -> Option<thread::Result<U>> {
        // SAFETY: the callers have seen the completion; there is one handle (C1).
        unsafe { block::take_result(self.behaviour) }
    }

    fn header(&self) -> &Header {
        // SAFETY: the handle has a share.
        unsafe { self.behaviour.as_ref() }
    }
}

/// The value, or the panic goes on here.
fn unwrap<U>(result: thread::Result<U>) -> U {
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

impl<U: Send + 'static> Future for Behaviour<U> {
    type Output = U;

    /// # Panics
    ///
    /// With the panic of the closure; and if the result was taken by an earlier poll.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<U> {
        let completion = &self.header().completion;
        if !completion.is_done() && completion.watch(Watcher::Task(context.waker().clone())).is_ok() {
            return Poll::Pending;
        }
        match self.try_take() {
            Some(result) => Poll::Ready(unwrap(result)),
            None => panic!("a behaviour was polled after its result had been taken"),
        }
    }
}

impl<U> Drop for Behaviour<U> {
    fn drop(&mut self) {
        // In this order, also if a destructor panics: what nobody is interested in any more, then the share.
        let _share = Share(self.behaviour);
        let _waker = self.header().completion.unwatch();
        // An ended behaviour may not have given up its share yet, and would drop the result there and later.
        let _result = self.is_finished().then(|| self.try_take());
    }
}

/// A share of a behaviour, given up also when a destructor before it panics.
struct Share(NonNull<Header>);

impl Drop for Share {
    fn drop(&mut self) {
        // SAFETY: made of the handle's share.
        unsafe { block::disown(self.0) };
    }
}

impl<U> fmt::Debug for Behaviour<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behaviour").field("finished", &self.is_finished()).finish_non_exhaustive()
    }
}

/// The closure of a behaviour that follows another one.
struct Chained<T, F> {
    first: Behaviour<T>,
    body: F,
}

impl<T, F, L, V> Body<L, V> for Chained<T, F>
where
    T: Send + 'static,
    L: Locks,
    F: ChainedBody<T, L, V>,
{
    fn run(self, access: L::Access<'_>) -> V {
        let Self { first, body } = self;
        let result = first.take();
        body.run_with(unwrap(result), access)
    }
}

const _: () = assert!(mem::size_of::<Behaviour<u64>>() == mem::size_of::<usize>());
