//! How long a lock that was let go stays idle although someone waits for it.
//!
//! The holder notes the time just before it unlocks. Who gets the lock next, was waiting before that time and is
//! another thread, takes the difference as one hand-off. What of it was spent runnable but not running is no property
//! of the lock and is subtracted (`runqueue`): of the thread that does the section, which with a lock that combines is
//! not always the one that asked for it. The file is read before each wait, and again after the section, so that
//! slightly more than the wait is covered; no more than the hand-off itself is ever subtracted. A thread that combines
//! does many sections in one go: it reads where the hand-off ends, and once more after a section that took too long.

use std::sync::Mutex as StdMutex;
use std::time::Instant;

use hdrhistogram::Histogram;

use super::backends::{Contest, Lock, contenders};
use super::runqueue;
use crate::rng;
use crate::team;
use crate::workload::{Budget, Group, Metric, Outcome, Report};

const P50: Metric = Metric::lower("hand-off p50", "µs");
const P90: Metric = Metric::lower("hand-off p90", "µs");
const P99: Metric = Metric::lower("hand-off p99", "µs");
const P999: Metric = Metric::lower("hand-off p99.9", "µs");
const MAX: Metric = Metric::lower("hand-off max", "µs");

/// Generator steps under the lock and between two locks: some 0.5 µs.
const STEPS: u32 = 300;
/// Hand-offs shorter than this, in ns, had no part in a run queue: not worth a system call.
const SUSPECT: u64 = 3_000;
/// Sections that took longer than this, in ns, were interrupted.
const INTERRUPTED: u64 = 20_000;
/// Fewer hand-offs than this have no percentiles.
const ENOUGH: u64 = 100;

pub(super) fn group(threads: usize) -> Group {
    Group {
        family: "locks",
        workload: "hand-off",
        about: if runqueue::is_known() {
            "From just before the unlock until a thread that was already waiting has the lock, 300 generator steps \
             inside and outside; run-queue wait (schedstat) is subtracted."
        } else {
            "From just before the unlock until a thread that was already waiting has the lock, 300 generator steps \
             inside and outside; run-queue wait is in it, as this system does not tell it."
        },
        size: 0,
        key: String::new(),
        threads,
        weight: 0.7,
        backends: contenders(HandOff { threads }),
    }
}

/// Which thread let go last, and when; and the chain that shows lost sections.
struct Baton {
    holder: usize,
    released: u64,
    operations: u64,
    state: u64,
}

/// One thread's notes.
struct Runner {
    index: usize,
    latencies: Histogram<u64>,
    state: u64,
}

#[derive(Clone, Copy)]
struct HandOff {
    threads: usize,
}

impl Contest for HandOff {
    type Value = Baton;

    fn run<L: Lock<Baton>>(&self, budget: &Budget) -> Outcome {
        let lock = L::new(Baton { holder: usize::MAX, released: 0, operations: 0, state: 1 });
        let all = StdMutex::new(histogram());
        let begun = Instant::now();
        let now = || begun.elapsed().as_nanos() as u64;
        let make = |index| Notes { all: &all, runner: Runner::new(index) };
        let effort = team::work(self.threads, budget.slice, make, |notes| {
            let runner = &mut notes.runner;
            runqueue::take();
            let index = runner.index;
            let came = now();
            let latency = lock.with(|baton| {
                let got = now();
                let waited = baton.holder != index && came < baton.released;
                let mut latency = waited.then(|| got.saturating_sub(baton.released));
                if L::COMBINES {
                    latency = latency.map(less_queue);
                }
                baton.operations += 1;
                baton.state = rng::steps(baton.state, STEPS);
                baton.holder = index;
                baton.released = now();
                if L::COMBINES && baton.released.saturating_sub(got) > INTERRUPTED {
                    runqueue::take();
                    baton.released = now();
                }
                latency
            });
            if let Some(latency) = latency {
                let latency = if L::COMBINES { latency } else { less_queue(latency) };
                runner.latencies.saturating_record(latency.max(1));
            }
            runner.state = std::hint::black_box(rng::steps(runner.state, STEPS));
        });
        let total = effort.total();
        let (operations, state) = lock.with(|baton| (baton.operations, baton.state));
        if (operations, state) != (total, rng::jump(1, total * u64::from(STEPS))) {
            return Err(format!("{total} sections left a count of {operations} and the chain at {state:#x}"));
        }
        let latencies = all.into_inner().expect("nothing panics under it");
        let mut report = Report::new(0);
        let known = latencies.len() >= ENOUGH;
        for (metric, quantile) in [(P50, 0.5), (P90, 0.9), (P99, 0.99), (P999, 0.999), (MAX, 1.0)] {
            let value = latencies.value_at_quantile(quantile) as f64 / 1000.0;
            report.push_maybe(metric, known.then_some(value));
        }
        Ok(report)
    }
}

/// What of a hand-off the calling thread was not kept waiting for by the kernel.
fn less_queue(latency: u64) -> u64 {
    if latency > SUSPECT { latency - runqueue::take().min(latency) } else { latency }
}

/// One ns to a minute, three significant digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order")
}

impl Runner {
    fn new(index: usize) -> Self {
        Self { index, latencies: histogram(), state: index as u64 + 1 }
    }
}

/// A thread's notes, which join the others' when the thread is done.
struct Notes<'a> {
    all: &'a StdMutex<Histogram<u64>>,
    runner: Runner,
}

impl Drop for Notes<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().expect("nothing panics under it");
        all.add(&self.runner.latencies).expect("all histograms have the same bounds");
    }
}
