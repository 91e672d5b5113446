//! The semaphore as its users see it: permits, fairness, deadlines, closing.
#![cfg(not(polder_loom))]

use std::{
    collections::VecDeque,
    error::Error,
    panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Closed, OwnedPermit, Permit, Semaphore, TryAcquireError};

const SOON: Duration = Duration::from_millis(20);
/// Longer than a test may take.
const LONG: Duration = Duration::from_secs(86_400);
const MAX: usize = Semaphore::MAX_PERMITS;

/// Waits until so many threads wait in the queue.
fn until_so_many_wait(semaphore: &Semaphore, waiting: usize) {
    while !format!("{semaphore:?}").ends_with(&format!("waiting: {waiting} }}")) {
        thread::yield_now();
    }
}

fn panics(body: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

#[test]
fn permits_go_and_come_back() {
    static SEMAPHORE: Semaphore = Semaphore::new(3);
    let one = SEMAPHORE.acquire().unwrap();
    let two = SEMAPHORE.acquire_many(2).unwrap();
    assert_eq!((one.permits(), two.permits(), SEMAPHORE.available_permits()), (1, 2, 0));
    assert_eq!(SEMAPHORE.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    drop(one);
    assert_eq!(SEMAPHORE.try_acquire_many(2).unwrap_err(), TryAcquireError::NoPermits);
    drop(two);
    assert_eq!(SEMAPHORE.try_acquire_many(3).unwrap().permits(), 3);
    assert_eq!(SEMAPHORE.available_permits(), 3);
}

#[test]
fn none_is_a_number_of_permits_too() {
    let semaphore = Semaphore::new(0);
    let none = semaphore.acquire_many(0).unwrap();
    assert_eq!(none.permits(), 0);
    drop(none);
    semaphore.add_permits(0);
    assert_eq!(semaphore.available_permits(), 0);
    semaphore.close();
    assert_eq!(semaphore.try_acquire_many(0).unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn permits_are_used_up_split_and_merged() {
    let (semaphore, other) = (Semaphore::new(5), Semaphore::new(1));
    let mut permit = semaphore.acquire_many(5).unwrap();
    assert!(permit.split(6).is_none());
    let mut two = permit.split(2).unwrap();
    assert_eq!((permit.permits(), two.permits()), (3, 2));
    two.split(1).unwrap().forget();
    assert_eq!((two.permits(), semaphore.available_permits()), (1, 0));
    permit.merge(two);
    assert_eq!(permit.permits(), 4);
    assert!(std::ptr::eq(permit.semaphore(), &semaphore));
    let foreign = other.acquire().unwrap();
    assert!(panics(|| permit.merge(foreign)));
    assert_eq!((permit.permits(), other.available_permits()), (4, 1), "those of the other go back");
    let none = permit.split(0).unwrap();
    assert_eq!(none.permits(), 0);
    drop((none, permit));
    assert_eq!(semaphore.available_permits(), 4);
}

#[test]
fn owned_permits_outlive_the_handle() {
    let semaphore = Arc::new(Semaphore::new(4));
    let mut owned = semaphore.try_acquire_many_owned(3).unwrap();
    let one = semaphore.acquire_owned().unwrap();
    assert_eq!(semaphore.try_acquire_owned().unwrap_err(), TryAcquireError::NoPermits);
    assert_eq!(semaphore.try_acquire_many_owned_for(1, SOON).unwrap_err(), TryAcquireError::NoPermits);
    let past = Instant::now();
    assert_eq!(semaphore.try_acquire_many_owned_until(1, past).unwrap_err(), TryAcquireError::NoPermits);
    one.forget();
    let weak = Arc::downgrade(&semaphore);
    drop(semaphore);
    let mut part = owned.split(2).unwrap();
    assert_eq!((owned.permits(), part.permits()), (1, 2));
    thread::spawn(move || drop(owned)).join().unwrap();
    part.merge(part.semaphore().acquire_many_owned(1).unwrap());
    assert_eq!((part.permits(), part.semaphore().available_permits()), (3, 0));
    let stranger = Arc::new(Semaphore::new(1)).acquire_owned().unwrap();
    assert!(panics(|| part.merge(stranger)));
    drop(part);
    assert!(weak.upgrade().is_none(), "the last permit was the last handle");
}

#[test]
fn more_permits_than_can_exist_are_refused() {
    assert!(panics(|| drop(Semaphore::new(MAX + 1))));
    let semaphore = Semaphore::new(MAX);
    for n in [MAX + 1, usize::MAX] {
        assert!(panics(|| drop(semaphore.acquire_many(n))));
        assert!(panics(|| drop(semaphore.try_acquire_many(n))));
        assert!(panics(|| drop(semaphore.try_acquire_many_for(n, SOON))));
        assert!(panics(|| drop(semaphore.try_acquire_many_until(n, Instant::now()))));
        assert!(panics(|| semaphore.add_permits(n)));
    }
    // Those that are out count: they come back.
    let all = semaphore.acquire_many(MAX).unwrap();
    assert!(panics(|| semaphore.add_permits(1)));
    assert_eq!(semaphore.available_permits(), 0, "nothing has changed");
    all.forget();
    semaphore.add_permits(MAX - 1);
    semaphore.add_permits(1);
    assert!(panics(|| semaphore.add_permits(1)));
    assert_eq!(semaphore.try_acquire_many(MAX).unwrap().permits(), MAX);
    assert_eq!(semaphore.available_permits(), MAX);
}

#[test]
fn timed_waits_end_and_not_early() {
    let semaphore = Semaphore::new(1);
    let _held = semaphore.acquire().unwrap();
    let begin = Instant::now();
    assert_eq!(semaphore.try_acquire_for(SOON).unwrap_err(), TryAcquireError::NoPermits);
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert_eq!(semaphore.try_acquire_many_until(1, deadline).unwrap_err(), TryAcquireError::NoPermits);
    assert!(Instant::now() >= deadline);
    assert_eq!(semaphore.try_acquire_until(begin).unwrap_err(), TryAcquireError::NoPermits);
    assert_eq!(semaphore.try_acquire_for(Duration::ZERO).unwrap_err(), TryAcquireError::NoPermits);
}

#[test]
fn free_permits_are_taken_whatever_the_deadline() {
    let semaphore = Semaphore::new(2);
    let past = Instant::now();
    assert!(semaphore.try_acquire_until(past).is_ok());
    assert!(semaphore.try_acquire_many_until(2, past).is_ok());
    assert!(semaphore.try_acquire_for(Duration::ZERO).is_ok());
    assert!(semaphore.try_acquire_many_for(2, Duration::MAX).is_ok());
}

#[test]
fn a_release_ends_every_kind_of_wait() {
    let waits: [fn(&Semaphore) -> bool; 5] = [
        |semaphore| semaphore.acquire().is_ok(),
        |semaphore| semaphore.try_acquire_for(Duration::MAX).is_ok(),
        |semaphore| semaphore.try_acquire_for(LONG).is_ok(),
        |semaphore| semaphore.try_acquire_until(Instant::now() + LONG).is_ok(),
        |semaphore| semaphore.try_acquire_many_for(1, LONG).is_ok(),
    ];
    let semaphore = Semaphore::new(1);
    for wait in waits {
        let held = semaphore.acquire().unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&semaphore));
            thread::sleep(SOON);
            assert!(!waiter.is_finished());
            drop(held);
            assert!(waiter.join().expect("does not panic"));
        });
        assert_eq!(semaphore.available_permits(), 1);
    }
}

