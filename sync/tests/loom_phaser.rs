//! Every interleaving of the phaser, the barrier and the exchanger, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_phaser
//! ```
//! loom reports a data race on a cell, a deadlock (a sleeper that was forgotten is one), and a failed assertion.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::time::Duration;

use loom::{cell::UnsafeCell, model::Builder, sync::Arc, thread};
use polder_sync::{Barrier, Broken, Exchanger, Phase, Phaser, WaitError};

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

/// Two threads and what they share.
struct Pair<T> {
    shared: T,
    left: Message,
    right: Message,
}

impl<T: Send + Sync + 'static> Pair<T> {
    fn new(shared: T) -> Arc<Self> {
        Arc::new(Self { shared, left: Message::new(), right: Message::new() })
    }
}

fn spawn<T: Send + Sync + 'static, U: 'static>(
    shared: &Arc<T>,
    body: impl FnOnce(&T) -> U + 'static,
) -> thread::JoinHandle<U> {
    let shared = Arc::clone(shared);
    thread::spawn(move || body(&shared))
}

/// `phase_arrive`, `phase_look`: who has waited sees what the others wrote, also those who were not the last.
#[test]
fn a_phase_publishes_what_its_parties_wrote() {
    model(None, || {
        let pair = Pair::new(Phaser::with_parties(1));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            let mut party = pair.shared.claim().unwrap();
            party.arrive().unwrap();
            // Leaving would end the next phase.
            std::mem::forget(party);
        });
        assert_eq!(pair.shared.wait(Phase::default()).unwrap().number(), 1);
        assert_eq!(pair.left.read(), 1);
        other.join().unwrap();
    });
}

/// The last one to arrive sees what the others wrote.
#[test]
fn whoever_ends_a_phase_sees_what_the_parties_wrote() {
    model(None, || {
        let pair = Pair::new(Phaser::with_parties(2));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            let party = pair.shared.claim().unwrap();
            party.arrive_and_deregister();
        });
        let mut party = pair.shared.claim().unwrap();
        party.arrive_and_wait().unwrap();
        assert_eq!(pair.left.read(), 1);
        other.join().unwrap();
    });
}

/// `phase_gather`: whoever runs the action does so before it looks at the state again. What the action writes is for all.
#[test]
fn the_action_sees_what_the_parties_wrote() {
    model(Some(3), || {
        let messages = Arc::new([Message::new(), Message::new(), Message::new()]);
        let seen = Arc::clone(&messages);
        let phaser = Arc::new(Phaser::with_parties(2).with_action(move |_: Phase| {
            assert_eq!((seen[0].read(), seen[1].read()), (1, 1));
            seen[2].write(seen[2].read() + 1);
        }));
        let threads = [0, 1].map(|index| {
            let messages = Arc::clone(&messages);
            move |phaser: &Phaser<_>| {
                messages[index].write(1);
                let mut party = phaser.claim().unwrap();
                party.arrive_and_wait().unwrap();
                assert_eq!(messages[2].read(), 1);
                // Kept for the first phase only: the next one has no message to see.
                std::mem::forget(party);
            }
        });
        let [here, there] = threads;
        let other = spawn(&phaser, there);
        here(&phaser);
        other.join().unwrap();
    });
}

/// `bell_ring`, `bell_mark`, I4: two who are no parties sleep while the phase ends; a deadlock if one is forgotten.
#[test]
fn no_sleeper_is_forgotten() {
    model(Some(3), || {
        let phaser = Arc::new(Phaser::with_parties(1));
        let waiters = [(); 2].map(|()| spawn(&phaser, |phaser| phaser.wait(Phase::default()).unwrap()));
        phaser.claim().unwrap().arrive_and_deregister();
        waiters.into_iter().for_each(|waiter| assert_eq!(waiter.join().unwrap().number(), 1));
    });
}

/// Two parties, two phases: a sleeper of the first does not sleep into the second.
#[test]
fn phases_follow_each_other() {
    model(Some(3), || {
        let pair = Pair::new(Phaser::with_parties(2));
        let other = spawn(&pair, |pair| {
            let mut party = pair.shared.claim().unwrap();
            pair.left.write(1);
            party.arrive_and_wait().unwrap();
            assert_eq!(pair.right.read(), 1);
            assert_eq!(party.arrive_and_wait().unwrap().number(), 2);
            pair.right.write(2);
        });
        let mut party = pair.shared.claim().unwrap();
        pair.right.write(1);
        party.arrive_and_wait().unwrap();
        assert_eq!(pair.left.read(), 1);
        assert_eq!(party.arrive_and_wait().unwrap().number(), 2);
        pair.left.write(2);
        drop(party);
        other.join().unwrap();
        assert_eq!(pair.shared.registered(), 0);
    });
}

