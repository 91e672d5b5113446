//! A thread that alone uses the crate: old values of cells go in the call that replaces them, and in no other case too early.
//!
//! *At once* means without a scan: the number of heavy fences stands still.
#![cfg(not(polder_loom))]

#[path = "support/census.rs"]
mod census;
#[path = "support/lonely.rs"]
mod lonely;

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread,
};

use census::{Census, Member};
use lonely::{lonely, on_a_thread};
use polder_sync::{AtomicOptionRef, AtomicRef, RefGuard, fence, reclaim};

/// More replacements than fill a batch.
const MANY: usize = if cfg!(miri) { 12 } else { 1_000 };
const BATCH: usize = if cfg!(miri) { 4 } else { 256 };
const SLOTS: usize = if cfg!(miri) { 2 } else { 8 };

/// Runs it, and fails if there was a scan.
fn without_a_scan(work: impl FnOnce()) {
    let before = fence::heavy_count();
    work();
    assert_eq!(fence::heavy_count(), before, "there was a scan");
}

/// Replaces the value until only the current one is left. Fails if that takes more than three batches.
fn store_until_tidy(cell: &AtomicRef<Member>, census: &Census) {
    for _ in 0..3 * BATCH {
        cell.store(Arc::new(census.member(0)));
        if census.alive() == 1 {
            return;
        }
    }
    panic!("{} values are kept", census.alive());
}

/// Fails if an old value is kept.
fn assert_at_once(cell: &AtomicRef<Member>, census: &Census) {
    without_a_scan(|| {
        for number in 0..MANY {
            cell.store(Arc::new(census.member(number)));
            assert_eq!(census.alive(), 1, "the old value is kept");
            assert_eq!(cell.load().number(), number);
        }
    });
}

#[test]
fn store_drops_at_once() {
    lonely(|| {
        let census = Census::default();
        assert_at_once(&AtomicRef::from_value(census.member(0)), &census);
        assert_eq!(census.alive(), 0);
    });
}

#[test]
fn swap_gives_the_only_count() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        without_a_scan(|| {
            for number in 1..=MANY {
                let old = Arc::into_inner(cell.swap(Arc::new(census.member(number)))).expect("the only count");
                assert_eq!(old.number(), number - 1);
                assert_eq!(census.alive(), 2);
            }
        });
        assert_eq!(census.alive(), 1);
    });
}

#[test]
fn rcu_gives_the_only_count() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        let next = |value: &Member| Arc::new(census.member(value.number() + 1));
        without_a_scan(|| {
            for number in 0..MANY {
                let old = cell.rcu(next);
                assert_eq!((old.number(), census.alive()), (number, 2));
                let old = Arc::into_inner(RefGuard::into_counted(old)).expect("the only count");
                assert_eq!(old.number(), number);
            }
            drop(cell.try_rcu(|value| Ok::<_, ()>(next(value))).expect("not refused"));
            assert_eq!(census.alive(), 1);
            cell.try_rcu(|_| Err(())).map(drop).expect_err("refused");
        });
        assert_eq!(cell.load().number(), MANY + 1);
    });
}

#[test]
fn compare_exchange_drops_at_once() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        without_a_scan(|| {
            for number in 1..=MANY {
                let current = cell.load_full();
                cell.compare_exchange(&current, Arc::new(census.member(number))).expect("it is the current one");
                assert_eq!(Arc::strong_count(&current), 1, "ours");
                let failed = cell.compare_exchange(&current, Arc::new(census.member(0))).expect_err("replaced");
                assert_eq!(failed.current.number(), number);
            }
            assert_eq!(census.alive(), 1);
        });
    });
}

#[test]
fn an_optional_value_goes_at_once() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicOptionRef::none();
        let fill = |number| cell.store(Some(Arc::new(census.member(number))));
        without_a_scan(|| {
            for number in 0..MANY {
                fill(number);
                cell.store(None);
                assert_eq!(census.alive(), 0);
                fill(number);
                assert_eq!(cell.take().and_then(Arc::into_inner).expect("the only count").number(), number);
                fill(number);
                drop(cell.rcu(|value| value.map(|value| Arc::new(census.member(value.number())))));
                assert_eq!(census.alive(), 1);
                cell.compare_exchange(cell.load_full().as_ref(), None).map_err(drop).expect("the current one");
                assert_eq!(census.alive(), 0);
            }
        });
    });
}

#[test]
fn a_guard_of_the_same_thread_keeps_its_value() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(7));
        let guard = cell.load();
        for _ in 0..MANY {
            cell.store(Arc::new(census.member(0)));
            assert_eq!(guard.number(), 7);
        }
        drop(guard);
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

