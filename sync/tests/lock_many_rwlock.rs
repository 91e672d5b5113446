//! Readers-writer locks among several locks at once.
#![cfg(not(polder_loom))]

use std::{
    array,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use polder_sync::{
    DuplicateLock, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard, lock_many, read, try_lock_many, try_lock_many_for,
    try_lock_many_until, write,
};

const SHORT: Duration = Duration::from_millis(10);

#[test]
fn kinds_mix_and_give_the_guards_of_their_kind() {
    let (shared, alone, mutex) = (RwLock::new(1), RwLock::new(String::from("a")), Mutex::new(3));
    let (number, mut text, by_borrow): (RwLockReadGuard<'_, i32>, RwLockWriteGuard<'_, String>, _) =
        lock_many((read(&shared), write(&alone), &mutex)).unwrap();
    text.push('b');
    assert_eq!((*number, text.as_str(), *by_borrow), (1, "ab", 3));
    assert!(shared.is_locked() && !shared.is_write_locked() && alone.is_write_locked() && mutex.is_locked());
    drop((number, text, by_borrow));
    assert!(!shared.is_locked() && !alone.is_locked() && !mutex.is_locked());

    let locks: [RwLock<usize>; 9] = array::from_fn(RwLock::new);
    lock_many(locks.each_ref()).unwrap().iter_mut().for_each(|guard| **guard += 1);
    let readers = locks.each_ref().map(read);
    assert_eq!(lock_many(&readers[..]).unwrap().iter().map(|guard| **guard).sum::<usize>(), 45);
}

#[test]
fn one_lock_is_a_duplicate_in_whatever_way_it_is_wanted() {
    let (a, b) = (RwLock::new(()), RwLock::new(()));
    let duplicate = Some(DuplicateLock { first: 0, second: 2 });
    assert_eq!(lock_many((read(&a), &b, read(&a))).err(), duplicate);
    assert_eq!(lock_many((read(&a), &b, write(&a))).err(), duplicate);
    assert_eq!(lock_many((&a, &b, read(&a))).err(), duplicate);
    assert_eq!(try_lock_many((&a, read(&b), &a)).err(), duplicate);
    assert!(!a.is_locked() && !b.is_locked());
}

#[test]
fn readers_share_and_writers_do_not() {
    let (table, mine, other) = (RwLock::new(7), Mutex::new(0), Mutex::new(0));
    let reader = lock_many((&mine, read(&table))).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(try_lock_many((read(&table), &other)).unwrap().map(|(table, _)| *table), Some(7));
            assert_eq!(try_lock_many_for((&other, read(&table)), SHORT).unwrap().map(|(_, table)| *table), Some(7));
            let begin = Instant::now();
            assert!(try_lock_many((&other, &table)).unwrap().is_none());
            assert!(try_lock_many_for((&table, &other), SHORT).unwrap().is_none());
            assert!(try_lock_many_until((&other, &table), begin + 2 * SHORT).unwrap().is_none());
            assert!(begin.elapsed() >= 2 * SHORT);
            assert!(!other.is_locked(), "all or none");
        });
    });
    drop(reader);
    let writer = lock_many((&mine, &table)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| assert!(try_lock_many((&other, read(&table))).unwrap().is_none()));
    });
    drop(writer);
    assert!(lock_many((&table, &mine, &other)).is_ok());
}

/// Each thread reads one lock and writes the next, so that all together are a circle. Hangs if they can deadlock; a reader
/// that meets a writer sees the two halves differ.
#[test]
fn a_circle_of_readers_and_writers_does_not_deadlock() {
    const ROUNDS: usize = if cfg!(miri) { 8 } else { 4_000 };
    const THREADS: usize = 4;
    let locks: [RwLock<(usize, usize)>; THREADS] = array::from_fn(|_| RwLock::new((0, 0)));
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (locks, start) = (&locks, &start);
            scope.spawn(move || {
                let (one, next, last) = (&locks[me], &locks[(me + 1) % THREADS], &locks[(me + 2) % THREADS]);
                start.wait();
                for _ in 0..ROUNDS {
                    let (seen, mut changed, also_seen) = lock_many((read(one), write(next), read(last))).unwrap();
                    assert_eq!((seen.0, also_seen.0), (seen.1, also_seen.1));
                    changed.0 += 1;
                    changed.1 += 1;
                }
            });
        }
    });
    assert_eq!(locks.map(RwLock::into_inner), [(ROUNDS, ROUNDS); THREADS]);
}
