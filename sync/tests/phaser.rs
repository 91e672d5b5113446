//! What a phaser promises, with real threads.
#![cfg(not(polder_loom))]

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, OnceLock,
        atomic::{
            AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Broken, Party, Phase, Phaser, RegisterError, WaitError};

const ROUNDS: u32 = if cfg!(miri) { 5 } else { 300 };
/// Long enough for a thread to fall asleep, most of the time.
const MOMENT: Duration = Duration::from_millis(5);

/// Runs `f`, which panics, without the message.
fn panics<U>(f: impl FnOnce() -> U) -> bool {
    panic::catch_unwind(AssertUnwindSafe(f)).is_err()
}

#[test]
fn nobody_is_in_two_phases_at_once() {
    const THREADS: usize = 4;
    let phaser = Phaser::new();
    let cells = [const { AtomicU32::new(0) }; THREADS];
    thread::scope(|scope| {
        for (here, mut party) in cells.iter().zip(phaser.register_many(THREADS).unwrap()) {
            let cells = &cells;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    here.store(round, Relaxed);
                    assert_eq!(party.arrive_and_wait().unwrap().number(), 2 * round + 1);
                    for cell in cells {
                        assert_eq!(cell.load(Relaxed), round);
                    }
                    assert_eq!(party.arrive_and_wait().unwrap().number(), 2 * round + 2);
                }
            });
        }
    });
    // All have left, and the phase after the last round ended by that.
    assert_eq!((phaser.phase().number(), phaser.registered()), (2 * ROUNDS + 1, 0));
}

#[test]
fn the_numbers_are_those_of_one_thread() {
    let phaser = Phaser::new();
    assert_eq!((phaser.phase(), phaser.registered(), phaser.arrived()), (Phase::default(), 0, 0));
    let mut first = phaser.register().unwrap();
    let mut second = phaser.register().unwrap();
    assert_eq!(phaser.registered(), 2);
    assert!(!first.has_arrived());
    assert_eq!(first.arrive().unwrap().number(), 0);
    assert!(first.has_arrived() && !second.has_arrived());
    assert_eq!(phaser.arrived(), 1);
    assert_eq!(format!("{phaser:?}"), "Phaser { phase: 0, registered: 2, arrived: 1, broken: false }");
    assert_eq!(second.arrive_and_wait().unwrap().number(), 1);
    assert_eq!(first.wait().unwrap().number(), 1);
    assert!(!first.has_arrived());
    assert_eq!((phaser.phase().number(), phaser.arrived()), (1, 0));
    assert_eq!(phaser.wait(Phase::default()).unwrap().number(), 1, "an ended phase is not waited for");
    // Leaving is an arrival: one that was due, and one that was there already.
    assert_eq!(first.arrive().unwrap().number(), 1);
    assert_eq!(first.arrive_and_deregister().number(), 1);
    assert_eq!((phaser.registered(), phaser.arrived(), phaser.phase().number()), (1, 0, 1));
    assert_eq!(second.arrive_and_deregister().number(), 1);
    assert_eq!((phaser.registered(), phaser.phase().number()), (0, 2), "the last one to leave ends the phase");
    // An empty phaser rests, and goes on.
    assert_eq!(phaser.wait_for(phaser.phase(), MOMENT), Err(WaitError::TimedOut));
    assert_eq!(phaser.register().unwrap().arrive_and_wait().unwrap().number(), 3);
}

#[test]
fn an_arrival_does_not_wait() {
    let phaser = Phaser::new();
    let mut producer = phaser.register().unwrap();
    let mut consumer = phaser.register().unwrap();
    let data = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                // Waits for the last round, not for this one.
                producer.wait().unwrap();
                data.store(round, Relaxed);
                producer.arrive().unwrap();
                producer.wait().unwrap();
                producer.arrive().unwrap();
            }
        });
        for round in 1..=ROUNDS {
            consumer.arrive_and_wait().unwrap();
            assert_eq!(data.load(Relaxed), round);
            consumer.arrive_and_wait().unwrap();
        }
    });
}

#[test]
fn parties_come_and_go() {
    let phaser = Phaser::new();
    let sum = AtomicU32::new(0);
    thread::scope(|scope| {
        let mut holder = phaser.register().unwrap();
        for work in 1..=4 {
            let mut party = phaser.register().unwrap();
            let sum = &sum;
            scope.spawn(move || {
                for _ in 0..work {
                    sum.fetch_add(1, Relaxed);
                    party.arrive_and_wait().unwrap();
                }
                // Registered in the middle of a phase, and gone before its end.
                drop(party.phaser().register().unwrap());
            });
        }
        for done in [4, 7, 9, 10] {
            let phase = holder.arrive().unwrap();
            holder.wait().unwrap();
            assert!(sum.load(Relaxed) >= done, "phase {phase}");
        }
    });
    assert_eq!(sum.into_inner(), 10);
    assert_eq!(phaser.registered(), 0);
}