/// One registers and leaves while the other arrives: each phase ends once, and nobody waits for whoever has left.
#[test]
fn parties_come_and_go() {
    model(Some(3), || {
        let phaser = Arc::new(Phaser::with_parties(1));
        let guest = spawn(&phaser, |phaser| {
            let mut party = phaser.register().unwrap();
            let joined = party.arrive().unwrap();
            assert!(party.wait().unwrap().is_past(joined));
        });
        let mut host = phaser.claim().unwrap();
        for phase in 0..2 {
            assert_eq!(host.arrive_and_wait().unwrap().number(), phase + 1);
        }
        drop(host);
        guest.join().unwrap();
        assert_eq!(phaser.registered(), 0);
        // Three phases if the guest was there with the host, and two more if it came when the host had left.
        assert!((3..=5).contains(&phaser.phase().number()));
    });
}

/// Whoever breaks the phaser releases the waiters, and what it wrote is there.
#[test]
fn abort_publishes_and_releases() {
    model(None, || {
        let pair = Pair::new(Phaser::with_parties(2));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            pair.shared.abort();
        });
        let mut party = pair.shared.claim().unwrap();
        assert_eq!(party.arrive_and_wait(), Err(Broken));
        // No other look before this: the refusal alone has to order it.
        assert_eq!(pair.left.read(), 1);
        drop(party);
        other.join().unwrap();
    });
}

/// An arrival at the deadline: either the phase has ended in time, or the wait goes on.
#[test]
fn a_timed_wait_meets_an_arrival() {
    model(Some(3), || {
        let pair = Pair::new(Phaser::with_parties(2));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            pair.shared.claim().unwrap().arrive_and_deregister();
        });
        let mut party = pair.shared.claim().unwrap();
        party.arrive().unwrap();
        let phase = match party.wait_for(SOME) {
            Ok(phase) => phase,
            Err(error) => {
                assert_eq!(error, WaitError::TimedOut);
                party.wait().unwrap()
            }
        };
        assert_eq!((phase.number(), pair.left.read()), (1, 1));
        other.join().unwrap();
    });
}

/// Arrivals while the action of the phase before runs: that phase ends once too, whoever ends it.
#[test]
fn an_arrival_meets_an_action() {
    model(Some(3), || {
        let runs = Arc::new(Message::new());
        let counted = Arc::clone(&runs);
        let phaser = Arc::new(Phaser::with_parties(2).with_action(move |_: Phase| counted.write(counted.read() + 1)));
        let other = spawn(&phaser, |phaser| {
            phaser.claim().unwrap().arrive_and_deregister();
        });
        let mut party = phaser.claim().unwrap();
        // If the other was first, its arrival ends the phase; else this goes on at once, maybe during the action.
        party.arrive().unwrap();
        if !party.has_arrived() {
            party.arrive().unwrap();
            party.wait().unwrap();
            assert_eq!(runs.read(), 2);
        } else {
            party.wait().unwrap();
            assert_eq!(runs.read(), 1);
        }
        drop(party);
        other.join().unwrap();
        let phases = phaser.phase().number();
        assert_eq!(runs.read(), phases, "once a phase");
    });
}

/// Two rounds of two threads; each sees what the other wrote, and one of them leads.
#[test]
fn barrier_rounds_publish() {
    model(Some(3), || {
        let pair = Pair::new(Barrier::new(2));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            let first = pair.shared.wait().unwrap().is_leader();
            assert_eq!(pair.right.read(), 1);
            let second = pair.shared.wait().unwrap().is_leader();
            pair.right.write(2);
            (first, second)
        });
        pair.right.write(1);
        let first = pair.shared.wait().unwrap().is_leader();
        assert_eq!(pair.left.read(), 1);
        let second = pair.shared.wait().unwrap().is_leader();
        pair.left.write(2);
        assert_eq!(other.join().unwrap(), (!first, !second));
    });
}

