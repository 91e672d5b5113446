//! Several locks at once: every arity, duplicates, all or none, panics; and no deadlock whatever the order of the call.
#![cfg(not(polder_loom))]

use std::{
    any::Any,
    array,
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use polder_sync::{
    DuplicateLock, LockItem, Mutex, MutexGuard, lock_many, try_lock_many, try_lock_many_for, try_lock_many_until,
};

/// How many choices of which of eight locks comes first the tests go through.
const TURNS: usize = if cfg!(miri) { 2 } else { 8 };
const SHORT: Duration = Duration::from_millis(20);

/// Whether this one of many cases is looked at: under Miri one in three.
const fn chosen(case: usize) -> bool {
    !cfg!(miri) || case.is_multiple_of(3)
}

fn mutexes<const N: usize>() -> [Mutex<usize>; N] {
    array::from_fn(Mutex::new)
}

fn all_free<T>(locks: &[Mutex<T>]) -> bool {
    !locks.iter().any(Mutex::is_locked)
}

/// Expands a macro for each arity of tuples, with the positions of its items.
macro_rules! each_arity {
    ($body:ident) => {
        $body!(0);
        $body!(0 1);
        $body!(0 1 2);
        $body!(0 1 2 3);
        $body!(0 1 2 3 4);
        $body!(0 1 2 3 4 5);
        $body!(0 1 2 3 4 5 6);
        $body!(0 1 2 3 4 5 6 7);
    };
}

#[test]
fn tuples_of_one_to_eight_give_their_guards_in_the_order_of_the_call() {
    macro_rules! arity {
        ($($position:tt)+) => {{
            let locks: [Mutex<usize>; 8] = mutexes();
            let arity = [$($position),+].len();
            // Every rotation, upwards and downwards.
            for turn in 0..arity.min(TURNS) {
                for at in [|turn, n, _| (turn + n) % 8, |turn, n, arity| (turn + arity - n) % 8] {
                    let items = ($(&locks[at(turn, $position, arity)],)+);
                    let expected = [$(at(turn, $position, arity)),+];
                    let guards = lock_many(items).unwrap();
                    assert_eq!([$(*guards.$position),+], expected);
                    assert!(locks.iter().enumerate().all(|(n, lock)| lock.is_locked() == expected.contains(&n)));
                    assert!(try_lock_many(items).unwrap().is_none());
                    drop(guards);
                    assert!(all_free(&locks));

                    let guards = try_lock_many(items).unwrap().unwrap();
                    assert_eq!([$(*guards.$position),+], expected);
                    drop(guards);
                    let guards = try_lock_many_for(items, Duration::ZERO).unwrap().unwrap();
                    assert_eq!([$(*guards.$position),+], expected);
                }
            }
            assert!(all_free(&locks));
        }};
    }
    each_arity!(arity);
}

#[test]
fn kinds_and_types_mix_in_a_tuple() {
    let (number, text, slice) = (Mutex::new(7_u8), Mutex::new(String::from("a")), Mutex::new([1, 2, 3]));
    let (unsized_slice, anything): (&Mutex<[i32]>, &Mutex<dyn Any + Send>) = (&slice, &number);
    let (mut text, slice, anything) = lock_many((&text, unsized_slice, anything)).unwrap();
    text.push('b');
    assert_eq!((text.as_str(), slice.len(), anything.downcast_ref::<u8>()), ("ab", 3, Some(&7)));
}

#[test]
fn duplicates_are_refused_at_each_pair_of_positions_with_nothing_locked() {
    macro_rules! arity {
        ($($position:tt)+) => {{
            let arity = [$($position),+].len();
            let locks: [Mutex<usize>; 8] = mutexes();
            // Whether the duplicate is the lowest, the highest or between depends on the turn.
            for (turn, second) in (0..TURNS).flat_map(|turn| (0..arity).map(move |second| (3 * turn, second))) {
                for first in (0..second).filter(|first| chosen(first + second + arity)) {
                    let lock = |position| &locks[(if position == second { first } else { position } + turn) % 8];
                    let items = ($(lock($position),)+);
                    let duplicate = DuplicateLock { first, second };
                    // Would not return if it waited for anything.
                    let held = lock(first).lock();
                    assert_eq!(lock_many(items).err(), Some(duplicate));
                    drop(held);
                    assert_eq!(lock_many(items).err(), Some(duplicate));
                    assert_eq!(try_lock_many(items).err(), Some(duplicate));
                    assert_eq!(try_lock_many_for(items, Duration::MAX).err(), Some(duplicate));
                    assert_eq!(try_lock_many_until(items, Instant::now()).err(), Some(duplicate));
                    assert_eq!(lock_many([$(items.$position),+]).err(), Some(duplicate));
                    assert_eq!(lock_many(&[$(items.$position),+][..]).err(), Some(duplicate));
                    assert!(all_free(&locks));
                }
            }
        }};
    }
    each_arity!(arity);
}

#[test]
fn the_error_names_both_positions() {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    let error = lock_many((&left, &right, &left)).unwrap_err();
    assert_eq!(error.to_string(), "items 0 and 2 are the same lock");
    let error: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert_eq!(error.downcast_ref(), Some(&DuplicateLock { first: 0, second: 2 }));
}

#[test]
fn arrays_and_slices_of_any_length() {
    assert!(lock_many::<[&Mutex<u8>; 0]>([]).unwrap().is_empty());
    assert!(lock_many::<&[&Mutex<u8>]>(&[]).unwrap().is_empty());
    assert!(try_lock_many::<&[&Mutex<u8>]>(&[]).unwrap().unwrap().is_empty());

    let locks: [Mutex<usize>; 40] = mutexes();
    // 7 and 40 have no common divisor: each lock once, up and down.
    let mixed: [_; 40] = array::from_fn(|n| &locks[7 * n % 40]);
    let values: [_; 40] = array::from_fn(|n| 7 * n % 40);
    assert_eq!(lock_many(mixed).unwrap().map(|guard| *guard), values);
    // The guards outlive the slice.
    let guards = {
        let items = mixed.to_vec();
        lock_many(&items[..]).unwrap()
    };
    assert!(guards.iter().map(|guard| **guard).eq(values));
    assert!(try_lock_many(&mixed[..3]).unwrap().is_none());
    drop(guards);
    assert!(all_free(&locks));

    let twice: Vec<_> = mixed.iter().copied().chain([mixed[17], mixed[5]]).collect();
    assert_eq!(lock_many(&twice[..]).err(), Some(DuplicateLock { first: 17, second: 40 }));
    assert!(all_free(&locks));
}

#[test]
fn locks_without_a_size_of_their_own_are_told_apart() {
    let units = [const { Mutex::new(()) }; 3];
    assert_eq!(lock_many(units.each_ref()).unwrap().len(), 3);

    // A lock at the very beginning of what another one holds.
    let outer = Mutex::new(Mutex::new(()));
    let beside = Mutex::new(());
    let guard = outer.lock();
    assert_ne!(LockItem::address(&outer), LockItem::address(&*guard));
    assert!(try_lock_many((&*guard, &beside)).unwrap().is_some());
    assert!(try_lock_many((&*guard, &outer)).unwrap().is_none(), "held, and not the same");
}

/// An item that tells when it is taken, and that may panic then.
#[derive(Clone, Copy)]
struct Told<'a> {
    lock: &'a Mutex<usize>,
    /// The values of the locks in the order in which they are taken.
    taken: &'a RefCell<Vec<usize>>,
    panics: bool,
}

