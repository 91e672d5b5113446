//! The readers-writer lock from outside: who gets in beside whom, who waits, who gives up. No durations are asserted, but that
//! a wait is not over before its time.
#![cfg(not(polder_loom))]

use std::{
    cell::RefCell,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Rounds of a loop: fewer under the emulator.
const fn rounds(many: u32) -> u32 {
    if cfg!(miri) { many.div_ceil(1000) + 3 } else { many }
}

/// A lock that readers take by slots.
fn biased<T>(value: T) -> RwLock<T> {
    let lock = RwLock::new(value);
    drop(lock.read());
    lock
}

#[test]
fn readers_share_and_writers_exclude() {
    for lock in [RwLock::new(0), biased(0)] {
        let (one, two) = (lock.read(), lock.try_read().expect("nobody writes"));
        assert!(lock.is_locked() && !lock.is_write_locked());
        assert!(lock.try_write().is_none());
        assert!(!lock.is_write_locked(), "an attempt leaves nothing behind");
        assert!(lock.try_read().is_some());
        drop((one, two));
        assert!(!lock.is_locked());
        let mut writing = lock.try_write().expect("nobody reads");
        *writing += 1;
        assert!(lock.is_locked() && lock.is_write_locked());
        assert!(lock.try_read().is_none() && lock.try_write().is_none());
        drop(writing);
        assert!(!lock.is_locked());
        assert_eq!(*lock.read(), 1);
    }
}

#[test]
fn readers_of_several_threads_are_in_at_once() {
    let lock = biased(7);
    let all_in = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let guard = lock.read();
                all_in.wait();
                assert_eq!(*guard, 7);
            });
        }
    });
}

/// Two words that are equal but for the moment in which a writer changes them.
fn read_pair(lock: &RwLock<(u32, u32)>) {
    let pair = lock.read();
    assert_eq!(pair.0, pair.1);
}

/// Writes, and hands the guard back.
fn written<'a>(mut pair: RwLockWriteGuard<'a, (u32, u32)>, count: &AtomicU32) -> RwLockWriteGuard<'a, (u32, u32)> {
    pair.0 += 1;
    pair.1 += 1;
    count.fetch_add(1, Relaxed);
    pair
}

fn write_pair(lock: &RwLock<(u32, u32)>) {
    let mut pair = lock.write();
    pair.0 += 1;
    thread::yield_now();
    pair.1 += 1;
}

#[test]
fn no_reader_sees_half_of_a_write() {
    let lock = RwLock::new((0, 0));
    thread::scope(|scope| {
        for n in 0..4 {
            let lock = &lock;
            scope.spawn(move || {
                for round in 0..rounds(5000) {
                    // Times of reading and times of writing, so that the bias comes and goes.
                    if (round / 64 + n) % 4 == 0 || round % 61 == 0 { write_pair(lock) } else { read_pair(lock) }
                }
            });
        }
    });
    let pair = *lock.read();
    assert_eq!(pair.0, pair.1);
    assert!(pair.0 > 0);
}

#[test]
fn every_way_in_at_once() {
    let lock = RwLock::new((0, 0));
    let count = AtomicU32::new(0);
    let short = Duration::from_micros(50);
    thread::scope(|scope| {
        for n in 0..4 {
            let (lock, count) = (&lock, &count);
            scope.spawn(move || {
                let read = |pair: RwLockReadGuard<'_, (u32, u32)>| assert_eq!(pair.0, pair.1);
                for round in 0..rounds(3000) {
                    match (round + 3 * n) % 11 {
                        0 => drop(written(lock.write(), count)),
                        1 => drop(lock.try_write().map(|pair| written(pair, count))),
                        2 => drop(lock.try_write_for(short).map(|pair| written(pair, count))),
                        3 => read(RwLockWriteGuard::downgrade(written(lock.write(), count))),
                        4 => drop(lock.try_read_for(short).map(read)),
                        5 => drop(lock.try_read().map(read)),
                        6 => drop(lock.try_read_until(Instant::now()).map(read)),
                        _ => read(lock.read()),
                    }
                }
            });
        }
    });
    assert_eq!(lock.into_inner().0, count.into_inner());
}

