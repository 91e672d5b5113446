//! Every interleaving of those who wait for each other: semaphore, latch, event.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_blocking
//! ```
//! loom reports a data race on a cell, a deadlock (a lost wake-up is one), and a failed assertion. In a model every deadline
//! passes during the first wait.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use loom::{
    cell::UnsafeCell,
    model::Builder,
    sync::{Arc, atomic::AtomicU32},
    thread,
};
use polder_sync::{Closed, CountDownLatch, Event, Permit, Semaphore, TryAcquireError};

/// Some time.
const SOME: Duration = Duration::from_secs(1);

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(body);
}

/// Runs `body` on a new thread of the model, with its own handle of `scene`.
fn spawn<S: 'static, U: 'static>(scene: &Arc<S>, body: impl FnOnce(&S) -> U + 'static) -> thread::JoinHandle<U> {
    let scene = Arc::clone(scene);
    thread::spawn(move || body(&scene))
}

/// A value without any protection of its own: loom reports a read that is not ordered after the write.
struct Message(UnsafeCell<u32>);

// SAFETY: nothing orders the accesses but what the models test; loom panics before two of them collide.
unsafe impl Sync for Message {}
// SAFETY: a number belongs to no thread.
unsafe impl Send for Message {}

impl Message {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn write(&self, value: u32) {
        // SAFETY: as for `Sync`.
        self.0.with_mut(|cell| unsafe { *cell = value });
    }

    fn read(&self) -> u32 {
        // SAFETY: as for `Sync`.
        self.0.with(|cell| unsafe { *cell })
    }
}

/// A semaphore and what is done under its permits.
struct Room {
    semaphore: Semaphore,
    messages: [Message; 2],
}

impl Room {
    fn with(permits: usize) -> Arc<Self> {
        Arc::new(Self { semaphore: Semaphore::new(permits), messages: [Message::new(), Message::new()] })
    }
}

/// `semaphore_give`, `semaphore_take`: nobody waits here.
#[test]
fn a_permit_comes_with_what_was_done_under_it() {
    model(None, || {
        let room = Room::with(1);
        let enter = |room: &Room| {
            if let Ok(_permit) = room.semaphore.try_acquire() {
                room.messages[0].write(room.messages[0].read() + 1);
            }
        };
        let other = spawn(&room, enter);
        enter(&room);
        other.join().unwrap();
        assert_eq!(room.semaphore.available_permits(), 1);
    });
}

/// `semaphore_grant`, `semaphore_granted`: whoever comes second may look in time, or be served from the queue.
#[test]
fn a_waiter_sees_what_was_done_under_its_permit() {
    model(Some(4), || {
        let room = Room::with(1);
        let permit = room.semaphore.try_acquire().unwrap();
        let waiter = spawn(&room, |room| {
            let permit = room.semaphore.acquire().unwrap();
            assert_eq!(room.messages[0].read(), 1);
            drop(permit);
        });
        room.messages[0].write(1);
        drop(permit);
        waiter.join().unwrap();
        assert_eq!(room.semaphore.available_permits(), 1);
    });
}

/// `semaphore_collect`: the one that serves the waiter has not seen what the other one did.
#[test]
fn permits_of_two_threads_come_with_what_both_did() {
    model(Some(2), || {
        let room = Room::with(0);
        let givers = [0, 1].map(|which| {
            spawn(&room, move |room| {
                room.messages[which].write(1);
                room.semaphore.add_permits(1);
            })
        });
        let both = room.semaphore.acquire_many(2).unwrap();
        assert_eq!(room.messages[0].read() + room.messages[1].read(), 2);
        drop(both);
        givers.into_iter().for_each(|giver| giver.join().unwrap());
    });
}

/// `semaphore_close`, `semaphore_closed`: `try_acquire` takes no lock.
#[test]
fn a_refusal_comes_with_what_was_written_before_the_close() {
    model(None, || {
        let room = Room::with(1);
        let closer = spawn(&room, |room| {
            room.messages[0].write(1);
            room.semaphore.close();
        });
        if room.semaphore.try_acquire().map(drop) == Err(TryAcquireError::Closed) {
            assert_eq!(room.messages[0].read(), 1);
        }
        closer.join().unwrap();
        assert!(room.semaphore.is_closed());
    });
}

