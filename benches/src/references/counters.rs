//! Counting: many threads add, someone sums up now and then. Every contender must have counted every addition.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

use super::effort::{self, Clock, Job};
use crate::workload::Outcome;

/// Additions before the time is taken.
const WARM: u64 = 4096;

/// Adds one, over and over, and compares the sum.
fn count<C: Sync>(job: &Job, counter: &C, add: impl Fn(&C) + Sync, sum: impl Fn(&C) -> u64) -> Outcome {
    (0..WARM).for_each(|_| add(counter));
    let effort = match job.threads {
        1 => effort::alone(job.length, Clock::Process, &mut (), |()| add(counter), |()| ()),
        _ => effort::together(job, || (), |()| add(counter)),
    };
    let (sum, done) = (sum(counter), effort.total() + WARM);
    if sum != done {
        return Err(format!("{done} additions of one make {sum}"));
    }
    Ok(effort::report(&effort))
}

/// polder: a cell of each thread's own.
pub(super) fn polder(job: &Job) -> Outcome {
    let counter = Box::new(CachePadded::new(polder_sync::Counter::new()));
    count(job, &*counter, |counter| counter.add(1), |counter| counter.sum() as u64)
}

/// One word for all.
pub(super) fn atomic(job: &Job) -> Outcome {
    let counter = Box::new(CachePadded::new(AtomicU64::new(0)));
    let add = |counter: &CachePadded<AtomicU64>| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    count(job, &*counter, add, |counter| counter.load(Ordering::Relaxed))
}

/// A word on a cache line of its own for each of several groups of threads: what a program writes by hand.
struct Striped(Box<[CachePadded<AtomicU64>]>);

/// So many that threads seldom share one, and a power of two.
fn stripes() -> usize {
    (4 * crate::machine::allowed_cores().len()).max(8).next_power_of_two()
}

thread_local! {
    /// The thread's number, less one; 0 is none yet.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

static NUMBERS: AtomicUsize = AtomicUsize::new(1);

impl Striped {
    fn new() -> Self {
        Self((0..stripes()).map(|_| CachePadded::new(AtomicU64::new(0))).collect())
    }

    #[inline]
    fn add(&self, more: u64) {
        let mut number = NUMBER.get();
        if number == 0 {
            number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            NUMBER.set(number);
        }
        self.0[number & (self.0.len() - 1)].fetch_add(more, Ordering::Relaxed);
    }

    fn sum(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.load(Ordering::Relaxed)).sum()
    }
}

/// Stripes.
pub(super) fn striped(job: &Job) -> Outcome {
    count(job, &Striped::new(), |counter| counter.add(1), Striped::sum)
}

/// fast-counter, with as many stripes.
pub(super) fn fast_counter(job: &Job) -> Outcome {
    let counter = fast_counter::ConcurrentCounter::new(stripes());
    count(job, &counter, |counter| counter.add(1), |counter| counter.sum() as u64)
}
