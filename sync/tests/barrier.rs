//! What a barrier promises, with real threads.
#![cfg(not(polder_loom))]

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Barrier, BarrierWaitResult, Broken, WaitError};

const ROUNDS: u32 = if cfg!(miri) { 5 } else { 300 };
/// Long enough for a thread to fall asleep, most of the time.
const MOMENT: Duration = Duration::from_millis(5);

/// Returns when so many threads wait.
fn until_waiting<F>(barrier: &Barrier<F>, threads: usize) {
    while barrier.waiting() < threads {
        thread::yield_now();
    }
}

#[test]
fn all_meet_and_one_leads() {
    const THREADS: usize = 4;
    let barrier = Barrier::new(THREADS);
    let cells = [const { AtomicU32::new(0) }; THREADS];
    let leaders = AtomicU32::new(0);
    thread::scope(|scope| {
        for here in &cells {
            let (barrier, cells, leaders) = (&barrier, &cells, &leaders);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    here.store(round, Relaxed);
                    let met = barrier.wait().unwrap();
                    leaders.fetch_add(u32::from(met.is_leader()), Relaxed);
                    assert!(cells.iter().all(|cell| cell.load(Relaxed) == round));
                    barrier.wait().unwrap();
                }
            });
        }
    });
    assert_eq!(leaders.into_inner(), ROUNDS);
    assert_eq!((barrier.parties(), barrier.waiting(), barrier.is_broken()), (THREADS, 0, false));
}

#[test]
fn more_threads_than_parties_meet_in_groups() {
    const GROUPS: usize = if cfg!(miri) { 3 } else { 50 };
    let barrier = Barrier::new(2);
    let leaders = thread::scope(|scope| {
        let waiters: Vec<_> = (0..2 * GROUPS).map(|_| scope.spawn(|| barrier.wait().unwrap().is_leader())).collect();
        waiters.into_iter().map(|waiter| usize::from(waiter.join().unwrap())).sum::<usize>()
    });
    assert_eq!(leaders, GROUPS);
}

#[test]
fn a_barrier_for_one_never_waits() {
    let barrier = Barrier::new(1);
    for _ in 0..3 {
        assert!(barrier.wait().unwrap().is_leader());
        assert!(barrier.wait_for(Duration::ZERO).unwrap().is_leader());
        assert!(barrier.wait_until(Instant::now()).unwrap().is_leader());
    }
}

#[test]
fn the_action_runs_before_anyone_goes_on() {
    const THREADS: u32 = 3;
    let (arrived, rounds) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let barrier = Barrier::new(THREADS as usize).with_action(|| rounds.lock().unwrap().push(arrived.swap(0, Relaxed)));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    arrived.fetch_add(1, Relaxed);
                    barrier.wait().unwrap();
                    assert!(rounds.lock().unwrap().len() > round as usize);
                    barrier.wait().unwrap();
                }
            });
        }
    });
    let rounds = rounds.into_inner().unwrap();
    let expected: Vec<_> = (0..2 * ROUNDS).map(|round| if round % 2 == 0 { THREADS } else { 0 }).collect();
    assert_eq!(rounds, expected);
}

#[test]
fn whoever_gives_up_breaks_the_round_for_all() {
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        let patient = scope.spawn(|| barrier.wait());
        let also_timed = scope.spawn(|| barrier.wait_for(Duration::MAX));
        until_waiting(&barrier, 2);
        barrier.abort();
        assert_eq!(patient.join().unwrap(), Err(Broken));
        assert_eq!(also_timed.join().unwrap(), Err(WaitError::Broken));
        barrier.reset();
        let patient = scope.spawn(|| barrier.wait());
        until_waiting(&barrier, 1);
        let begun = Instant::now();
        assert_eq!(barrier.wait_for(MOMENT), Err(WaitError::TimedOut));
        assert!(begun.elapsed() >= MOMENT);
        assert_eq!(patient.join().unwrap(), Err(Broken));
    });
    assert!(barrier.is_broken());
    assert_eq!(barrier.waiting(), 0);
    assert_eq!(barrier.wait(), Err(Broken));
    assert_eq!(barrier.wait_for(MOMENT), Err(WaitError::Broken));
    assert_eq!(barrier.wait_until(Instant::now()), Err(WaitError::Broken));
}

#[test]
fn a_deadline_that_is_met_breaks_nothing() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| barrier.wait_for(Duration::MAX));
        until_waiting(&barrier, 1);
        // Last to come: it has met the other, whatever its deadline.
        assert!(barrier.wait_for(Duration::ZERO).unwrap().is_leader());
        assert!(!other.join().unwrap().unwrap().is_leader());
    });
    assert!(!barrier.is_broken());
}

#[test]
fn after_a_reset_all_is_as_at_first() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..ROUNDS.min(50) {
            // A reset breaks the round of those who wait, and only that.
            let waiting = scope.spawn(|| barrier.wait());
            until_waiting(&barrier, 1);
            barrier.reset();
            assert!(!barrier.is_broken());
            // This one comes while the other may still be leaving.
            let next = scope.spawn(|| barrier.wait());
            assert_eq!(waiting.join().unwrap(), Err(Broken));
            let here = barrier.wait().unwrap();
            let there = next.join().unwrap().unwrap();
            assert!(here.is_leader() != there.is_leader());
        }
    });
    // With nobody there: of a whole barrier, and of a broken one.
    barrier.reset();
    barrier.abort();
    barrier.abort();
    assert!(barrier.is_broken());
    barrier.reset();
    assert!(!barrier.is_broken());
}

