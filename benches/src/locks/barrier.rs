//! Threads that meet at the end of each round: barriers of a fixed number, and polder's phaser with that many parties.
//!
//! Before a meeting each thread writes the number of the round to a cell of its own; after it, it looks at all cells.
//! A second meeting keeps the next round from them until all have looked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crossbeam_utils::CachePadded;
use polder_sync::{Party, Phaser};

use super::plain::Rounds;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const WALL: Metric = Metric::lower("meeting", "µs");
const CPU: Metric = Metric::lower("meeting CPU", "µs");

/// Where a fixed number of threads meet.
trait Meeting: Send + Sync + 'static {
    /// What each thread has.
    type Party<'a>;

    fn new(parties: usize) -> Self;
    fn join(&self) -> Self::Party<'_>;
    /// Waits until all have come.
    fn meet(party: &mut Self::Party<'_>);
}

/// The barriers, whose parties are borrows of them.
macro_rules! barriers {
    ($([$($barrier:ident)::+] $meet:expr;)+) => {$(
        impl Meeting for $($barrier)::+ {
            type Party<'a> = &'a Self;

            fn new(parties: usize) -> Self {
                Self::new(parties)
            }

            fn join(&self) -> &Self {
                self
            }

            #[inline]
            fn meet(party: &mut &Self) {
                $meet(party);
            }
        }
    )+};
}

barriers! {
    [polder_sync::Barrier] |barrier: &Self| barrier.wait().expect("nobody breaks it");
    [std::sync::Barrier] |barrier: &Self| barrier.wait();
    [Rounds] Self::meet;
}

impl Meeting for Phaser {
    type Party<'a> = Party<'a>;

    fn new(parties: usize) -> Self {
        Self::with_parties(parties)
    }

    fn join(&self) -> Party<'_> {
        self.claim().expect("a place for each thread")
    }

    #[inline]
    fn meet(party: &mut Party<'_>) {
        party.arrive_and_wait().expect("nobody breaks it");
    }
}

pub(super) fn group(threads: usize) -> Group {
    Group {
        family: "locks",
        workload: "barrier",
        about: "All threads write a number, meet, look at each other's numbers and meet again, over and over, with \
                nothing else to do. A meeting is by wall time over the whole run, and by the CPU time of all. std's \
                barrier is a Mutex and a Condvar as well; polder-phaser is a phaser with as many parties.",
        size: 0,
        key: String::new(),
        threads,
        weight: 0.25,
        backends: vec![
            rival::<polder_sync::Barrier>("polder-barrier", threads),
            rival::<Phaser>("polder-phaser", threads),
            rival::<std::sync::Barrier>("std-barrier", threads),
            rival::<Rounds>("plain-lock", threads),
        ],
    }
}

fn rival<M: Meeting>(name: &'static str, threads: usize) -> Backend {
    Backend::new(name, move |budget| run::<M>(threads, budget))
}

/// What a thread has seen.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    rounds: u64,
    /// Cells of other rounds.
    wrong: u64,
}

fn run<M: Meeting>(threads: usize, budget: &Budget) -> Outcome {
    let meeting = M::new(threads);
    let cells: Vec<CachePadded<AtomicU64>> = (0..threads).map(|_| CachePadded::default()).collect();
    // The first thread tells the others in time: all must leave in one round.
    let (stop, last) = (AtomicBool::new(false), AtomicBool::new(false));
    // Relaxed throughout: it is the meeting that has to publish what was written before it.
    let rounds = |(index, mut party): (usize, M::Party<'_>)| {
        let mut seen = Seen { rounds: 0, wrong: 0 };
        loop {
            seen.rounds += 1;
            cells[index].store(seen.rounds, Ordering::Relaxed);
            if index == 0 {
                last.store(stop.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            M::meet(&mut party);
            let others = cells.iter().filter(|cell| cell.load(Ordering::Relaxed) != seen.rounds);
            seen.wrong += others.count() as u64;
            let done = last.load(Ordering::Relaxed);
            M::meet(&mut party);
            if done {
                return seen;
            }
        }
    };
    let meanwhile = || {
        thread::sleep(budget.slice);
        stop.store(true, Ordering::Relaxed);
    };
    let (all, took) = team::together(threads, |index| (index, meeting.join()), rounds, meanwhile);
    let expected = Seen { rounds: all[0].rounds, wrong: 0 };
    if let Some(other) = all.iter().find(|seen| **seen != expected) {
        return Err(format!("after {} rounds of one thread another one had {other:?}", expected.rounds));
    }
    let mut report = Report::new(0);
    let meetings = 2 * expected.rounds;
    report.push(WALL, took.wall_ns_per(meetings) / 1e3);
    report.push(CPU, took.cpu_ns_per(meetings) / 1e3);
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Nobody waits there.
    struct Passage;

    impl Meeting for Passage {
        type Party<'a> = ();

        fn new(_: usize) -> Self {
            Self
        }

        fn join(&self) {}

        fn meet((): &mut ()) {}
    }

    #[test]
    fn what_lets_threads_pass_is_found_out() {
        let budget = Budget { slice: Duration::from_millis(2), round: 1 };
        assert!((0..100).any(|_| run::<Passage>(3, &budget).is_err()));
        assert!(run::<Rounds>(3, &budget).is_ok());
    }
}
