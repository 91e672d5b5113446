//! A value for each thread of an object: what this crate's page promises about it.
#![cfg(not(polder_loom))]

use std::{
    cell::Cell,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier, LazyLock as StdLazyLock,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use polder_sync::{LazyLock, OnceLock, PerThread};

const THREADS: u32 = 4;

#[test]
fn each_thread_has_its_own_and_the_object_has_all() {
    let mut values = PerThread::new();
    let all_are_here = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (values, all_are_here) = (&values, &all_are_here);
            scope.spawn(move || {
                assert_eq!(values.get(), None);
                all_are_here.wait();
                assert_eq!(*values.get_or(|| number), number);
                all_are_here.wait(); // so that no thread gets the place of one that has ended
                assert_eq!(*values.get_or(|| 99), number, "made once");
                assert_eq!(values.iter().copied().collect::<BTreeSet<_>>(), (0..THREADS).collect());
                all_are_here.wait();
            });
        }
    });
    values.iter_mut().for_each(|value| *value += 10);
    assert_eq!(values.into_iter().collect::<BTreeSet<_>>(), (10..10 + THREADS).collect());
}

#[test]
fn values_live_as_long_as_the_object() {
    struct Tally(Arc<AtomicU32>);
    impl Drop for Tally {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let drops = Arc::new(AtomicU32::new(0));
    let made = AtomicU32::new(0);
    let values = PerThread::new();
    for _ in 0..THREADS {
        thread::scope(|scope| {
            scope.spawn(|| {
                values.get_or(|| {
                    made.fetch_add(1, SeqCst);
                    Tally(Arc::clone(&drops))
                });
            });
        });
    }
    let made = made.into_inner();
    assert!((1..=THREADS).contains(&made), "a thread may find the value of one that has ended");
    assert_eq!((values.iter().count() as u32, drops.load(SeqCst)), (made, 0));
    drop(values);
    assert_eq!(drops.load(SeqCst), made);
}

#[test]
fn a_panic_leaves_no_value() {
    let values = PerThread::new();
    assert!(catch_unwind(AssertUnwindSafe(|| values.get_or(|| panic!("in the closure")))).is_err());
    assert_eq!(values.get(), None);
    assert_eq!(*values.get_or(|| 1), 1);
}

#[test]
fn of_two_values_made_at_once_the_inner_one_stays() {
    let values = PerThread::new();
    let inner = Cell::new(None);
    let outer = values.get_or(|| {
        inner.set(Some(values.get_or(|| Box::new(1))));
        Box::new(2)
    });
    assert!(std::ptr::eq(outer, inner.get().expect("has run")));
    assert_eq!((**outer, values.iter().count()), (1, 1));
}

#[test]
fn values_that_cannot_be_shared_will_do() {
    static VALUES: PerThread<Cell<u32>> = PerThread::new();
    thread::scope(|scope| {
        for number in 1..=THREADS {
            scope.spawn(move || {
                let mine = VALUES.get_or(Cell::default);
                mine.set(number);
                thread::yield_now();
                assert_eq!(mine.get(), number);
            });
        }
    });
}

#[test]
fn the_locks_that_fill_once_are_those_of_std() {
    static ONCE: OnceLock<u32> = OnceLock::new();
    static LAZY: StdLazyLock<u32> = LazyLock::new(|| *ONCE.get_or_init(|| 3) + 1);
    assert_eq!((*LAZY, ONCE.get(), ONCE.set(5)), (4, Some(&3), Err(5)));
}
