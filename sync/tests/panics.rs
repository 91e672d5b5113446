//! A panic in a section releases the mutex and does nothing else to it.
#![cfg(not(polder_loom))]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use polder_sync::Mutex;

#[test]
fn a_panic_under_a_guard_leaves_the_mutex_free() {
    let mutex = Mutex::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = mutex.lock();
        *guard = 1;
        panic!("in the section");
    }));
    assert!(panicked.is_err());
    assert!(!mutex.is_locked());
    assert_eq!(*mutex.try_lock().expect("free"), 1);
}

#[test]
fn a_panic_in_with_leaves_the_mutex_free() {
    let mutex = Mutex::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        mutex.with(|value| {
            *value = 1;
            panic!("in the closure");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(*mutex.try_lock().expect("free"), 1);
}

#[test]
fn a_panic_wakes_the_next_thread() {
    let mutex = Mutex::new(0);
    thread::scope(|scope| {
        let guard = mutex.lock();
        let waiter = scope.spawn(|| *mutex.lock());
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let mut guard = guard;
            *guard = 7;
            thread::sleep(std::time::Duration::from_millis(5));
            panic!("in the section");
        }));
        assert!(panicked.is_err());
        assert_eq!(waiter.join().expect("does not panic"), 7);
    });
}
