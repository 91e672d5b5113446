//! Panics of foreign code in dicts of words, at each call in turn: nothing is lost, and the dict goes on.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/fuse.rs"]
mod fuse;

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, Hasher},
    hint::black_box,
};

use foldhash::fast::{FixedState, FoldHasher};
use fuse::{
    Site::{self, Closure, Hash},
    at_each_call, burn,
};
use polder_collections::{Op, WordDict};

type Words = WordDict<u64, u64, Fused>;

/// Entries that no work touches, unless it touches all.
const STAYING: u64 = if cfg!(miri) { 8 } else { 40 };
/// The entry that works are about.
const SUBJECT: u64 = 100;
/// The first of those that works insert.
const FRESH: u64 = 1_000;
/// Enough for the table to grow.
const MANY: u64 = if cfg!(miri) { 12 } else { 60 };

/// A good hash function that may panic.
#[derive(Clone, Debug, Default)]
struct Fused(FixedState);

struct FusedHasher<'a>(FoldHasher<'a>);

impl BuildHasher for Fused {
    type Hasher = FusedHasher<'static>;

    fn build_hasher(&self) -> Self::Hasher {
        FusedHasher(self.0.build_hasher())
    }
}

impl Hasher for FusedHasher<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        burn(Hash);
        self.0.write_u64(number);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

fn value(key: u64) -> u64 {
    key * 10 + 1
}

fn words() -> Words {
    let words = Words::with_hasher(Fused::default());
    for key in (0..STAYING).chain([SUBJECT]) {
        words.insert(key, value(key));
    }
    words
}

/// The same entries by iteration, by number and by lookup, each once; and the dict goes on.
fn assert_sound(words: &Words, touches_all: bool, run: &str) {
    let entries: Vec<_> = words.iter().collect();
    let keys: HashSet<_> = entries.iter().map(|(key, _)| *key).collect();
    assert_eq!(entries.len(), keys.len(), "{run}: an entry is seen twice");
    assert_eq!(words.len(), entries.len(), "{run}: the number of entries");
    let entries: BTreeMap<_, _> = entries.into_iter().collect();
    for (key, value) in &entries {
        assert_eq!(words.get(key), Some(*value), "{run}: the entry of {key}");
    }
    if touches_all {
        assert!(keys.iter().all(|key| *key < STAYING || *key == SUBJECT), "{run}: entries from nowhere, {keys:?}");
    } else {
        for key in 0..STAYING {
            assert_eq!(entries.get(&key), Some(&value(key)), "{run}: the entry of {key} is lost");
        }
    }
    for key in 10 * FRESH..10 * FRESH + MANY {
        assert_eq!(words.insert(key, key), None, "{run}: a key that was never there");
    }
    for key in 10 * FRESH..10 * FRESH + MANY {
        assert_eq!(words.remove(&key), Some(key), "{run}: a key that was inserted after the panic");
    }
    assert_eq!(words.len(), entries.len(), "{run}: the number of entries after more of them came and went");
}

/// Runs the work with a panic at each call of each of these sites, of which there is at least one.
fn survives(touches_all: bool, sites: &[Site], work: impl Fn(&Words)) {
    for &site in sites {
        let check = |words: Words, call| assert_sound(&words, touches_all, &format!("call {call} in {site:?}"));
        assert_ne!(at_each_call(site, words, &work, check), 0, "there is no call in {site:?}");
    }
}

macro_rules! survivors {
    ($($name:ident($touches_all:expr, [$($site:ident)*], |$words:ident| $work:expr);)*) => {$(
        #[test]
        fn $name() {
            survives($touches_all, &[$($site),*], |$words| {
                let _ = black_box($work);
            });
        }
    )*};
}

/// A closure's result, unless the fuse has burnt down.
fn fused<T>(result: T) -> T {
    burn(Closure);
    result
}

survivors! {
    get(false, [Hash], |words| words.get(&SUBJECT));
    get_many(false, [Hash], |words| words.get_many(&[1, SUBJECT, FRESH], &mut [None; 3]));
    insert(false, [Hash], |words| words.insert(FRESH, 1));
    insert_over(false, [Hash], |words| words.insert(SUBJECT, 1));
    insert_and_grow(false, [Hash], |words| (0..MANY).for_each(|key| assert_eq!(words.insert(FRESH + key, 1), None)));
    insert_many(false, [Hash], |words| words.insert_many((0..MANY).map(|key| (FRESH + key, 1))));
    extend(false, [Hash Closure], |words| Extend::extend(&mut &*words, (0..MANY).map(|key| fused((FRESH + key, 1)))));
    try_insert(false, [Hash], |words| words.try_insert(FRESH, 1));
    remove(false, [Hash], |words| words.remove(&SUBJECT));
    remove_if(false, [Hash Closure], |words| words.remove_if(&SUBJECT, |_| fused(true)));
    update(false, [Hash Closure], |words| words.update(&SUBJECT, |value| fused(value + 1)));
    compute(false, [Hash Closure], |words| words.compute(SUBJECT, |_| fused(Op::<u64>::Remove)));
    compute_insert(false, [Hash Closure], |words| words.compute(FRESH, |_| fused(Op::Insert(1))));
    get_or_insert_with(false, [Hash Closure], |words| words.get_or_insert_with(FRESH, || fused(1)));
    get_or_insert_once(false, [Hash Closure], |words| words.get_or_insert_once(FRESH, || fused(1)));
    fetch_add(false, [Hash], |words| words.fetch_add(&SUBJECT, 1));
    compare_and_set(false, [Hash], |words| words.compare_and_set(SUBJECT, Some(value(SUBJECT)), 1));
    retain(true, [Closure], |words| words.retain(|key, _| fused(key % 3 == 0)));
    clear(true, [], |words| words.clear());
    drain(true, [Closure], |words| words.drain().for_each(|_| fused(())));
    snapshot(false, [], |words| words.snapshot());
    transact(false, [Hash Closure], |words| words.transact(|transaction| {
        transaction.insert(FRESH, 1);
        transaction.remove(&SUBJECT);
        fused(())
    }));
    into_iter(false, [], |words| IntoIterator::into_iter(words).count());
    reserve(false, [], |words| words.reserve(1_000));
    shrink(false, [], |words| words.shrink_to_fit());
    iterate(false, [Closure], |words| words.iter().for_each(|_| fused(())));
    clone(false, [], |words| words.clone());
}
