//! Locking and unlocking by one thread alone.

use std::hint::black_box;

use super::backends::{Contest, InRegion, Lock, contenders, one};
use crate::clock::{Stopwatch, Took};
use crate::workload::{Budget, Group, Metric, Outcome, Report};

const CPU: Metric = Metric::lower("lock and unlock", "ns");
const WALL: Metric = Metric::lower("lock and unlock wall", "ns");

/// Operations between two looks at the clock.
const BATCH: u64 = 100_000;

pub(super) fn group() -> Group {
    Group {
        family: "locks",
        workload: "uncontended",
        about: "One thread locks, adds one and unlocks, over and over.",
        size: 0,
        key: String::new(),
        threads: 1,
        weight: 0.5,
        backends: contenders(Uncontended),
    }
}

/// A group of the family `regions`: what the session adds to the lock.
pub(super) fn region_group() -> Group {
    Group {
        family: "regions",
        workload: "region-mutex",
        about: "One thread locks, opens a session on the region inside, adds one to a node and unlocks, over and over; \
                the other mutexes hold the bare number. std-mutex also keeps poison, which the others leave out.",
        size: 1,
        key: String::new(),
        threads: 1,
        weight: 0.5,
        backends: vec![
            one::<_, InRegion<u64>>("polder-region-mutex", Uncontended),
            one::<_, polder_sync::Mutex<u64>>("polder-mutex", Uncontended),
            one::<_, std::sync::Mutex<u64>>("std-mutex", Uncontended),
            one::<_, parking_lot::Mutex<u64>>("parking_lot", Uncontended),
        ],
    }
}

/// Repeats `operation` for about a slice, with a look at the clock after each batch: how often, and what it took.
pub(super) fn repeat(budget: &Budget, batch: u64, mut operation: impl FnMut()) -> (u64, Took) {
    let mut operations = 0;
    let watch = Stopwatch::start();
    loop {
        (0..batch).for_each(|_| operation());
        operations += batch;
        let took = watch.read();
        if took.wall >= budget.slice {
            return (operations, took);
        }
    }
}

#[derive(Clone, Copy)]
struct Uncontended;

impl Contest for Uncontended {
    type Value = u64;

    fn run<L: Lock<u64>>(&self, budget: &Budget) -> Outcome {
        let lock = L::new(0);
        let (operations, took) = repeat(budget, BATCH, || black_box(&lock).with(|value| *value += 1));
        let counted = lock.with(|value| *value);
        if counted != operations {
            return Err(format!("{operations} operations added up to {counted}"));
        }
        let mut report = Report::new(0);
        report.push(CPU, took.cpu_ns_per(operations));
        report.push(WALL, took.wall_ns_per(operations));
        Ok(report)
    }
}