/// The same for one that waits, and one that comes too late for that.
#[test]
fn a_close_ends_the_wait() {
    model(None, || {
        let room = Room::with(0);
        let closer = spawn(&room, |room| {
            room.messages[0].write(1);
            room.semaphore.close();
        });
        assert_eq!(room.semaphore.acquire().map(drop), Err(Closed));
        assert_eq!(room.messages[0].read(), 1);
        closer.join().unwrap();
    });
}

/// Mutual exclusion with waiting, and a second round each: a semaphore that had a queue works as before.
#[test]
fn two_threads_take_turns() {
    model(Some(3), || {
        let room = Room::with(1);
        let enter = |room: &Room| {
            for _ in 0..2 {
                let _permit = room.semaphore.acquire().unwrap();
                room.messages[0].write(room.messages[0].read() + 1);
            }
        };
        let other = spawn(&room, enter);
        enter(&room);
        other.join().unwrap();
        assert_eq!((room.messages[0].read(), room.semaphore.available_permits()), (4, 1));
    });
}

/// I2: two permits at once are enough for both, whoever has entered the queue by then.
#[test]
fn one_release_serves_two_waiters() {
    model(Some(2), || {
        let room = Room::with(0);
        let waiters = [0, 1].map(|_| spawn(&room, |room| room.semaphore.acquire().map(Permit::forget)));
        room.semaphore.add_permits(2);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap().unwrap());
        assert_eq!(room.semaphore.available_permits(), 0);
        assert_eq!(room.semaphore.try_acquire().map(drop), Err(TryAcquireError::NoPermits));
    });
}

/// I2: the first wants more than there will ever be and gives up; the second has no deadline, and there is enough for it.
#[test]
fn a_waiter_that_gives_up_lets_the_next_one_through() {
    model(Some(2), || {
        let room = Room::with(0);
        let hasty = spawn(&room, |room| room.semaphore.try_acquire_many_for(2, SOME).map(drop));
        let patient = spawn(&room, |room| room.semaphore.acquire().map(Permit::forget));
        room.semaphore.add_permits(1);
        assert_eq!(hasty.join().unwrap(), Err(TryAcquireError::NoPermits));
        assert_eq!(patient.join().unwrap(), Ok(()));
        assert_eq!(room.semaphore.available_permits(), 0);
    });
}

/// A permit that comes with the deadline is taken or stays; it is neither lost nor there twice.
#[test]
fn a_permit_at_the_deadline_is_taken_or_stays() {
    model(Some(4), || {
        let room = Room::with(0);
        let giver = spawn(&room, |room| {
            room.messages[0].write(1);
            room.semaphore.add_permits(1);
        });
        let taken = match room.semaphore.try_acquire_until(Instant::now() + SOME) {
            Ok(permit) => {
                assert_eq!(room.messages[0].read(), 1);
                permit.forget();
                1
            }
            Err(error) => {
                assert_eq!(error, TryAcquireError::NoPermits);
                0
            }
        };
        giver.join().unwrap();
        assert_eq!(room.semaphore.available_permits(), 1 - taken);
        // Without a waiter the mark is gone.
        assert_eq!(room.semaphore.try_acquire().is_ok(), taken == 0);
    });
}

/// Fairness: who has seen that another waits gets nothing before it. The first wants two, and one is free all the time.
#[test]
fn nobody_overtakes_a_waiter() {
    model(Some(2), || {
        let room = Room::with(1);
        let first = spawn(&room, |room| {
            let both = room.semaphore.acquire_many(2).unwrap();
            both.forget();
        });
        // Lets the first go first, which loom does not try by itself.
        thread::yield_now();
        let waits = format!("{:?}", room.semaphore).ends_with("waiting: 1 }");
        if waits {
            assert_eq!(room.semaphore.try_acquire().map(drop), Err(TryAcquireError::NoPermits), "one is free");
        }
        let second = waits.then(|| spawn(&room, |room| room.semaphore.try_acquire_for(SOME).map(Permit::forget)));
        room.semaphore.add_permits(1);
        first.join().unwrap();
        if let Some(second) = second {
            assert_eq!(second.join().unwrap(), Err(TryAcquireError::NoPermits), "both were promised to the first");
        }
    });
}

/// Waiters and a close: each gets a permit or an error, and no permit is lost.
#[test]
fn a_close_and_a_release_at_the_same_time() {
    model(Some(3), || {
        let room = Room::with(0);
        let waiter = spawn(&room, |room| room.semaphore.acquire().map(Permit::forget).is_ok());
        let closer = spawn(&room, |room| room.semaphore.close());
        room.semaphore.add_permits(1);
        closer.join().unwrap();
        let taken = usize::from(waiter.join().unwrap());
        assert_eq!(room.semaphore.available_permits(), 1 - taken);
    });
}