#[test]
fn a_flood_of_readers_does_not_starve_a_writer() {
    let lock = biased(0);
    let stop = AtomicBool::new(false);
    let ready = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Never without a guard.
                let mut guard = Some(lock.read());
                ready.wait();
                while !stop.load(Relaxed) {
                    guard = lock.try_read().or(guard.take());
                    if lock.is_write_locked() {
                        drop(guard.take());
                        guard = Some(lock.read());
                    }
                }
                drop(guard);
            });
        }
        ready.wait();
        for _ in 0..rounds(200) {
            *lock.write() += 1;
        }
        stop.store(true, Relaxed);
    });
    assert_eq!(*lock.read(), rounds(200));
}

#[test]
fn a_flood_of_writers_does_not_starve_a_reader() {
    let lock = RwLock::new(0);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    *lock.write() += 1;
                }
            });
        }
        let mut last = 0;
        for _ in 0..rounds(200) {
            let now = *lock.read();
            assert!(now >= last);
            last = now;
        }
        stop.store(true, Relaxed);
    });
}

/// Readers that wait get in before the writer that waits, and are in at once.
#[test]
fn all_who_wait_get_in_together() {
    let lock = RwLock::new(0);
    let both_in = Barrier::new(3);
    let writing = lock.write();
    let begun = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                begun.fetch_add(1, Relaxed);
                let guard = lock.read();
                both_in.wait();
                drop(guard);
            });
        }
        while begun.load(Relaxed) < 3 {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(5));
        scope.spawn(|| *lock.write() += 1);
        drop(writing);
    });
    assert_eq!(*lock.read(), 1);
}

#[test]
fn waits_end_at_their_time_and_not_before() {
    let lock = biased(0);
    let wait = Duration::from_millis(20);
    thread::scope(|scope| {
        let reading = lock.read();
        scope
            .spawn(|| {
                let begun = Instant::now();
                assert!(lock.try_write_for(wait).is_none());
                assert!(lock.try_write_until(begun + 2 * wait).is_none());
                assert!(begun.elapsed() >= 2 * wait);
            })
            .join()
            .unwrap();
        drop(reading);
        let writing = lock.write();
        scope
            .spawn(|| {
                let begun = Instant::now();
                assert!(lock.try_read_for(wait).is_none());
                assert!(lock.try_read_until(begun + 2 * wait).is_none());
                assert!(lock.try_write_until(begun + 3 * wait).is_none());
                assert!(begun.elapsed() >= 3 * wait);
            })
            .join()
            .unwrap();
        drop(writing);
    });
    // A lock that is to be had is had, however late it is.
    let late = Instant::now();
    assert!(lock.try_read_until(late).is_some() && lock.try_write_until(late).is_some());
    assert!(lock.try_read_for(Duration::ZERO).is_some() && lock.try_write_for(Duration::ZERO).is_some());
}

#[test]
fn timed_waits_end_when_the_lock_is_free() {
    let lock = biased(0);
    thread::scope(|scope| {
        let reading = lock.read();
        let writer = scope.spawn(|| lock.try_write_for(Duration::MAX).map(|mut guard| *guard += 1).is_some());
        while !lock.is_write_locked() {
            thread::yield_now();
        }
        drop(reading);
        assert!(writer.join().unwrap());
        let writing = lock.write();
        let reader = scope.spawn(|| lock.try_read_for(Duration::MAX).map(|guard| *guard));
        thread::sleep(Duration::from_millis(2));
        drop(writing);
        assert_eq!(reader.join().unwrap(), Some(1));
    });
}