/// The first wants all four; after it come four that want one each.
#[test]
fn waiters_are_served_in_order() {
    for _ in 0..if cfg!(miri) { 1 } else { 50 } {
        let semaphore = Semaphore::new(4);
        let held = semaphore.acquire_many(3).unwrap();
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for number in 0..5 {
                let (semaphore, order) = (&semaphore, &order);
                scope.spawn(move || {
                    let permit = semaphore.acquire_many(if number == 0 { 4 } else { 1 }).unwrap();
                    order.lock().unwrap().push(number);
                    permit.forget();
                });
                until_so_many_wait(semaphore, number + 1);
            }
            assert_eq!(semaphore.available_permits(), 1, "nobody takes the one that is there");
            assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
            assert_eq!(semaphore.try_acquire_for(Duration::from_millis(1)).unwrap_err(), TryAcquireError::NoPermits);
            drop(held);
            for served in 1..=5 {
                while order.lock().unwrap().len() < served {
                    thread::yield_now();
                }
                assert_eq!(order.lock().unwrap().len(), served, "one permit, one more");
                if served < 5 {
                    semaphore.add_permits(1);
                }
            }
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3, 4]);
    }
}

/// Permits come in one lot; it is enough for three of four.
#[test]
fn one_release_serves_all_that_it_is_enough_for() {
    let semaphore = Semaphore::new(0);
    thread::scope(|scope| {
        let mut waiters: VecDeque<_> = [1, 2, 1, 3]
            .into_iter()
            .enumerate()
            .map(|(before, wanted)| {
                let semaphore = &semaphore;
                let waiter = scope.spawn(move || semaphore.acquire_many(wanted).map(Permit::forget));
                until_so_many_wait(semaphore, before + 1);
                waiter
            })
            .collect();
        semaphore.add_permits(6);
        assert_eq!(semaphore.available_permits(), 2, "handed out when the call returns");
        let last = waiters.pop_back().expect("one of four");
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap().unwrap());
        assert!(!last.is_finished());
        semaphore.add_permits(1);
        last.join().unwrap().unwrap();
    });
    assert_eq!(semaphore.available_permits(), 0);
}

