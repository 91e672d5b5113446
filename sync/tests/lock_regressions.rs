//! Faults that a review found in the locks, each with what it looked like.
#![cfg(not(polder_loom))]

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use polder_sync::{Condvar, Mutex, MutexGuard, Poison};

/// A closure that waits with a guard from a thread-local variable would be refused the mutex afterwards, and keep the guard.
#[test]
fn a_combined_closure_cannot_wait_with_a_guard() {
    static HELD: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static OTHER: Mutex<()> = Mutex::new(());
    static NEVER: Condvar = Condvar::new();
    thread_local! {
        static GUARD: RefCell<Option<MutexGuard<'static, Vec<u32>>>> = const { RefCell::new(None) };
    }
    GUARD.set(Some(HELD.lock()));
    let refused = panic::catch_unwind(|| {
        OTHER.combine(|()| {
            GUARD.with_borrow_mut(|guard| {
                let _ = NEVER.wait_for(guard.as_mut().expect("held"), Duration::from_millis(1));
            });
        });
    });
    assert!(refused.is_err());
    assert!(HELD.is_locked(), "the guard still has the mutex");
    GUARD.take();
    assert!(!HELD.is_locked());
}

/// A destructor that locks while a combined closure unwinds is let through: a second panic would end the process.
#[test]
fn a_destructor_may_lock_while_a_combined_closure_unwinds() {
    struct Logs<'a>(&'a Mutex<u32>);

    impl Drop for Logs<'_> {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }

    let (mutex, log) = (Mutex::new(()), Mutex::new(0));
    let unwound = panic::catch_unwind(AssertUnwindSafe(|| {
        mutex.combine(|()| {
            let _logs = Logs(&log);
            panic::resume_unwind(Box::new("no"));
        });
    }));
    assert!(unwound.is_err());
    assert_eq!(*log.lock(), 1);
    assert!(mutex.try_lock().is_some());
    mutex.combine(|()| ());
}

/// A thread that unwinds does not run others' closures: what they poison would go unseen.
#[test]
fn an_unwinding_thread_serves_nobody() {
    struct Combines<'a>(&'a Mutex<Poison<u32>>, &'a Barrier);

    impl Drop for Combines<'_> {
        fn drop(&mut self) {
            self.0.combine(|_| {
                self.1.wait();
                (0..200).for_each(|_| std::hint::spin_loop());
            });
        }
    }

    for _ in 0..if cfg!(miri) { 2 } else { 100 } {
        let (mutex, together) = (Mutex::new(Poison::new(0)), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                panic::catch_unwind(AssertUnwindSafe(|| {
                    let _combines = Combines(&mutex, &together);
                    panic::resume_unwind(Box::new("first"));
                }))
                .expect_err("unwound");
            });
            together.wait();
            panic::catch_unwind(AssertUnwindSafe(|| {
                mutex.combine(|value| {
                    let _half_done = value.get().expect("not poisoned yet");
                    panic::resume_unwind(Box::new("second"));
                });
            }))
            .expect_err("unwound");
        });
        assert!(mutex.into_inner().into_inner().is_err(), "the half-done change went unseen");
    }
}

/// Showing a mutex is no way to take it.
#[test]
fn a_combined_closure_may_show_another_mutex() {
    let (outer, inner) = (Mutex::new(String::new()), Mutex::new(7));
    outer.combine(|text| *text = format!("{inner:?}"));
    assert!(outer.into_inner().contains('7'));
}

/// Fair releases take turns between threads that sleep and threads that are notified.
#[test]
fn fair_releases_do_not_pass_over_the_notified() {
    let (mutex, gate) = (Mutex::new(false), Condvar::new());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..if cfg!(miri) { 2 } else { 6 } {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    MutexGuard::unlock_fair(mutex.lock());
                }
            });
        }
        scope.spawn(|| {
            let mut open = mutex.lock();
            gate.wait_while(&mut open, |open| !*open);
            done.store(true, Relaxed);
        });
        while !done.load(Relaxed) {
            *mutex.lock() = true;
            gate.notify_all();
            thread::yield_now();
        }
    });
}

/// Two threads hand a turn to each other: each release has somebody to call, and a third thread that sleeps is called beside them.
#[test]
fn notified_threads_do_not_starve_those_who_lock() {
    let (turn, changed) = (Mutex::new(0_usize), Condvar::new());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for me in 0..2 {
            let (turn, changed, done) = (&turn, &changed, &done);
            scope.spawn(move || {
                let mut now = turn.lock();
                while !done.load(Relaxed) {
                    changed.wait_while(&mut now, |now| *now % 2 != me && !done.load(Relaxed));
                    // Long enough for the third to fall asleep.
                    (0..if cfg!(miri) { 1 } else { 2_000 }).for_each(|_| std::hint::spin_loop());
                    *now += 1;
                    changed.notify_one();
                }
                changed.notify_all();
            });
        }
        for _ in 0..if cfg!(miri) { 2 } else { 50 } {
            drop(turn.lock());
        }
        done.store(true, Relaxed);
        drop(turn.lock());
        changed.notify_all();
    });
}