#[test]
fn what_swap_and_rcu_return_beside_a_guard_is_shared() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(1));
        let new = |number| Arc::new(census.member(number));
        let guard = cell.load();
        let mut old = cell.swap(new(2));
        assert!(Arc::get_mut(&mut old).is_none(), "the guard shows it");
        drop(old);
        assert_eq!(guard.number(), 1);
        // The slot of the update's own guard is no hindrance, another one with the same value is.
        let second = cell.load();
        let mut old = RefGuard::into_counted(cell.rcu(|_| new(3)));
        assert!(Arc::get_mut(&mut old).is_none(), "the guard shows it");
        drop(old);
        assert_eq!((guard.number(), second.number()), (1, 2));
        let current = cell.load_full();
        let third = cell.load();
        cell.compare_exchange(&current, new(4)).map_err(drop).expect("the current one");
        drop(current);
        assert_eq!(third.number(), 3);
        drop((guard, second, third));
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

#[test]
fn a_guard_of_another_value_is_no_hindrance() {
    lonely(|| {
        let other = AtomicRef::from_value(String::from("other"));
        let guard = other.load();
        let census = Census::default();
        assert_at_once(&AtomicRef::from_value(census.member(0)), &census);
        assert_eq!(*guard, "other");
    });
}

#[test]
fn guards_beyond_the_slots_keep_their_values_too() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        let guards: Vec<_> = (1..=2 * SLOTS)
            .map(|number| {
                let guard = cell.load();
                // The last ones without a free slot for the update either.
                drop(cell.rcu(|_| Arc::new(census.member(number))));
                guard
            })
            .collect();
        assert!(guards.iter().map(|guard| guard.number()).eq(0..2 * SLOTS));
        assert_eq!(census.alive(), 2 * SLOTS + 1);
        drop(guards);
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

/// A value in two cells, or twice in the same one, has a count for each.
#[test]
fn a_value_that_is_stored_twice_goes_with_its_last_count() {
    lonely(|| {
        let census = Census::default();
        let value = Arc::new(census.member(0));
        let cells = [AtomicRef::new(Arc::clone(&value)), AtomicRef::new(Arc::clone(&value))];
        without_a_scan(|| {
            cells[0].store(Arc::clone(&value));
            assert_eq!(Arc::strong_count(&value), 3);
            drop(value);
            cells[0].store(Arc::new(census.member(1)));
            assert_eq!((cells[1].load().number(), census.alive()), (0, 2));
            cells[1].store(Arc::new(census.member(2)));
            assert_eq!(census.alive(), 2);
        });
    });
}

#[test]
fn a_guard_of_another_thread_keeps_its_value() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(7));
        let (read, has_read) = mpsc::channel();
        thread::scope(|scope| {
            // Dropped also when the test fails, so that the thread goes on.
            let (over, is_over) = mpsc::channel::<()>();
            let reader = scope.spawn(|| {
                let guard = cell.load();
                read.send(()).expect("the test waits");
                is_over.into_iter().for_each(drop);
                assert_eq!(guard.number(), 7);
            });
            has_read.recv().expect("the thread tells");
            let mut old = cell.swap(Arc::new(census.member(0)));
            assert!(Arc::get_mut(&mut old).is_none(), "the other thread reads it");
            drop(old);
            for _ in 0..MANY {
                cell.store(Arc::new(census.member(0)));
            }
            assert!(census.alive() >= 2);
            drop(over);
            reader.join().expect("does not panic");
        });
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

#[test]
fn a_guard_that_is_lent_to_the_storing_thread_keeps_its_value() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(7));
        let guard = cell.load();
        on_a_thread(|| {
            for _ in 0..MANY {
                cell.store(Arc::new(census.member(0)));
                assert_eq!(guard.number(), 7);
            }
        });
        assert_eq!(guard.number(), 7);
        drop(guard);
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

/// Says that its thread is ending, and waits until it may.
struct Linger(mpsc::Sender<()>, mpsc::Receiver<()>);

impl Drop for Linger {
    fn drop(&mut self) {
        self.0.send(()).expect("the test waits");
        self.1.recv().expect("the test tells");
    }
}

static CELL: AtomicOptionRef<Member> = AtomicOptionRef::none();

thread_local! {
    static LATE: RefCell<(Option<Linger>, Vec<RefGuard<'static, Member>>)> = const { RefCell::new((None, Vec::new())) };
}

// The thread has given its node back, but not the guard in it: whoever stores is not alone.
#[test]
fn a_guard_that_outlives_its_threads_registration_keeps_its_value() {
    lonely(|| {
        let census = Census::default();
        CELL.store(Some(Arc::new(census.member(7))));
        let (ending, is_ending) = mpsc::channel();
        let (end, may_end) = mpsc::channel();
        // Used before the cell is, so its destructor comes after the end of the registration.
        let lingering = thread::spawn(move || {
            LATE.with_borrow_mut(|late| {
                late.0 = Some(Linger(ending, may_end));
                late.1.extend(CELL.load());
            });
        });
        is_ending.recv().expect("the thread tells");
        for _ in 0..MANY {
            let old = CELL.swap(Some(Arc::new(census.member(0))));
            drop(old);
            reclaim::flush();
            assert_eq!(census.alive(), 2, "the guard's and the current one");
        }
        end.send(()).expect("the thread waits");
        lingering.join().expect("does not panic");
        CELL.store(None);
        reclaim::flush();
        assert_eq!(census.alive(), 0);
        // The node counts until it has had another owner.
        on_a_thread(|| drop(reclaim::pin()));
        assert_eq!(reclaim::stats().live, 1);
    });
}

// What a thread leaves when it ends used to stay for good if those that remained never had a reason to scan.
#[test]
fn what_ended_threads_left_goes_while_one_thread_stores() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        for _ in 0..3 {
            let guard = cell.load();
            on_a_thread(|| (0..BATCH / 2).for_each(|number| cell.store(Arc::new(census.member(number)))));
            assert!(census.alive() >= 2, "the guard's value is left in the ended thread's node");
            drop(guard);
            store_until_tidy(&cell, &census);
            assert_at_once(&cell, &census);
        }
    });
}

