//! Every interleaving of the parker's protocols, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_parker
//! ```
//! loom reports a data race on a cell, a deadlock (a lost wake-up or token is one), and a failed assertion.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::{sync::atomic::Ordering, time::Duration};

use Ordering::{AcqRel, Acquire, Relaxed, Release};
use loom::{
    cell::UnsafeCell,
    model::Builder,
    sync::{Arc, atomic::AtomicU32},
    thread,
};
use polder_sync::parker::{Deadline, Parker, Wake, wait, wake_all, wake_one};

/// Some time: in a model every deadline passes during the first wait.
const SOME: Duration = Duration::from_secs(1);

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(body);
}

/// A value without any protection of its own: loom reports a read that is not ordered after the write.
struct Message(UnsafeCell<u32>);

// SAFETY: nothing orders the accesses but what the models test; loom panics before two of them collide.
unsafe impl Sync for Message {}
// SAFETY: a number belongs to no thread.
unsafe impl Send for Message {}

impl Message {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0)))
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

/// A parker whose token another thread leaves after it has written the message.
fn sender(parker: &Parker) -> (Arc<Message>, thread::JoinHandle<()>) {
    let message = Message::new();
    let (sent, unparker) = (Arc::clone(&message), parker.unparker());
    let sender = thread::spawn(move || {
        sent.write(1);
        unparker.unpark();
    });
    (message, sender)
}

/// `parker_rise` (and `parker_leave`): the token comes before, while and after the owner falls asleep.
#[test]
fn park_sees_what_was_written_before_unpark() {
    model(None, || {
        let parker = Parker::new();
        let (message, sender) = sender(&parker);
        parker.park();
        assert_eq!(message.read(), 1);
        sender.join().unwrap();
    });
}

/// `parker_step_down`: the owner never sleeps, for a relaxed flag tells it that the token is there. The flag orders
/// nothing.
#[test]
fn a_token_that_was_there_publishes() {
    model(None, || {
        let parker = Parker::new();
        let message = Message::new();
        let there = Arc::new(AtomicU32::new(0));
        let sender = thread::spawn({
            let (message, there, unparker) = (Arc::clone(&message), Arc::clone(&there), parker.unparker());
            move || {
                message.write(1);
                unparker.unpark();
                there.store(1, Relaxed);
            }
        });
        if there.load(Relaxed) == 1 {
            parker.park();
            assert_eq!(message.read(), 1);
        }
        sender.join().unwrap();
    });
}

/// `parker_give_up`: the token comes when the time is over and the owner has left the queue.
#[test]
fn a_token_at_the_deadline_publishes() {
    model(None, || {
        let parker = Parker::new();
        let (message, sender) = sender(&parker);
        let taken = parker.park_timeout(SOME);
        if taken {
            assert_eq!(message.read(), 1);
        }
        sender.join().unwrap();
        assert_eq!(parker.park_timeout(SOME), !taken, "one token, taken once");
        assert_eq!(message.read(), 1);
    });
}

/// One token for two unparks publishes for both of them.
#[test]
fn a_token_publishes_for_all_that_it_stands_for() {
    model(Some(3), || {
        let parker = Parker::new();
        let left = Arc::new(AtomicU32::new(0));
        let senders = [0, 1].map(|_| {
            let message = Message::new();
            let (sent, left, unparker) = (Arc::clone(&message), Arc::clone(&left), parker.unparker());
            let sender = thread::spawn(move || {
                sent.write(1);
                unparker.unpark();
                left.fetch_add(1, Relaxed);
            });
            (message, sender)
        });
        // Relaxed: it says that both have left their token, and orders nothing.
        if left.load(Relaxed) == 2 {
            parker.park();
            assert!(senders.iter().all(|(message, _)| message.read() == 1));
        }
        senders.into_iter().for_each(|(_, sender)| sender.join().unwrap());
    });
}

