//! Every interleaving of behaviours that are spawned, run and waited for by two or three threads, within a bound.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_when
//! ```
//! loom reports a data race on what is behind a lock or in a behaviour, a deadlock (a behaviour that is lost is one),
//! and a failed assertion. Behaviours run where a model calls `run_ready`, as there is no pool.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use loom::{
    cell::UnsafeCell,
    model::Builder,
    sync::{Notify, atomic::AtomicUsize, atomic::Ordering::Relaxed},
    thread,
};
use polder_sync::{
    Behaviour, Mutex, RwLock, when,
    when::{HandOff, read, run_ready},
};

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(move || {
        body();
        polder_sync::leave();
    });
}

/// Runs `body` on a new thread of the model.
fn spawn<U: 'static>(body: impl FnOnce() -> U + 'static) -> thread::JoinHandle<U> {
    thread::spawn(move || {
        let result = body();
        polder_sync::leave();
        result
    })
}

/// Two locks, the one with the lower address first.
fn locks<T: Clone>(value: T) -> [Arc<Mutex<T>>; 2] {
    let mut locks = [Arc::new(Mutex::new(value.clone())), Arc::new(Mutex::new(value))];
    locks.sort_by_key(Arc::as_ptr);
    locks
}

type Log = Vec<u8>;

/// Writes to both logs.
fn note(a: &Arc<Mutex<Log>>, b: &Arc<Mutex<Log>>, n: u8) -> Behaviour<()> {
    when((a, b), move |a: &mut Log, b: &mut Log| [a, b].into_iter().for_each(|log| log.push(n)))
}

#[test]
fn behaviours_of_one_lock_follow_each_other() {
    model(Some(5), || {
        let lock = Arc::new(Mutex::new(0));
        let other = spawn({
            let lock = Arc::clone(&lock);
            move || drop(when(&lock, |number: &mut u32| *number += 1))
        });
        drop(when(&lock, |number: &mut u32| *number += 1));
        run_ready(2);
        other.join().unwrap();
        assert_eq!(*lock.lock(), 2);
    });
}

/// Two spawners over two locks in opposite orders, and a third thread that runs what is ready.
#[test]
fn two_locks_see_two_behaviours_in_one_order() {
    model(Some(4), || {
        let [a, b] = locks(Log::new());
        let other = spawn({
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            move || drop(note(&b, &a, 1))
        });
        drop(note(&a, &b, 2));
        run_ready(2);
        other.join().unwrap();
        let (a, b) = (a.lock(), b.lock());
        assert_eq!(*a, *b);
        assert_eq!(a.len(), 2);
    });
}

/// Why a behaviour of one lock waits as well: it stands between two of two locks. (Fails if it lets the one behind it
/// believe that everybody before has a place in all queues.)
#[test]
fn a_behaviour_of_one_lock_lets_nobody_past_one_of_two() {
    model(Some(4), || {
        let [a, b] = locks(Log::new());
        let other = spawn({
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            move || {
                drop(when(&a, |_: &mut Log| ()));
                drop(note(&a, &b, 1));
            }
        });
        drop(note(&a, &b, 2));
        run_ready(3);
        other.join().unwrap();
        assert_eq!(*a.lock(), *b.lock());
    });
}

/// A thread that blocks for both locks, in their order, beside two behaviours.
#[test]
fn a_blocking_thread_gets_its_turn_among_behaviours() {
    model(Some(3), || {
        let [a, b] = locks(0_u32);
        let add = |a: &mut u32, b: &mut u32| [a, b].into_iter().for_each(|number| *number += 1);
        let blocking = spawn({
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            move || {
                let mut a = a.lock();
                let mut b = b.lock();
                *a += 1;
                *b += 1;
            }
        });
        drop(when((&b, &a), add));
        drop(when((&a, &b), add));
        run_ready(2);
        blocking.join().unwrap();
        assert_eq!((*a.lock(), *b.lock()), (3, 3));
    });
}

/// The end is seen with the result by a handle that sleeps, looks, or comes late; and the block is freed by whoever
/// is last.
#[test]
fn a_result_reaches_a_thread_that_waits() {
    model(Some(5), || {
        let handle = when((), || Box::new(7));
        let waiting = spawn(move || *handle.wait());
        run_ready(1);
        assert_eq!(waiting.join().unwrap(), 7);
    });
}

#[test]
fn a_wait_that_gives_up_hands_back_a_handle_that_works() {
    model(Some(5), || {
        let handle = when((), || 7);
        let waiting = spawn(move || match handle.wait_timeout(Duration::from_secs(1)) {
            Ok(number) => number,
            Err(handle) => handle.wait(),
        });
        run_ready(1);
        assert_eq!(waiting.join().unwrap(), 7);
    });
}

