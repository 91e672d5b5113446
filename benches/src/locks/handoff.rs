//! How long a lock that was let go stays idle although someone waits for it.
//!
//! The holder notes the time just before it unlocks. Who gets the lock next, was waiting before that time and is
//! another thread, takes the difference as one hand-off. What of it was spent runnable but not running is no property
//! of the lock and is subtracted (`runqueue`): of the thread that does the section, which with a lock that combines is
//! not always the one that asked for it. The file is read before each wait, and again after the section, so that
//! slightly more than the wait is covered; no more than the hand-off itself is ever subtracted. A thread that combines
//! does many sections in one go: it reads where the hand-off ends, and once more after a section that took too long.
//!
//! With a lock that combines, the hand-off ends when the closure begins, on whichever thread runs it: that is when the
//! waiter's section gets the lock. The waiter itself learns of it later. For it the way back counts as well: from the
//! end of its own section until it goes on, which is next to nothing where it has run the section itself.

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
const BACK_P50: Metric = Metric::lower("way back p50", "µs");
const BACK_P999: Metric = Metric::lower("way back p99.9", "µs");

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
             inside and outside; run-queue wait (schedstat) is subtracted. With a lock that combines: until the closure \
             of one that was waiting begins, on whichever thread. The way back is from the end of a section that was \
             waited for until its thread goes on."
        } else {
            "From just before the unlock until a thread that was already waiting has the lock, 300 generator steps \
             inside and outside; run-queue wait is in it, as this system does not tell it. With a lock that combines: \
             until the closure of one that was waiting begins, on whichever thread. The way back is from the end of a \
             section that was waited for until its thread goes on."
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

/// What one thread, or all of them, had to wait, in ns.
struct Latencies {
    hand_off: Histogram<u64>,
    back: Histogram<u64>,
}

impl Latencies {
    /// One ns to a minute, three significant digits.
    fn new() -> Self {
        let empty = || Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order");
        Self { hand_off: empty(), back: empty() }
    }

    fn add(&mut self, other: &Self) {
        self.hand_off.add(&other.hand_off).expect("all histograms have the same bounds");
        self.back.add(&other.back).expect("all histograms have the same bounds");
    }

    fn report(&self) -> Report {
        let mut report = Report::new(0);
        let known = self.hand_off.len() >= ENOUGH;
        let mut push = |metric, latencies: &Histogram<u64>, quantile| {
            let value = latencies.value_at_quantile(quantile) as f64 / 1000.0;
            report.push_maybe(metric, known.then_some(value));
        };
        for (metric, quantile) in [(P50, 0.5), (P90, 0.9), (P99, 0.99), (P999, 0.999), (MAX, 1.0)] {
            push(metric, &self.hand_off, quantile);
        }
        for (metric, quantile) in [(BACK_P50, 0.5), (BACK_P999, 0.999)] {
            push(metric, &self.back, quantile);
        }
        report
    }
}

/// One thread's notes, which join the others' when the thread is done.
struct Runner<'a> {
    all: &'a StdMutex<Latencies>,
    own: Latencies,
    index: usize,
    state: u64,
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        self.all.lock().expect("nothing panics under it").add(&self.own);
    }
}

#[derive(Clone, Copy)]
struct HandOff {
    threads: usize,
}

impl Contest for HandOff {
    type Value = Baton;

    fn run<L: Lock<Baton>>(&self, budget: &Budget) -> Outcome {
        let lock = L::new(Baton { holder: usize::MAX, released: 0, operations: 0, state: 1 });
        let all = StdMutex::new(Latencies::new());
        let begun = Instant::now();
        let now = || begun.elapsed().as_nanos() as u64;
        let make = |index| Runner { all: &all, own: Latencies::new(), index, state: index as u64 + 1 };
        let effort = team::work(self.threads, budget.slice, make, |runner| {
            runqueue::take();
            let index = runner.index;
            let came = now();
            let (latency, ended) = lock.with(|baton| {
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
                (latency, baton.released)
            });
            let back = now().saturating_sub(ended);
            if let Some(latency) = latency {
                let latency = if L::COMBINES { latency } else { less_queue(latency) };
                runner.own.hand_off.saturating_record(latency.max(1));
                runner.own.back.saturating_record(less_queue(back).max(1));
            }
            runner.state = std::hint::black_box(rng::steps(runner.state, STEPS));
        });
        let total = effort.total();
        let (operations, state) = lock.with(|baton| (baton.operations, baton.state));
        if (operations, state) != (total, rng::jump(1, total * u64::from(STEPS))) {
            return Err(format!("{total} sections left a count of {operations} and the chain at {state:#x}"));
        }
        Ok(all.lock().expect("nothing panics under it").report())
    }
}

/// What of a wait the calling thread was not kept waiting for by the kernel.
fn less_queue(latency: u64) -> u64 {
    if latency > SUSPECT { latency - runqueue::take().min(latency) } else { latency }
}