/// I2, P1: two threads take turns, each asleep until the other says so.
#[test]
fn no_token_is_lost_between_two_threads() {
    const ROUNDS: u32 = 2;
    model(Some(4), || {
        let (here, there) = (Parker::new(), Parker::new());
        let (wake_here, wake_there) = (here.unparker(), there.unparker());
        let message = Message::new();
        let other = thread::spawn({
            let message = Arc::clone(&message);
            move || {
                for round in 0..ROUNDS {
                    there.park();
                    assert_eq!(message.read(), 2 * round + 1);
                    message.write(2 * round + 2);
                    wake_here.unpark();
                }
            }
        });
        for round in 0..ROUNDS {
            message.write(2 * round + 1);
            wake_there.unpark();
            here.park();
            assert_eq!(message.read(), 2 * round + 2);
        }
        other.join().unwrap();
    });
}

/// P1: a change of the word and one wake-up end the sleep, whenever they come.
#[test]
fn a_wake_up_is_not_lost() {
    model(None, || {
        let word = Arc::new(AtomicU32::new(0));
        let message = Message::new();
        let waker = thread::spawn({
            let (word, message) = (Arc::clone(&word), Arc::clone(&message));
            move || {
                message.write(1);
                word.store(1, Release);
                wake_one(&word);
            }
        });
        while word.load(Acquire) == 0 {
            let _ = wait(&word, 0, Deadline::NEVER);
        }
        assert_eq!(message.read(), 1);
        waker.join().unwrap();
    });
}

/// P1 for all: nobody stays behind.
#[test]
fn wake_all_wakes_each_sleeper() {
    model(Some(4), || {
        let word = Arc::new(AtomicU32::new(0));
        let sleepers = [0, 1].map(|_| {
            let word = Arc::clone(&word);
            thread::spawn(move || {
                while word.load(Relaxed) == 0 {
                    let _ = wait(&word, 0, Deadline::NEVER);
                }
            })
        });
        word.store(1, Relaxed);
        wake_all(&word);
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

/// Takes one unit from `units` when there is one.
fn take(units: &AtomicU32) -> bool {
    units.fetch_update(AcqRel, Relaxed, |units| units.checked_sub(1)).is_ok()
}

/// P2: two sleepers, one unit and one wake-up; one of the sleepers gives up. Whoever gives up leaves the unit, and then
/// the other one must wake for it: its sleep has no end of its own.
fn one_gives_up(sleep_with_deadline: fn(&AtomicU32) -> Wake) {
    let units = Arc::new(AtomicU32::new(0));
    let patient = thread::spawn({
        let units = Arc::clone(&units);
        move || {
            while !take(&units) {
                let _ = wait(&units, 0, Deadline::NEVER);
            }
        }
    });
    let hasty = thread::spawn({
        let units = Arc::clone(&units);
        move || match sleep_with_deadline(&units) {
            Wake::TimedOut => {}
            Wake::Woken => {
                if take(&units) {
                    // It has what it wanted and puts another one there, so that the patient one ends as well.
                    units.fetch_add(1, Relaxed);
                }
                wake_one(&units);
            }
        }
    });
    units.fetch_add(1, Relaxed);
    wake_one(&units);
    patient.join().unwrap();
    hasty.join().unwrap();
}

#[test]
fn a_sleeper_that_gives_up_takes_no_wake_up_along() {
    model(Some(4), || one_gives_up(|units| wait(units, 0, Deadline::after(SOME))));
}

/// The rule of `windows`: a system that lets the chosen sleeper report a time-out loses nothing if whoever times out
/// passes a wake-up on. Here it reports one whether it has been chosen or not. (Fails without the `wake_one`.)
#[test]
fn a_sleeper_that_passes_the_wake_up_on_may_report_a_time_out() {
    model(Some(4), || {
        one_gives_up(|units| {
            let _ = wait(units, 0, Deadline::after(SOME));
            wake_one(units);
            Wake::TimedOut
        });
    });
}