/// A writer that waits keeps new readers out; when it gives up they get in, without anybody else leaving.
#[test]
fn a_writer_that_gives_up_lets_readers_in() {
    let lock = biased(0);
    let reading = lock.read();
    thread::scope(|scope| {
        let writer = scope.spawn(|| lock.try_write_for(Duration::from_millis(30)).is_some());
        while !lock.is_write_locked() && !writer.is_finished() {
            thread::yield_now();
        }
        // A wait with an end, which the check of lock orders leaves alone: it would be for this thread itself.
        assert!(lock.try_read_for(Duration::from_secs(600)).is_some_and(|value| *value == 0));
        assert!(!writer.join().unwrap());
    });
    drop(reading);
    assert!(!lock.is_locked());
}

#[test]
fn more_guards_than_slots() {
    let lock = biased(5);
    let others: Vec<_> = (0..3).map(biased).collect();
    let mut guards: Vec<_> = (0..40).filter_map(|_| lock.try_read()).collect();
    assert_eq!(guards.len(), 40);
    let more: Vec<_> = others.iter().map(RwLock::read).collect();
    assert!(guards.iter().all(|guard| **guard == 5));
    assert!(more.iter().map(|guard| **guard).eq(0..3));
    // In any order.
    while guards.len() > 1 {
        drop(guards.swap_remove(guards.len() / 2));
        assert!(lock.try_write().is_none());
    }
    assert!(others[0].try_write().is_none());
    drop((guards, more));
    assert!(lock.try_write().is_some() && others.iter().all(|other| other.try_write().is_some()));
}

#[test]
fn a_downgrade_is_atomic() {
    let lock = RwLock::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..rounds(300) {
                    let mut writing = lock.write();
                    *writing += 1;
                    let mine = *writing;
                    let reading = RwLockWriteGuard::downgrade(writing);
                    thread::yield_now();
                    assert_eq!(*reading, mine, "no writer in between");
                }
            });
        }
    });
    assert_eq!(*lock.read(), 3 * rounds(300));
}

#[test]
fn a_downgrade_lets_readers_in_and_keeps_writers_out() {
    let lock = RwLock::new(1);
    thread::scope(|scope| {
        let writing = lock.write();
        let reader = scope.spawn(|| *lock.read());
        let reading = RwLockWriteGuard::downgrade(writing);
        assert_eq!(reader.join().unwrap(), 1);
        assert!(lock.try_write().is_none());
        drop(reading);
    });
    assert!(lock.try_write().is_some());
}

#[test]
fn a_panic_gives_the_lock_back() {
    let lock = biased(0);
    let panics = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    panics(&|| {
        lock.with(|value| {
            *value += 1;
            panic!("while writing");
        })
    });
    assert!(!lock.is_locked());
    panics(&|| lock.read_with(|_| panic!("while reading")));
    assert!(!lock.is_locked());
    panics(&|| {
        let _reading = RwLockWriteGuard::downgrade(lock.write());
        panic!("after a downgrade");
    });
    assert!(lock.try_write().is_some_and(|value| *value == 1));
}

#[test]
fn a_forgotten_reader_stays_and_others_still_read() {
    for lock in [RwLock::new(0), biased(0)] {
        // Leaked, as its address stays in a slot: a later lock in the same place could not be written.
        let lock = Box::leak(Box::new(lock));
        thread::scope(|scope| scope.spawn(|| mem::forget(lock.read())).join().unwrap());
        assert!(lock.is_locked());
        assert!(lock.try_write().is_none());
        assert!(lock.try_write_for(Duration::from_millis(1)).is_none());
        assert_eq!(*lock.read(), 0);
        *lock.get_mut() += 1;
        assert_eq!(*lock.read(), 1);
    }
}

#[test]
fn a_forgotten_writer_stays() {
    let mut lock = RwLock::new(0);
    mem::forget(lock.write());
    assert!(lock.try_read().is_none() && lock.try_write().is_none());
    assert_eq!(format!("{lock:?}"), "RwLock { value: <locked> }");
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 1);
}

/// Threads that end hand their nodes on, with the slots in them; none of them leaves the lock locked.
#[test]
fn threads_come_and_go() {
    let lock = biased(0);
    for _ in 0..rounds(50) {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| drop(lock.read()));
            }
            scope.spawn(|| *lock.write() += 1);
        });
        assert!(!lock.is_locked());
    }
    assert_eq!(lock.into_inner(), rounds(50));
}

