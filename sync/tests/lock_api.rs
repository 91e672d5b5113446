//! The mutex behind the interface of `lock_api`.
#![cfg(all(feature = "lock_api", not(polder_loom)))]

use std::{
    thread,
    time::{Duration, Instant},
};

use lock_api::MutexGuard;
use polder_sync::RawMutex;

type Mutex<T> = lock_api::Mutex<RawMutex, T>;

#[test]
fn sections_exclude_each_other() {
    const ROUNDS: usize = if cfg!(miri) { 10 } else { 10_000 };
    static SUM: Mutex<usize> = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    let mut sum = SUM.lock();
                    *sum += 1;
                    if round % 100 == 0 {
                        MutexGuard::unlock_fair(sum);
                    }
                }
            });
        }
    });
    assert_eq!(*SUM.lock(), 4 * ROUNDS);
}

#[test]
fn a_held_mutex_is_waited_for_as_long_as_asked() {
    let mutex = Mutex::new(());
    let held = mutex.lock();
    assert!(mutex.is_locked() && mutex.try_lock().is_none());
    let begun = Instant::now();
    assert!(mutex.try_lock_for(Duration::from_millis(5)).is_none());
    assert!(begun.elapsed() >= Duration::from_millis(5));
    assert!(mutex.try_lock_until(Instant::now()).is_none());
    drop(held);
    assert!(mutex.try_lock().is_some() && mutex.try_lock_for(Duration::ZERO).is_some());
}

#[test]
fn bumping_keeps_the_mutex() {
    let mutex = Mutex::new(1);
    let mut held = mutex.lock();
    MutexGuard::bump(&mut held);
    assert!(mutex.is_locked());
    *held += 1;
    drop(held);
    assert_eq!(mutex.into_inner(), 2);
}
