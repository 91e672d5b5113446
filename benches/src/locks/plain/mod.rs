//! What one would write with nothing but std: something behind a mutex, and a condition variable. The row that each
//! primitive has to be worth its while against. Here those that are a number; meetings and the queue have files of their
//! own.

mod meeting;
mod queue;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(super) use self::meeting::{Rounds, Swap};
pub(super) use self::queue::{Receiver, Sender, bounded};

/// A number that threads wait for.
#[derive(Debug)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    number: usize,
    /// Threads that sleep, so that nobody is called who is not there: std's `Condvar` asks the kernel each time.
    asleep: usize,
}

impl Gate {
    fn new(number: usize) -> Self {
        Self { state: Mutex::new(State { number, asleep: 0 }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, wait: impl Fn(usize) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while wait(state.number) {
            state.asleep += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
        state
    }
}

/// Permits that are taken and given back.
#[derive(Debug)]
pub(super) struct Permits(Gate);

impl Permits {
    pub(super) fn new(count: usize) -> Self {
        Self(Gate::new(count))
    }

    pub(super) fn acquire(&self) -> Permit<'_> {
        self.0.wait_while(|free| free == 0).number -= 1;
        Permit(&self.0)
    }

    pub(super) fn try_acquire(&self) -> Option<Permit<'_>> {
        let mut state = self.0.lock();
        state.number = state.number.checked_sub(1)?;
        Some(Permit(&self.0))
    }
}

/// A permit, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Gate);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.number += 1;
        if state.asleep > 0 {
            self.0.changed.notify_one();
        }
    }
}

/// A count that goes down to zero once.
#[derive(Debug)]
pub(super) struct Countdown(Gate);

impl Countdown {
    pub(super) fn new(count: usize) -> Self {
        Self(Gate::new(count))
    }

    pub(super) fn count_down(&self) {
        let mut state = self.0.lock();
        state.number = state.number.saturating_sub(1);
        if state.number == 0 && state.asleep > 0 {
            self.0.changed.notify_all();
        }
    }

    pub(super) fn wait(&self) {
        drop(self.0.wait_while(|left| left > 0));
    }
}

/// A flag that is set, awaited and reset.
#[derive(Debug)]
pub(super) struct Flag(Gate);

impl Flag {
    pub(super) fn new() -> Self {
        Self(Gate::new(0))
    }

    pub(super) fn set(&self) {
        let mut state = self.0.lock();
        state.number = 1;
        if state.asleep > 0 {
            self.0.changed.notify_all();
        }
    }

    pub(super) fn reset(&self) {
        self.0.lock().number = 0;
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.lock().number == 1
    }

    pub(super) fn wait(&self) {
        drop(self.0.wait_while(|set| set == 0));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn sleepers_are_woken() {
        const ROUNDS: usize = 200;
        let (permits, latch, flag) = (Permits::new(1), Countdown::new(3), Flag::new());
        let inside = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    flag.wait();
                    for _ in 0..ROUNDS {
                        let _permit = permits.acquire();
                        let mut count = inside.try_lock().expect("one permit, one thread");
                        *count += 1;
                        thread::yield_now();
                    }
                    latch.count_down();
                });
            }
            flag.set();
            latch.wait();
            assert_eq!(*inside.lock().unwrap(), 3 * ROUNDS);
        });
        flag.reset();
        assert!(!flag.is_set());
    }
}