/// The first gives up; there is enough for the second, who has been behind it.
#[test]
fn whoever_gives_up_lets_the_next_one_through() {
    let semaphore = Semaphore::new(1);
    thread::scope(|scope| {
        let first = scope.spawn(|| semaphore.try_acquire_many_for(2, SOON).map(drop));
        // On a slow machine it may have given up before anyone has seen it wait.
        while semaphore.try_acquire().is_ok() && !first.is_finished() {
            thread::yield_now();
        }
        let second = scope.spawn(|| semaphore.acquire().map(drop));
        assert_eq!(first.join().unwrap(), Err(TryAcquireError::NoPermits));
        assert_eq!(second.join().unwrap(), Ok(()));
    });
    assert!(semaphore.try_acquire().is_ok(), "nobody waits any more");
}

/// From the middle of the queue: those around it keep their places.
#[test]
fn whoever_gives_up_in_the_middle_disturbs_nobody() {
    let semaphore = Semaphore::new(1);
    thread::scope(|scope| {
        let first = scope.spawn(|| semaphore.acquire_many(2).map(Permit::forget));
        until_so_many_wait(&semaphore, 1);
        // The one that comes first leaves last.
        let hasty = [4, 3, 2].map(|n| {
            let semaphore = &semaphore;
            scope.spawn(move || semaphore.try_acquire_for(n * SOON).map(drop))
        });
        let last = scope.spawn(|| semaphore.acquire_many(3).map(Permit::forget));
        for hasty in hasty {
            assert_eq!(hasty.join().unwrap(), Err(TryAcquireError::NoPermits));
        }
        until_so_many_wait(&semaphore, 2);
        semaphore.add_permits(1);
        first.join().unwrap().unwrap();
        assert!(!last.is_finished());
        semaphore.add_permits(3);
        last.join().unwrap().unwrap();
    });
    assert_eq!(semaphore.available_permits(), 0);
}

#[test]
fn closing_refuses_those_who_wait_and_those_who_come() {
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.acquire().unwrap();
    let waiters: Vec<_> = (0..3)
        .map(|n| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                if n == 0 {
                    semaphore.try_acquire_many_for(2, LONG).map(drop)
                } else {
                    semaphore.acquire_many(2).map(drop).map_err(TryAcquireError::from)
                }
            })
        })
        .collect();
    until_so_many_wait(&semaphore, 3);
    assert!(!semaphore.is_closed());
    semaphore.close();
    semaphore.close();
    assert!(semaphore.is_closed());
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), Err(TryAcquireError::Closed));
    }
    assert_eq!(semaphore.acquire().unwrap_err(), Closed);
    assert_eq!(semaphore.acquire_many_owned(1).unwrap_err(), Closed);
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    assert_eq!(semaphore.try_acquire_for(LONG).unwrap_err(), TryAcquireError::Closed);
    drop(held);
    semaphore.add_permits(1);
    assert_eq!(semaphore.available_permits(), 3, "permits come back as ever");
    assert_eq!(semaphore.try_acquire_until(Instant::now()).unwrap_err(), TryAcquireError::Closed);
}

#[test]
fn a_panic_gives_permits_back() {
    let semaphore = Semaphore::new(2);
    assert!(panics(|| {
        let _permit = semaphore.acquire_many(2).unwrap();
        panic!("as planned");
    }));
    assert_eq!(semaphore.available_permits(), 2);
    // No `AssertUnwindSafe` is needed.
    let result = catch_unwind(|| semaphore.try_acquire_many(2).map(|permit| permit.permits()));
    assert_eq!(result.expect("does not panic"), Ok(2));
}

