//! Transactions of either dict under the same few names, for numbers.

use std::hash::BuildHasher;

use polder_collections::{Dict, Transaction, WordDict, WordTransaction};

/// A dict of numbers by number.
pub(crate) trait Transacting: Sync {
    /// See `transact`.
    fn as_one<R>(&self, f: impl FnMut(&mut dyn Run) -> R) -> R;
    /// See `try_transact`.
    fn try_as_one<R, E>(&self, f: impl FnMut(&mut dyn Run) -> Result<R, E>) -> Result<R, E>;

    // On one key, or on all, outside of a transaction.
    fn put(&self, key: u64, value: u64);
    fn take(&self, key: u64);
    fn add_one(&self, key: u64);
    fn value(&self, key: u64) -> Option<u64>;
    fn length(&self) -> usize;
    /// As they are at one moment, by ascending key.
    fn all(&self) -> Vec<(u64, u64)>;
}

/// One run of a transaction.
pub(crate) trait Run {
    fn get(&mut self, key: u64) -> Option<u64>;
    fn has(&mut self, key: u64) -> bool;
    /// Whether there was none.
    fn put(&mut self, key: u64, value: u64) -> bool;
    /// Whether there was one.
    fn take(&mut self, key: u64) -> bool;
    /// The new value.
    fn change(&mut self, key: u64, change: &mut dyn FnMut(u64) -> u64) -> Option<u64>;
    fn get_or_make(&mut self, key: u64, make: &mut dyn FnMut() -> u64) -> u64;
}

fn sorted(entries: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable();
    entries
}

/// The key of a number.
fn name(number: u64) -> String {
    number.to_string()
}

impl<S: BuildHasher + Sync> Transacting for WordDict<u64, u64, S> {
    fn as_one<R>(&self, mut f: impl FnMut(&mut dyn Run) -> R) -> R {
        self.transact(|run| f(run))
    }

    fn try_as_one<R, E>(&self, mut f: impl FnMut(&mut dyn Run) -> Result<R, E>) -> Result<R, E> {
        self.try_transact(|run| f(run))
    }

    fn put(&self, key: u64, value: u64) {
        self.insert(key, value);
    }

    fn take(&self, key: u64) {
        self.remove(&key);
    }

    fn add_one(&self, key: u64) {
        self.update(&key, |value| value + 1).expect("it is there");
    }

    fn value(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn all(&self) -> Vec<(u64, u64)> {
        sorted(self.to_vec())
    }
}

impl<S: BuildHasher> Run for WordTransaction<'_, u64, u64, S> {
    fn get(&mut self, key: u64) -> Option<u64> {
        self.get(&key)
    }

    fn has(&mut self, key: u64) -> bool {
        self.contains_key(&key)
    }

    fn put(&mut self, key: u64, value: u64) -> bool {
        self.insert(key, value).is_none()
    }

    fn take(&mut self, key: u64) -> bool {
        self.remove(&key).is_some()
    }

    fn change(&mut self, key: u64, change: &mut dyn FnMut(u64) -> u64) -> Option<u64> {
        self.update(&key, change)
    }

    fn get_or_make(&mut self, key: u64, make: &mut dyn FnMut() -> u64) -> u64 {
        self.get_or_insert_with(key, make)
    }
}

impl<S: BuildHasher + Sync> Transacting for Dict<String, u64, S> {
    fn as_one<R>(&self, mut f: impl FnMut(&mut dyn Run) -> R) -> R {
        self.transact(|run| f(run))
    }

    fn try_as_one<R, E>(&self, mut f: impl FnMut(&mut dyn Run) -> Result<R, E>) -> Result<R, E> {
        self.try_transact(|run| f(run))
    }

    fn put(&self, key: u64, value: u64) {
        self.insert(name(key), value);
    }

    fn take(&self, key: u64) {
        self.remove(&name(key));
    }

    fn add_one(&self, key: u64) {
        self.update(&name(key), |value| value + 1).expect("it is there");
    }

    fn value(&self, key: u64) -> Option<u64> {
        self.get_cloned(&name(key))
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn all(&self) -> Vec<(u64, u64)> {
        let numbered = |(key, value): (String, u64)| (key.parse().expect("keys are numbers"), value);
        sorted(self.snapshot().into_iter().map(numbered))
    }
}

impl<S: BuildHasher> Run for Transaction<'_, String, u64, S> {
    fn get(&mut self, key: u64) -> Option<u64> {
        self.get(&name(key)).copied()
    }

    fn has(&mut self, key: u64) -> bool {
        self.contains_key(&name(key))
    }

    fn put(&mut self, key: u64, value: u64) -> bool {
        self.insert(name(key), value)
    }

    fn take(&mut self, key: u64) -> bool {
        self.remove(&name(key))
    }

    fn change(&mut self, key: u64, change: &mut dyn FnMut(u64) -> u64) -> Option<u64> {
        self.update(&name(key), |value| change(*value)).copied()
    }

    fn get_or_make(&mut self, key: u64, make: &mut dyn FnMut() -> u64) -> u64 {
        *self.get_or_insert_with(name(key), make)
    }
}
