//! Values that are made once though several threads ask for them.
#![cfg(feature = "std")]

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use polder_collections::WordDict;

const THREADS: u64 = 4;

/// Long enough for another thread to begin to wait, nearly always; nothing hangs on it.
fn a_moment() {
    thread::sleep(Duration::from_millis(if cfg!(miri) { 1 } else { 20 }));
}

#[test]
fn one_of_many_callers_makes_the_value() {
    let dict = &WordDict::<u64, u64>::new();
    let keys = if cfg!(miri) { 10 } else { 2000 };
    let made = &AtomicU64::new(0);
    let start = &Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for own in 0..THREADS {
            scope.spawn(move || {
                start.wait();
                for key in 0..keys {
                    let value = dict.get_or_insert_once(key, || {
                        thread::yield_now();
                        made.fetch_add(1, Relaxed);
                        key * 10 + own
                    });
                    assert_eq!(value / 10, key);
                    assert_eq!(dict.get(&key), Some(value));
                }
            });
        }
    });
    assert_eq!(made.load(Relaxed), keys);
    assert_eq!(dict.len() as u64, keys);
}

#[test]
fn who_waits_gets_the_value_and_does_not_run_its_own() {
    let dict = &WordDict::<u64, u64>::new();
    let (begun, has_begun) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            dict.get_or_insert_once(1, || {
                begun.send(()).unwrap();
                a_moment();
                5
            })
        });
        has_begun.recv().unwrap();
        assert_eq!(dict.get_or_insert_once(1, || unreachable!("another one makes it")), 5);
    });
}

#[test]
fn other_keys_do_not_wait() {
    let dict = &WordDict::<u64, u64>::new();
    let (begun, has_begun) = mpsc::channel();
    let (end, has_ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            dict.get_or_insert_once(1, || {
                begun.send(()).unwrap();
                has_ended.recv().unwrap();
                5
            })
        });
        has_begun.recv().unwrap();
        // A hang, if they did.
        for key in 2..50 {
            assert_eq!(dict.get_or_insert_once(key, || key), key);
        }
        assert_eq!(dict.get(&1), None);
        end.send(()).unwrap();
    });
    assert_eq!(dict.get(&1), Some(5));
}

#[test]
fn after_a_panic_another_caller_runs_its_own() {
    let dict = &WordDict::<u64, u64>::new();
    let (begun, has_begun) = mpsc::channel();
    thread::scope(|scope| {
        let first = scope.spawn(move || {
            panic::catch_unwind(AssertUnwindSafe(|| {
                dict.get_or_insert_once(1, || {
                    begun.send(()).unwrap();
                    a_moment();
                    panic!("within")
                })
            }))
            .is_err()
        });
        has_begun.recv().unwrap();
        let others: Vec<_> = (0..3).map(|own| scope.spawn(move || dict.get_or_insert_once(1, || own))).collect();
        let values: Vec<u64> = others.into_iter().map(|other| other.join().unwrap()).collect();
        assert!(first.join().unwrap());
        assert!(values.iter().all(|&value| Some(value) == dict.get(&1)), "{values:?}");
    });
    assert_eq!(dict.len(), 1);
}

#[test]
fn to_ask_for_the_same_key_within_is_refused() {
    let dict = WordDict::<u64, u64>::new();
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.get_or_insert_once(1, || dict.get_or_insert_once(1, || 5));
    }));
    let message = *end.unwrap_err().downcast::<&str>().expect("a message");
    assert!(message.contains("asks for the same key"), "{message}");
    assert_eq!(dict.get(&1), None);
    // The outer call's flight has ended too.
    assert_eq!(dict.get_or_insert_once(1, || 6), 6);
}

#[test]
fn to_ask_for_other_keys_within_is_not() {
    let dict = WordDict::<u64, u64>::new();
    fn fibonacci(dict: &WordDict<u64, u64>, n: u64) -> u64 {
        dict.get_or_insert_once(n, || if n < 2 { n } else { fibonacci(dict, n - 1) + fibonacci(dict, n - 2) })
    }
    assert_eq!(fibonacci(&dict, 40), 102_334_155);
    assert_eq!(dict.len(), 41);
}

#[test]
fn a_value_that_others_put_in_meanwhile_stays() {
    let dict = WordDict::<u64, u64>::new();
    let value = dict.get_or_insert_once(1, || {
        assert_eq!(dict.insert(1, 7), None);
        assert_eq!(dict.get_or_insert_once(1, || unreachable!("it is there")), 7);
        5
    });
    assert_eq!(value, 7);
    assert_eq!(dict.get(&1), Some(7));
}

#[test]
fn what_comes_and_goes_meanwhile_makes_no_difference() {
    let dict = WordDict::<u64, u64>::new();
    let value = dict.get_or_insert_once(1, || {
        dict.insert(1, 7);
        dict.remove(&1);
        5
    });
    assert_eq!(value, 5);
    assert_eq!(dict.get(&1), Some(5));
}

/// Values are removed all the time: each caller gets one all the same, and all end.
#[test]
fn removals_do_not_stop_it() {
    let dict = &WordDict::<u64, u64>::new();
    let rounds = if cfg!(miri) { 20 } else { 5000 };
    thread::scope(|scope| {
        for own in 0..THREADS {
            scope.spawn(move || {
                for round in 0..rounds {
                    let value = dict.get_or_insert_once(1, || own * rounds + round);
                    assert!(value < THREADS * rounds);
                    dict.remove(&1);
                }
            });
        }
    });
    assert_eq!(dict.len(), 0);
}