// The same for threads whose thread-local destructors store, when they have given their nodes back.
#[test]
fn what_ending_threads_left_goes_while_one_thread_stores() {
    struct Late(Cell<Option<Census>>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(census) = self.0.take() {
                CELL.store(Some(Arc::new(census.member(1))));
                CELL.store(None);
            }
        }
    }
    thread_local! {
        static LATE: Late = const { Late(Cell::new(None)) };
    }
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        for _ in 0..10 {
            on_a_thread(|| {
                LATE.with(|late| late.0.set(Some(census.clone())));
                drop(CELL.load());
            });
        }
        store_until_tidy(&cell, &census);
        assert_at_once(&cell, &census);
    });
}

#[test]
fn a_thread_that_was_there_is_no_hindrance_when_it_has_ended() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        for _ in 0..3 {
            on_a_thread(|| drop((cell.load(), cell.load_full(), reclaim::pin(), reclaim::OwnedPin::new())));
            assert_at_once(&cell, &census);
        }
    });
}

// An owned pin is no reader of cells, so nobody waits for it. It used to count as one, and thousands of them made batches of
// tens of thousands.
#[test]
fn owned_pins_are_no_hindrance() {
    lonely(|| {
        let census = Census::default();
        let cell = AtomicRef::from_value(census.member(0));
        let pins: Vec<_> = (0..if cfg!(miri) { 5 } else { 500 }).map(|_| reclaim::OwnedPin::new()).collect();
        assert_eq!(reclaim::stats().live, 1);
        assert_at_once(&cell, &census);
        drop(pins);
        assert_at_once(&cell, &census);
    });
}

thread_local! {
    /// How many destructors of `Link` are inside each other, and the most so far.
    static DEPTH: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Its destructor replaces the value of a cell, which has a destructor that does the same.
struct Link {
    next: AtomicOptionRef<Link>,
    _member: Member,
}

impl Drop for Link {
    fn drop(&mut self) {
        let (depth, most) = DEPTH.get();
        DEPTH.set((depth + 1, most.max(depth + 1)));
        self.next.store(None);
        DEPTH.set((depth, DEPTH.get().1));
    }
}

// Dropped at once each, one inside the other, they would overflow the stack.
#[test]
fn destructors_do_not_nest() {
    lonely(|| {
        let census = Census::default();
        let links = if cfg!(miri) { 20 } else { 2_000 };
        let cell = AtomicOptionRef::none();
        for number in 0..links {
            let next = AtomicOptionRef::new(cell.load_full());
            // The cell's count becomes the link's: only one is left when the chain is dropped.
            cell.store(Some(Arc::new(Link { next, _member: census.member(number) })));
        }
        DEPTH.set((0, 0));
        cell.store(None);
        for _ in 0..links {
            reclaim::flush();
        }
        assert_eq!((census.alive(), DEPTH.get()), (0, (0, 1)));
    });
}

#[test]
fn a_panicking_destructor_changes_nothing_for_the_next_one() {
    struct Fragile(Member, bool);
    impl Drop for Fragile {
        fn drop(&mut self) {
            self.0.number();
            assert!(!self.1, "a destructor");
        }
    }
    lonely(|| {
        let census = Census::default();
        let value = |panics| Arc::new(Fragile(census.member(0), panics));
        let cell = AtomicRef::new(value(true));
        without_a_scan(|| {
            for _ in 0..5 {
                let store = || cell.store(value(true));
                catch_unwind(AssertUnwindSafe(store)).expect_err("the old value's destructor");
                assert_eq!(census.alive(), 1);
            }
            // What the caller gets panics where the caller drops it.
            let old = cell.swap(value(true));
            catch_unwind(AssertUnwindSafe(|| drop(old))).expect_err("the old value's destructor");
            let old = cell.rcu(|_| value(false));
            catch_unwind(AssertUnwindSafe(|| drop(old))).expect_err("the old value's destructor");
            for _ in 0..MANY {
                cell.store(value(false));
                assert_eq!(census.alive(), 1);
            }
        });
    });
}
