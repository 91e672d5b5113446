//! Closures that whoever has the mutex may run.
#![cfg(not(polder_loom))]

use std::{
    any::Any,
    collections::HashSet,
    hint::spin_loop,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use polder_sync::{
    AtomicRef, Counter, Mutex, Poison, Semaphore,
    reclaim::{Domain, DropPolicy},
};

const THREADS: usize = 4;
const ROUNDS: usize = if cfg!(miri) { 10 } else { 20_000 };

fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().expect("a text").to_string(),
    }
}

#[test]
fn each_closure_is_run_once_and_its_result_comes_back() {
    let sum = Mutex::new(0_usize);
    let results = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mine: Vec<usize> = (0..ROUNDS)
                    .map(|_| {
                        sum.combine(|sum| {
                            *sum += 1;
                            *sum
                        })
                    })
                    .collect();
                assert!(mine.is_sorted());
                results.lock().extend(mine);
            });
        }
    });
    assert_eq!(sum.into_inner(), THREADS * ROUNDS);
    assert_eq!(results.into_inner().len(), THREADS * ROUNDS, "no result twice");
}

#[test]
fn closures_that_are_long_at_times_are_run_once() {
    let phases = if cfg!(miri) { 1 } else { 20 };
    let sum = Mutex::new(0_usize);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..phases * 200 {
                    let pauses = if round / 100 % 2 == 0 { 0 } else { 500 };
                    sum.combine(|sum| {
                        let before = *sum;
                        (0..pauses).for_each(|_| spin_loop());
                        *sum = before + 1;
                    });
                }
            });
        }
    });
    assert_eq!(sum.into_inner(), THREADS * phases * 200);
}

#[test]
fn every_way_in_excludes_every_other() {
    let inside = AtomicBool::new(false);
    let mutex = Mutex::new(0_usize);
    let section = |count: &mut usize| {
        assert!(!inside.swap(true, Relaxed), "two threads are inside");
        *count += 1;
        inside.store(false, Relaxed);
    };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (mutex, section) = (&mutex, &section);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    match (thread + round) % 3 {
                        0 => section(&mut mutex.lock()),
                        1 => mutex.with(section),
                        _ => mutex.combine(section),
                    }
                }
            });
        }
    });
    assert_eq!(mutex.into_inner(), THREADS * ROUNDS);
}

/// While one thread is inside for long, others post; it then runs theirs, and the results borrow from their frames.
#[test]
fn the_one_inside_runs_what_is_posted() {
    let foreign = AtomicUsize::new(0);
    for _ in 0..if cfg!(miri) { 3 } else { 2_000 } {
        let mutex = Mutex::new(String::new());
        let together = Barrier::new(2);
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                mutex.combine(|_| {
                    together.wait();
                    // Time for the other to post, and not so much that it gives up.
                    (0..100).for_each(|_| spin_loop());
                });
                thread::current().id()
            });
            together.wait();
            let word = String::from("word");
            let ran_on = mutex.combine(|words| {
                words.push_str(&word);
                thread::current().id()
            });
            assert_eq!(*mutex.lock(), "word");
            if ran_on == inside.join().expect("does not panic") {
                foreign.fetch_add(1, Relaxed);
            }
        });
    }
    if !cfg!(miri) {
        assert!(foreign.into_inner() > 0, "not one closure of 2000 was run by the thread inside");
    }
}

#[test]
fn a_panic_goes_to_its_owner_wherever_the_closure_ran() {
    let mutex = Mutex::new(0_usize);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let mutex = &mutex;
            scope.spawn(move || {
                for round in 0..if cfg!(miri) { 4 } else { 200 } {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| {
                        mutex.combine(|count| {
                            *count += 1;
                            if round % 3 == 0 {
                                panic::resume_unwind(Box::new(format!("{thread}/{round}")));
                            }
                            round
                        })
                    }));
                    match result {
                        Ok(value) => assert_eq!(value, round),
                        Err(panic) => assert_eq!(message(panic), format!("{thread}/{round}")),
                    }
                }
            });
        }
    });
    assert_eq!(mutex.into_inner(), THREADS * if cfg!(miri) { 4 } else { 200 });
}

