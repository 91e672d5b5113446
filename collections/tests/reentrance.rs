//! Foreign code that calls the same dict again, for the same entry even: every call ends, and does what it says.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::{
    cell::Cell,
    hash::{BuildHasher, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
};

use polder_collections::{Op, WordDict};
use watchdog::ends;

type Words = WordDict<u64, u64, Same>;

/// All keys collide: whatever a closure does, it does to the bin that the call is about.
#[derive(Clone, Debug)]
struct Same;

struct SameHasher;

impl BuildHasher for Same {
    type Hasher = SameHasher;

    fn build_hasher(&self) -> SameHasher {
        SameHasher
    }
}

impl Hasher for SameHasher {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        7
    }
}

const NEIGHBOURS: std::ops::Range<u64> = 50..80;

/// Does to the dict what there is to be done, to this entry, to its neighbours, and to all. In the end the entry is as it was, and
/// there are no neighbours.
fn meddle(words: &Words, key: u64) {
    let before = words.get(&key);
    for other in NEIGHBOURS {
        words.insert(other, other);
    }
    words.insert(key, 7);
    assert_eq!(words.update(&key, |seven| seven + 1), Some(8));
    assert_eq!(words.remove(&key), Some(8));
    assert_eq!(words.iter().filter(|(other, _)| NEIGHBOURS.contains(other)).count(), 30);
    words.retain(|other, _| other != 60);
    assert_eq!(words.snapshot().iter().filter(|(other, _)| NEIGHBOURS.contains(other)).count(), 29);
    words.shrink_to_fit();
    for other in NEIGHBOURS {
        assert_eq!(words.remove(&other), (other != 60).then_some(other));
    }
    if let Some(value) = before {
        assert_eq!(words.insert(key, value), None);
    }
}

fn words() -> Words {
    let words = Words::with_hasher(Same);
    for key in 0..10 {
        words.insert(key, key + 100);
    }
    words
}

/// Runs the work, which must end, and must leave the dict with these entries.
fn leaves(entries: impl IntoIterator<Item = (u64, u64)>, work: impl FnOnce(&Words) + Send + 'static) {
    let mut left = ends(move || {
        let words = words();
        work(&words);
        assert_eq!(words.len(), words.iter().count());
        words.to_vec()
    });
    left.sort_unstable();
    assert_eq!(left, entries.into_iter().collect::<Vec<_>>());
}

fn unchanged() -> impl Iterator<Item = (u64, u64)> {
    (0..10).map(|key| (key, key + 100))
}

fn changed(key: u64, value: Option<u64>) -> impl Iterator<Item = (u64, u64)> {
    let others = unchanged().filter(move |(other, _)| *other != key);
    let mut entries: Vec<_> = others.chain(value.map(|value| (key, value))).collect();
    entries.sort_unstable();
    entries.into_iter()
}

#[test]
fn update() {
    leaves(changed(3, Some(206)), |words| {
        let change = |old| {
            meddle(words, 3);
            2 * old
        };
        assert_eq!(words.update(&3, change), Some(206));
    });
}

#[test]
fn compute() {
    for (op, value) in [(Op::Keep, Some(103)), (Op::Remove, None), (Op::Insert(5), Some(5))] {
        leaves(changed(3, value), move |words| {
            let done = words.compute(3, |_| {
                meddle(words, 3);
                op
            });
            assert_eq!((done.before(), done.after()), (Some(103), value));
        });
    }
}

#[test]
fn remove_if() {
    leaves(changed(3, None), |words| {
        let wanted = |_| {
            meddle(words, 3);
            true
        };
        assert_eq!(words.remove_if(&3, wanted), Some(103));
    });
}

#[test]
fn get_or_insert_with() {
    leaves(changed(20, Some(120)), |words| {
        let make = || {
            meddle(words, 20);
            120
        };
        assert_eq!(words.get_or_insert_with(20, make), 120);
    });
}

