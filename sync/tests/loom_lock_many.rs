//! Every interleaving of two or three threads that take three locks together, each naming them in an order of its own.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_lock_many
//! ```
//! loom reports a data race on what a lock holds, a deadlock (which is what the order of the call would lead to), and a failed
//! assertion. The locks are neighbours in one allocation: their addresses differ between executions, their order does not.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{array, time::Duration};

use loom::{model::Builder, sync::Arc, thread};
use polder_sync::{
    DuplicateLock, Mutex, MutexGuard, RwLock, leave, lock_many, read, try_lock_many, try_lock_many_for,
    try_lock_many_until,
};

/// Three locks, by ascending address.
type Locks = [Mutex<u32>; 3];

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn(&Arc<Locks>) + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(move || {
        let locks = Arc::new(array::from_fn(|_| Mutex::new(0)));
        body(&locks);
        drop(locks);
        leave();
    });
}

/// Runs `body` on a new thread of the model.
fn spawn(locks: &Arc<Locks>, body: impl FnOnce(&Locks) + 'static) -> thread::JoinHandle<()> {
    let locks = Arc::clone(locks);
    thread::spawn(move || {
        body(&locks);
        drop(locks);
        leave();
    })
}

/// A section that uses all its locks. That two overlap shows as a race on the values, or as a count that is lost.
fn count<const N: usize>(guards: [MutexGuard<'_, u32>; N]) {
    for mut guard in guards {
        *guard += 1;
    }
}

/// What the locks hold when all threads have ended. That they are free is part of it.
fn counts(locks: &Locks) -> [u32; 3] {
    locks.each_ref().map(|lock| *lock.try_lock().expect("all have released it"))
}

#[test]
fn two_threads_in_opposite_orders() {
    model(Some(5), |locks| {
        let other = spawn(locks, |[a, b, _]| count(lock_many((a, b)).unwrap().into()));
        let [a, b, _] = &**locks;
        count(lock_many((b, a)).unwrap().into());
        other.join().unwrap();
        assert_eq!(counts(locks), [2, 2, 0]);
    });
}

#[test]
fn two_threads_with_three_locks_in_different_orders() {
    model(Some(4), |locks| {
        let other = spawn(locks, |[a, b, c]| count(lock_many((c, a, b)).unwrap().into()));
        let [a, b, c] = &**locks;
        count(lock_many((b, c, a)).unwrap().into());
        other.join().unwrap();
        assert_eq!(counts(locks), [2, 2, 2]);
    });
}

/// Each has two of three, so that only all three together would be a circle.
#[test]
fn three_philosophers() {
    model(Some(3), |locks| {
        let others = [
            spawn(locks, |[_, b, c]| count(lock_many((b, c)).unwrap().into())),
            spawn(locks, |[a, _, c]| count(lock_many([c, a]).unwrap())),
        ];
        let [a, b, _] = &**locks;
        count(lock_many((a, b)).unwrap().into());
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(counts(locks), [2, 2, 2]);
    });
}

/// A slice, and a thread that takes one of the locks alone.
#[test]
fn a_slice_beside_a_single_lock() {
    model(Some(3), |locks| {
        let others = [
            spawn(locks, |[a, b, c]| lock_many(&[c, b, a][..]).unwrap().into_iter().for_each(|guard| count([guard]))),
            spawn(locks, |[_, b, _]| count([b.lock()])),
        ];
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(counts(locks), [1, 2, 1]);
    });
}

/// Of tries that only compete among themselves one succeeds, and a try that fails leaves nothing locked.
#[test]
fn one_of_two_tries_succeeds() {
    model(Some(5), |locks| {
        fn attempt([left, right]: [&Mutex<u32>; 2], mark: &Mutex<u32>) {
            if let Some(guards) = try_lock_many((left, right)).unwrap() {
                count(guards.into());
                *mark.lock() += 1;
            }
        }
        let other = spawn(locks, |[a, b, c]| attempt([a, b], c));
        let [a, b, c] = &**locks;
        attempt([b, a], c);
        other.join().unwrap();
        let [at_a, at_b, succeeded] = counts(locks);
        assert!(succeeded >= 1);
        assert_eq!([at_a, at_b], [succeeded; 2]);
    });
}

/// A timed call takes both or gives up with neither; whoever waits for one of them is not forgotten.
#[test]
fn a_timed_call_beside_a_blocking_one() {
    model(Some(3), |locks| {
        let other = spawn(locks, |[a, b, _]| {
            if let Some(guards) = try_lock_many_for((b, a), Duration::from_secs(1)).unwrap() {
                count(guards.into());
            }
        });
        let [a, b, _] = &**locks;
        count(lock_many((a, b)).unwrap().into());
        other.join().unwrap();
        assert!(matches!(counts(locks), [1, 1, 0] | [2, 2, 0]));
    });
}

/// A refusal looks at no lock: nobody is disturbed by it and it waits for nobody.
#[test]
fn a_duplicate_is_refused_beside_a_holder() {
    model(None, |locks| {
        let [a, b, c] = &**locks;
        let held = lock_many((a, b, c)).unwrap();
        let other = spawn(locks, |[a, b, c]| {
            assert_eq!(lock_many((c, a, b, c)).err(), Some(DuplicateLock { first: 0, second: 3 }));
            let now = std::time::Instant::now();
            assert_eq!(try_lock_many_until((b, b), now).err(), Some(DuplicateLock { first: 0, second: 1 }));
        });
        other.join().unwrap();
        count(held.into());
        assert_eq!(counts(locks), [1, 1, 1]);
    });
}

/// Each reads what the other writes: a circle, if both began with what they read.
#[test]
fn two_threads_read_what_the_other_writes() {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(2));
    builder.check(|| {
        let locks: Arc<[RwLock<u32>; 2]> = Arc::new([RwLock::new(0), RwLock::new(0)]);
        let copied = Arc::clone(&locks);
        let other = thread::spawn(move || {
            let [a, b] = &*copied;
            let (from, mut to) = lock_many((read(b), a)).unwrap();
            *to += 1 + *from;
            drop((from, to));
            drop(copied);
            leave();
        });
        let [a, b] = &*locks;
        let (from, mut to) = lock_many((read(a), b)).unwrap();
        *to += 1 + *from;
        drop((from, to));
        other.join().unwrap();
        let sums = [a, b].map(|lock| *lock.try_read().expect("both have released it"));
        assert!(matches!(sums, [1, 2] | [2, 1]), "one section after the other");
        drop(locks);
        leave();
    });
}