/// The action is between the arrivals and the departures, and runs in one thread.
#[test]
fn barrier_action_is_in_the_middle() {
    model(Some(3), || {
        let messages = Arc::new([Message::new(), Message::new(), Message::new()]);
        let seen = Arc::clone(&messages);
        let barrier = Arc::new(Barrier::new(2).with_action(move || {
            seen[2].write(seen[0].read() + seen[1].read());
        }));
        let threads = [0, 1].map(|index| {
            let messages = Arc::clone(&messages);
            move |barrier: &Barrier<_>| {
                messages[index].write(1);
                barrier.wait().unwrap();
                assert_eq!(messages[2].read(), 2);
            }
        });
        let [here, there] = threads;
        let other = spawn(&barrier, there);
        here(&barrier);
        other.join().unwrap();
    });
}

/// A deadline and the last arrival at the same moment: both have met, or neither.
#[test]
fn barrier_threads_agree_about_a_time_out() {
    model(Some(4), || {
        let pair = Pair::new(Barrier::new(2));
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            pair.shared.wait_for(SOME).map(|met| met.is_leader())
        });
        let here = pair.shared.wait_for(SOME).map(|met| met.is_leader());
        if here.is_ok() {
            assert_eq!(pair.left.read(), 1);
        }
        match (here, other.join().unwrap()) {
            (Ok(here), Ok(there)) => assert_ne!(here, there, "one leader"),
            (Err(WaitError::TimedOut), Err(WaitError::Broken)) | (Err(WaitError::Broken), Err(WaitError::TimedOut)) => {
                assert!(pair.shared.is_broken());
            }
            outcomes => panic!("the threads of a round disagree: {outcomes:?}"),
        }
    });
}

/// I1 of the barrier: a thread of a broken round does not take the end of the next one for that of its own.
#[test]
fn barrier_reset_does_not_mix_rounds() {
    model(Some(2), || {
        let barrier = Arc::new(Barrier::new(2));
        let waiting = spawn(&barrier, |barrier| {
            let first = barrier.wait().map(|met| met.is_leader());
            // Refused, or met at once: the round after a reset is a whole one.
            let second = if first.is_err() { Some(barrier.wait().unwrap().is_leader()) } else { None };
            (first, second)
        });
        barrier.reset();
        let here = barrier.wait().unwrap().is_leader();
        match waiting.join().unwrap() {
            (Ok(there), None) | (Err(Broken), Some(there)) => assert_ne!(here, there),
            outcomes => panic!("{outcomes:?}"),
        }
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
    });
}

/// Each has the other's value, and what was written before.
#[test]
fn exchanger_values_cross_once() {
    model(Some(4), || {
        let pair = Pair::new(Exchanger::new());
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            assert_eq!(*pair.shared.exchange(Box::new(1)), 2);
            assert_eq!(pair.right.read(), 1);
        });
        pair.right.write(1);
        assert_eq!(*pair.shared.exchange(Box::new(2)), 1);
        assert_eq!(pair.left.read(), 1);
        other.join().unwrap();
    });
}

/// A deadline and a partner at the same moment: both have met, or neither; the values are all there.
#[test]
fn exchanger_threads_agree_about_a_time_out() {
    model(Some(3), || {
        let pair = Pair::new(Exchanger::new());
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            let outcome = pair.shared.exchange_for(Arc::new(1), SOME);
            outcome.map(|theirs| *theirs).map_err(|unmatched| *unmatched.into_inner())
        });
        let here = pair.shared.exchange_for(Arc::new(2), SOME);
        if here.is_ok() {
            assert_eq!(pair.left.read(), 1);
        }
        let here = here.map(|theirs| *theirs).map_err(|unmatched| *unmatched.into_inner());
        match (here, other.join().unwrap()) {
            (Ok(1), Ok(2)) | (Err(2), Err(1)) => {}
            outcomes => panic!("one of the two has met the other: {outcomes:?}"),
        }
        assert!(pair.shared.try_exchange(Arc::new(3)).is_err(), "nothing is left in the place");
    });
}

/// `try_exchange` against a thread that gives up.
#[test]
fn exchanger_try_meets_or_not() {
    model(Some(4), || {
        let pair = Pair::new(Exchanger::new());
        let other = spawn(&pair, |pair| {
            pair.left.write(1);
            let outcome = pair.shared.exchange_for(1, SOME).is_ok();
            (outcome, outcome && pair.right.read() == 1)
        });
        pair.right.write(1);
        let here = pair.shared.try_exchange(2).is_ok();
        if here {
            assert_eq!(pair.left.read(), 1);
        }
        assert_eq!(other.join().unwrap(), (here, here));
    });
}