#[test]
fn places_are_waited_for_before_they_are_claimed() {
    let phaser = Phaser::with_parties(3);
    assert_eq!((phaser.registered(), phaser.arrived()), (3, 0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| phaser.claim().unwrap().arrive_and_wait().unwrap());
        }
        assert_eq!(phaser.wait_for(Phase::default(), MOMENT), Err(WaitError::TimedOut));
        phaser.claim().unwrap().arrive_and_deregister();
    });
    assert!(phaser.claim().is_none());
    assert!(phaser.phase().is_past(Phase::default()));
    assert_eq!(phaser.registered(), 0);
}

#[test]
fn waiting_is_for_anyone_and_for_phases_to_come() {
    let phaser = Phaser::new();
    let mut party = phaser.register().unwrap();
    let third = phaser.phase().next().next();
    thread::scope(|scope| {
        let waiters = [(); 3].map(|()| scope.spawn(|| phaser.wait(third).unwrap().number()));
        thread::sleep(MOMENT);
        for _ in 0..3 {
            assert!(waiters.iter().all(|waiter| !waiter.is_finished()), "phase 2 has not ended");
            party.arrive().unwrap();
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), 3);
        }
    });
}

#[test]
fn a_timed_wait_is_not_early_and_breaks_nothing() {
    let phaser = Phaser::new();
    let mut first = phaser.register().unwrap();
    let mut second = phaser.register().unwrap();
    let phase = first.arrive().unwrap();
    let begun = Instant::now();
    assert_eq!(first.wait_for(MOMENT), Err(WaitError::TimedOut));
    assert!(begun.elapsed() >= MOMENT);
    let deadline = Instant::now() + MOMENT;
    assert_eq!(first.wait_until(deadline), Err(WaitError::TimedOut));
    assert_eq!(phaser.wait_until(phase, deadline), Err(WaitError::TimedOut));
    assert!(Instant::now() >= deadline);
    assert!(!phaser.is_broken() && first.has_arrived());
    second.arrive().unwrap();
    // A zero timeout, and one that no clock can show.
    assert_eq!(first.wait_for(Duration::ZERO), Ok(phase.next()));
    assert_eq!(phaser.wait_for(phase, Duration::MAX), Ok(phase.next()));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(MOMENT);
            second.arrive().unwrap();
        });
        first.arrive().unwrap();
        assert_eq!(first.wait_for(Duration::MAX), Ok(phase.next().next()));
    });
}

#[test]
fn a_party_arrives_once_in_a_phase() {
    let phaser = Phaser::new();
    let (mut first, _second) = (phaser.register().unwrap(), phaser.register().unwrap());
    first.arrive().unwrap();
    assert!(panics(|| first.arrive()));
    // The panic passed by the parties and did not unwind through them.
    assert!(!phaser.is_broken());
    assert_eq!(phaser.arrived(), 1);
}

#[test]
fn a_panic_in_a_party_releases_the_others() {
    let phaser = Phaser::new();
    let parties = phaser.register_many(4).unwrap();
    let ended = phaser.phase();
    thread::scope(|scope| {
        let handles: Vec<_> = parties
            .into_iter()
            .enumerate()
            .map(|(index, mut party): (usize, Party<'_>)| {
                scope.spawn(move || {
                    party.arrive_and_wait().unwrap();
                    if index == 2 {
                        thread::sleep(MOMENT);
                        panic!("expected: the work of a phase fails");
                    }
                    let outcome = party.arrive_and_wait();
                    (outcome, party.arrive(), party.phaser().register().map(drop))
                })
            })
            .collect();
        for (index, handle) in handles.into_iter().enumerate() {
            match handle.join() {
                Ok(outcomes) => assert_eq!(outcomes, (Err(Broken), Err(Broken), Err(RegisterError::Broken))),
                Err(_) => assert_eq!(index, 2),
            }
        }
    });
    assert!(phaser.is_broken());
    assert_eq!(
        (phaser.registered(), phaser.phase()),
        (0, ended.next()),
        "the parties have left, the phase has not ended"
    );
    assert_eq!(phaser.wait(ended), Ok(ended.next()), "what has ended has ended");
    assert_eq!(phaser.wait(ended.next()), Err(Broken));
    assert_eq!(phaser.wait_for(ended.next(), MOMENT), Err(WaitError::Broken));
}

