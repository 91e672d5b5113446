//! Potential deadlocks panic before they happen and name the sites; what cannot deadlock goes unremarked.
//!
//! The check exists in builds with debug assertions only, as `cargo test` makes them; others have nothing to test.
#![cfg(all(debug_assertions, not(polder_loom)))]

use std::{
    any::Any,
    cell::Cell,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::Barrier,
    thread,
    time::Duration,
};

use polder_sync::{Mutex, MutexGuard};

/// This file and the line of the call, as messages show them; the column follows in them.
#[track_caller]
fn here() -> String {
    let site = Location::caller();
    format!("{}:{}:", site.file(), site.line())
}

fn message(panic: Box<dyn Any + Send>) -> String {
    *panic.downcast::<String>().expect("a message with sites")
}

/// The message of the panic that `f` ends with.
fn panic_of<U>(f: impl FnOnce() -> U) -> String {
    message(catch_unwind(AssertUnwindSafe(f)).err().expect("panics"))
}

fn on_another_thread<U: Send>(name: &str, f: impl FnOnce() -> U + Send) -> U {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, f).expect("starts");
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Takes the two in this order, and gives them back.
fn both(first: &Mutex<()>, second: &Mutex<()>) {
    let _first = first.lock();
    drop(second.lock());
}

#[track_caller]
fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert_eq!(message.matches("lock_order.rs:").count(), parts.iter().filter(|part| part.ends_with(':')).count());
}

#[test]
fn locking_again_panics_and_names_both_sites() {
    let mutex = Mutex::new(0);
    let (guard, first) = (mutex.lock(), here());
    let second = Cell::new(String::new());
    let message = panic_of(|| {
        let _again = (second.set(here()), mutex.lock());
    });
    assert!(message.starts_with("deadlock"), "{message}");
    assert_names(&message, &[&first, &second.take()]);
    assert!(mutex.is_locked(), "the first guard has it still");
    drop(guard);
    assert_eq!(*mutex.lock(), 0);
}

#[test]
fn every_way_of_waiting_for_ever_is_checked() {
    let mutex = Mutex::new(0);
    let message = panic_of(|| mutex.with(|_| mutex.with(|_| ())));
    assert!(message.starts_with("deadlock"), "{message}");
    let guard = mutex.try_lock().expect("free");
    assert!(panic_of(|| mutex.try_lock_for(Duration::MAX)).starts_with("deadlock"));
    assert!(panic_of(|| mutex.lock()).starts_with("deadlock"), "also of what was taken by an attempt");
    assert!(mutex.try_lock_for(Duration::from_millis(1)).is_none(), "that one ends");
    drop(guard);
    let guard = mutex.try_lock_for(Duration::MAX);
    assert!(panic_of(|| mutex.lock()).starts_with("deadlock"));
    drop(guard);
    assert!(!mutex.is_locked());
}

#[test]
fn opposite_orders_panic_and_name_four_sites() {
    let (left, right) = (Mutex::new(1), Mutex::new(2));
    let (held_before, wanted_before) = on_another_thread("the earlier one", || {
        let (_left, held) = (left.lock(), here());
        let (_right, wanted) = (right.lock(), here());
        (held, wanted)
    });
    let (message, held_now, wanted_now) = on_another_thread("the later one", || {
        let (right, held) = (right.lock(), here());
        let wanted = Cell::new(String::new());
        let message = panic_of(|| (wanted.set(here()), *left.lock()));
        assert_eq!(*right, 2, "held as before");
        (message, held, wanted.take())
    });
    assert!(message.starts_with("potential deadlock"), "{message}");
    let names = ["the earlier one", "the later one"].map(|name| format!("thread `{name}`"));
    assert_names(&message, &[&held_before, &wanted_before, &held_now, &wanted_now, &names[0], &names[1]]);
    assert!(!left.is_locked() && !right.is_locked());
}

#[test]
fn the_check_finds_what_did_not_happen_this_time_each_time() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    both(&left, &right);
    for _ in 0..3 {
        assert!(panic_of(|| both(&right, &left)).contains("potential deadlock"));
    }
    both(&left, &right);
}

#[test]
fn a_circle_of_three_names_all_its_sites() {
    let [a, b, c] = [(); 3].map(Mutex::new);
    let held = Cell::new(String::new());
    let take = |first: &Mutex<()>, second: &Mutex<()>| {
        let _first = (first.lock(), held.set(here()));
        let _second = (second.lock(), here());
        [held.take(), _second.1]
    };
    let (sites, others) = (take(&a, &b), take(&b, &c));
    assert_eq!(sites, others, "one place takes the locks, in three roles");
    let (_c, held_now) = (c.lock(), here());
    let wanted_now = Cell::new(String::new());
    let message = panic_of(|| mem::drop((wanted_now.set(here()), a.lock())));
    let [held, wanted] = &sites;
    assert_names(&message, &[held, wanted, held, wanted, &held_now, &wanted_now.take()]);
    assert_eq!((message.matches(held).count(), message.matches(wanted).count()), (2, 2), "{message}");
}

#[test]
fn one_order_is_fine_for_any_number_of_threads() {
    let locks: Vec<Mutex<usize>> = (0..6).map(Mutex::new).collect();
    let together = Barrier::new(4);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (locks, together) = (&locks, &together);
            scope.spawn(move || {
                together.wait();
                for round in 0..if cfg!(miri) { 5 } else { 500 } {
                    // Various subsets, by rising positions.
                    let subset = (thread * 31 + round * 7) % 64;
                    let chosen = locks.iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
                    let guards: Vec<_> = chosen.map(|(_, lock)| lock.lock()).collect();
                    assert!(guards.is_sorted_by_key(|guard| **guard));
                }
            });
        }
    });
}

