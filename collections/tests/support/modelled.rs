//! What the models of the dicts have in common: all outcomes of some threads, and a hash function.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher},
    sync::{Mutex, PoisonError},
};

use loom::{model::Builder, sync::Arc, thread};
use polder_sync::leave;

/// A key is its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl BuildHasher for Itself {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

/// Explores `body`, with at most so many preemptions, and returns what it returned in any execution.
pub(crate) fn outcomes<T: Ord + Send + 'static>(
    bound: usize,
    body: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.map_or(Some(bound), |asked| Some(asked.min(bound)));
    builder.max_branches = 20_000;
    let all = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let found = std::sync::Arc::clone(&all);
    builder.check(move || {
        let outcome = body();
        leave();
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    });
    std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `body` on a new thread of the model, with its own handle of `dict`.
pub(crate) fn spawn<D: 'static, T: 'static>(
    dict: &Arc<D>,
    body: impl FnOnce(&D) -> T + 'static,
) -> thread::JoinHandle<T> {
    let dict = Arc::clone(dict);
    thread::spawn(move || {
        let result = body(&dict);
        drop(dict);
        leave();
        result
    })
}
