//! What bindings to other languages get: comparisons that fail, take their time, and come back to the dict.
#![cfg(feature = "std")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::{
    Dict,
    raw::{Compare, Look},
};
use polder_sync::reclaim;

const MANY: u64 = if cfg!(miri) { 7 } else { 500 };
const HASH: u64 = 0x1234_5678_9ABC_DEF0;

type Objects = Dict<u64, u64, ()>;

fn objects() -> Objects {
    Dict::with_hasher(())
}

/// A comparison that never fails.
fn equals(wanted: u64) -> impl FnMut(&u64) -> Result<bool, &'static str> {
    move |&key| Ok(key == wanted)
}

#[test]
fn all_with_one_hash_are_told_apart_by_slow_comparisons() {
    let dict = objects();
    let raw = dict.raw();
    for key in 0..MANY.min(50) {
        assert!(raw.insert(HASH, key, key, equals(key)).unwrap().is_none());
    }
    for key in 0..MANY.min(50) {
        assert_eq!(raw.find(HASH, equals(key)).unwrap().as_deref(), Some(&key));
        assert_eq!(raw.insert(HASH, key, key + 1, equals(key)).unwrap().as_deref(), Some(&key));
        assert!(raw.find(HASH, equals(key + 100)).unwrap().is_none());
        assert!(raw.find(HASH + 1, equals(key)).unwrap().is_none(), "another hash");
    }
    for key in 0..MANY.min(50) {
        assert_eq!(raw.remove(HASH, equals(key)).unwrap().as_deref(), Some(&(key + 1)));
        assert!(raw.remove(HASH, equals(key)).unwrap().is_none());
    }
    assert!(dict.is_empty());
}

#[test]
fn the_hash_is_given_back() {
    let dict = objects();
    for hash in [0, 1, HASH, u64::MAX] {
        dict.raw().insert(hash, hash, 0, equals(hash)).unwrap();
        let found = dict.raw().find(hash, equals(hash)).unwrap().unwrap();
        assert_eq!(dict.raw().hash_of(&found), hash);
    }
    assert_eq!(dict.len(), 4);
}

#[test]
fn an_error_leaves_the_dict_as_it_was() {
    let dict = objects();
    let raw = dict.raw();
    for key in 0..10 {
        raw.insert(HASH, key, key, equals(key)).unwrap();
    }
    for bad in 0..10 {
        let fails = |wanted: u64| move |&key: &u64| if key == bad { Err("bad") } else { Ok(key == wanted) };
        assert_eq!(raw.find(HASH, fails(100)).unwrap_err(), "bad");
        assert_eq!(raw.insert(HASH, 100, 100, fails(100)).unwrap_err(), "bad");
        assert_eq!(raw.remove(HASH, fails(100)).unwrap_err(), "bad");
    }
    assert_eq!(dict.len(), 10);
    assert!((0..10).all(|key| raw.find(HASH, equals(key)).unwrap().is_some()));
}

/// Compares quickly, and counts.
struct ByIdentity(u64, u64);

impl Compare<u64> for ByIdentity {
    type Error = ();

    fn quickly(&mut self, key: &u64) -> Option<bool> {
        self.1 += 1;
        (*key == self.0).then_some(true)
    }

    fn slowly(&mut self, _: &u64) -> Result<bool, ()> {
        Err(())
    }
}

#[test]
fn what_is_told_quickly_is_not_asked_slowly() {
    let dict = objects();
    dict.raw().insert(HASH, 1, 1, equals(1)).unwrap();
    let mut identity = ByIdentity(1, 0);
    assert!(matches!(dict.raw().look(HASH, &mut identity), Ok(Look::Found(found)) if *found.key() == 1));
    assert!(identity.1 > 0);
    assert_eq!(dict.raw().find(HASH, ByIdentity(2, 0)).unwrap_err(), ());
}

#[test]
fn slow_comparisons_run_without_a_pin_and_hold_one_entry() {
    let live = Arc::new(AtomicUsize::new(0));
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Relaxed);
        }
    }
    let new = || {
        live.fetch_add(1, Relaxed);
        Counted(Arc::clone(&live))
    };
    let dict: Dict<u64, Counted, ()> = Dict::with_hasher(());
    dict.raw().insert(HASH, 0, new(), equals(0)).unwrap();
    let mut asked = 0;
    let found = dict.raw().find(HASH, |&key: &u64| {
        asked += 1;
        let pin = reclaim::pin();
        assert!({ pin }.repin(), "the only pin of this thread");
        if asked > 1 {
            return Ok::<_, ()>(key == 1);
        }
        for other in 1..MANY {
            dict.raw().insert(other, other, new(), equals(other)).unwrap();
            dict.raw().remove(other, equals(other)).unwrap();
        }
        // Another entry takes the place of the one that is being compared.
        dict.raw().remove(HASH, equals(0)).unwrap();
        dict.raw().insert(HASH, 1, new(), equals(1)).unwrap();
        dict.flush();
        while live.load(Relaxed) > 2 {
            dict.flush();
            thread::yield_now();
        }
        assert_eq!((live.load(Relaxed), key), (2, 0), "the compared one, and the one in the dict");
        Ok(true)
    });
    assert_eq!(*found.unwrap().unwrap().key(), 1, "what was found equal was gone, so it looked again");
    assert_eq!(asked, 2);
    while live.load(Relaxed) > 1 {
        dict.flush();
        thread::yield_now();
    }
}

