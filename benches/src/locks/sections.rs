//! One lock and several threads: short, middling and long critical sections.
//!
//! The value under the lock is a chain of generator steps with a counter. Where the chain must end follows from the
//! number of operations (`rng::jump`), so a lost or doubled section shows.

use std::hint::black_box;
use std::time::Duration;

use super::backends::{Contest, Lock, contenders};
use crate::rng;
use crate::team;
use crate::workload::{Budget, Group, Metric, Outcome, Report};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mops/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mops/s");
const UNFAIRNESS: Metric = Metric::lower("max/min per thread", "×");

/// How much work there is under the lock and between two locks.
#[derive(Clone, Copy)]
pub(super) struct Section {
    workload: &'static str,
    about: &'static str,
    inside: u32,
    outside: u32,
}

/// One step inside, ten outside.
pub(super) const SHORT: Section = Section {
    workload: "short",
    about: "All threads share one lock: one generator step under it, ten (some 20 ns) between. An operation is one \
            lock and unlock. Throughput is by CPU time on one thread, by clean windows on more: those in which every \
            thread ran. They leave out what a lock makes of the stretches in which one slept, for better or worse; the \
            whole-run rate leaves out nothing.",
    inside: 1,
    outside: 10,
};

/// As long inside as outside: too long to be lost beside the lock, too short to sleep for.
pub(super) const MID: Section = Section {
    workload: "mid",
    about: "As the short sections, with 50 generator steps (some 0.1 µs) under the lock and as many between.",
    inside: 50,
    outside: 50,
};

/// As long inside as outside, about 1 µs each.
pub(super) const LONG: Section = Section {
    workload: "long",
    about: "As the short sections, with 500 generator steps (some 1 µs) under the lock and as many between.",
    inside: 500,
    outside: 500,
};

pub(super) fn group(section: Section, threads: usize) -> Group {
    Group {
        family: "locks",
        workload: section.workload,
        about: section.about,
        size: 0,
        key: String::new(),
        threads,
        weight: 1.0,
        backends: contenders(Sections { section, threads }),
    }
}

const SEED: u64 = 1;
/// A run must last so long per thread before it can tell a lock's favourites from the scheduler's, which hands out
/// turns of some 4 ms.
const TURNS: Duration = Duration::from_millis(20);

/// What the lock protects.
struct Chain {
    operations: u64,
    state: u64,
}

#[derive(Clone, Copy)]
struct Sections {
    section: Section,
    threads: usize,
}

impl Contest for Sections {
    type Value = Chain;

    fn run<L: Lock<Chain>>(&self, budget: &Budget) -> Outcome {
        let Section { inside, outside, .. } = self.section;
        let lock = L::new(Chain { operations: 0, state: SEED });
        let effort = team::work(
            self.threads,
            budget.slice,
            |index| index as u64 + 1,
            |own| {
                lock.with(|chain| {
                    chain.operations += 1;
                    chain.state = rng::steps(chain.state, inside);
                });
                *own = black_box(rng::steps(*own, outside));
            },
        );
        let total = effort.total();
        let (operations, state) = lock.with(|chain| (chain.operations, chain.state));
        let expected = rng::jump(SEED, total * u64::from(inside));
        if (operations, state) != (total, expected) {
            return Err(format!("{total} sections left a count of {operations} and {state:#x}, not {expected:#x}"));
        }
        let mut report = Report::new(0);
        effort.put_rates(&mut report, THROUGHPUT, WALL);
        if self.threads > 1 {
            let fair = effort.took.wall >= TURNS * self.threads as u32;
            report.push_maybe(UNFAIRNESS, fair.then(|| effort.unfairness()));
        }
        Ok(report)
    }
}
