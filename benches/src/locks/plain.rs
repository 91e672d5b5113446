//! What one would write with nothing but std: a number behind a mutex, and a condition variable. The row that each
//! primitive has to be worth its while against.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number that threads wait for.
#[derive(Debug)]
struct Gate {
    number: Mutex<usize>,
    changed: Condvar,
}

impl Gate {
    fn new(number: usize) -> Self {
        Self { number: Mutex::new(number), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, wait: impl Fn(usize) -> bool) -> MutexGuard<'_, usize> {
        self.changed.wait_while(self.lock(), |number| wait(*number)).unwrap_or_else(PoisonError::into_inner)
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
        *self.0.wait_while(|free| free == 0) -= 1;
        Permit(&self.0)
    }
}

/// A permit, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Gate);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.changed.notify_one();
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
        let mut left = self.0.lock();
        *left = left.saturating_sub(1);
        if *left == 0 {
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
        *self.0.lock() = 1;
        self.0.changed.notify_all();
    }

    pub(super) fn reset(&self) {
        *self.0.lock() = 0;
    }

    pub(super) fn is_set(&self) -> bool {
        *self.0.lock() == 1
    }

    pub(super) fn wait(&self) {
        drop(self.0.wait_while(|set| set == 0));
    }
}
