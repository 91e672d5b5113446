//! Repeating an operation: on one thread by the processor's time, on more with the harness of the locks.

use std::time::{Duration, Instant};

use crate::clock::{Stopwatch, Took};
use crate::team::{self, Effort};
use crate::workload::{Metric, Report};

pub(super) const THROUGHPUT: Metric = Metric::higher("throughput", "Mops/s");
pub(super) const WALL: Metric = Metric::higher("whole-run rate", "Mops/s");
pub(super) const TIME: Metric = Metric::lower("operation", "ns");
pub(super) const TIME_WALL: Metric = Metric::lower("operation wall", "ns");

/// Operations between two looks at the clock on one thread: a look costs as much as some ten loads.
const BATCH: u64 = 4096;
/// A run of several threads that is shorter than this has no clean windows.
const SHORTEST: Duration = Duration::from_millis(15);

/// How long a run goes on.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// For so long.
    For(Duration),
    /// For so many operations, on one thread.
    Operations(u64),
}

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// How many threads repeat the operation.
    pub threads: usize,
    /// How long they do.
    pub length: Length,
}

/// Whose processor time counts on one thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// That of the process: whatever a contender may do elsewhere is its own cost.
    Process,
    /// That of the thread, where another thread is part of the workload.
    Thread,
}

/// Repeats `operation` on the calling thread, and `settle` at the end of it, inside the time.
pub(super) fn alone<S>(
    length: Length,
    clock: Clock,
    state: &mut S,
    operation: impl Fn(&mut S),
    settle: impl FnOnce(&mut S),
) -> Effort {
    let mut operations = 0;
    let before = thread_cpu();
    let watch = Stopwatch::start();
    let begun = Instant::now();
    loop {
        let batch = match length {
            Length::For(_) => BATCH,
            Length::Operations(all) => BATCH.min(all - operations),
        };
        for _ in 0..batch {
            operation(state);
        }
        operations += batch;
        match length {
            Length::For(slice) if begun.elapsed() < slice => {}
            Length::Operations(all) if operations < all => {}
            _ => break,
        }
    }
    settle(state);
    let process = watch.read();
    let cpu = match clock {
        Clock::Process => process.cpu,
        Clock::Thread => thread_cpu().saturating_sub(before),
    };
    Effort { operations: vec![operations], batches: vec![Vec::new()], took: Took { cpu, wall: process.wall } }
}

/// Repeats `operation` on several threads, each on a state of its own. With no time at all, each does it once.
pub(super) fn together<S>(job: &Job, make: impl Fn() -> S + Sync, operation: impl Fn(&mut S) + Sync) -> Effort {
    let Length::For(slice) = job.length else { panic!("a number of operations is for one thread") };
    let slice = if slice.is_zero() { slice } else { slice.max(SHORTEST) };
    team::work(job.threads, slice, |_| make(), operation)
}

/// The figures of `effort`.
pub(super) fn report(effort: &Effort) -> Report {
    let mut report = Report::new(0);
    if effort.operations.len() > 1 {
        effort.put_rates(&mut report, THROUGHPUT, WALL);
    } else {
        report.push(THROUGHPUT, effort.cpu_rate() / 1e6);
        report.push(TIME, effort.took.cpu_ns_per(effort.total()));
        report.push(TIME_WALL, effort.took.wall_ns_per(effort.total()));
    }
    report
}

/// The processor time that the calling thread has used so far.
fn thread_cpu() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live `timespec` that the call may write, and the clock's number is a constant of libc.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(failed, 0, "no thread CPU clock");
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
