//! A queue with a limit, between threads.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct Queue<T> {
    room: usize,
    state: Mutex<State<T>>,
    filled: Condvar,
    freed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    values: VecDeque<T>,
    senders: usize,
    /// Threads that sleep for a value, or for room: nobody is called who is not there.
    hungry: usize,
    crowded: usize,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queue with this much room.
pub(in crate::locks) fn bounded<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let state = State { values: VecDeque::with_capacity(room), senders: 1, hungry: 0, crowded: 0 };
    let queue = Arc::new(Queue { room, state: Mutex::new(state), filled: Condvar::new(), freed: Condvar::new() });
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

/// One of those who fill it.
#[derive(Debug)]
pub(in crate::locks) struct Sender<T>(Arc<Queue<T>>);

impl<T> Sender<T> {
    /// Waits for room.
    pub(in crate::locks) fn send(&self, value: T) {
        let mut state = self.0.lock();
        while state.values.len() == self.0.room {
            state.crowded += 1;
            state = self.0.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.crowded -= 1;
        }
        state.values.push_back(value);
        let call = state.hungry > 0;
        drop(state);
        if call {
            self.0.filled.notify_one();
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.senders -= 1;
        if state.senders == 0 {
            self.0.filled.notify_all();
        }
    }
}

/// The one who empties it.
#[derive(Debug)]
pub(in crate::locks) struct Receiver<T>(Arc<Queue<T>>);

impl<T> Receiver<T> {
    /// Waits for a value; `None` when there are none and no senders.
    pub(in crate::locks) fn recv(&self) -> Option<T> {
        let mut state = self.0.lock();
        while state.values.is_empty() && state.senders > 0 {
            state.hungry += 1;
            state = self.0.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.hungry -= 1;
        }
        let value = state.values.pop_front()?;
        let call = state.crowded > 0;
        drop(state);
        if call {
            self.0.freed.notify_one();
        }
        Some(value)
    }
}