#[test]
fn abort_releases_those_who_wait() {
    let phaser = Phaser::with_parties(2);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| phaser.claim().unwrap().arrive_and_wait());
        let watching = scope.spawn(|| phaser.wait(Phase::default()));
        thread::sleep(MOMENT);
        phaser.abort();
        assert_eq!(waiting.join().unwrap(), Err(Broken));
        assert_eq!(watching.join().unwrap(), Err(Broken));
    });
    // Whoever comes too late is told, and may leave in good order.
    let mut party = phaser.claim().unwrap();
    assert_eq!(party.arrive(), Err(Broken));
    assert_eq!(party.arrive_and_deregister(), Phase::default());
    assert_eq!(phaser.registered(), 0);
}

#[test]
fn a_party_forgotten_is_a_party_missed() {
    let phaser = Phaser::new();
    std::mem::forget(phaser.register().unwrap());
    let mut party = phaser.register().unwrap();
    party.arrive().unwrap();
    assert_eq!(party.wait_for(MOMENT), Err(WaitError::TimedOut));
}

#[test]
fn limits_are_looked_at_first() {
    let phaser = Phaser::with_parties(Phaser::MAX_PARTIES - 1);
    assert_eq!(phaser.register_many(2).map(drop), Err(RegisterError::TooMany));
    assert_eq!(phaser.register_many(usize::MAX).map(drop), Err(RegisterError::TooMany));
    assert_eq!((phaser.registered(), phaser.phase()), (Phaser::MAX_PARTIES - 1, Phase::default()));
    let party = phaser.register().unwrap();
    assert_eq!(phaser.register().map(drop), Err(RegisterError::TooMany));
    drop(party);
    assert_eq!(phaser.register().map(drop), Ok(()));
    assert!(phaser.register_many(0).unwrap().is_empty());
    assert!(panics(|| Phaser::with_parties(Phaser::MAX_PARTIES + 1)));
    assert_eq!(RegisterError::TooMany.to_string(), "a phaser has 32767 parties at most");
}

#[test]
fn the_action_runs_once_a_phase_before_anyone_goes_on() {
    const THREADS: u32 = 3;
    let (arrived, seen) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let phaser = Phaser::new().with_action(|phase: Phase| {
        seen.lock().unwrap().push((phase.number(), arrived.swap(0, Relaxed)));
    });
    thread::scope(|scope| {
        for mut party in phaser.register_many(THREADS as usize).unwrap() {
            let (arrived, seen) = (&arrived, &seen);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    arrived.fetch_add(1, Relaxed);
                    party.arrive_and_wait().unwrap();
                    assert!(seen.lock().unwrap().len() > round as usize);
                    party.arrive_and_wait().unwrap();
                }
                // Leaving ends a phase, and runs the action, too.
                arrived.fetch_add(1, Relaxed);
            });
        }
    });
    let expected: Vec<_> = (0..=2 * ROUNDS).map(|phase| (phase, if phase % 2 == 0 { THREADS } else { 0 })).collect();
    assert_eq!(seen.into_inner().unwrap(), expected);
}

#[test]
fn a_panic_in_the_action_breaks_the_phaser() {
    let phaser = Phaser::new().with_action(|phase: Phase| assert_ne!(phase.number(), 1, "expected: the action fails"));
    let mut parties = phaser.register_many(2).unwrap();
    let (mut last, mut first) = (parties.pop().unwrap(), parties.pop().unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(move || (first.arrive_and_wait().map(Phase::number), first.arrive_and_wait()));
        assert_eq!(last.arrive_and_wait().map(Phase::number), Ok(1));
        while phaser.arrived() < 1 {
            thread::yield_now();
        }
        assert!(panics(|| last.arrive()), "the panic goes on where the action ran");
        assert_eq!(waiting.join().unwrap(), (Ok(1), Err(Broken)));
    });
    assert!(phaser.is_broken());
    assert_eq!(phaser.phase().number(), 1);
    drop(last);
    assert_eq!(phaser.registered(), 0);
}

#[test]
fn a_panic_in_the_action_of_a_party_that_leaves() {
    let phaser = Phaser::new().with_action(|_: Phase| panic!("expected: the action fails"));
    let party = phaser.register().unwrap();
    assert!(panics(|| drop(party)));
    let broken = phaser.is_broken();
    assert_eq!((broken, phaser.registered()), (true, 0), "the party has left for all that");
}

type Reentrant = Phaser<fn(Phase)>;

