//! Every interleaving of two or three threads at a mutex, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom
//! ```
//! loom reports a data race on the value in the mutex, a deadlock (a lost wake-up is one), and a failed assertion.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::time::Duration;

use loom::{model::Builder, sync::Arc, thread};
use polder_sync::{Mutex, MutexGuard};

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(body);
}

/// Runs `body` on a new thread of the model, with its own handle of `mutex`.
fn spawn<T>(mutex: &Arc<Mutex<T>>, body: impl FnOnce(&Mutex<T>) + 'static) -> thread::JoinHandle<()>
where
    T: 'static,
{
    let mutex = Arc::clone(mutex);
    thread::spawn(move || body(&mutex))
}

/// `lock_take` and `lock_release`: nobody waits here.
#[test]
fn try_lock_sees_what_the_release_published() {
    model(None, || {
        let mutex = Arc::new(Mutex::new((0, 0)));
        let writer = spawn(&mutex, |mutex| {
            if let Some(mut pair) = mutex.try_lock() {
                *pair = (1, 1);
            }
        });
        if let Some(pair) = mutex.try_lock() {
            assert!(matches!(*pair, (0, 0) | (1, 1)));
        }
        writer.join().unwrap();
        assert!(mutex.try_lock().is_some(), "both have released it");
    });
}

/// Whoever comes second, with or without sleeping, sees the other's write.
#[test]
fn lock_sees_what_the_release_published() {
    model(None, || {
        let mutex = Arc::new(Mutex::new(0));
        let other = spawn(&mutex, |mutex| *mutex.lock() += 1);
        *mutex.lock() += 1;
        other.join().unwrap();
        assert_eq!(*mutex.lock(), 2);
    });
}

/// `lock_free`: a second round each, and a mutex that has been crowded works as before.
#[test]
fn two_threads_take_turns() {
    model(Some(5), || {
        let mutex = Arc::new(Mutex::new(0));
        let other = spawn(&mutex, |mutex| {
            *mutex.lock() += 1;
            *mutex.lock() += 1;
        });
        *mutex.lock() += 1;
        *mutex.lock() += 1;
        other.join().unwrap();
        assert_eq!(*mutex.lock(), 4);
    });
}

/// I2: with two sleepers, the one that is woken answers for the other.
#[test]
fn no_wake_up_is_lost_among_three() {
    model(Some(4), || {
        let mutex = Arc::new(Mutex::new(0));
        let held = mutex.lock();
        let others = [spawn(&mutex, |mutex| *mutex.lock() += 1), spawn(&mutex, |mutex| *mutex.lock() += 1)];
        drop(held);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(*mutex.lock(), 2);
    });
}

/// I2 and P2: a waiter that is chosen while it gives up does not take the wake-up with it.
#[test]
fn no_wake_up_is_lost_to_a_waiter_that_gives_up() {
    model(Some(4), || {
        let mutex = Arc::new(Mutex::new(0));
        let held = mutex.lock();
        let others = [
            spawn(&mutex, |mutex| {
                if let Some(mut value) = mutex.try_lock_for(Duration::from_secs(1)) {
                    *value += 10;
                }
            }),
            spawn(&mutex, |mutex| *mutex.lock() += 1),
        ];
        drop(held);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(matches!(*mutex.lock(), 1 | 11));
    });
}

/// A timed waiter either gets the mutex or gives up; either way the holder is undisturbed.
#[test]
fn a_timed_wait_ends_with_or_without_the_mutex() {
    model(None, || {
        let mutex = Arc::new(Mutex::new(0));
        let other = spawn(&mutex, |mutex| {
            if let Some(mut value) = mutex.try_lock_for(Duration::from_secs(1)) {
                *value += 1;
            }
        });
        *mutex.lock() += 10;
        other.join().unwrap();
        assert!(matches!(*mutex.lock(), 10 | 11));
    });
}

/// try_lock among lockers: it takes its turn or none, and its release wakes whoever went to sleep meanwhile.
#[test]
fn a_barging_try_lock_wakes_those_it_overtook() {
    model(Some(4), || {
        let mutex = Arc::new(Mutex::new(0));
        let others = [
            spawn(&mutex, |mutex| *mutex.lock() += 1),
            spawn(&mutex, |mutex| {
                if let Some(mut value) = mutex.try_lock() {
                    *value += 10;
                }
            }),
        ];
        *mutex.lock() += 1;
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(matches!(*mutex.lock(), 2 | 12));
    });
}

/// `lock_reserve` and `lock_take_reserved`: a fair release goes to a sleeper if there is one.
#[test]
fn a_fair_release_hands_the_mutex_over() {
    model(Some(4), || {
        let mutex = Arc::new(Mutex::new(0));
        let mut held = mutex.lock();
        let other = spawn(&mutex, |mutex| *mutex.lock() += 1);
        *held += 100;
        MutexGuard::unlock_fair(held);
        if let Some(mut value) = mutex.try_lock() {
            *value += 10;
        }
        other.join().unwrap();
        assert!(matches!(*mutex.lock(), 101 | 111));
    });
}

/// I5: nobody is left behind a reservation that was made for a waiter that gave up.
#[test]
fn a_reservation_is_taken_or_undone() {
    model(Some(3), || {
        let mutex = Arc::new(Mutex::new(0));
        let held = mutex.lock();
        let others = [
            spawn(&mutex, |mutex| {
                if let Some(mut value) = mutex.try_lock_for(Duration::from_secs(1)) {
                    *value += 10;
                }
            }),
            spawn(&mutex, |mutex| *mutex.lock() += 1),
        ];
        MutexGuard::unlock_fair(held);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(matches!(*mutex.lock(), 1 | 11));
    });
}

/// A thread that is overtaken until it starves gets the mutex next, however often the other one comes back.
#[test]
fn a_starving_thread_goes_first() {
    model(Some(3), || {
        let mutex = Arc::new(Mutex::new(0));
        let other = spawn(&mutex, |mutex| *mutex.lock() += 1);
        for _ in 0..3 {
            *mutex.lock() += 10;
        }
        other.join().unwrap();
        assert_eq!(*mutex.lock(), 31);
    });
}
