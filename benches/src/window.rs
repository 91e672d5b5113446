//! Clean windows: the rate of several threads while all of them ran.
//!
//! Every thread notes the time after each short batch of operations. The time line is cut into windows of 200 µs. A
//! thread is clean in a window when no gap between its batch ends, those into and out of the window included, is
//! longer than 50 µs; only windows in which every thread is clean count. Their median is the rate. Other programs
//! that take a core away for a while thus cost windows, not figures.
//!
//! What it hides is the price of preemption and of long waits: those windows are the ones left out. Hence the rate of
//! the whole run and the fairness stand beside it.

use crate::stats;

/// The length of a window, in ns.
pub const WINDOW: u64 = 200_000;
/// The longest gap between two batch ends of a clean thread, in ns.
pub const GAP: u64 = 50_000;
/// With fewer clean windows than this there is no result.
pub const ENOUGH: usize = 20;

/// A batch of operations that one thread did in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// When it ended, in ns since a moment that all threads share.
    pub end: u64,
    /// How many operations it had.
    pub operations: u32,
}

/// What the windows say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Operations per second, all threads together; `None` with fewer than [`ENOUGH`] clean windows.
    pub per_second: Option<f64>,
    /// Clean windows.
    pub clean: usize,
    /// All windows.
    pub windows: usize,
}

/// The rate in the clean windows of these threads, each with its batches in order.
pub fn rate(threads: &[Vec<Batch>]) -> Rate {
    let none = Rate { per_second: None, clean: 0, windows: 0 };
    // From where the last thread has begun to where the first one has ended: each thread's own first and last window
    // are thereby left out, or only partly in.
    let begins = threads.iter().map(|batches| batches.first().map(|batch| batch.end)).max().flatten();
    let ends = threads.iter().map(|batches| batches.last().map_or(0, |batch| batch.end)).min();
    let (Some(begin), Some(end)) = (begins, ends) else { return none };
    if threads.iter().any(Vec::is_empty) || end <= begin {
        return none;
    }
    let windows = ((end - begin) / WINDOW) as usize;
    if windows == 0 {
        return none;
    }
    // Per window, the operations of all threads; `None` once one of them was not clean.
    let mut totals = vec![Some(0.0); windows];
    for batches in threads {
        count(batches, begin, &mut totals);
    }
    let rates: Vec<f64> = totals.into_iter().flatten().map(|total: f64| total * 1e9 / WINDOW as f64).collect();
    let per_second = if rates.len() < ENOUGH { None } else { stats::median(&rates) };
    Rate { per_second, clean: rates.len(), windows }
}

/// Adds one thread's operations to the windows, and strikes out those in which it was not clean. A batch that began
/// in one window and ended in the next counts in both, for its parts: whole batches would be a coarse unit.
fn count(batches: &[Batch], begin: u64, totals: &mut [Option<f64>]) {
    let stop = begin + totals.len() as u64 * WINDOW;
    for pair in batches.windows(2) {
        let (from, to) = (pair[0].end, pair[1].end);
        if to <= begin || from >= stop {
            continue;
        }
        let place = |time: u64| ((time.clamp(begin, stop - 1) - begin) / WINDOW) as usize;
        let (first, last) = (place(from), place(to));
        if to - from > GAP {
            totals[first..=last].fill(None);
            continue;
        }
        // Not longer than a gap, so it lies in two windows at most.
        let edge = begin + (first as u64 + 1) * WINDOW;
        let operations = f64::from(pair[1].operations);
        let length = (to - from).max(1) as f64;
        let mut add = |window: usize, from: u64, to: u64| {
            if let Some(Some(total)) = totals.get_mut(window) {
                *total += operations * to.saturating_sub(from) as f64 / length;
            }
        };
        add(first, from.max(begin), to.min(edge));
        add(first + 1, edge, to);
    }
}
