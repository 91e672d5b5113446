//! Several locks at once under the check of lock orders.
#![cfg(all(debug_assertions, not(polder_loom)))]

use std::{
    panic::{AssertUnwindSafe, Location, catch_unwind},
    time::Duration,
};

use polder_sync::{Mutex, lock_many, try_lock_many, try_lock_many_for};

/// The message of the panic that `call` ends in.
fn objection(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("this should panic");
    *panic.downcast::<String>().expect("a panic with a message")
}

#[test]
fn a_thread_that_would_wait_for_itself_panics_with_nothing_taken() {
    let (a, b, c) = (Mutex::new(0), Mutex::new(0), Mutex::new(0));
    let (held, here) = (b.lock(), Location::caller());
    let calls: [&dyn Fn(); 6] = [
        &|| drop(lock_many((&b,))),
        &|| drop(lock_many((&a, &b))),
        &|| drop(lock_many((&c, &b, &a))),
        &|| drop(lock_many([&b, &c])),
        &|| drop(lock_many(&[&a, &b, &c][..])),
        &|| drop(try_lock_many_for((&a, &b), Duration::MAX)),
    ];
    for call in calls {
        let objection = objection(call);
        assert!(objection.starts_with("deadlock: ") && objection.matches(here.file()).count() == 2, "{objection}");
        assert!(!a.is_locked() && !c.is_locked());
    }
    // What ends by itself may be tried.
    assert!(try_lock_many((&a, &b)).unwrap().is_none());
    assert!(try_lock_many_for((&a, &b), Duration::from_millis(1)).unwrap().is_none());
    drop(held);
    assert!(lock_many((&c, &b, &a)).is_ok());
}

#[test]
fn the_order_of_addresses_is_none_that_others_must_keep() {
    let mut locks = [Mutex::new(0), Mutex::new(1)];
    for _ in 0..3 {
        let [low, high] = &locks;
        drop(lock_many((high, low)).unwrap());
        // The same two, with the other one lower.
        locks.swap(0, 1);
    }
}

#[test]
fn what_is_held_comes_before_all_of_them() {
    let (outer, a, b) = (Mutex::new(0), Mutex::new(0), Mutex::new(0));
    {
        let _outer = outer.lock();
        drop(lock_many((&b, &a)).unwrap());
    }
    for inner in [&a, &b] {
        let _inner = inner.lock();
        let objection = objection(|| drop(outer.lock()));
        assert!(objection.contains("potential deadlock"), "{objection}");
    }
    // And so does each of them before what is taken under them.
    let other = Mutex::new(0);
    {
        let _both = lock_many((&a, &b)).unwrap();
        let _other = other.lock();
    }
    let _other = other.lock();
    assert!(objection(|| drop(lock_many((&b, &Mutex::new(0))))).contains("potential deadlock"));
    assert!(!b.is_locked());
}
