//! Values of a `Dict` that are made once though several threads ask for them.
#![cfg(feature = "std")]

use std::{
    cell::RefCell,
    hash::{BuildHasher, Hash, Hasher},
    panic::{self, AssertUnwindSafe},
    sync::{
        Barrier, LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use polder_collections::Dict;

const THREADS: u64 = 4;

/// All hashes are the same.
#[derive(Clone, Copy, Debug, Default)]
struct Constant;

impl Hasher for Constant {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        7
    }
}

impl BuildHasher for Constant {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self
    }
}

#[test]
fn one_of_many_callers_makes_the_value() {
    fn check<S: BuildHasher + Sync>(hasher: S, keys: u64) {
        let dict = &Dict::with_hasher(hasher);
        let made = &AtomicU64::new(0);
        let start = &Barrier::new(THREADS as usize);
        thread::scope(|scope| {
            for own in 0..THREADS {
                scope.spawn(move || {
                    start.wait();
                    for key in 0..keys {
                        let entry = dict.get_or_insert_once(key.to_string(), || {
                            thread::yield_now();
                            made.fetch_add(1, Relaxed);
                            key * 10 + own
                        });
                        assert_eq!((entry.key(), *entry / 10), (&key.to_string(), key));
                    }
                });
            }
        });
        assert_eq!(made.load(Relaxed), keys);
        assert_eq!(dict.len() as u64, keys);
    }
    check(std::collections::hash_map::RandomState::new(), if cfg!(miri) { 10 } else { 1000 });
    check(Constant, if cfg!(miri) { 5 } else { 50 });
}

#[test]
fn who_waits_gets_the_value_or_the_next_turn() {
    let dict = &Dict::<String, u64>::new();
    for fails in [false, true] {
        let (begun, has_begun) = mpsc::channel();
        thread::scope(|scope| {
            let first = scope.spawn(move || {
                panic::catch_unwind(AssertUnwindSafe(|| {
                    *dict.get_or_insert_once(fails.to_string(), || {
                        begun.send(()).unwrap();
                        thread::sleep(Duration::from_millis(if cfg!(miri) { 1 } else { 20 }));
                        assert!(!fails, "as it should");
                        5
                    })
                }))
                .ok()
            });
            has_begun.recv().unwrap();
            let value = *dict.get_or_insert_once(fails.to_string(), || 6);
            assert_eq!(value, if fails { 6 } else { 5 });
            assert_eq!(first.join().unwrap(), (!fails).then_some(5));
        });
    }
}

#[test]
fn the_same_key_within_is_refused_and_others_are_not() {
    let dict: Dict<String, u64, _> = Dict::with_hasher(Constant);
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.get_or_insert_once("a".to_owned(), || {
            *dict.get_or_insert_once("b".to_owned(), || *dict.get_or_insert_once("a".to_owned(), || 5))
        });
    }));
    let message = *end.unwrap_err().downcast::<&str>().expect("a message");
    assert!(message.contains("asks for the same key"), "{message}");
    assert!(dict.is_empty());
    // Both flights have ended; and two keys with the same hash may well be made one inside the other.
    let value = *dict.get_or_insert_once("a".to_owned(), || *dict.get_or_insert_once("b".to_owned(), || 5) + 1);
    assert_eq!(value, 6);
    assert_eq!(*dict.get("b").unwrap(), 5);
}

#[test]
fn a_value_that_others_put_in_meanwhile_stays() {
    let dict = Dict::new();
    let value = *dict.get_or_insert_once(1, || {
        assert!(dict.insert(1, 7).is_none());
        5
    });
    assert_eq!(value, 7);
    dict.remove(&1);
    let value = *dict.get_or_insert_once(1, || {
        dict.insert(1, 8);
        dict.remove(&1);
        9
    });
    assert_eq!(value, 9);
}

thread_local! {
    /// What the next comparison of an [`Odd`] key does.
    static WHEN_COMPARED: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// A key whose comparison does as it likes.
#[derive(Clone, Debug, Eq)]
struct Odd(String);

impl Hash for Odd {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Odd {
    fn eq(&self, other: &Self) -> bool {
        if let Some(f) = WHEN_COMPARED.take() {
            f();
        }
        self.0 == other.0
    }
}

/// While the new entry is put in, its key is on its way: a comparison that asks for it then finds no key there.
#[test]
fn a_comparison_that_asks_for_the_key_in_the_end_is_refused() {
    static DICT: LazyLock<Dict<Odd, u64, Constant>> = LazyLock::new(|| Dict::with_hasher(Constant));
    let dict = &*DICT;
    dict.insert(Odd("x".to_owned()), 0);
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.get_or_insert_once(Odd("a".to_owned()), || {
            let ask = || drop(dict.get_or_insert_once(Odd("a".to_owned()), || 6));
            WHEN_COMPARED.set(Some(Box::new(ask)));
            5
        });
    }));
    let message = *end.unwrap_err().downcast::<&str>().expect("a message");
    assert!(message.contains("asks for the same key"), "{message}");
    assert_eq!(dict.len(), 1);
    assert_eq!(*dict.get_or_insert_once(Odd("a".to_owned()), || 7), 7);
}