/// What the behaviour wrote, in a cell that loom watches, is the handle's after a look at the end.
#[test]
fn whoever_sees_the_end_sees_what_was_done() {
    struct Message(UnsafeCell<u32>);
    // SAFETY: nothing orders the accesses but what the model tests; loom panics before two of them collide.
    unsafe impl Sync for Message {}
    // SAFETY: a number belongs to no thread.
    unsafe impl Send for Message {}

    model(None, || {
        let message = Arc::new(Message(UnsafeCell::new(0)));
        let written = Arc::clone(&message);
        let handle = when((), move || {
            // SAFETY: as for `Sync`.
            written.0.with_mut(|number| unsafe { *number = 7 });
        });
        let looking = spawn(move || {
            if handle.is_finished() {
                // SAFETY: as for `Sync`.
                assert_eq!(message.0.with(|number| unsafe { *number }), 7);
            }
        });
        run_ready(1);
        looking.join().unwrap();
    });
}

/// A handle that is dropped while the behaviour runs: one of the two frees the block, after the other's last use of
/// it.
#[test]
fn a_handle_is_dropped_at_any_moment() {
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    model(None, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let result = Counted(Arc::clone(&drops));
        let handle = when((), move || result);
        let dropping = spawn(move || drop(handle));
        run_ready(1);
        dropping.join().unwrap();
        assert_eq!(drops.load(Relaxed), 1);
    });
}

/// A chain that is made while its first part ends.
#[test]
fn a_chained_behaviour_begins_once() {
    model(Some(5), || {
        let lock = Arc::new(Mutex::new(1));
        let first = when(&lock, |number: &mut u32| *number);
        let chaining = spawn({
            let lock = Arc::clone(&lock);
            move || {
                first.then(&lock, |value: u32, number: &mut u32| {
                    *number += value;
                    *number
                })
            }
        });
        run_ready(2);
        assert_eq!(chaining.join().unwrap().wait(), 2);
    });
}

struct Wakes(Notify);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// A poll, then another with another waker, beside the end: the last waker that was left is called.
#[test]
fn the_last_waker_is_called() {
    model(Some(5), || {
        let handle = when((), || 7);
        let polling = spawn(move || {
            let mut handle = pin!(handle);
            loop {
                let wakes = Arc::new(Wakes(Notify::new()));
                let waker = Waker::from(Arc::clone(&wakes));
                if let Poll::Ready(number) = handle.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    return number;
                }
                match handle.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(number) => return number,
                    Poll::Pending => wakes.0.wait(),
                }
            }
        });
        run_ready(1);
        assert_eq!(polling.join().unwrap(), 7);
    });
}

/// Two readers, one of which comes while the other one may be leaving, and a writer that comes after one of them.
#[test]
fn a_writer_waits_for_the_readers_before_it() {
    model(Some(3), || {
        let lock = Arc::new(RwLock::new(0));
        let other = spawn({
            let lock = Arc::clone(&lock);
            move || {
                let seen = when(read(&lock), |number: &u32| *number);
                drop(when(&lock, |number: &mut u32| *number += 1));
                seen
            }
        });
        let seen = when(read(&lock), |number: &u32| *number);
        run_ready(3);
        assert_eq!(other.join().unwrap().wait(), 0, "it was spawned before the writer");
        assert!(seen.wait() <= 1);
        assert_eq!(*lock.read(), 1);
    });
}

/// A writer, and behind it two readers that get their turns together, one of them through the other one.
#[test]
fn readers_get_their_turn_through_each_other() {
    model(Some(3), || {
        let lock = Arc::new(RwLock::new(0));
        drop(when(&lock, |number: &mut u32| *number += 1));
        let other = spawn({
            let lock = Arc::clone(&lock);
            move || when(read(&lock), |number: &u32| *number)
        });
        let seen = when(read(&lock), |number: &u32| *number);
        run_ready(3);
        assert_eq!((other.join().unwrap().wait(), seen.wait()), (1, 1));
    });
}

/// Three threads: two run what is ready, so that readers leave beside each other, and beside a writer that comes.
#[test]
fn the_last_reader_lets_the_writer_in() {
    model(Some(2), || {
        let lock = Arc::new(RwLock::new(0));
        for _ in 0..2 {
            drop(when(read(&lock), |number: &u32| assert_eq!(*number, 0)));
        }
        let other = spawn(|| run_ready(1));
        let writing = spawn({
            let lock = Arc::clone(&lock);
            move || when(&lock, |number: &mut u32| *number += 1)
        });
        run_ready(2);
        other.join().unwrap();
        writing.join().unwrap().wait();
        assert_eq!(*lock.read(), 1);
    });
}

