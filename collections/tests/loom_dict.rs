//! Writers of a dict of entries beside its readers, with the entries themselves: whole when they are found, and not freed while
//! somebody reads them.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p polder-collections --release --test loom_dict
//! ```
//! A value that is read before it was made, or dropped while it is read, is a data race on its `UnsafeCell`, which loom reports; one
//! that is never dropped is a leak, which it reports too. Garbage is looked through at each retirement in this build.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher},
    sync::{Mutex, PoisonError},
};

use loom::{cell::UnsafeCell, model::Builder, sync::Arc, thread};
use polder_collections::{Dict, Op};
use polder_sync::leave;

/// A key is its own hash.
#[derive(Clone, Copy, Debug, Default)]
struct Itself(u64);

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

/// A value that loom watches: reading it is a read of the cell, dropping it a write. The `Arc` is there to be leaked.
struct Watched(UnsafeCell<u64>, Arc<()>);

// SAFETY: that reads come after the making and before the end is what the models check.
unsafe impl Send for Watched {}
// SAFETY: as above.
unsafe impl Sync for Watched {}

impl Watched {
    fn new(number: u64) -> Self {
        let value = Self(UnsafeCell::new(0), Arc::new(()));
        // A write after the making, which loom does not count as one.
        // SAFETY: nobody else has the value.
        value.0.with_mut(|cell| unsafe { *cell = number });
        value
    }

    fn read(&self) -> u64 {
        // SAFETY: a pin keeps the value, and the models check that it does.
        self.0.with(|cell| unsafe { *cell })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: nobody reads any more, and the models check that.
        self.0.with_mut(|cell| unsafe { *cell = u64::MAX });
    }
}

type Values = Dict<u64, Watched, Itself>;

/// Two keys of one bin and of different tags: the dict spreads them so, which `one_bin` makes sure of.
const A: u64 = 1;
const B: u64 = 2;

/// Explores `body`, with at most so many preemptions, and returns what it returned in any execution.
fn outcomes<T: Ord + Send + 'static>(bound: usize, body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.map_or(Some(bound), |asked| Some(asked.min(bound)));
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
fn spawn<T: 'static>(dict: &Arc<Values>, body: impl FnOnce(&Values) -> T + 'static) -> thread::JoinHandle<T> {
    let dict = Arc::clone(dict);
    thread::spawn(move || {
        let result = body(&dict);
        drop(dict);
        leave();
        result
    })
}

fn dict_of(keys: &[u64]) -> Arc<Values> {
    let dict = Dict::with_hasher(Itself(0));
    for &key in keys {
        dict.insert(key, Watched::new(10 * key));
    }
    Arc::new(dict)
}

fn read(dict: &Values, key: u64) -> Option<u64> {
    dict.read(&key, Watched::read)
}

/// What there is in the end.
fn left(dict: &Values) -> [Option<u64>; 2] {
    [A, B].map(|key| read(dict, key))
}

/// The reader has the one entry or the other, and each is whole; the one that goes is kept until it has read.
#[test]
fn a_replacement_and_a_get() {
    let outcomes = outcomes(3, || {
        let dict = dict_of(&[A]);
        let reader = spawn(&dict, |dict| read(dict, A));
        drop(dict.insert(A, Watched::new(11)));
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [Some(10), Some(11)].into());
}

/// The one that was replaced is given up twice over: by its writer, and by whoever looks for garbage.
#[test]
fn two_replacements_and_a_get() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let reader = spawn(&dict, |dict| read(dict, A));
        let writer = spawn(&dict, |dict| dict.insert(A, Watched::new(11)).unwrap().read());
        let old = dict.insert(A, Watched::new(12)).unwrap().read();
        let (seen, others) = (reader.join().unwrap().unwrap(), writer.join().unwrap());
        (seen, old, others, left(&dict)[0].unwrap())
    });
    let orders = |old, others, last| [10, 11, 12].map(|seen| (seen, old, others, last));
    assert_eq!(outcomes, [orders(10, 12, 11), orders(11, 10, 12)].into_iter().flatten().collect());
}

/// What is removed is found or not, and freed when it is not being read.
#[test]
fn a_removal_and_a_get() {
    let outcomes = outcomes(3, || {
        let dict = dict_of(&[A]);
        let reader = spawn(&dict, |dict| read(dict, A));
        assert_eq!(dict.remove(&A).map(|removed| removed.read()), Some(10));
        dict.flush();
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [None, Some(10)].into());
}

/// The slot that the removal empties is used again, while the reader is on its way to it.
#[test]
fn a_removal_and_an_insertion_and_a_get() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let reader = spawn(&dict, |dict| [A, B].map(|key| read(dict, key)));
        drop(dict.remove(&A));
        drop(dict.insert(B, Watched::new(20)));
        reader.join().unwrap()
    });
    // A was there before B came, so who misses B has not missed A for that; all else goes.
    let all = [[Some(10), None], [Some(10), Some(20)], [None, None], [None, Some(20)]];
    assert_eq!(outcomes, all.into());
}

/// A change of one entry, its removal, and another key that gets its slot.
#[test]
fn a_change_and_a_removal_and_an_insertion_beside_it() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let changer = spawn(&dict, |dict| dict.update(&A, |old| Watched::new(old.read() + 1)).map(|new| new.read()));
        let other = spawn(&dict, |dict| dict.insert(B, Watched::new(20)).is_none());
        let removed = dict.remove(&A).unwrap().read();
        let changed = changer.join().unwrap();
        assert!(other.join().unwrap(), "another key is not in its way");
        assert_eq!(left(&dict), [None, Some(20)]);
        (changed, removed)
    });
    assert_eq!(outcomes, [(Some(11), 11), (None, 10)].into());
}

/// A decision about an entry is one about what is there: of two that count, and one that takes out, none is lost.
#[test]
fn two_decisions_about_one_entry() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let add = |dict: &Values, amount: u64| {
            dict.compute(A, |old| match old {
                Some(old) => Op::Insert(Watched::new(old.read() + amount)),
                None => Op::Insert(Watched::new(amount)),
            });
        };
        let other = spawn(&dict, move |dict| add(dict, 1));
        let remover = spawn(&dict, |dict| dict.remove(&A).unwrap().read());
        add(&dict, 2);
        other.join().unwrap();
        (remover.join().unwrap(), left(&dict)[0])
    });
    let all = [(10, 3), (11, 2), (12, 1)].map(|(removed, left)| (removed, Some(left)));
    assert_eq!(outcomes, all.into_iter().chain([(13, None)]).collect());
}