#[test]
fn an_action_may_use_its_phaser() {
    static PHASER: OnceLock<Reentrant> = OnceLock::new();
    static OTHER: Mutex<Option<Party<'static>>> = Mutex::new(None);
    fn action(phase: Phase) {
        let phaser = PHASER.get().unwrap();
        assert_eq!(phaser.phase(), phase, "the phase has not ended");
        assert_eq!(phaser.wait_for(phase, Duration::from_millis(1)), Err(WaitError::TimedOut));
        match phase.number() {
            0 => {
                // A new party, and an arrival: both for the next phase, which has two parties then.
                let mut other = phaser.register().unwrap();
                assert!(!other.has_arrived());
                assert_eq!(other.arrive().unwrap(), phase.next());
                assert!(other.has_arrived());
                assert_eq!((phaser.registered(), phaser.arrived()), (2, 1));
                *OTHER.lock().unwrap() = Some(other);
            }
            // It leaves within an action.
            1 => drop(OTHER.lock().unwrap().take()),
            2 => phaser.abort(),
            _ => unreachable!("phase 2 does not end"),
        }
    }
    let phaser = PHASER.get_or_init(|| Phaser::new().with_action(action as fn(Phase)));
    let mut party = phaser.register().unwrap();
    for next in [1, 2] {
        assert_eq!(party.arrive_and_wait().map(Phase::number), Ok(next));
    }
    assert_eq!(phaser.registered(), 1);
    assert_eq!(party.arrive_and_wait(), Err(Broken), "aborted by its own action");
    assert_eq!(phaser.phase().number(), 2);
}

#[test]
fn whoever_runs_the_action_ends_what_is_complete_when_it_ends() {
    let (running, go_on) = (AtomicU32::new(0), AtomicU32::new(0));
    let ran = Mutex::new(Vec::new());
    let phaser = Phaser::new().with_action(|phase: Phase| {
        ran.lock().unwrap().push((phase.number(), thread::current().id()));
        // Release: whoever reads it sees the state in which the action runs.
        running.store(1, Release);
        while phase.number() == 0 && go_on.load(Relaxed) == 0 {
            thread::yield_now();
        }
    });
    let mut stays = phaser.register().unwrap();
    let leaves = phaser.register().unwrap();
    let runner = thread::scope(|scope| {
        stays.arrive().unwrap();
        let runner = scope.spawn(|| {
            leaves.arrive_and_deregister();
            thread::current().id()
        });
        while running.load(Acquire) == 0 {
            thread::yield_now();
        }
        // The action of phase 0 runs over there: this is phase 1, which has one party.
        assert!(!stays.has_arrived());
        assert_eq!(stays.arrive().unwrap().number(), 1);
        assert!(stays.has_arrived());
        assert_eq!(phaser.phase().number(), 0);
        go_on.store(1, Relaxed);
        assert_eq!(stays.wait().unwrap().number(), 2);
        runner.join().unwrap()
    });
    assert_eq!(*ran.lock().unwrap(), [(0, runner), (1, runner)]);
}

#[test]
fn all_may_leave_while_an_action_runs() {
    let (running, go_on) = (AtomicU32::new(0), AtomicU32::new(0));
    let phaser = Phaser::new().with_action(|_: Phase| {
        running.fetch_add(1, Relaxed);
        while go_on.load(Relaxed) == 0 {
            thread::yield_now();
        }
    });
    let mut stays = phaser.register().unwrap();
    let leaves = phaser.register().unwrap();
    thread::scope(|scope| {
        stays.arrive().unwrap();
        scope.spawn(|| leaves.arrive_and_deregister());
        while running.load(Relaxed) == 0 {
            thread::yield_now();
        }
        drop(stays);
        go_on.store(1, Relaxed);
    });
    assert_eq!((phaser.phase().number(), phaser.registered(), running.load(Relaxed)), (1, 0, 1));
    let fresh = phaser.register().unwrap();
    assert_eq!(fresh.arrive_and_deregister().number(), 1);
    assert_eq!((phaser.phase().number(), running.load(Relaxed)), (2, 2));
}

#[test]
fn errors_say_what_happened() {
    assert_eq!(Broken.to_string(), "broken: somebody who was waited for has given up");
    assert_eq!(WaitError::Broken.to_string(), Broken.to_string());
    assert_eq!(RegisterError::Broken.to_string(), Broken.to_string());
    assert_eq!(WaitError::TimedOut.to_string(), "the time was over before all had arrived");
    assert_eq!(WaitError::from(Broken), WaitError::Broken);
}

#[test]
fn parties_go_to_other_threads() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    sent::<Party<'_>>();
    shared::<Phaser>();
    shared::<Phaser<Box<dyn FnMut(Phase) + Send>>>();
}