#[test]
fn the_threads_of_a_round_agree() {
    // Two threads meet in rounds while a third breaks and mends. Whatever they are told, it is the same for a round.
    let barrier = Barrier::new(2);
    let done = AtomicU32::new(0);
    thread::scope(|scope| {
        let meet = || {
            let mut met = 0;
            for _ in 0..ROUNDS {
                met += u32::from(barrier.wait().is_ok());
            }
            done.fetch_add(1, Relaxed);
            met
        };
        let meeting = [scope.spawn(meet), scope.spawn(meet)];
        // Until both have ended: one of them may be in its last rounds alone.
        while done.load(Relaxed) < 2 {
            barrier.reset();
            thread::sleep(Duration::from_micros(50));
            barrier.abort();
            barrier.reset();
            thread::yield_now();
        }
        let [first, second] = meeting.map(|thread| thread.join().unwrap());
        assert_eq!(first, second);
    });
}

#[test]
fn a_panic_in_the_action_breaks_the_barrier() {
    let mut left = 1;
    let barrier = Barrier::new(2).with_action(|| {
        left -= 1;
        assert!(left != 0, "expected: the action fails");
    });
    thread::scope(|scope| {
        let waiting = scope.spawn(|| barrier.wait());
        until_waiting(&barrier, 1);
        let here = panic::catch_unwind(AssertUnwindSafe(|| barrier.wait()));
        assert!(here.is_err(), "the panic goes on where the action ran");
        assert_eq!(waiting.join().unwrap(), Err(Broken));
        assert!(barrier.is_broken());
        // Mended, it goes on with the action as the panic left it.
        barrier.reset();
        let waiting = scope.spawn(|| barrier.wait());
        barrier.wait().unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(left, -1);
}

type Reentrant = Barrier<fn()>;

/// Runs a barrier of two whose action gets the barrier, and has run when all have been told.
fn reentrant(place: &'static OnceLock<Reentrant>, action: fn()) -> [Result<BarrierWaitResult, Broken>; 2] {
    let barrier = place.get_or_init(|| Barrier::new(2).with_action(action));
    let other = thread::spawn(|| barrier.wait());
    until_waiting(barrier, 1);
    [barrier.wait(), other.join().unwrap()]
}

#[test]
fn an_action_may_abort() {
    static BARRIER: OnceLock<Reentrant> = OnceLock::new();
    fn action() {
        let barrier = BARRIER.get().unwrap();
        assert_eq!((barrier.waiting(), barrier.is_broken()), (2, false));
        barrier.abort();
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, true));
        assert_eq!(barrier.wait(), Err(Broken), "nobody waits for a broken barrier, not even here");
    }
    assert_eq!(reentrant(&BARRIER, action), [Err(Broken), Err(Broken)]);
    assert!(BARRIER.get().unwrap().is_broken());
}

#[test]
fn an_action_may_reset() {
    static BARRIER: OnceLock<Reentrant> = OnceLock::new();
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn action() {
        if RUNS.fetch_add(1, Relaxed) == 0 {
            BARRIER.get().unwrap().reset();
        }
    }
    assert_eq!(reentrant(&BARRIER, action), [Err(Broken), Err(Broken)]);
    assert!(!BARRIER.get().unwrap().is_broken());
    assert_eq!(reentrant(&BARRIER, action).map(|outcome| outcome.is_ok()), [true, true]);
    assert_eq!(RUNS.load(Relaxed), 2);
}

#[test]
fn a_running_action_is_waited_for_past_the_deadline() {
    let (running, go_on) = (AtomicU32::new(0), AtomicU32::new(0));
    let barrier = Barrier::new(2).with_action(|| {
        running.fetch_add(1, Relaxed);
        while go_on.load(Relaxed) == 0 {
            thread::yield_now();
        }
    });
    let deadline = Instant::now() + 4 * MOMENT;
    thread::scope(|scope| {
        let waiting = scope.spawn(|| barrier.wait_until(deadline));
        until_waiting(&barrier, 1);
        let leader = scope.spawn(|| barrier.wait());
        while running.load(Relaxed) == 0 && !barrier.is_broken() {
            thread::yield_now();
        }
        if barrier.is_broken() {
            // A slow machine: the deadline was over before the leader came.
            assert_eq!(waiting.join().unwrap(), Err(WaitError::TimedOut));
            assert_eq!(leader.join().unwrap(), Err(Broken));
            return;
        }
        // A third one comes while the action runs: it is for the next round.
        let early = scope.spawn(|| barrier.wait());
        while Instant::now() < deadline + MOMENT {
            thread::yield_now();
        }
        assert!(!waiting.is_finished() && !early.is_finished());
        go_on.store(1, Relaxed);
        assert!(!waiting.join().unwrap().unwrap().is_leader());
        assert!(leader.join().unwrap().unwrap().is_leader());
        barrier.wait().unwrap();
        early.join().unwrap().unwrap();
    });
}

#[test]
fn numbers_of_parties_have_limits() {
    for parties in [0, Barrier::MAX_PARTIES + 1, usize::MAX] {
        assert!(panic::catch_unwind(|| Barrier::new(parties)).is_err());
    }
    assert_eq!(Barrier::new(Barrier::MAX_PARTIES).parties(), Barrier::MAX_PARTIES);
    static BARRIER: Barrier = Barrier::new(1);
    assert_eq!(format!("{BARRIER:?}"), "Barrier { parties: 1, waiting: 0, broken: false }");
    assert_eq!(format!("{:?}", BARRIER.wait().unwrap()), "BarrierWaitResult { is_leader: true }");
}