thread_local! {
    /// Made before the thread first uses the registry, hence dropped after the thread has given its node back.
    static LAST: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

/// A guard that outlives its thread's node, and then reads once more.
struct Reading {
    guard: Option<RwLockReadGuard<'static, u32>>,
    lock: &'static RwLock<u32>,
    end: mpsc::Receiver<()>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Until the other side has looked.
        self.end.recv().unwrap();
        assert_eq!(self.guard.as_deref(), Some(&0));
        drop(self.guard.take());
        // Without a node: as one that counts.
        assert_eq!(*self.lock.read(), 0);
    }
}

#[test]
fn a_guard_may_outlive_its_threads_registration() {
    let lock: &'static RwLock<u32> = Box::leak(Box::new(biased(0)));
    let (end, ended) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let thread = thread::spawn(move || {
        LAST.with(|last| {
            let reading = Reading { guard: Some(lock.read()), lock, end: ended };
            *last.borrow_mut() = Some(reading);
        });
        begin.send(()).unwrap();
    });
    begun.recv().unwrap();
    // New threads, which look for a node meanwhile.
    for _ in 0..3 {
        thread::spawn(move || assert_eq!(*lock.read(), 0)).join().unwrap();
        assert!(lock.try_write().is_none());
    }
    end.send(()).unwrap();
    thread.join().unwrap();
    *lock.write() += 1;
    assert_eq!(*lock.read(), 1);
}

/// A second read guard on one thread can deadlock with a writer that comes between, and writing twice always does.
#[test]
#[cfg(debug_assertions)]
fn waiting_for_oneself_panics() {
    let lock = RwLock::new(0);
    let refused = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    let reading = lock.read();
    refused(&|| drop(lock.read()));
    refused(&|| drop(lock.try_read_for(Duration::MAX).map(|_| lock.write())));
    refused(&|| drop(lock.try_write_for(Duration::MAX)));
    drop(reading);
    let writing = lock.write();
    refused(&|| drop(lock.read()));
    refused(&|| drop(lock.try_read_for(Duration::MAX)));
    let reading = RwLockWriteGuard::downgrade(writing);
    refused(&|| drop(lock.write()));
    drop(reading);
    *lock.write() += 1;
}

/// What the first writer did is there for a reader that learns of it by the lock alone.
#[test]
fn what_was_written_is_read() {
    for _ in 0..rounds(300) {
        let lock = Arc::new(biased(0));
        let written = Arc::new(AtomicBool::new(false));
        let writer = {
            let (lock, written) = (Arc::clone(&lock), Arc::clone(&written));
            thread::spawn(move || {
                *lock.write() = 1;
                written.store(true, Release);
            })
        };
        while *lock.read() == 0 {
            thread::yield_now();
        }
        writer.join().unwrap();
        assert!(written.load(Acquire));
    }
}

#[test]
fn the_small_promises() {
    static GREETING: RwLock<&str> = RwLock::new("hello");
    assert_eq!(format!("{GREETING:?}"), r#"RwLock { value: "hello" }"#);
    let reading = GREETING.read();
    assert_eq!((format!("{reading:?}"), format!("{reading}")), (r#""hello""#.into(), "hello".into()));
    drop(reading);
    let writing = GREETING.write();
    assert_eq!((format!("{writing:?}"), format!("{writing}")), (r#""hello""#.into(), "hello".into()));
    assert_eq!(format!("{GREETING:?}"), "RwLock { value: <locked> }");
    drop(writing);
    assert_eq!(RwLock::<u32>::default().into_inner(), 0);
    let mut lock = RwLock::from(1);
    *lock.get_mut() += 1;
    assert_eq!(lock.read_with(|value| *value), 2);
    assert_eq!(lock.with(mem::take), 2);
    let unsized_lock: &RwLock<[u32]> = &RwLock::new([1, 2, 3]);
    unsized_lock.write()[0] = 4;
    assert_eq!(unsized_lock.read().iter().sum::<u32>(), 9);
}