#[test]
fn get_or_insert_with_inserts_it_itself() {
    leaves(changed(20, Some(1)), |words| {
        let make = || {
            words.insert(20, 1);
            2
        };
        assert_eq!(words.get_or_insert_with(20, make), 1, "the one that came first");
    });
}

#[test]
fn get_or_insert_once() {
    leaves(changed(20, Some(120)), |words| {
        let make = || {
            meddle(words, 20);
            120
        };
        assert_eq!(words.get_or_insert_once(20, make), 120);
    });
}

#[test]
fn get_or_insert_once_refuses_to_wait_for_itself() {
    leaves(changed(20, Some(3)), |words| {
        let nested = || words.get_or_insert_once(20, || words.get_or_insert_once(20, || 1));
        assert!(catch_unwind(AssertUnwindSafe(nested)).is_err());
        assert_eq!(words.get_or_insert_once(20, || 3), 3, "nobody is waited for any more");
    });
}

#[test]
fn retain() {
    leaves(changed(3, None), |words| {
        words.retain(|key, _| {
            // Others may come and go: the bin of all is the one that is gone through.
            words.insert(60, 0);
            assert_eq!(words.remove(&60), Some(0));
            key != 3
        });
    });
}

#[test]
fn iterations_in_iterations() {
    leaves(unchanged(), |words| {
        let mut pairs = 0;
        words.for_each(|key, _| {
            assert!(words.contains_key(&key));
            words.iter().for_each(|(other, value)| {
                assert_eq!(words.get(&other), Some(value));
                pairs += 1;
            });
            meddle(words, key);
        });
        assert_eq!(pairs, 100);
    });
}

#[test]
fn drain_puts_back() {
    leaves(unchanged(), |words| {
        let drained: Vec<_> = words.drain().collect();
        let mut dict = words;
        dict.extend(drained.into_iter().inspect(|(key, _)| meddle(words, *key)));
    });
}

#[test]
fn transact_sees_what_its_closure_does_outside() {
    leaves(changed(3, Some(8)), |words| {
        let runs = Cell::new(0);
        let seen = words.transact(|transaction| {
            let seen = transaction.get(&3);
            // Only once: what makes a run begin again each time would never end.
            if runs.replace(runs.get() + 1) == 0 {
                words.insert(3, 7);
            }
            transaction.insert(3, seen.map_or(0, |seen| seen + 1));
            seen
        });
        assert_eq!(seen, Some(7), "the run that counts has read what the first one wrote");
        assert_eq!(runs.get(), 2);
    });
}

static HASHED: OnceLock<WordDict<u64, u64, Curious>> = OnceLock::new();

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A hasher that asks the dict that asks it.
#[derive(Clone, Debug)]
struct Curious;

impl BuildHasher for Curious {
    type Hasher = SameHasher;

    fn build_hasher(&self) -> SameHasher {
        if let Some(words) = HASHED.get()
            && !IS_INSIDE.replace(true)
        {
            words.insert(500, 1);
            assert_eq!(words.get(&500), Some(1));
            assert_eq!(words.iter().filter(|(key, _)| *key == 500).count(), 1);
            assert_eq!(words.remove(&500), Some(1));
            IS_INSIDE.set(false);
        }
        SameHasher
    }
}

#[test]
fn a_hasher_calls_the_dict() {
    ends(|| {
        let words = HASHED.get_or_init(|| WordDict::with_hasher(Curious));
        for key in 0..40 {
            assert_eq!(words.insert(key, key), None);
            assert_eq!(words.update(&key, |old| old + 1), Some(key + 1));
        }
        words.retain(|key, _| key % 2 == 0);
        words.reserve(200);
        words.shrink_to_fit();
        let mut left: Vec<_> = words.iter().collect();
        left.sort_unstable();
        assert_eq!(left, (0..40).step_by(2).map(|key| (key, key + 1)).collect::<Vec<_>>());
    });
}
