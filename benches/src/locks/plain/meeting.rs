//! Threads that meet: all of them, again and again, or two that swap.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A fixed number of threads meet, again and again.
#[derive(Debug)]
pub(in crate::locks) struct Rounds {
    parties: usize,
    state: Mutex<Round>,
    turned: Condvar,
}

#[derive(Debug, Default)]
struct Round {
    number: u64,
    arrived: usize,
}

impl Rounds {
    pub(in crate::locks) fn new(parties: usize) -> Self {
        Self { parties, state: Mutex::default(), turned: Condvar::new() }
    }

    pub(in crate::locks) fn meet(&self) {
        let mut round = lock(&self.state);
        round.arrived += 1;
        if round.arrived == self.parties {
            *round = Round { number: round.number + 1, arrived: 0 };
            self.turned.notify_all();
            return;
        }
        let own = round.number;
        drop(wait_while(&self.turned, round, |round| round.number == own));
    }
}

/// Two threads meet and swap values.
#[derive(Debug)]
pub(in crate::locks) struct Swap<T> {
    state: Mutex<Table<T>>,
    changed: Condvar,
}

/// What the first of a pair brings, and what the second one leaves for it.
#[derive(Debug)]
struct Table<T> {
    brought: Option<T>,
    left: Option<T>,
}

impl<T> Swap<T> {
    pub(in crate::locks) fn new() -> Self {
        Self { state: Mutex::new(Table { brought: None, left: None }), changed: Condvar::new() }
    }

    pub(in crate::locks) fn exchange(&self, value: T) -> T {
        // The pair before has first to take what is its own.
        let mut table = wait_while(&self.changed, lock(&self.state), |table| table.left.is_some());
        if let Some(other) = table.brought.take() {
            table.left = Some(value);
            self.changed.notify_all();
            return other;
        }
        table.brought = Some(value);
        let mut table = wait_while(&self.changed, table, |table| table.left.is_none());
        self.changed.notify_all();
        table.left.take().expect("it was waited for")
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_while<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>, wait: impl Fn(&T) -> bool) -> MutexGuard<'a, T> {
    condvar.wait_while(guard, |state| wait(state)).unwrap_or_else(PoisonError::into_inner)
}
