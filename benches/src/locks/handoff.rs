//! How long a lock that was let go stays idle although someone waits for it.
//!
//! The holder notes the time just before it unlocks. Who gets the lock next, was waiting before that time and is
//! another thread, takes the difference as one hand-off. What of it was spent runnable but not running, because the
//! kernel had given the core to someone else, is no property of the lock: the thread's run-queue wait, as far as
//! `/proc/thread-self/schedstat` tells it, is subtracted. It is read before each wait and again after the section, so
//! that slightly more than the wait is covered; no more than the hand-off itself is ever subtracted.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Mutex as StdMutex;
use std::time::Instant;

use hdrhistogram::Histogram;

use super::backends::{Contest, Lock, contenders};
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
/// Fewer hand-offs than this have no percentiles.
const ENOUGH: u64 = 100;

pub(super) fn group(threads: usize) -> Group {
    Group {
        family: "locks",
        workload: "hand-off",
        about: if RunQueue::open().is_some() {
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
    queue: Option<RunQueue>,
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
            let queued = runner.queue.as_ref().map(RunQueue::waited);
            let index = runner.index;
            let came = now();
            let latency = lock.with(|baton| {
                let got = now();
                let waited = baton.holder != index && came < baton.released;
                let latency = waited.then(|| got.saturating_sub(baton.released));
                baton.operations += 1;
                baton.state = rng::steps(baton.state, STEPS);
                baton.holder = index;
                baton.released = now();
                latency
            });
            if let Some(mut latency) = latency {
                if latency > SUSPECT
                    && let (Some(queue), Some(before)) = (&runner.queue, queued)
                {
                    latency -= queue.waited().saturating_sub(before).min(latency);
                }
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

/// One ns to a minute, three significant digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order")
}

impl Runner {
    fn new(index: usize) -> Self {
        Self { index, latencies: histogram(), queue: RunQueue::open(), state: index as u64 + 1 }
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

/// The calling thread's file of times, kept open: reading it is one system call.
struct RunQueue(File);

impl RunQueue {
    /// `None` where the system does not tell.
    fn open() -> Option<Self> {
        let queue = Self(File::open("/proc/thread-self/schedstat").ok()?);
        // Kernels without the accounting have the file, with nothing but zeros: this thread has run at least once.
        let (_, turns) = queue.read()?;
        (turns > 0).then_some(queue)
    }

    /// Nanoseconds that the thread has spent runnable but waiting for a core.
    fn waited(&self) -> u64 {
        self.read().map_or(0, |(waited, _)| waited)
    }

    /// The wait, and how often the thread got a core.
    fn read(&self) -> Option<(u64, u64)> {
        let mut text = [0; 64];
        let length = self.0.read_at(&mut text, 0).ok()?;
        let mut words = std::str::from_utf8(&text[..length]).ok()?.split_ascii_whitespace().skip(1);
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    }
}