impl<'a> Told<'a> {
    fn tell(self, guard: MutexGuard<'a, usize>) -> MutexGuard<'a, usize> {
        assert!(!self.panics, "an item that panics");
        self.taken.borrow_mut().push(*guard);
        guard
    }
}

// SAFETY: address and guards are those of the mutex.
unsafe impl<'a> LockItem for Told<'a> {
    type Guard = MutexGuard<'a, usize>;

    fn address(self) -> usize {
        LockItem::address(self.lock)
    }

    fn announce(self) {
        assert!(self.taken.borrow().is_empty(), "all are announced before the first is taken");
        LockItem::announce(self.lock);
    }

    fn lock(self) -> Self::Guard {
        self.tell(LockItem::lock(self.lock))
    }

    fn try_lock(self) -> Option<Self::Guard> {
        self.lock.try_lock().map(|guard| self.tell(guard))
    }

    fn try_lock_until(self, deadline: Instant) -> Option<Self::Guard> {
        self.lock.try_lock_until(deadline).map(|guard| self.tell(guard))
    }
}

#[test]
fn locks_are_taken_upwards() {
    macro_rules! arity {
        ($($position:tt)+) => {{
            let arity = [$($position),+].len();
            let locks: [Mutex<usize>; 8] = mutexes();
            for turn in 0..arity.min(TURNS) {
                let taken = RefCell::new(Vec::new());
                let told = |n: usize| Told { lock: &locks[(turn + 3 * n) % 8], taken: &taken, panics: false };
                let items = ($(told($position),)+);
                let is_upwards = || {
                    let taken = taken.take();
                    taken.len() == arity && taken.is_sorted()
                };
                drop(lock_many(items).unwrap());
                assert!(is_upwards());
                drop(try_lock_many(items).unwrap());
                assert!(is_upwards());
                drop(try_lock_many_for(items, SHORT).unwrap());
                assert!(is_upwards());
                drop(lock_many([$(items.$position),+]).unwrap());
                assert!(is_upwards());
                drop(lock_many(&[$(items.$position),+][..]).unwrap());
                assert!(is_upwards());
            }
        }};
    }
    each_arity!(arity);
}

#[test]
fn a_panic_releases_what_was_taken() {
    macro_rules! arity {
        ($($position:tt)+) => {{
            let arity = [$($position),+].len();
            let locks: [Mutex<usize>; 8] = mutexes();
            for culprit in (0..arity).filter(|culprit| chosen(culprit + arity)) {
                let taken = RefCell::new(Vec::new());
                let told = |n: usize| Told { lock: &locks[5 * n % 8], taken: &taken, panics: n == culprit };
                let items = ($(told($position),)+);
                let before = (0..arity).filter(|n| 5 * n % 8 < 5 * culprit % 8).count();
                let panics = |call: &dyn Fn()| {
                    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
                    assert_eq!(taken.take().len(), before, "those with lower addresses had been taken");
                    assert!(all_free(&locks));
                };
                panics(&|| drop(lock_many(items)));
                panics(&|| drop(try_lock_many(items)));
                panics(&|| drop(try_lock_many_for(items, SHORT)));
                panics(&|| drop(try_lock_many_until(items, Instant::now())));
                panics(&|| drop(lock_many([$(items.$position),+])));
                panics(&|| drop(lock_many(&[$(items.$position),+][..])));
            }
        }};
    }
    each_arity!(arity);
}

#[test]
fn a_combined_closure_may_not_take_several_locks_either() {
    let [home, a, b] = mutexes();
    let calls: [fn(&Mutex<usize>, &Mutex<usize>); 3] = [
        |a, b| drop(lock_many((a, b))),
        |a, b| drop(try_lock_many((a, b))),
        |a, b| drop(try_lock_many_for((a, b), SHORT)),
    ];
    for call in calls {
        assert!(catch_unwind(AssertUnwindSafe(|| home.combine(|_| call(&a, &b)))).is_err());
        assert!(!home.is_locked() && !a.is_locked() && !b.is_locked());
    }
    // The thread is as before.
    assert_eq!(lock_many((&a, &b)).map(|(a, b)| (*a, *b)), Ok((1, 2)));
}

#[test]
fn a_try_takes_all_or_none() {
    macro_rules! arity {
        ($($position:tt)+) => {{
            let locks: [Mutex<usize>; 8] = mutexes();
            for held in [$($position),+] {
                let guard = locks[5 * held % 8].lock();
                let items = ($(&locks[5 * $position % 8],)+);
                let only_the_held = || locks.iter().filter(|lock| lock.is_locked()).count() == 1;
                assert!(try_lock_many(items).unwrap().is_none());
                assert!(only_the_held());
                assert!(try_lock_many([$(items.$position),+]).unwrap().is_none());
                assert!(only_the_held());
                assert!(try_lock_many(&[$(items.$position),+][..]).unwrap().is_none());
                assert!(only_the_held());
                assert!(try_lock_many_until(items, Instant::now()).unwrap().is_none());
                assert!(only_the_held());
                assert!(try_lock_many_for(items, Duration::ZERO).unwrap().is_none());
                assert!(only_the_held());
                drop(guard);
            }
        }};
    }
    each_arity!(arity);
}

#[test]
fn a_timed_call_gives_up_not_early_and_keeps_nothing() {
    let locks: [Mutex<usize>; 3] = mutexes();
    for held in &locks {
        let _held = held.lock();
        thread::scope(|scope| {
            scope.spawn(|| {
                let begin = Instant::now();
                assert!(try_lock_many_for(locks.each_ref(), SHORT).unwrap().is_none());
                assert!(begin.elapsed() >= SHORT);
                let deadline = Instant::now() + SHORT;
                let (a, b, c) = (&locks[0], &locks[1], &locks[2]);
                assert!(try_lock_many_until((c, b, a), deadline).unwrap().is_none());
                assert!(Instant::now() >= deadline);
                assert_eq!(locks.iter().filter(|lock| lock.is_locked()).count(), 1);
            });
        });
    }
}

#[test]
fn free_locks_are_taken_whatever_the_deadline() {
    let locks: [Mutex<usize>; 2] = mutexes();
    let past = Instant::now();
    assert!(try_lock_many_until(locks.each_ref(), past).unwrap().is_some());
    assert!(try_lock_many_for(locks.each_ref(), Duration::ZERO).unwrap().is_some());
    assert!(try_lock_many_for(locks.each_ref(), Duration::MAX).unwrap().is_some());
    assert!(all_free(&locks));
}

#[test]
fn a_release_in_time_ends_the_wait() {
    // Longer than the test may take: only the release can end these waits.
    let long = Duration::from_secs(3600);
    let waits: [fn(&Mutex<usize>, &Mutex<usize>) -> bool; 4] = [
        |a, b| lock_many((a, b)).is_ok(),
        |a, b| try_lock_many_for((a, b), Duration::MAX).unwrap().is_some(),
        |a, b| try_lock_many_for((a, b), Duration::from_secs(3600)).unwrap().is_some(),
        |a, b| try_lock_many_until((a, b), Instant::now() + Duration::from_secs(3600)).unwrap().is_some(),
    ];
    for wait in waits {
        let [a, b] = mutexes();
        let begin = Instant::now();
        let (held_a, held_b) = lock_many((&a, &b)).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&b, &a));
            thread::sleep(Duration::from_millis(2));
            drop(held_a);
            thread::sleep(Duration::from_millis(2));
            drop(held_b);
            assert!(waiter.join().unwrap());
        });
        assert!(begin.elapsed() < long);
    }
}

