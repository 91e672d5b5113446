//! Timed waits end on time: never early, not lengthened by signals, for ever when so asked.
#![cfg(not(polder_loom))]

use std::{
    thread,
    time::{Duration, Instant},
};

use polder_sync::Mutex;

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn a_held_mutex_is_given_up_and_not_early() {
    let mutex = Mutex::new(());
    let _held = mutex.lock();
    thread::scope(|scope| {
        scope.spawn(|| {
            let begin = Instant::now();
            assert!(mutex.try_lock_for(SHORT).is_none());
            assert!(begin.elapsed() >= SHORT);
        });
        scope.spawn(|| {
            let deadline = Instant::now() + SHORT;
            assert!(mutex.try_lock_until(deadline).is_none());
            assert!(Instant::now() >= deadline);
        });
    });
}

#[test]
fn a_free_mutex_is_taken_whatever_the_deadline() {
    let mutex = Mutex::new(1);
    let past = Instant::now();
    assert_eq!(mutex.try_lock_until(past).as_deref(), Some(&1));
    assert_eq!(mutex.try_lock_for(Duration::ZERO).as_deref(), Some(&1));
    assert_eq!(mutex.try_lock_for(Duration::MAX).as_deref(), Some(&1));
    assert!(!mutex.is_locked());
}

#[test]
fn a_deadline_in_the_past_is_no_wait() {
    let mutex = Mutex::new(());
    let _held = mutex.lock();
    let past = Instant::now();
    assert!(mutex.try_lock_until(past).is_none());
    assert!(mutex.try_lock_for(Duration::ZERO).is_none());
}

#[test]
fn a_release_in_time_ends_the_wait() {
    // Longer than the test may take: only the release can end these waits.
    let waits: [fn(&Mutex<u32>) -> bool; 4] = [
        |mutex| mutex.try_lock_for(Duration::MAX).is_some(),
        |mutex| mutex.try_lock_for(Duration::from_secs(u64::MAX / 4)).is_some(),
        |mutex| mutex.try_lock_for(Duration::from_secs(86_400)).is_some(),
        |mutex| mutex.try_lock_until(Instant::now() + Duration::from_secs(86_400)).is_some(),
    ];
    for wait in waits {
        let mutex = Mutex::new(0);
        let held = mutex.lock();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&mutex));
            thread::sleep(SHORT);
            drop(held);
            assert!(waiter.join().expect("does not panic"));
        });
    }
}

#[test]
fn a_waiter_that_gave_up_does_not_keep_others_asleep() {
    for _ in 0..if cfg!(miri) { 3 } else { 100 } {
        let mutex = Mutex::new(0);
        let held = mutex.lock();
        thread::scope(|scope| {
            for patience in [50, 100, 150, 200] {
                let mutex = &mutex;
                scope.spawn(move || drop(mutex.try_lock_for(Duration::from_micros(patience))));
            }
            scope.spawn(|| *mutex.lock() += 1);
            scope.spawn(|| *mutex.lock() += 1);
            thread::sleep(Duration::from_micros(125));
            drop(held);
        });
        assert_eq!(mutex.into_inner(), 2);
    }
}

/// A thread that signals keep interrupting still gives up on time.
#[cfg(all(target_os = "linux", not(miri)))]
#[test]
fn signals_do_not_lengthen_the_wait() {
    use std::sync::atomic::{
        AtomicBool, AtomicU32,
        Ordering::{Relaxed, SeqCst},
    };

    static SIGNALS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: libc::c_int) {
        SIGNALS.fetch_add(1, Relaxed);
    }
    // SAFETY: an all-zero `sigaction` is valid: no flags (so no SA_RESTART), an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = count as *const () as libc::sighandler_t;
    // SAFETY: the handler only adds to an atomic, which is allowed in signal context; the pointers are valid or null.
    let installed = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(installed, 0);

    let timeout = Duration::from_millis(200);
    let give_up = Duration::from_secs(20);
    let mutex = Mutex::new(());
    let _held = mutex.lock();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::channel();
        let (mutex, done) = (&mutex, &done);
        let waiter = scope.spawn(move || {
            // SAFETY: `pthread_self` takes nothing and cannot fail; it is unsafe as a foreign function only.
            send.send(unsafe { libc::pthread_self() }).expect("the receiver waits");
            let begin = Instant::now();
            let taken = mutex.try_lock_for(timeout).is_some();
            done.store(true, SeqCst);
            (taken, begin.elapsed())
        });
        let id = receive.recv().expect("the sender lives");
        let begin = Instant::now();
        while !done.load(SeqCst) && begin.elapsed() < give_up {
            // SAFETY: the thread is joined below, and its id is valid until then, even if it has ended.
            unsafe { libc::pthread_kill(id, libc::SIGUSR1) };
            thread::sleep(Duration::from_millis(5));
        }
        let (taken, elapsed) = waiter.join().expect("does not panic");
        assert!(!taken);
        assert!(elapsed >= timeout);
        assert!(elapsed < give_up / 2, "{} signals stretched {timeout:?} to {elapsed:?}", SIGNALS.load(Relaxed));
    });
    assert!(SIGNALS.load(Relaxed) > 3, "the wait was interrupted");
}
