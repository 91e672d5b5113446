//! The readers-writer lock: every interleaving of two or three threads, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_rwlock
//! ```
//! loom reports a data race on the value (an ordering or an exclusion that is missing), and a deadlock (a lost wake-up is
//! one). Constants are small in this build: a thread has one slot for reading, waits look once, and the next reader that
//! counts brings the bias back.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::time::Duration;

use loom::{
    model::Builder,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};
use polder_sync::{Access, RwLock, RwLockWriteGuard, reclaim};

/// Some time: in a model every deadline passes during the first wait.
const SOME: Duration = Duration::from_secs(1);

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions, or fewer if the environment
/// says so: three threads that take a lock in all its ways have too many.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = match (builder.preemption_bound, bound) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    builder.check(move || {
        body();
        polder_sync::leave();
    });
}

/// Runs `body` on a new thread of the model.
fn spawn<T: 'static>(body: impl FnOnce() -> T + 'static) -> thread::JoinHandle<T> {
    thread::spawn(|| {
        let result = body();
        polder_sync::leave();
        result
    })
}

/// A lock that readers have a bias for.
fn biased() -> Arc<RwLock<u32>> {
    let lock = Arc::new(RwLock::new(0));
    drop(lock.read());
    lock
}

/// A lock that they have none for.
fn unbiased() -> Arc<RwLock<u32>> {
    Arc::new(RwLock::new(0))
}

/// A thread that reads once.
fn reader(lock: &Arc<RwLock<u32>>) -> thread::JoinHandle<u32> {
    let lock = Arc::clone(lock);
    spawn(move || *lock.read())
}

/// F, W1, W2: a reader in a slot, and the writer that takes the bias away.
#[test]
fn a_reader_in_a_slot_and_a_writer() {
    model(Some(3), || {
        let lock = biased();
        let reader = reader(&lock);
        *lock.write() += 1;
        assert!(reader.join().unwrap() <= 1);
        assert_eq!(*lock.read(), 1);
    });
}

/// W2: the slot is used again, for another lock, before the writer looks.
#[test]
fn a_slot_that_names_another_lock_has_given_up_the_first() {
    model(Some(3), || {
        let (one, two) = (biased(), biased());
        let locks = (Arc::clone(&one), Arc::clone(&two));
        let reader = spawn(move || {
            assert!(*locks.0.read() <= 1);
            assert_eq!(*locks.1.read(), 0);
        });
        *one.write() += 1;
        reader.join().unwrap();
    });
}

/// `rw_enter`, `rw_leave`: a reader that counts, and a writer that has no bias to take away.
#[test]
fn a_reader_that_counts_and_a_writer() {
    model(None, || {
        let lock = unbiased();
        let reader = reader(&lock);
        *lock.write() += 1;
        assert!(reader.join().unwrap() <= 1);
    });
}

/// Two readers, in slots or counted or waiting, and a writer.
#[test]
fn two_readers_and_a_writer() {
    model(Some(1), || {
        let lock = biased();
        let readers = [reader(&lock), reader(&lock)];
        *lock.write() += 1;
        for reader in readers {
            assert!(reader.join().unwrap() <= 1);
        }
    });
}

/// I1: two writers exclude each other, and the second one finds readers that came between.
#[test]
fn a_reader_and_two_writers() {
    model(Some(2), || {
        let lock = biased();
        let reader = reader(&lock);
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        *lock.write() += 1;
        assert!(reader.join().unwrap() <= 2);
        writer.join().unwrap();
        assert_eq!(*lock.read(), 2);
    });
}

/// The drain: the reader is in before the writer comes, one way or the other, so the writer waits. A lost wake-up is a
/// deadlock.
#[test]
fn the_last_reader_wakes_the_writer() {
    model(Some(3), || {
        let lock = biased();
        let (in_slot, counted) = (lock.read(), lock.read());
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        assert_eq!(*in_slot + *counted, 0);
        drop(in_slot);
        drop(counted);
        writer.join().unwrap();
        assert_eq!(*lock.read(), 1);
    });
}