/// Random requests, some with a deadline; never more than there are, and in the end all are back.
#[test]
fn a_crowd_never_has_more_than_there_are() {
    const PERMITS: usize = 5;
    const ROUNDS: usize = if cfg!(miri) { 8 } else { 1_000 };
    let semaphore = Semaphore::new(PERMITS);
    let out = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let (semaphore, out) = (&semaphore, &out);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let wanted = (thread * 7 + round * 3) % PERMITS + 1;
                    let permit = match (thread + round) % 4 {
                        0 => semaphore.try_acquire_many(wanted).ok(),
                        1 => semaphore.try_acquire_many_for(wanted, Duration::from_micros(20)).ok(),
                        _ => semaphore.acquire_many(wanted).ok(),
                    };
                    let Some(permit) = permit else { continue };
                    assert!(out.fetch_add(wanted, SeqCst) + wanted <= PERMITS);
                    if round % 8 == 0 {
                        thread::yield_now();
                    }
                    out.fetch_sub(wanted, SeqCst);
                    drop(permit);
                }
            });
        }
    });
    assert_eq!(semaphore.available_permits(), PERMITS);
    assert!(semaphore.try_acquire_many(PERMITS).is_ok(), "no mark stays behind");
}

/// A bounded channel of two semaphores: what is produced is used up, in as many slots as there are.
#[test]
fn producers_and_consumers() {
    const EACH: usize = if cfg!(miri) { 10 } else { 1_000 };
    const SLOTS: usize = 2;
    let (free, full) = (Semaphore::new(SLOTS), Semaphore::new(0));
    let queue = Mutex::new(VecDeque::new());
    let sum = AtomicUsize::new(0);
    thread::scope(|scope| {
        for producer in 0..2 {
            let (free, full, queue) = (&free, &full, &queue);
            scope.spawn(move || {
                for n in 0..EACH {
                    free.acquire().unwrap().forget();
                    queue.lock().unwrap().push_back(producer * EACH + n);
                    full.add_permits(1);
                }
            });
            let sum = &sum;
            scope.spawn(move || {
                for _ in 0..EACH {
                    full.acquire().unwrap().forget();
                    let mut queue = queue.lock().unwrap();
                    assert!(queue.len() <= SLOTS);
                    sum.fetch_add(queue.pop_front().expect("a permit stands for it"), Relaxed);
                    drop(queue);
                    free.add_permits(1);
                }
            });
        }
    });
    assert_eq!(sum.into_inner(), (0..2 * EACH).sum());
    assert_eq!((free.available_permits(), full.available_permits()), (SLOTS, 0));
}

/// Waiters whose time runs out while they are served: each permit is with one of them or free.
#[test]
fn no_permit_is_lost_to_a_time_out() {
    for round in 0..if cfg!(miri) { 4 } else { 300 } {
        let semaphore = Semaphore::new(0);
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for patience in [20, 40, 60, 80] {
                let (semaphore, taken) = (&semaphore, &taken);
                scope.spawn(move || {
                    if let Ok(permit) = semaphore.try_acquire_for(Duration::from_micros(patience)) {
                        taken.fetch_add(permit.permits(), SeqCst);
                        permit.forget();
                    }
                });
            }
            thread::sleep(Duration::from_micros(round % 80));
            semaphore.add_permits(3);
        });
        let free = semaphore.available_permits();
        assert_eq!(taken.into_inner() + free, 3);
        assert!(semaphore.try_acquire_many(free).is_ok(), "no mark stays behind");
    }
}

#[test]
fn errors_and_debug() {
    let semaphore = Arc::new(Semaphore::new(3));
    assert_eq!(format!("{semaphore:?}"), "Semaphore { available_permits: 3, is_closed: false, waiting: 0 }");
    assert_eq!(format!("{:?}", semaphore.acquire_many(2).unwrap()), "Permit { permits: 2, .. }");
    assert_eq!(format!("{:?}", semaphore.acquire_owned().unwrap()), "OwnedPermit { permits: 1, .. }");
    let errors: [Box<dyn Error>; 3] =
        [Box::new(Closed), Box::new(TryAcquireError::Closed), Box::new(TryAcquireError::NoPermits)];
    assert_eq!(
        errors.map(|error| error.to_string()),
        [
            "the semaphore is closed",
            "the semaphore is closed",
            "the semaphore has too few permits, or others wait for theirs"
        ]
    );
}

#[test]
fn permits_may_go_to_other_threads() {
    fn everywhere<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    everywhere::<Semaphore>();
    everywhere::<Permit<'static>>();
    everywhere::<OwnedPermit>();
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || drop(permit));
    });
    assert_eq!(semaphore.available_permits(), 1);
}