/// A reader that has had its turn at `late`, and waits for `early`, which this thread holds. Another thread then
/// learns, in no order, that the reader has been spawned: a writer that it spawns runs after the reader.
fn a_writer_stays_behind(spawn_reader: fn(&Arc<RwLock<u32>>, &Arc<RwLock<u32>>) -> Behaviour<u32>) {
    let mut locks = [0, 1].map(|_| Arc::new(RwLock::new(0)));
    locks.sort_by_key(Arc::as_ptr);
    let [early, late] = locks;
    let spawned = Arc::new(AtomicUsize::new(0));
    let writing = spawn({
        let (late, spawned) = (Arc::clone(&late), Arc::clone(&spawned));
        move || {
            // Relaxed: it orders nothing.
            let after = spawned.load(Relaxed) == 1;
            if after {
                drop(when(&late, |number: &mut u32| *number += 1));
            }
            after
        }
    });
    let held = early.write();
    let reader = spawn_reader(&early, &late);
    spawned.store(1, Relaxed);
    let after = writing.join().unwrap();
    drop(held);
    run_ready(1 + u32::from(after));
    assert_eq!(reader.wait(), 0);
    assert_eq!(*late.read(), u32::from(after));
}

fn read_late(early: &Arc<RwLock<u32>>, late: &Arc<RwLock<u32>>) -> Behaviour<u32> {
    when((early, read(late)), |_: &mut u32, late: &u32| *late)
}

/// `when_enqueued` and `when_await`: the turn comes with the place.
#[test]
fn a_writer_stays_behind_a_reader_that_found_the_queue_empty() {
    model(Some(3), || a_writer_stays_behind(read_late));
}

/// `when_turn` and `when_turn_seen`: the turn comes later, from a writer that leaves.
#[test]
fn a_writer_stays_behind_a_reader_that_got_its_turn_later() {
    model(Some(3), || {
        a_writer_stays_behind(|early, late| {
            drop(when(late, |_: &mut u32| ()));
            let reader = read_late(early, late);
            run_ready(1);
            reader
        });
    });
}

/// Between the two a third one has come and left, and the queue is empty.
#[test]
fn a_writer_stays_behind_a_reader_whose_follower_has_left() {
    model(Some(3), || {
        a_writer_stays_behind(|early, late| {
            let (reader, begun) = {
                let (early, late) = (Arc::clone(early), Arc::clone(late));
                let begun = Arc::new(AtomicUsize::new(0));
                let begin = Arc::clone(&begun);
                let reader = spawn(move || {
                    let reader = read_late(&early, &late);
                    begin.store(1, Relaxed);
                    reader
                });
                (reader, begun)
            };
            // Relaxed: so that the follower learns of the reader in the queue alone.
            while begun.load(Relaxed) == 0 {
                thread::yield_now();
            }
            drop(when(read(late), |_: &u32| ()));
            run_ready(1);
            reader.join().unwrap()
        });
    });
}

/// Of a drain and a submitter that come at once one begins a drain, however little the queue orders.
fn one_begins_a_drain(depart: fn(&HandOff) -> bool) {
    model(None, move || {
        let executor = Arc::new(HandOff::new());
        let drain = spawn({
            let executor = Arc::clone(&executor);
            move || depart(&executor)
        });
        let by_submitter = executor.submit();
        assert_eq!([by_submitter, drain.join().unwrap()].map(u8::from).iter().sum::<u8>(), 1);
    });
}

/// What it has found may block, and so may have to be left to itself.
#[test]
fn a_drain_that_finds_something_leaves_nothing_behind() {
    one_begins_a_drain(HandOff::found);
}

#[test]
fn a_drain_that_ends_leaves_nothing_behind() {
    one_begins_a_drain(HandOff::end);
}

/// One of two finds something and the other one ends, and each may believe that the other one searches.
#[test]
fn the_last_drain_that_searches_leaves_nothing_behind() {
    model(None, || {
        let executor = Arc::new(HandOff::new());
        assert!(!executor.found(), "there is nothing");
        assert!(executor.submit() && executor.pop());
        executor.search();
        let drains = [HandOff::found, HandOff::end].map(|depart: fn(&HandOff) -> bool| {
            let executor = Arc::clone(&executor);
            spawn(move || depart(&executor))
        });
        let by_submitter = executor.submit();
        let by_drains = drains.map(|drain| drain.join().unwrap());
        assert_eq!([by_submitter, by_drains[0], by_drains[1]].map(u8::from).iter().sum::<u8>(), 1);
    });
}

/// A drain finds what it finds; if that is not all, there is another one in the end.
#[test]
fn a_drain_pops_what_is_submitted_or_another_one_begins() {
    model(None, || {
        let executor = Arc::new(HandOff::new());
        let drain = spawn({
            let executor = Arc::clone(&executor);
            move || {
                let mut begun = false;
                while executor.pop() {
                    begun |= executor.found();
                    while executor.pop() {}
                    executor.search();
                }
                begun | executor.end()
            }
        });
        let mut begun = executor.submit();
        begun |= executor.submit();
        begun |= drain.join().unwrap();
        assert!(begun || !executor.pop(), "forgotten");
    });
}