#[test]
fn a_lock_at_the_address_of_a_dead_one_is_another_lock() {
    let other = Mutex::new(());
    let mut place = Box::new(Mutex::new(()));
    for round in 0..if cfg!(miri) { 6 } else { 100 } {
        if round % 2 == 0 {
            both(&place, &other);
        } else {
            both(&other, &place);
        }
        *place = Mutex::new(());
    }
    let (held, address) = (place.lock(), &raw const *place);
    mem::forget(held);
    *place = Mutex::new(());
    assert_eq!(address, &raw const *place);
    drop(place.lock()); // the forgotten guard was of another lock
}

#[test]
fn a_lock_is_the_same_wherever_it_moves() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    both(&left, &right);
    let moved = Box::new(left);
    assert!(panic_of(|| both(&right, &moved)).contains("potential deadlock"));
    let forgotten = Mutex::new(());
    mem::forget(forgotten.lock());
    let moved = [forgotten];
    assert!(panic_of(|| drop(moved[0].lock())).starts_with("deadlock"));
}

#[test]
fn attempts_and_timed_waits_have_no_order() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    both(&left, &right);
    let held = right.lock();
    drop(left.try_lock().expect("free"));
    drop(left.try_lock_for(Duration::from_secs(60)).expect("free"));
    drop(held);
    both(&left, &right);
}

#[test]
fn what_an_attempt_has_taken_comes_before_what_is_waited_for() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    let held = left.try_lock().expect("free");
    drop(right.lock());
    drop(held);
    assert!(panic_of(|| both(&right, &left)).contains("potential deadlock"));
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let [a, b, c] = [(); 3].map(Mutex::new);
    for dropped_first in 0..3 {
        let mut guards: Vec<MutexGuard<'_, ()>> = [&a, &b, &c].map(Mutex::lock).into();
        drop(guards.swap_remove(dropped_first));
        drop([&a, &b, &c][dropped_first].try_lock().expect("that one is free"));
        drop(guards);
    }
    // The order of a and c is known, though b was between them.
    drop(b);
    assert!(panic_of(|| both(&c, &a)).contains("potential deadlock"));
    // Hand over hand down a list, then again from its middle.
    let (first, second) = (a.lock(), c.lock());
    drop(first);
    let d = Mutex::new(());
    let third = d.lock();
    drop(second);
    drop(third);
    both(&c, &d);
}

#[test]
fn after_a_panic_the_records_are_as_before() {
    let [outer, inner, next] = [(); 3].map(Mutex::new);
    both(&outer, &inner);
    let held = inner.lock();
    assert!(panic_of(|| outer.lock()).contains("potential deadlock"));
    drop(next.lock());
    drop(held);
    // The refused order was not recorded, and the guard was: so this is fine and the next is not.
    both(&outer, &inner);
    assert!(panic_of(|| both(&next, &inner)).contains("potential deadlock"));

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guards = (outer.lock(), inner.lock());
        panic!("in the section");
    }));
    assert!(panicked.is_err());
    both(&outer, &inner); // neither counts as held
}

/// Locks when dropped.
struct LocksOnDrop<'a>(&'a Mutex<u32>, &'a Mutex<u32>);

impl Drop for LocksOnDrop<'_> {
    fn drop(&mut self) {
        let mut first = self.0.lock();
        *first += 1;
        *self.1.lock() += 1;
    }
}

#[test]
fn nothing_is_checked_while_a_panic_unwinds() {
    let (left, right) = (Mutex::new(0), Mutex::new(0));
    drop(LocksOnDrop(&left, &right));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _locks = LocksOnDrop(&right, &left);
        panic!("the one and only");
    }));
    assert_eq!(panic.expect_err("panics").downcast_ref(), Some(&"the one and only"));
    assert_eq!((left.into_inner(), right.into_inner()), (2, 2));
}

#[test]
fn orders_outlive_the_threads_that_showed_them() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    on_another_thread("short-lived", || both(&left, &right));
    let message = on_another_thread("after it", || panic_of(|| both(&right, &left)));
    assert!(message.contains("thread `short-lived`"), "{message}");
    let nameless = Mutex::new(());
    thread::scope(|scope| scope.spawn(|| both(&right, &nameless)).join()).expect("does not panic");
    assert!(panic_of(|| both(&nameless, &right)).contains("an unnamed thread"));
}

#[test]
fn a_thread_that_ends_may_lock_in_its_last_destructors() {
    static LATE: Mutex<u32> = Mutex::new(0);
    static LATER: Mutex<u32> = Mutex::new(0);

    thread_local! {
        static FIRST: Cell<Option<LocksOnDrop<'static>>> = const { Cell::new(None) };
        static LAST: Cell<Option<LocksOnDrop<'static>>> = const { Cell::new(None) };
    }
    on_another_thread("ending", || {
        // One of them goes before the thread's records, one after them.
        FIRST.set(Some(LocksOnDrop(&LATE, &LATER)));
        drop(LATE.lock());
        LAST.set(Some(LocksOnDrop(&LATE, &LATER)));
    });
    assert_eq!((*LATE.lock(), *LATER.lock()), (2, 2));
}

#[test]
fn a_panic_reports_the_line_of_the_caller() {
    let panicked_at = on_another_thread("watched", || {
        let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
        let (before, slot, me) = (std::panic::take_hook(), seen.clone(), thread::current().id());
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().id() == me {
                *slot.lock().expect("no panic in here") = info.location().map(Location::line);
            } else {
                before(info);
            }
        }));
        let own = Mutex::new(());
        let _own = own.lock();
        let line = line!() + 1;
        panic_of(|| own.lock());
        let seen = seen.lock().expect("no panic in here").take();
        (seen, Some(line))
    });
    assert_eq!(panicked_at.0, panicked_at.1);
}
