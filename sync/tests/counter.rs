//! The counter: exact totals after the fact, what sums and resets promise meanwhile, threads and counters that come and go.
#![cfg(not(polder_loom))]

use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

use polder_sync::Counter;

/// How often a thread does its thing: enough to meet the others, and few where each step is emulated.
const ROUNDS: i64 = if cfg!(miri) { 40 } else { 50_000 };

/// Threads at a time.
const THREADS: i64 = if cfg!(miri) { 3 } else { 8 };

/// More counters than the first chunk of a thread has cells, and than the second.
const MANY: i64 = if cfg!(miri) { 60 } else { 1_000 };

#[test]
fn the_small_promises() {
    fn traits<T: Send + Sync + UnwindSafe + RefUnwindSafe + Default>() {}
    traits::<Counter>();
    let counter = Counter::default();
    assert_eq!((counter.sum(), counter.reset()), (0, 0), "before the first addition");
    counter.increment();
    counter.add(10);
    counter.decrement();
    counter.add(-12);
    counter.add(0);
    assert_eq!(counter.sum(), -2);
    assert_eq!(format!("{counter:?}"), "Counter(-2)");
    assert_eq!(counter.reset(), -2);
    assert_eq!((counter.sum(), counter.reset()), (0, 0), "after a reset");
    let moved = counter;
    moved.add(3);
    assert_eq!(moved.sum(), 3, "a counter goes on where it is moved to");
}

#[test]
fn a_sum_is_exact_after_the_fact() {
    let counter = Counter::new();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let counter = &counter;
            scope.spawn(move || (0..ROUNDS).for_each(|round| counter.add(number - round)));
        }
    });
    let expected: i64 = (0..THREADS).map(|number| number * ROUNDS - ROUNDS * (ROUNDS - 1) / 2).sum();
    assert_eq!(counter.sum(), expected);
}

#[test]
fn what_ended_threads_have_added_stays() {
    let counter = Counter::new();
    let generations = if cfg!(miri) { 8 } else { 300 };
    for generation in 1..=generations {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| counter.increment());
            }
        });
        assert_eq!(counter.sum(), generation * 3);
    }
}

#[test]
fn a_static_counter_is_everybodys() {
    static EVENTS: Counter = Counter::new();
    let threads: Vec<_> =
        (0..THREADS).map(|_| thread::spawn(|| (0..ROUNDS).for_each(|_| EVENTS.increment()))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(EVENTS.sum(), THREADS * ROUNDS);
}

#[test]
fn many_counters_do_not_touch_each_other() {
    let counters: Vec<Counter> = (0..MANY).map(|_| Counter::new()).collect();
    thread::scope(|scope| {
        // Upwards and downwards, so that threads make their chunks, and counters find their places, in different orders.
        scope.spawn(|| (0..).zip(&counters).for_each(|(amount, counter)| counter.add(amount)));
        scope.spawn(|| (0..MANY).rev().zip(counters.iter().rev()).for_each(|(amount, counter)| counter.add(amount)));
    });
    for (amount, counter) in (0..).zip(&counters) {
        assert_eq!(counter.sum(), 2 * amount);
    }
}

#[test]
fn a_counter_begins_at_zero_whatever_was_before() {
    for generation in 1..=5 {
        let counters: Vec<Counter> = (0..MANY / 4).map(|_| Counter::new()).collect();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| counters.iter().for_each(|counter| counter.add(generation)));
            }
        });
        for counter in &counters {
            assert_eq!(counter.sum(), 2 * generation);
            counter.add(1);
            assert_eq!(counter.reset(), 2 * generation + 1);
            counter.add(i64::MIN + generation);
        }
    }
}

#[test]
fn counters_come_and_go_on_all_threads() {
    thread::scope(|scope| {
        for number in 1..=THREADS {
            scope.spawn(move || {
                for round in 0..ROUNDS / 10 {
                    let counter = Counter::new();
                    counter.add(number);
                    thread::scope(|inner| {
                        if round % 100 == 0 {
                            inner.spawn(|| counter.add(round));
                        }
                    });
                    assert_eq!(counter.sum(), number + if round % 100 == 0 { round } else { 0 });
                }
            });
        }
    });
}