/// A latch or an event, and what is written before it.
struct Signal<S> {
    signal: S,
    messages: [Message; 2],
    /// Orders nothing: all accesses are relaxed.
    flag: AtomicU32,
}

impl<S> Signal<S> {
    fn with(signal: S) -> Arc<Self> {
        Arc::new(Self { signal, messages: [Message::new(), Message::new()], flag: AtomicU32::new(0) })
    }
}

/// `latch_count_down`, `latch_look`: also for the one that did not open it.
#[test]
fn a_wait_sees_what_was_written_before_each_count() {
    model(Some(3), || {
        let latch = Signal::with(CountDownLatch::new(2));
        let counters = [0, 1].map(|which| {
            spawn(&latch, move |latch| {
                latch.messages[which].write(1);
                latch.signal.count_down();
            })
        });
        latch.signal.wait();
        assert_eq!(latch.messages[0].read() + latch.messages[1].read(), 2);
        counters.into_iter().for_each(|counter| counter.join().unwrap());
    });
}

/// I2 of the latch.
#[test]
fn the_last_count_wakes_each_waiter() {
    model(Some(3), || {
        let latch = Signal::with(CountDownLatch::new(2));
        let waiters = [0, 1].map(|_| spawn(&latch, |latch| latch.signal.wait()));
        latch.signal.count_down();
        latch.signal.count_down();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn a_latch_at_the_deadline_is_open_or_is_not() {
    model(None, || {
        let latch = Signal::with(CountDownLatch::new(1));
        let counter = spawn(&latch, |latch| {
            latch.messages[0].write(1);
            latch.signal.count_down();
        });
        if latch.signal.wait_for(SOME) {
            assert_eq!(latch.messages[0].read(), 1);
        }
        counter.join().unwrap();
        assert!(latch.signal.wait_for(SOME));
        assert_eq!(latch.messages[0].read(), 1);
    });
}

/// `event_set`, `event_look`.
#[test]
fn a_wait_sees_what_was_written_before_set() {
    model(None, || {
        let event = Signal::with(Event::new(false));
        let setter = spawn(&event, |event| {
            event.messages[0].write(1);
            event.signal.set();
        });
        event.signal.wait();
        assert_eq!(event.messages[0].read(), 1);
        setter.join().unwrap();
    });
}

/// `event_reset`: a second `set` of a set event changes no bit, yet whoever takes it back knows what came before it.
#[test]
fn a_set_is_seen_by_the_reset_or_outlives_it() {
    model(None, || {
        let event = Signal::with(Event::new(true));
        let setter = spawn(&event, |event| {
            event.flag.store(1, Relaxed);
            event.signal.set();
        });
        event.signal.reset();
        let seen = event.flag.load(Relaxed) == 1;
        setter.join().unwrap();
        assert!(seen || event.signal.is_set(), "a sign was lost");
    });
}

/// The phase: the waiter has left its mark, so it waits; one `set` is enough, though the event is not set for long.
#[test]
fn a_waiter_is_released_though_the_event_is_reset_at_once() {
    model(None, || {
        let event = Signal::with(Event::new(false));
        let waiter = spawn(&event, |event| event.signal.wait());
        // Lets the waiter go first, which loom does not try by itself.
        thread::yield_now();
        let waits = format!("{:?}", event.signal).contains("crowded: true");
        event.signal.set();
        if waits {
            event.signal.reset();
        }
        waiter.join().unwrap();
        assert_eq!(event.signal.is_set(), !waits);
    });
}

/// I2 of the event, over two generations.
#[test]
fn set_wakes_each_waiter() {
    model(Some(2), || {
        let event = Signal::with(Event::new(false));
        let waiters = [0, 1].map(|_| spawn(&event, |event| event.signal.wait()));
        event.signal.set();
        event.signal.reset();
        event.signal.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn an_event_at_the_deadline_is_set_or_is_not() {
    model(None, || {
        let event = Signal::with(Event::new(false));
        let setter = spawn(&event, |event| {
            event.messages[0].write(1);
            event.signal.set();
        });
        if event.signal.wait_for(SOME) {
            assert_eq!(event.messages[0].read(), 1);
        }
        setter.join().unwrap();
        assert!(event.signal.wait_until(Instant::now()));
    });
}