#[test]
fn handles_are_good_for_one_change_of_what_was_found() {
    let dict = objects();
    let raw = dict.raw();
    let absent = || match raw.look(HASH, &mut equals(1)).unwrap() {
        Look::Absent(absent) => absent,
        Look::Found(_) => panic!("found"),
    };
    let found = || match raw.look(HASH, &mut equals(1)).unwrap() {
        Look::Found(found) => found,
        Look::Absent(_) => panic!("absent"),
    };
    let (first, second) = (absent(), absent());
    assert_eq!(*first.insert(1, 10).unwrap(), 10);
    let stale = second.insert(1, 20).unwrap_err();
    assert_eq!((stale.to_string().as_str(), stale.0), ("the entry was changed meanwhile", (1, 20)));

    let (first, second, third) = (found(), found(), found());
    let (new, old) = first.replace(1, 30).unwrap();
    assert_eq!((*old, *new), (10, 30));
    assert_eq!(second.replace(1, 40).unwrap_err().0, (1, 40));
    assert_eq!(third.value(), &10);
    assert!(third.remove().is_err());
    assert_eq!(*found().remove().unwrap(), 30);
    assert!(dict.is_empty());

    // Strangers with the same hash come and go.
    let handle = absent();
    raw.insert(HASH, 2, 2, equals(2)).unwrap();
    assert!(handle.insert(1, 1).is_err(), "one that it was not compared with");
    let handle = absent();
    raw.remove(HASH, equals(2)).unwrap();
    assert!(handle.insert(1, 1).is_ok());
}

#[test]
fn retired_entries_are_shown() {
    let dict = objects();
    let pinned = dict.pin();
    for key in 0..5 {
        dict.raw().insert(key, key, key * 10, equals(key)).unwrap();
        dict.raw().remove(key, equals(key)).unwrap();
    }
    let mut shown = Vec::new();
    dict.raw().for_each_retired(|&key, &value| shown.push((key, value)));
    shown.sort_unstable();
    assert!(shown.into_iter().eq((0..5).map(|key| (key, key * 10))));
    drop(pinned);
}

#[test]
fn a_comparison_that_panics_loses_nothing() {
    let dict = objects();
    for key in 0..6 {
        dict.raw().insert(HASH, key, key, equals(key)).unwrap();
    }
    for bad in 0..6 {
        let panics = |&key: &u64| -> Result<bool, ()> { if key == bad { panic!("compared") } else { Ok(false) } };
        let result = std::panic::catch_unwind(|| dict.raw().find(HASH, panics).map(|_| ()));
        assert!(result.is_err());
        assert!(dict.raw().find(HASH, equals(bad)).unwrap().is_some());
    }
    let mut pin = reclaim::pin();
    assert!(pin.repin(), "no pin was left behind");
}

#[test]
fn threads_race_with_slow_comparisons() {
    const THREADS: u64 = 4;
    const KEYS: u64 = 6;
    let dict = objects();
    let inserted: u64 = thread::scope(|scope| {
        let threads = (0..THREADS).map(|own| {
            let raw = dict.raw();
            scope.spawn(move || {
                let mut balance = 0_i64;
                for round in 0..MANY {
                    let key = (round + own) % KEYS;
                    let slow = |&other: &u64| {
                        thread::yield_now();
                        Ok::<_, ()>(other == key)
                    };
                    if round % 2 == 0 {
                        balance += i64::from(raw.insert(HASH, key, own, slow).unwrap().is_none());
                    } else {
                        balance -= i64::from(raw.remove(HASH, slow).unwrap().is_some());
                    }
                }
                balance
            })
        });
        let threads: Vec<_> = threads.collect();
        let sum: i64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        sum.try_into().unwrap()
    });
    assert_eq!(dict.iter().count() as u64, inserted);
    assert_eq!(dict.len() as u64, inserted);
}
