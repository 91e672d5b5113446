//! One thread at a time is inside, and sees what the ones before it wrote; nobody is forgotten asleep.
#![cfg(not(polder_loom))]

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use polder_sync::Mutex;

const THREADS: usize = 4;
const ROUNDS: usize = if cfg!(miri) { 10 } else { 20_000 };

#[test]
fn no_increment_is_lost() {
    let counter = Mutex::new(0_usize);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..ROUNDS).for_each(|_| *counter.lock() += 1));
        }
    });
    assert_eq!(counter.into_inner(), THREADS * ROUNDS);
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
    let taken = Mutex::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (mutex, section, taken) = (&mutex, &section, &taken);
            scope.spawn(move || {
                let mut mine = 0;
                for round in 0..ROUNDS {
                    let guard = match (thread + round) % 4 {
                        0 => Some(mutex.lock()),
                        1 => mutex.try_lock(),
                        2 => mutex.try_lock_for(Duration::from_micros(10)),
                        _ => {
                            mutex.with(section);
                            mine += 1;
                            continue;
                        }
                    };
                    if let Some(mut guard) = guard {
                        section(&mut guard);
                        mine += 1;
                    }
                }
                *taken.lock() += mine;
            });
        }
    });
    assert_eq!(*mutex.lock(), *taken.lock());
    assert!(!mutex.is_locked());
}

#[test]
fn all_sleepers_get_their_turn() {
    for _ in 0..if cfg!(miri) { 2 } else { 50 } {
        let mutex = Mutex::new(0);
        let ready = Barrier::new(THREADS + 1);
        let held = mutex.lock();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    ready.wait();
                    *mutex.lock() += 1;
                });
            }
            ready.wait();
            thread::sleep(Duration::from_millis(1));
            drop(held);
        });
        assert_eq!(mutex.into_inner(), THREADS);
    }
}

#[test]
fn what_is_written_inside_is_whole_for_the_next() {
    let pair = Mutex::new((0_u64, vec![0_u64]));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS.min(2_000) {
                    pair.with(|(count, log)| {
                        assert_eq!(log.last(), Some(&*count));
                        *count += 1;
                        log.push(*count);
                    });
                }
            });
        }
    });
    let (count, log) = pair.into_inner();
    assert_eq!(count as usize + 1, log.len());
}
