//! Entries, which no public function takes: order, company, and who calls them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};

use super::{RwLock, RwLockWriteGuard, behaviour::Access};

/// What happened, in order.
type Log = Arc<Mutex<Vec<&'static str>>>;

fn note(log: &Log, what: &'static str) -> impl FnOnce(Access<'_, u32>) + use<> {
    let log = Arc::clone(log);
    move |access| {
        if let Access::Write(value) = access {
            *value += 1;
        }
        log.lock().unwrap().push(what);
    }
}

#[test]
fn a_free_lock_is_taken_at_once() {
    let (lock, log) = (Arc::new(RwLock::new(0)), Log::default());
    RwLock::when(&lock, true, note(&log, "write"));
    RwLock::when(&lock, false, note(&log, "read"));
    assert_eq!(*log.lock().unwrap(), ["write", "read"]);
    assert!(!lock.is_locked());
    assert_eq!(*lock.read(), 1);
}

#[test]
fn readers_let_reading_entries_in_and_keep_writing_ones_out() {
    let (lock, log) = (Arc::new(RwLock::new(0)), Log::default());
    // The first is counted, and brings the bias; the second is in a slot.
    let (one, two) = (lock.read(), lock.read());
    RwLock::when(&lock, false, note(&log, "read"));
    RwLock::when(&lock, true, note(&log, "write"));
    assert!(lock.is_write_locked(), "it keeps new readers out");
    drop(one);
    assert_eq!(*log.lock().unwrap(), ["read"]);
    drop(two);
    assert_eq!(*log.lock().unwrap(), ["read", "write"]);
    assert!(!lock.is_locked());
}

#[test]
fn a_writer_lets_all_reading_entries_in_before_the_next_writer() {
    let (lock, log) = (Arc::new(RwLock::new(0)), Log::default());
    let writing = lock.write();
    RwLock::when(&lock, true, note(&log, "write"));
    for _ in 0..100 {
        RwLock::when(&lock, false, note(&log, "read"));
    }
    assert!(log.lock().unwrap().is_empty());
    drop(writing);
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 101);
    assert_eq!(log[100], "write", "a hundred readers were counted before");
    assert_eq!(*lock.read(), 1);
}

#[test]
fn a_downgrade_lets_reading_entries_in() {
    let (lock, log) = (Arc::new(RwLock::new(0)), Log::default());
    let writing = lock.write();
    RwLock::when(&lock, false, note(&log, "read"));
    RwLock::when(&lock, true, note(&log, "write"));
    let reading = RwLockWriteGuard::downgrade(writing);
    assert_eq!(*log.lock().unwrap(), ["read"]);
    drop(reading);
    assert_eq!(*log.lock().unwrap(), ["read", "write"]);
}

#[test]
fn a_writer_that_gives_up_lets_reading_entries_in() {
    let (lock, log) = (Arc::new(RwLock::new(0)), Log::default());
    let reading = lock.read();
    thread::scope(|scope| {
        let writer = scope.spawn(|| lock.try_write_for(std::time::Duration::from_millis(20)).is_some());
        while !lock.is_write_locked() && !writer.is_finished() {
            thread::yield_now();
        }
        RwLock::when(&lock, false, note(&log, "read"));
        assert!(!writer.join().unwrap());
    });
    assert_eq!(*log.lock().unwrap(), ["read"]);
    drop(reading);
    assert!(!lock.is_locked());
}

/// Threads and entries of both kinds, all at once: sums come out, and nobody is left waiting.
#[test]
fn threads_and_entries_take_turns() {
    let rounds = if cfg!(miri) { 5 } else { 2000 };
    let (lock, ran) = (Arc::new(RwLock::new(0)), Arc::new(AtomicU32::new(0)));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for n in 0..rounds {
                    let counted = Arc::clone(&ran);
                    RwLock::when(&lock, n % 3 == 0, move |access| {
                        if let Access::Write(value) = access {
                            *value += 1;
                        }
                        counted.fetch_add(1, Relaxed);
                    });
                    match n % 5 {
                        0 => *lock.write() += 1,
                        _ => drop(lock.read()),
                    }
                }
            });
        }
    });
    let third = (0..rounds).filter(|n| n % 3 == 0).count() as u32;
    let fifth = (0..rounds).filter(|n| n % 5 == 0).count() as u32;
    assert_eq!(ran.load(Relaxed), 3 * rounds);
    assert_eq!(*lock.read(), 3 * (third + fifth));
    assert!(!lock.is_locked());
}