#[test]
fn a_panic_poisons_what_remembers_panics() {
    let mutex = Mutex::new(Poison::new(0));
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        mutex.combine(|value| {
            *value.get().expect("not poisoned yet") = 1;
            let _half_done = value.get().expect("not poisoned yet");
            panic::resume_unwind(Box::new("half done"));
        });
    }));
    assert!(result.is_err());
    assert!(mutex.lock().get().is_err());
}

/// Whatever takes a lock inside a closure is refused before it takes anything.
#[test]
fn a_closure_takes_no_lock() {
    let (outer, inner) = (Mutex::new(0), Mutex::new(0));
    let refused = |attempt: &(dyn Fn() + Sync)| {
        let panic =
            panic::catch_unwind(AssertUnwindSafe(|| outer.combine(|_| attempt()))).expect_err("a lock was taken");
        assert!(message(panic).contains("combine"));
        assert!(outer.try_lock().is_some() && inner.try_lock().is_some());
    };
    refused(&|| drop(inner.lock()));
    refused(&|| drop(inner.try_lock()));
    refused(&|| drop(inner.try_lock_for(Duration::ZERO)));
    refused(&|| inner.with(|_| ()));
    refused(&|| inner.combine(|_| ()));
    refused(&|| outer.combine(|_| ()));
}

#[test]
fn a_thread_with_another_lock_runs_no_foreign_closure() {
    let (mutex, hand) = (Mutex::new(()), Mutex::new(()));
    for _ in 0..if cfg!(miri) { 2 } else { 50 } {
        let together = Barrier::new(2);
        thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let held = hand.lock();
                mutex.combine(|()| {
                    together.wait();
                    thread::sleep(Duration::from_micros(if cfg!(miri) { 0 } else { 200 }));
                });
                drop(held);
                thread::current().id()
            });
            together.wait();
            let ran_on = mutex.combine(|()| thread::current().id());
            assert_ne!(ran_on, holder.join().expect("does not panic"));
        });
    }
}

/// More threads than the board has room for, and more than there are cores.
#[test]
fn many_threads_get_through() {
    const MANY: usize = if cfg!(miri) { 4 } else { 24 };
    let sum = Mutex::new(0_usize);
    thread::scope(|scope| {
        for _ in 0..MANY {
            scope.spawn(|| (0..ROUNDS / 10 + 1).for_each(|_| sum.combine(|sum| *sum += 1)));
        }
    });
    assert_eq!(sum.into_inner(), MANY * (ROUNDS / 10 + 1));
}

/// A closure that lasts: its owner goes to sleep on it, and is woken when it is done.
#[test]
fn a_long_closure_is_slept_for() {
    for _ in 0..if cfg!(miri) { 1 } else { 5 } {
        let mutex = Mutex::new(0);
        let together = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                mutex.combine(|_| {
                    together.wait();
                    thread::sleep(Duration::from_micros(100));
                });
            });
            together.wait();
            mutex.combine(|value| {
                thread::sleep(Duration::from_millis(20));
                *value += 1;
            });
        });
        assert_eq!(mutex.into_inner(), 1);
    }
}

/// The crate's own locks are not what is meant: counters are made, permits given back and values retired in a closure.
#[test]
fn a_closure_may_use_what_is_no_lock() {
    let (permits, cell) = (Semaphore::new(1), AtomicRef::new(Arc::new(1)));
    let domain = Domain::new(DropPolicy::Inline);
    let total = Mutex::new(0).combine(|total: &mut u64| {
        let counter = Counter::new();
        counter.add(2);
        let permit = permits.acquire().expect("open");
        cell.store(Arc::new(2));
        // SAFETY: nobody else has ever seen the value.
        unsafe { domain.retire(std::ptr::null(), Box::new(3)) };
        drop(permit);
        *total += u64::try_from(counter.sum()).expect("positive");
        *total
    });
    assert_eq!(total, 2);
}
