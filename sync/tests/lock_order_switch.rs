//! The switch of the lock-order check. Alone in its process, for the switch is of the whole process.
#![cfg(not(polder_loom))]

use std::panic::{AssertUnwindSafe, catch_unwind};

use polder_sync::{Mutex, set_lock_order_check};

/// Takes the two in this order; false if that panics.
fn both(first: &Mutex<()>, second: &Mutex<()>) -> bool {
    let taken = catch_unwind(AssertUnwindSafe(|| {
        let _first = first.lock();
        drop(second.lock());
    }));
    taken.is_ok()
}

#[cfg(debug_assertions)]
#[test]
fn off_means_that_orders_are_neither_compared_nor_recorded() {
    let [a, b, c] = [(); 3].map(Mutex::new);
    assert!(both(&a, &b));
    assert!(!both(&b, &a));

    assert!(set_lock_order_check(false), "on from the start");
    assert!(both(&b, &a), "not compared");
    assert!(both(&c, &a));
    let held = c.lock();
    let again = catch_unwind(AssertUnwindSafe(|| drop(c.lock())));
    assert!(again.is_err(), "no phase makes that right");

    assert!(!set_lock_order_check(true));
    let under_held = catch_unwind(AssertUnwindSafe(|| drop(a.lock())));
    assert!(under_held.is_ok());
    drop(held);
    assert!(!both(&b, &a), "remembered");
    assert!(!both(&a, &c), "held since before the switch, wanted after it");
    assert!(both(&c, &b), "the way from c to b agrees");
    assert!(set_lock_order_check(true));
}

#[cfg(not(debug_assertions))]
#[test]
fn without_debug_assertions_there_is_nothing_to_switch() {
    let (a, b) = (Mutex::new(()), Mutex::new(()));
    assert!(!set_lock_order_check(true));
    assert!(both(&a, &b) && both(&b, &a));
    assert!(!set_lock_order_check(false));
}