/// The drain, with two threads that leave at once: one of them wakes the writer.
#[test]
fn one_of_two_last_readers_wakes_the_writer() {
    model(Some(2), || {
        let lock = biased();
        let mine = lock.read();
        let other = {
            let lock = Arc::clone(&lock);
            spawn(move || drop(lock.try_read()))
        };
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        assert_eq!(*mine, 0);
        drop(mine);
        other.join().unwrap();
        writer.join().unwrap();
    });
}

/// `rw_admit`, `rw_end`, the gate: a reader that waits is let in by the writer, and sees what it wrote.
#[test]
fn a_writer_lets_in_those_who_wait() {
    model(Some(2), || {
        let lock = unbiased();
        let mut writing = lock.write();
        let readers = [reader(&lock), reader(&lock)];
        *writing += 1;
        drop(writing);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 1);
        }
    });
}

/// `rw_claim`: a reader that finds the second writer finds the gate as the first one left it, and not as it was before: else
/// it would take itself for one of those who have been let in.
#[test]
fn a_reader_that_comes_late_waits_for_the_second_writer() {
    model(Some(1), || {
        let lock = unbiased();
        // Registers here: the fence of that would order the gate otherwise.
        drop(reclaim::pin());
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let mut writing = lock.write();
                // The first reader comes and waits, without that counting as a preemption.
                thread::yield_now();
                *writing += 1;
                drop(writing);
                *lock.write() += 1;
            })
        };
        let first = reader(&lock);
        // The writer gets on, without that counting as a preemption.
        for _ in 0..3 {
            thread::yield_now();
        }
        assert!(lock.read_with(|value| *value) <= 2);
        assert!(first.join().unwrap() <= 2);
        writer.join().unwrap();
    });
}

/// `rw_bias`: the reader's first look finds the bias before a writer takes it away, and the second one, with a slot
/// published, the bias that another reader has brought back since.
#[test]
fn a_bias_that_came_back_comes_with_what_was_written() {
    model(Some(3), || {
        let lock = biased();
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || {
                if let Some(mut value) = lock.try_write() {
                    *value += 1;
                }
            })
        };
        let other = {
            let lock = Arc::clone(&lock);
            spawn(move || {
                // Refused between the end of the section and the release of the writers' lock: the only time in which no
                // fence has followed the section yet.
                drop(lock.try_write());
                drop(lock.try_read());
            })
        };
        assert!(lock.try_read().is_none_or(|value| *value <= 1));
        writer.join().unwrap();
        other.join().unwrap();
    });
}

/// Phases: a reader that was let in by one writer waits for the next one, which another thread is.
#[test]
fn a_reader_waits_for_two_writers_in_turn() {
    model(Some(2), || {
        let lock = unbiased();
        let mut writing = lock.write();
        let reader = {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let first = *lock.read();
                let second = *lock.read();
                assert!(1 <= first && first <= second && second <= 2);
            })
        };
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        *writing += 1;
        drop(writing);
        reader.join().unwrap();
        writer.join().unwrap();
    });
}

/// `give_up`: the time of a reader is over just as the writer lets it in.
#[test]
fn a_reader_gives_up() {
    model(None, || {
        let lock = unbiased();
        let mut writing = lock.write();
        let reader = {
            let lock = Arc::clone(&lock);
            spawn(move || lock.try_read_for(SOME).map(|guard| *guard))
        };
        *writing += 1;
        drop(writing);
        assert!(matches!(reader.join().unwrap(), None | Some(1)));
        *lock.try_write().expect("nobody is counted any more") += 1;
    });
}

/// `withdraw`: the time of a writer is over just as the last reader leaves; readers in slots are trusted again, and the
/// next writer finds them.
#[test]
fn a_writer_gives_up() {
    model(Some(3), || {
        let lock = biased();
        let reading = lock.read();
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || lock.try_write_for(SOME).map(|mut guard| *guard += 1).is_some())
        };
        assert_eq!(*reading, 0);
        drop(reading);
        let written = u32::from(writer.join().unwrap());
        assert_eq!(*lock.read(), written);
        *lock.write() += 1;
    });
}

