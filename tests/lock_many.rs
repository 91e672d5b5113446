//! Region locks taken together.
#![cfg(feature = "std")]

mod common;

use std::array;
use std::thread;
use std::time::Duration;

use common::{List, list_of, scaled, values_of};
use polder::sync::{DuplicateLock, Mutex, lock_many, read, try_lock_many, try_lock_many_for, write};
use polder::{RegionGuard, RegionMutex, RegionReadGuard, RegionRwLock, RegionWriteGuard};

type ListMutex = RegionMutex<List<'static>>;

fn lists<const N: usize>() -> [ListMutex; N] {
    array::from_fn(|n| RegionMutex::new(list_of(0..n as u64)))
}

#[test]
fn each_guard_opens_its_own_region() {
    let [a, b] = lists();
    let log = Mutex::new(Vec::new());
    let (mut b_guard, mut log_guard, a_guard): (RegionGuard<'_, List<'static>>, _, _) =
        lock_many((&b, &log, &a)).unwrap();
    // Two sessions at once: what goes from one region to the other is a value.
    a_guard.read(|from, from_view| {
        b_guard.open(|to, ctx| {
            to.push(ctx, from.forwards(from_view).len() as u64);
            log_guard.push("pushed");
        });
    });
    assert!(a.is_locked() && b.is_locked());
    drop((a_guard, b_guard, log_guard));
    assert!(!a.is_locked() && !b.is_locked());
    assert_eq!((values_of(&b.lock()), log.into_inner()), (vec![0, 0], vec!["pushed"]));
}

#[test]
fn duplicates_and_held_locks_are_refused() {
    let locks: [ListMutex; 3] = lists();
    let [a, b, c] = &locks;
    assert_eq!(lock_many((a, b, c, b)).unwrap_err(), DuplicateLock { first: 1, second: 3 });
    assert_eq!(lock_many([c, c]).unwrap_err(), DuplicateLock { first: 0, second: 1 });
    for held in &locks {
        let guard = held.lock();
        assert!(try_lock_many((c, a, b)).unwrap().is_none());
        assert!(try_lock_many(&[b, c, a][..]).unwrap().is_none());
        assert!(try_lock_many_for([a, b, c], Duration::from_millis(1)).unwrap().is_none());
        assert_eq!(locks.iter().filter(|lock| lock.is_locked()).count(), 1);
        drop(guard);
    }
    assert!(try_lock_many((c, a, b)).unwrap().is_some());
}

#[test]
fn readers_of_a_region_share_it() {
    let [table, log] = [3, 0].map(|n| RegionRwLock::new(list_of(0..n)));
    let reader = table.read();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (table, mut log): (RegionReadGuard<'_, _>, RegionWriteGuard<'_, _>) =
                lock_many((read(&table), write(&log))).unwrap();
            let sum: u64 = table.read(|list, view| list.forwards(view).iter().sum());
            log.open(|list, ctx| list.push(ctx, sum).addr());
        });
    });
    assert!(try_lock_many((&log, &table)).unwrap().is_none());
    assert!(try_lock_many_for((&log, read(&table)), Duration::from_millis(1)).unwrap().is_some());
    assert_eq!(lock_many((read(&log), &log)).unwrap_err(), DuplicateLock { first: 0, second: 1 });
    assert_eq!(values_of(&log.try_write().unwrap()), [3]);
    drop(reader);
    assert!(try_lock_many((&log, &table)).unwrap().is_some());
}

/// Threads move elements between lists that they name in orders of their own, while others look at all of them: no
/// deadlock, and none is lost or seen twice.
#[test]
fn elements_move_between_regions() {
    let moves = scaled(5000, 12);
    let locks: [ListMutex; 5] = array::from_fn(|n| RegionMutex::new(list_of(10 * n as u64..10 * n as u64 + 10)));
    let all = |lists: &[RegionGuard<'_, List<'static>>]| {
        let mut values: Vec<u64> = lists.iter().flat_map(|list| values_of(list)).collect();
        values.sort_unstable();
        assert!(values.into_iter().eq(0..50));
    };
    thread::scope(|scope| {
        for mover in 1..=4 {
            let locks = &locks;
            scope.spawn(move || {
                for n in 0..moves {
                    let (from, to) = (&locks[n % 5], &locks[(n + mover) % 5]);
                    let (mut from, mut to) = lock_many((from, to)).unwrap();
                    let taken = from.open(|list, ctx| {
                        let first = list.head?;
                        list.unlink(ctx, first);
                        Some(ctx[first].val)
                    });
                    if let Some(value) = taken {
                        to.open(|list, ctx| list.push(ctx, value).addr());
                    }
                }
            });
        }
        for _ in 0..scaled(100, 3) {
            let backwards: Vec<_> = locks.iter().rev().collect();
            all(&lock_many(&backwards[..]).unwrap());
        }
    });
    all(&lock_many(locks.each_ref()).unwrap());
}