/// Each thread names the locks in an order of its own, and all begin at once. Hangs if they can deadlock; loses counts
/// if two are inside.
#[test]
fn opposite_orders_do_not_deadlock() {
    const ROUNDS: usize = if cfg!(miri) { 10 } else { 4_000 };
    let locks: [Mutex<usize>; 3] = array::from_fn(|_| Mutex::new(0));
    let orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]];
    let start = Barrier::new(orders.len());
    thread::scope(|scope| {
        for order in orders {
            let (locks, start) = (&locks, &start);
            scope.spawn(move || {
                let [a, b, c] = order.map(|n| &locks[n]);
                start.wait();
                for round in 0..ROUNDS {
                    match round % 4 {
                        0 => {
                            let guards = lock_many((a, b, c)).unwrap();
                            for mut guard in [guards.0, guards.1, guards.2] {
                                *guard += 1;
                            }
                        }
                        1 => lock_many([a, b, c]).unwrap().iter_mut().for_each(|guard| **guard += 1),
                        2 => lock_many(&[a, b, c][..]).unwrap().iter_mut().for_each(|guard| **guard += 1),
                        _ => {
                            let (mut left, mut right) = lock_many((a, b)).unwrap();
                            (*left, *right) = (*left + 1, *right + 1);
                            drop((left, right));
                            *c.lock() += 1;
                        }
                    }
                }
            });
        }
    });
    assert_eq!(locks.map(Mutex::into_inner), [ROUNDS * orders.len(); 3]);
}

