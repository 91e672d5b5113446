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
#![cfg(feature = "std")]

#[path = "support/modelled.rs"]
mod modelled;

use loom::{cell::UnsafeCell, sync::Arc};
use modelled::{Itself, outcomes, spawn};
use polder_collections::{ComputedRef, Dict, Op};

/// A value that loom watches: reading it is a read of the cell, dropping it a write.
struct Watched {
    number: UnsafeCell<u64>,
    /// Loom reports it if it is never dropped.
    _leak: Arc<()>,
}

// SAFETY: that reads come after the making and before the end is what the models check.
unsafe impl Send for Watched {}
// SAFETY: the models check that too, for reads of several threads.
unsafe impl Sync for Watched {}

impl Watched {
    fn new(number: u64) -> Self {
        let value = Self { number: UnsafeCell::new(0), _leak: Arc::new(()) };
        // A write after the making, which loom does not count as one.
        // SAFETY: nobody else has the value.
        value.number.with_mut(|cell| unsafe { *cell = number });
        value
    }

    fn read(&self) -> u64 {
        // SAFETY: a pin keeps the value, and the models check that it does.
        self.number.with(|cell| unsafe { *cell })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: nobody reads any more, and the models check that.
        self.number.with_mut(|cell| unsafe { *cell = u64::MAX });
    }
}

type Values = Dict<u64, Watched, Itself>;

/// Keys that the dict spreads to the same one of its first two bins, with the same tag.
const A: u64 = 1;
const B: u64 = 723;

fn dict_of(keys: &[u64]) -> Arc<Values> {
    let dict = Dict::with_hasher(Itself::default());
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
        let reader = spawn(&dict, |dict: &Values| read(dict, A));
        drop(dict.insert(A, Watched::new(11)));
        reader.join().unwrap()
    });
    assert_eq!(outcomes, [Some(10), Some(11)].into());
}

/// Of two that replace an entry, each gets another one back, and frees that.
#[test]
fn two_replacements() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let other = spawn(&dict, |dict: &Values| dict.insert(A, Watched::new(11)).unwrap().read());
        let old = dict.insert(A, Watched::new(12)).unwrap().read();
        (old, other.join().unwrap(), left(&dict)[0].unwrap())
    });
    assert_eq!(outcomes, [(10, 12, 11), (11, 10, 12)].into());
}

/// Of two that put in a new key one is first, and the other replaces what that one has put in.
#[test]
fn two_insertions_of_a_key() {
    let outcomes = outcomes(2, || {
        // With one key there, so that there are bins.
        let dict = dict_of(&[B]);
        let other = spawn(&dict, |dict: &Values| dict.insert(A, Watched::new(11)).map(|old| old.read()));
        let old = dict.insert(A, Watched::new(12)).map(|old| old.read());
        (old, other.join().unwrap(), left(&dict)[0].unwrap())
    });
    assert_eq!(outcomes, [(None, Some(12), 11), (Some(11), None, 12)].into());
}

/// What is removed is found or not, and freed when it is not being read.
#[test]
fn a_removal_and_a_get() {
    let outcomes = outcomes(3, || {
        let dict = dict_of(&[A]);
        let reader = spawn(&dict, |dict: &Values| read(dict, A));
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
        let reader = spawn(&dict, |dict: &Values| [A, B].map(|key| read(dict, key)));
        drop(dict.remove(&A));
        drop(dict.insert(B, Watched::new(20)));
        reader.join().unwrap()
    });
    // A was there before B came, so who misses B has not missed A for that; all else goes.
    let all = [[Some(10), None], [Some(10), Some(20)], [None, None], [None, Some(20)]];
    assert_eq!(outcomes, all.into());
}

/// A change of an entry, its removal, and another key that gets its slot.
#[test]
fn a_change_and_a_removal_and_an_insertion_beside_it() {
    let outcomes = outcomes(1, || {
        let dict = dict_of(&[A]);
        let changer =
            spawn(&dict, |dict: &Values| dict.update(&A, |old| Watched::new(old.read() + 1)).map(|new| new.read()));
        let other = spawn(&dict, |dict: &Values| dict.insert(B, Watched::new(20)).is_none());
        let removed = dict.remove(&A).unwrap().read();
        let changed = changer.join().unwrap();
        assert!(other.join().unwrap(), "another key is not in its way");
        assert_eq!(left(&dict), [None, Some(20)]);
        (changed, removed)
    });
    assert_eq!(outcomes, [(Some(11), 11), (None, 10)].into());
}

/// A decision is about what is there when it takes effect: neither of two is lost.
#[test]
fn two_decisions_about_one_entry() {
    let outcomes = outcomes(2, || {
        let dict = dict_of(&[A]);
        let other = spawn(&dict, |dict: &Values| decide(dict, |old| old.map_or(Op::Keep, |old| Op::Insert(old + 1))));
        decide(&dict, |old| if old == Some(10) { Op::Remove } else { Op::Insert(0) });
        other.join().unwrap();
        left(&dict)[0]
    });
    // Taken out first; or told of 11.
    assert_eq!(outcomes, [None, Some(0)].into());
}

/// As `compute`, with numbers; and what was there was what `f` was told last.
fn decide(dict: &Values, f: impl Fn(Option<u64>) -> Op<u64>) {
    let mut told = None;
    let computed = dict.compute(A, |old| {
        told = old.map(Watched::read);
        match f(told) {
            Op::Insert(number) => Op::Insert(Watched::new(number)),
            Op::Remove => Op::Remove,
            Op::Keep => Op::Keep,
        }
    });
    let before = match &computed {
        ComputedRef::Inserted(_) | ComputedRef::Kept(None) => None,
        ComputedRef::Replaced { old, .. } | ComputedRef::Removed(old) => Some(old.read()),
        ComputedRef::Kept(Some(entry)) => Some(entry.read()),
    };
    assert_eq!(before, told, "decided about another entry");
}
