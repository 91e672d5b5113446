//! Every interleaving of waiters and notifiers of a condition variable.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_condvar
//! ```
//! loom reports a data race on the value, a deadlock (a lost notification is one), and a failed assertion.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::time::Duration;

use loom::{model::Builder, sync::Arc, thread};
use polder_sync::{Condvar, Mutex};

/// A condition and where to wait for it.
type Shared = Arc<(Mutex<u32>, Condvar)>;

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn(Shared) + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(move || {
        body(Arc::new((Mutex::new(0), Condvar::new())));
        polder_sync::leave();
    });
}

/// Runs `body` on a new thread of the model.
fn spawn<U: 'static>(
    shared: &Shared,
    body: impl FnOnce(&Mutex<u32>, &Condvar) -> U + 'static,
) -> thread::JoinHandle<U> {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let result = body(&shared.0, &shared.1);
        polder_sync::leave();
        result
    })
}

/// C2: whoever waits before the change is notified, also when the notifier has released the mutex first.
#[test]
fn no_notification_is_lost() {
    model(Some(3), |shared| {
        let waiter = spawn(&shared, |mutex, changed| {
            let mut value = mutex.lock();
            changed.wait_while(&mut value, |value| *value == 0);
            *value += 10;
        });
        *shared.0.lock() = 1;
        shared.1.notify_one();
        waiter.join().unwrap();
        assert_eq!(*shared.0.lock(), 11);
    });
}

/// The same with the mutex held while notifying: the waiter moves to the mutex and is called by its release.
#[test]
fn all_are_called_one_after_the_other() {
    model(Some(2), |shared| {
        let wait = |mutex: &Mutex<u32>, changed: &Condvar| {
            let mut value = mutex.lock();
            changed.wait_while(&mut value, |value| *value == 0);
            *value += 10;
        };
        let waiters = [spawn(&shared, wait), spawn(&shared, wait)];
        let mut value = shared.0.lock();
        *value = 1;
        shared.1.notify_all();
        drop(value);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(*shared.0.lock(), 21);
    });
}

/// C3: a waiter whose time is over while it is being notified leaves no notifier behind in its frame, and takes the notification.
#[test]
fn a_timeout_races_with_a_notification() {
    model(Some(3), |shared| {
        let waiter = spawn(&shared, |mutex, changed| {
            let mut value = mutex.lock();
            let timed_out = changed.wait_for(&mut value, Duration::from_secs(1)).timed_out();
            *value += 10;
            timed_out
        });
        *shared.0.lock() += 1;
        let notified = shared.1.notify_one();
        let timed_out = waiter.join().unwrap();
        assert!(!(notified && timed_out), "a notified waiter has not timed out");
        assert_eq!(*shared.0.lock(), 11);
    });
}