#[test]
fn sums_wrap_around() {
    let counter = Counter::new();
    counter.add(i64::MAX);
    counter.increment();
    assert_eq!(counter.sum(), i64::MIN);
    thread::scope(|scope| scope.spawn(|| counter.add(-2)).join().unwrap());
    assert_eq!(counter.sum(), i64::MAX - 1);
    assert_eq!(counter.reset(), i64::MAX - 1, "one cell has wrapped, and the sum is in range again");
    counter.add(i64::MIN);
    counter.add(i64::MIN);
    assert_eq!(counter.reset(), 0);
}

/// What was added on a thread that has given its node back, by the destructor of a thread-local variable.
#[test]
fn a_thread_that_is_ending_counts() {
    static LATE: Counter = Counter::new();
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            LATE.add(100);
            let own = Counter::new();
            own.add(7);
            assert_eq!((own.reset(), own.sum()), (7, 0));
        }
    }
    thread_local! {
        static BEFORE: Last = const { Last };
        static AFTER: Last = const { Last };
    }
    for _ in 0..4 {
        // Whatever the order of destructors is, one of the two runs without a node.
        let thread = thread::spawn(|| {
            BEFORE.with(|_| ());
            LATE.increment();
            AFTER.with(|_| ());
        });
        thread.join().unwrap();
    }
    assert_eq!(LATE.reset(), 4 * 201);
    // And one that has never counted before.
    thread::spawn(|| BEFORE.with(|_| ())).join().unwrap();
    assert_eq!(LATE.sum(), 100);
}

#[test]
fn resets_share_out_all_additions() {
    let counter = Counter::new();
    let taken = AtomicI64::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let adders: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| (0..ROUNDS).for_each(|_| counter.add(3)))).collect();
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    let had = counter.reset();
                    assert!(had >= 0, "{had}: a reset took what another one had taken");
                    taken.fetch_add(had, Relaxed);
                    thread::yield_now();
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let sum = counter.sum();
                assert!(sum >= 0, "{sum}: a sum fell behind a reset");
                thread::yield_now();
            }
        });
        adders.into_iter().for_each(|adder| adder.join().unwrap());
        done.store(true, Relaxed);
    });
    assert_eq!(taken.into_inner() + counter.sum(), THREADS * ROUNDS * 3);
}

#[test]
fn a_reader_s_sums_do_not_go_back_while_nobody_subtracts() {
    let counter = Counter::new();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..ROUNDS).for_each(|_| counter.increment()));
        }
        scope.spawn(|| {
            let mut last = 0;
            while last < 2 * ROUNDS {
                let sum = counter.sum();
                assert!((last..=2 * ROUNDS).contains(&sum), "{sum} after {last}");
                last = sum;
                thread::yield_now();
            }
        });
    });
}

#[test]
fn what_has_happened_before_is_counted() {
    let counter = Counter::new();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (tell, counter) = (tell.clone(), &counter);
            scope.spawn(move || {
                for _ in 0..ROUNDS / 10 {
                    counter.increment();
                    tell.send(()).unwrap();
                }
            });
        }
        drop(tell);
        for (heard, ()) in (1..).zip(told) {
            // Looking at each message would be quadratic in the nodes of all tests.
            if heard % 16 == 0 {
                assert!(counter.sum() >= heard);
            }
        }
    });
}

/// Many threads whose first addition is one counter's first too: they may not all find the pool free.
#[test]
fn first_additions_at_a_time_are_all_counted() {
    let start = Barrier::new(THREADS as usize);
    let counters: Vec<Counter> = (0..ROUNDS.min(500)).map(|_| Counter::new()).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                counters.iter().for_each(Counter::increment);
            });
        }
    });
    assert!(counters.iter().all(|counter| counter.sum() == THREADS));
}

/// A child process has the counts of all its parent's threads, and goes on by itself.
#[cfg(all(unix, not(miri)))]
#[test]
fn a_forked_child_counts_on() {
    let counter = Counter::new();
    counter.add(2);
    thread::scope(|scope| scope.spawn(|| counter.add(3)).join().unwrap());
    // SAFETY: the child calls nothing that could wait for a thread that it does not have, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        counter.increment();
        let own = Counter::new();
        own.add(4);
        let right = (counter.sum(), own.sum()) == (6, 4);
        // SAFETY: ends the process without running anything.
        unsafe { libc::_exit(if right { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's own, and `status` is there to be written.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child exits with zero");
    assert_eq!(counter.sum(), 5, "what the child adds is its own");
}