#[test]
fn philosophers_dine() {
    const MEALS: usize = if cfg!(miri) { 10 } else { 10_000 };
    const SEATS: usize = 5;
    let forks: [Mutex<usize>; SEATS] = array::from_fn(|_| Mutex::new(0));
    thread::scope(|scope| {
        for seat in 0..SEATS {
            let (left, right) = (&forks[seat], &forks[(seat + 1) % SEATS]);
            scope.spawn(move || {
                for meal in 0..MEALS {
                    let (mut left, mut right) = lock_many((left, right)).unwrap();
                    (*left, *right) = (*left + 1, *right + 1);
                    if meal % 16 == 0 {
                        thread::yield_now();
                    }
                }
            });
        }
    });
    assert_eq!(forks.map(Mutex::into_inner), [2 * MEALS; SEATS]);
}

/// Transfers between accounts that threads choose for themselves keep the sum, which others add up meanwhile.
#[test]
fn transfers_keep_the_sum() {
    const TRANSFERS: usize = if cfg!(miri) { 12 } else { 20_000 };
    const EACH: i64 = 100;
    let accounts: [Mutex<i64>; 16] = array::from_fn(|_| Mutex::new(EACH));
    let sum = |balances: &[MutexGuard<'_, i64>]| balances.iter().map(|balance| **balance).sum::<i64>();
    let total = EACH * accounts.len() as i64;
    thread::scope(|scope| {
        for teller in 0..3_u64 {
            let accounts = &accounts;
            scope.spawn(move || {
                let mut random = 0x9e37_79b9_7f4a_7c15 ^ teller;
                for round in 0..TRANSFERS {
                    random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                    let (from, to) = ((random >> 60) as usize, (random >> 52 & 15) as usize);
                    let pair = (&accounts[from], &accounts[to]);
                    let guards = match round % 3 {
                        0 => lock_many(pair).map(Some),
                        1 => try_lock_many(pair),
                        _ => try_lock_many_for(pair, Duration::from_micros(20)),
                    };
                    match guards {
                        Ok(Some((mut from, mut to))) => (*from, *to) = (*from - 1, *to + 1),
                        Ok(None) => {}
                        Err(duplicate) => {
                            assert_eq!((duplicate, from), (DuplicateLock { first: 0, second: 1 }, to));
                        }
                    }
                }
            });
        }
        for _ in 0..if cfg!(miri) { 3 } else { 300 } {
            assert_eq!(sum(&lock_many(accounts.each_ref()).unwrap()), total);
        }
    });
    assert_eq!(accounts.into_iter().map(Mutex::into_inner).sum::<i64>(), total);
}
