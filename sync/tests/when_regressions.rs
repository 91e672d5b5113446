//! Faults that a review found in behaviours and in the readers-writer lock, each with what it looked like.
#![cfg(not(polder_loom))]

use std::{
    hint::spin_loop,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use polder_sync::{Mutex, RwLock, when};

/// Long enough that only what has been forgotten takes longer.
const LONG: Duration = Duration::from_secs(60);

/// A behaviour is granted its second lock, run and forgotten with the last share of that lock, while the thread that asked for the
/// lock is still on its way out of there. Seen by AddressSanitizer.
#[test]
fn a_lock_outlives_those_who_ask_it_for_a_behaviour() {
    for round in 0..if cfg!(miri) { 3 } else { 3_000 } {
        let (first, second) = (Arc::new(Mutex::new(0_u64)), Arc::new(Mutex::new(0_u64)));
        let held = second.lock();
        let chain = when(&first, |n: &mut u64| *n += 1).then(&second, |(), n: &mut u64| *n += 1);
        while Arc::strong_count(&first) > 1 {
            thread::yield_now();
        }
        (0..round % 160).for_each(|_| spin_loop());
        drop(held);
        drop(second);
        chain.wait();
    }
}

/// The same without a chain: the next behaviour in the queue is asked for by the one that ends.
#[test]
fn a_lock_outlives_the_behaviour_before() {
    for round in 0..if cfg!(miri) { 3 } else { 3_000 } {
        let (first, second) = (Arc::new(Mutex::new(0_u64)), Arc::new(Mutex::new(0_u64)));
        let held = second.lock();
        drop(when(&first, |n: &mut u64| *n += 1));
        let both = when((&first, &second), |a: &mut u64, b: &mut u64| *b += *a);
        (0..round % 160).for_each(|_| spin_loop());
        drop(held);
        drop(second);
        both.wait();
    }
}

/// A writer that gives up lets waiting readers in; with a phase of one bit, a reader that had been let in before and not noticed
/// slept on.
#[test]
fn readers_that_were_let_in_wake_beside_writers_that_give_up() {
    let lock = RwLock::new(0_u64);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    let _ = *lock.read();
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let _ = lock.try_read_for(Duration::from_micros(20)).map(|n| *n);
            }
        });
        scope.spawn(|| {
            while !done.load(Relaxed) {
                if let Some(mut n) = lock.try_write() {
                    *n += 1;
                }
                if let Some(mut n) = lock.try_write_for(Duration::from_micros(20)) {
                    *n += 1;
                }
            }
        });
        for _ in 0..if cfg!(miri) { 20 } else { 20_000 } {
            *lock.write() += 1;
        }
        done.store(true, Relaxed);
    });
    assert!(lock.into_inner() > 0);
}

/// A drain that finds something stops searching, and the behaviour may block. Whoever comes then could still believe that
/// somebody searches, and its behaviour waited for the one that blocked. Seen by Miri; no x86 shows it.
#[test]
fn a_drain_that_stops_searching_is_seen_to() {
    // Two threads of a pool are enough for one behaviour that blocks.
    if !cfg!(miri) && rayon_core::current_num_threads() < 2 {
        return;
    }
    for _ in 0..if cfg!(miri) { 10 } else { 1_000 } {
        let (stay, go) = mpsc::channel();
        let blocks = when((), move || go.recv_timeout(LONG).is_ok());
        assert!(when((), || ()).wait_timeout(LONG).is_ok(), "a behaviour has been forgotten");
        stay.send(()).expect("it waits");
        assert!(blocks.wait());
    }
}

/// Waiting for a behaviour under the mutex of a combined closure would be waiting for oneself.
#[test]
fn a_combined_closure_waits_for_no_behaviour() {
    let mutex = Arc::new(Mutex::new(0));
    let refused = panic::catch_unwind(AssertUnwindSafe(|| {
        mutex.combine(|_| when(&mutex, |n: &mut i32| *n += 1).wait());
    }));
    assert!(refused.is_err());
    when(&mutex, |n: &mut i32| assert_eq!(*n, 1)).wait();
}

/// Showing a lock is no way to take it.
#[test]
fn a_combined_closure_may_show_a_readers_writer_lock() {
    let (mutex, lock) = (Mutex::new(String::new()), RwLock::new(7));
    mutex.combine(|text| *text = format!("{lock:?}"));
    assert!(mutex.into_inner().contains('7'));
}
