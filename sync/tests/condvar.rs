//! Waiting for a change under a mutex.
#![cfg(not(polder_loom))]

use std::{
    collections::VecDeque,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Condvar, Mutex};

const SOON: Duration = Duration::from_millis(5);
const LATE: Duration = Duration::from_secs(600);

#[test]
fn what_is_produced_is_consumed_once() {
    const ITEMS: usize = if cfg!(miri) { 20 } else { 20_000 };
    let queue = Mutex::new(VecDeque::new());
    let (more, room) = (Condvar::new(), Condvar::new());
    let sum = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for item in 1..=ITEMS {
                    let mut queue = queue.lock();
                    room.wait_while(&mut queue, |queue| queue.len() >= 4);
                    queue.push_back(item);
                    more.notify_one();
                }
            });
            scope.spawn(|| {
                for _ in 0..ITEMS {
                    let mut queue = queue.lock();
                    more.wait_while(&mut queue, |queue| queue.is_empty());
                    sum.fetch_add(queue.pop_front().expect("not empty"), Relaxed);
                    drop(queue);
                    room.notify_one();
                }
            });
        }
    });
    assert_eq!(sum.into_inner(), ITEMS * (ITEMS + 1));
    assert!(!more.notify_one() && room.notify_all() == 0, "nobody is left");
}

#[test]
fn all_are_notified_and_counted() {
    let (open, gate) = (Mutex::new(false), Condvar::new());
    let waiting = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut open = open.lock();
                waiting.fetch_add(1, Relaxed);
                gate.wait_while(&mut open, |open| !*open);
            });
        }
        // Whoever is counted waits by the time the mutex can be had.
        loop {
            let mut open = open.lock();
            if waiting.load(Relaxed) == 4 {
                *open = true;
                assert_eq!(gate.notify_all(), 4);
                break;
            }
            drop(open);
            thread::yield_now();
        }
    });
}

#[test]
fn they_are_notified_in_the_order_of_their_coming() {
    let (log, gate) = (Mutex::new((0, Vec::new())), Condvar::new());
    thread::scope(|scope| {
        for number in 0..3 {
            // One after the other: the next comes when this one waits.
            let (log, gate) = (&log, &gate);
            scope.spawn(move || {
                let mut guard = log.lock();
                guard.0 += 1;
                gate.wait(&mut guard);
                guard.1.push(number);
                gate.notify_one();
            });
            while log.lock().0 <= number {
                thread::yield_now();
            }
        }
        assert!(gate.notify_one());
    });
    assert_eq!(log.into_inner().1, [0, 1, 2]);
}

#[test]
fn a_timed_wait_is_not_early_and_holds_the_mutex_afterwards() {
    let (mutex, never) = (Mutex::new(1), Condvar::new());
    let mut guard = mutex.lock();
    let begun = Instant::now();
    assert!(never.wait_for(&mut guard, SOON).timed_out());
    assert!(begun.elapsed() >= SOON);
    assert!(never.wait_until(&mut guard, Instant::now()).timed_out());
    assert!(never.wait_while_for(&mut guard, |value| *value == 1, SOON).timed_out());
    assert!(!never.wait_while_for(&mut guard, |value| *value == 2, SOON).timed_out());
    assert!(mutex.try_lock().is_none());
    *guard += 1;
    drop(guard);
    assert_eq!(mutex.into_inner(), 2);
}

#[test]
fn a_notification_ends_a_timed_wait() {
    let (ready, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            *ready.lock() = true;
            changed.notify_all();
        });
        let mut ready = ready.lock();
        assert!(!changed.wait_while_for(&mut ready, |ready| !*ready, LATE).timed_out());
    });
}

/// Time-outs among notifications: none is lost to a waiter that has gone.
#[test]
fn time_outs_take_no_notification_with_them() {
    const ROUNDS: usize = if cfg!(miri) { 10 } else { 3_000 };
    let (tokens, changed) = (Mutex::new(0_usize), Condvar::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let mut tokens = tokens.lock();
                    while *tokens == 0 {
                        let _ = changed.wait_for(&mut tokens, Duration::from_micros(30));
                    }
                    *tokens -= 1;
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                let mut tokens = tokens.lock();
                changed.wait_while(&mut tokens, |tokens| *tokens == 0);
                *tokens -= 1;
            }
        });
        for _ in 0..3 * ROUNDS {
            *tokens.lock() += 1;
            // Whichever of them takes it, the one that waits for ever is among those who are told.
            changed.notify_all();
        }
    });
    assert_eq!(tokens.into_inner(), 0);
}

#[test]
fn one_condvar_serves_several_mutexes() {
    let gate = Condvar::new();
    let mutexes = [Mutex::new(false), Mutex::new(false)];
    thread::scope(|scope| {
        for mutex in &mutexes {
            let gate = &gate;
            scope.spawn(move || gate.wait_while(&mut mutex.lock(), |open| !*open));
        }
        for mutex in &mutexes {
            *mutex.lock() = true;
        }
        gate.notify_all();
    });
}

#[test]
fn a_condition_that_panics_leaves_the_mutex_with_its_guard() {
    let (mutex, never) = (Mutex::new(0), Condvar::new());
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
        never.wait_while(&mut mutex.lock(), |_| panic!("no"));
    }));
    assert!(panicked.is_err());
    assert!(mutex.try_lock().is_some());
}

#[test]
fn a_mutex_may_go_right_after_the_wait() {
    const ROUNDS: usize = if cfg!(miri) { 10 } else { 2_000 };
    let gate = Arc::new(Condvar::new());
    for _ in 0..ROUNDS {
        let shared = Arc::new(Mutex::new(false));
        let (theirs, bell) = (Arc::clone(&shared), Arc::clone(&gate));
        let other = thread::spawn(move || {
            *theirs.lock() = true;
            drop(theirs);
            bell.notify_all();
        });
        gate.wait_while(&mut shared.lock(), |open| !*open);
        drop(shared);
        other.join().expect("does not panic");
    }
}