/// A writer that gives up while a reader stays in its slot, and one that comes after it.
#[test]
fn a_writer_that_gives_up_leaves_readers_to_the_next() {
    model(Some(2), || {
        let lock = biased();
        let reading = lock.read();
        assert!(lock.try_write().is_none());
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        assert_eq!(*reading, 0);
        drop(reading);
        writer.join().unwrap();
    });
}

/// `downgrade`: no writer in between, and the next one waits.
#[test]
fn a_downgrade_lets_no_writer_in() {
    model(Some(3), || {
        let lock = biased();
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 10)
        };
        let mut writing = lock.write();
        *writing += 1;
        let mine = *writing;
        let reading = RwLockWriteGuard::downgrade(writing);
        assert_eq!(*reading, mine);
        drop(reading);
        writer.join().unwrap();
        assert_eq!(*lock.read(), 11);
    });
}

/// `downgrade`: a reader that waited is beside it.
#[test]
fn a_downgrade_lets_readers_in() {
    model(Some(3), || {
        let lock = unbiased();
        let mut writing = lock.write();
        let reader = reader(&lock);
        *writing += 1;
        let reading = RwLockWriteGuard::downgrade(writing);
        assert_eq!(reader.join().unwrap(), 1);
        assert_eq!(*reading, 1);
    });
}

/// An entry that writes is called by the last reader, and sees that its section is over.
#[test]
fn the_last_reader_calls_an_entry() {
    model(Some(3), || {
        let lock = biased();
        let reader = {
            let lock = Arc::clone(&lock);
            spawn(move || assert!(*lock.read() <= 1))
        };
        RwLock::when(&lock, true, |access| {
            let Access::Write(value) = access else { unreachable!("asked to write") };
            *value += 1;
        });
        reader.join().unwrap();
        assert_eq!(*lock.read(), 1);
        assert!(!lock.is_locked());
    });
}

/// The same with two readers, of which both leave while the entry waits.
#[test]
fn one_of_two_last_readers_calls_an_entry() {
    model(Some(1), || {
        let lock = biased();
        let readers = [reader(&lock), reader(&lock)];
        RwLock::when(&lock, true, |access| {
            let Access::Write(value) = access else { unreachable!("asked to write") };
            *value += 1;
        });
        for reader in readers {
            assert!(reader.join().unwrap() <= 1);
        }
        assert_eq!(*lock.read(), 1);
    });
}

/// An entry that reads is called by the writer, or by whoever put it in the list, and sees what was written.
#[test]
fn a_writer_calls_the_entries_that_read() {
    model(Some(3), || {
        let lock = unbiased();
        let seen = Arc::new(AtomicU32::new(7));
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.write() += 1)
        };
        let see = Arc::clone(&seen);
        RwLock::when(&lock, false, move |access| {
            let Access::Read(value) = access else { unreachable!("asked to read") };
            see.store(*value, Relaxed);
        });
        writer.join().unwrap();
        assert!(seen.load(Relaxed) <= 1, "it has been called");
        assert!(!lock.is_locked());
    });
}

/// Two entries that read, a writer that ends, and one that begins.
#[test]
fn no_entry_that_reads_is_forgotten() {
    model(Some(2), || {
        let lock = unbiased();
        let writing = lock.write();
        let seen = Arc::new(AtomicU32::new(0));
        let other = {
            let (lock, see) = (Arc::clone(&lock), Arc::clone(&seen));
            spawn(move || {
                RwLock::when(&lock, false, move |_| {
                    see.fetch_add(1, Relaxed);
                });
                *lock.write() += 1;
            })
        };
        let see = Arc::clone(&seen);
        RwLock::when(&lock, false, move |_| {
            see.fetch_add(1, Relaxed);
        });
        drop(writing);
        other.join().unwrap();
        assert_eq!(seen.load(Relaxed), 2);
        assert!(!lock.is_locked());
    });
}
