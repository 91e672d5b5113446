//! Every interleaving of threads that combine, among each other and with threads that lock.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_combine
//! ```
//! loom reports a data race on the value, on a closure or on its result, a deadlock, and a failed assertion.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::sync::Arc;

use loom::{cell::UnsafeCell, model::Builder, thread};
use polder_sync::{Mutex, reclaim::pin, when, when::run_ready};

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(move || {
        body();
        polder_sync::leave();
    });
}

/// Runs `body` on a new thread of the model, with its own handle of `mutex`.
fn spawn<T: 'static, U: 'static>(
    mutex: &Arc<Mutex<T>>,
    body: impl FnOnce(&Mutex<T>) -> U + 'static,
) -> thread::JoinHandle<U> {
    let mutex = Arc::clone(mutex);
    thread::spawn(move || {
        let result = body(&mutex);
        polder_sync::leave();
        result
    })
}

/// A value that travels in a closure and back, without any protection of its own.
struct Parcel(UnsafeCell<u32>);

// SAFETY: nothing orders the accesses but what the models test; loom panics before two of them collide.
unsafe impl Send for Parcel {}

impl Parcel {
    fn new() -> Box<Self> {
        Box::new(Self(UnsafeCell::new(1)))
    }

    /// Reads it and writes the next number.
    fn bump(&self) -> u32 {
        self.0.with_mut(|cell| {
            // SAFETY: as for `Send`.
            let number = unsafe { &mut *cell };
            *number += 1;
            *number
        })
    }
}

/// Lets the others come while a closure runs: loom remembers only the last access to a place, and does not find by itself
/// that they might have come before the look at the board.
fn stay() {
    thread::yield_now();
}

/// `combine_finish`, `combine_done`, `combine_lie_down`: a closure and its result go there and back, once.
#[test]
fn a_posted_closure_is_run_once() {
    model(Some(3), || {
        let mutex = Arc::new(Mutex::new(0));
        let other = spawn(&mutex, |mutex| {
            let parcel = Parcel::new();
            let back = mutex.combine(move |sum| {
                *sum += 1;
                stay();
                parcel.bump();
                parcel
            });
            assert_eq!(back.bump(), 3);
        });
        let parcel = Parcel::new();
        let back = mutex.combine(|sum| {
            *sum += 10;
            stay();
            parcel.bump();
            parcel
        });
        assert_eq!(back.bump(), 3);
        other.join().unwrap();
        assert_eq!(mutex.combine(|sum| *sum), 11);
    });
}

/// `combine_post`, `combine_collect`: a closure gets there with what it uses. The lock has its board and the thread its node
/// before, as the making of either orders the same.
#[test]
fn a_closure_comes_with_what_it_uses() {
    let mut builder = Builder::new();
    // Enough to come between the post and the look at it; `a_posted_closure_is_run_once` goes further.
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let mutex = Arc::new(Mutex::new(()));
        drop(when(&mutex, |_: &mut ()| ()));
        run_ready(1);
        drop(pin());
        let other = spawn(&mutex, |mutex| mutex.combine(|()| stay()));
        let parcel = Parcel::new();
        parcel.bump();
        mutex.combine(move |()| {
            parcel.bump();
        });
        other.join().unwrap();
        polder_sync::leave();
    });
}

/// A thread that locks keeps the combining ones out, and the other way round.
#[test]
fn combining_and_locking_exclude_each_other() {
    model(Some(2), || {
        let mutex = Arc::new(Mutex::new(0));
        let others =
            [spawn(&mutex, |mutex| *mutex.lock() += 1), spawn(&mutex, |mutex| mutex.combine(|sum| *sum += 10))];
        mutex.combine(|sum| *sum += 100);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(*mutex.lock(), 111);
    });
}

/// A thread with a guard in its hand runs its own closure only.
#[test]
fn a_thread_with_a_lock_runs_no_foreign_closure() {
    model(Some(2), || {
        let (mutex, hand) = (Arc::new(Mutex::new(())), Mutex::new(()));
        let me = thread::current().id();
        let other = spawn(&mutex, move |mutex| {
            mutex
                .combine(move |()| assert_ne!(thread::current().id(), me, "run on the thread that holds another lock"));
        });
        let held = hand.lock();
        mutex.combine(|()| stay());
        drop(held);
        other.join().unwrap();
    });
}
