//! What each workload may move, as data; and the comparison. `Bound`s are transfers per operation.

use std::fmt;

use super::figures::Row;

/// From and to, both allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// At least so much. Less means that the model, or the workload, does not do what it says.
    pub least: f64,
    /// At most so much.
    pub most: f64,
}

/// For which numbers of cores something is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// The same for any number.
    Any(Bound),
    /// For each of these; others are shown and not judged.
    At(&'static [(usize, Bound)]),
}

/// What one workload may move, and what its trace has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// The workload.
    pub workload: &'static str,
    /// What it may move.
    pub transfers: Bounds,
    /// How many operations each core has to have recorded.
    pub operations: u64,
    /// Whether some of them have to have been writes.
    pub writes: bool,
}

/// Nothing moves, not once.
const NOTHING: Bounds = Bounds::Any(Bound { least: 0.0, most: 0.0 });
/// Shown, not judged.
const FIGURE: Bounds = Bounds::At(&[]);

/// One load in a hundred replaced by a store.
const STORES: Bounds = Bounds::At(&[(2, between(0.02, 0.35)), (8, between(0.1, 0.85)), (32, between(0.4, 2.1))]);

const fn between(least: f64, most: f64) -> Bound {
    Bound { least, most }
}

const fn allow(workload: &'static str, transfers: Bounds) -> Allowance {
    Allowance { workload, transfers, operations: 200, writes: false }
}

impl Allowance {
    const fn operations(self, operations: u64) -> Self {
        Self { operations, ..self }
    }

    const fn writing(self) -> Self {
        Self { writes: true, ..self }
    }
}

/// The budget. A bound above nothing is the figure of the day it was set and some air; raising one is a decision.
pub const BUDGET: &[Allowance] = &[
    allow("counter", Bounds::Any(between(0.98, 1.02))).writing(),
    allow("striped", NOTHING).writing(),
    allow("falseshare", Bounds::Any(between(0.9, 1.02))).writing(),
    // What only touches its own thread's lines, or lines that nobody writes.
    allow("mutex-own", NOTHING).writing(),
    allow("region-mutex-own", NOTHING).writing(),
    allow("atomic-ref-load", NOTHING).operations(400),
    allow("pin", NOTHING).operations(400),
    allow("counter-add", NOTHING).writing(),
    allow("seq-cell-load", NOTHING),
    allow("rwlock-read", NOTHING),
    allow("frozen-read", NOTHING),
    // Two changes of one count.
    allow("atomic-ref-load-full", Bounds::Any(between(1.9, 2.1))).operations(400),
    // A store is seen by every core, and scans what every core protects: transfers per store grow with the cores.
    allow("atomic-ref-1pc-store", STORES).operations(400).writing(),
    allow("mutex-shared", FIGURE).writing(),
    allow("region-mutex-shared", FIGURE).writing(),
    allow("std-mutex", FIGURE).writing(),
    allow("std-rwlock-read", FIGURE),
    allow("arc-swap-load", FIGURE).operations(400),
    allow("arc-swap-load-full", FIGURE).operations(400),
    allow("arc-swap-1pc-store", FIGURE).operations(400).writing(),
    allow("seize-enter", FIGURE).operations(400),
    // Collects at every 128th pin.
    allow("epoch-pin", FIGURE).operations(4 * 128),
];

/// What is wrong with a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A workload has no allowance, or an allowance no workload.
    Unbudgeted(String),
    /// A figure that was asked for is not there.
    Missing(String, usize),
    /// Fewer operations than work that is done now and then needs to show.
    Short(Row, u64),
    /// A workload that writes did not.
    NoWrite(Row),
    /// More or less than allowed.
    Outside(Row, Bound),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |row: &Row| format!("{} on {} cores, lines of {}", row.workload, row.cores, row.line);
        match self {
            Self::Unbudgeted(workload) => write!(f, "{workload}: a workload without an allowance, or the reverse"),
            Self::Missing(workload, cores) => write!(f, "{workload} on {cores} cores: no figure"),
            Self::Short(row, least) => {
                write!(f, "{}: {} operations per core recorded, {least} needed", place(row), row.operations)
            }
            Self::NoWrite(row) => write!(f, "{}: no write was recorded", place(row)),
            Self::Outside(row, bound) => write!(
                f,
                "{}: {:.4} to {:.4} transfers per operation, allowed are {} to {}",
                place(row),
                row.least_transfers,
                row.transfers,
                bound.least,
                bound.most
            ),
        }
    }
}

impl Bounds {
    /// The bound at so many cores, if there is one.
    pub fn at(&self, cores: usize) -> Option<Bound> {
        match *self {
            Self::Any(bound) => Some(bound),
            Self::At(bounds) => bounds.iter().find(|(at, _)| *at == cores).map(|&(_, bound)| bound),
        }
    }
}

impl Allowance {
    /// What is wrong with one row.
    pub fn judge(&self, row: &Row) -> Vec<Fault> {
        let mut faults = Vec::new();
        if row.operations < self.operations {
            faults.push(Fault::Short(row.clone(), self.operations));
        }
        if self.writes && row.writes == 0 {
            faults.push(Fault::NoWrite(row.clone()));
        }
        if let Some(bound) = self.transfers.at(row.cores) {
            // Written so that a figure that is no number is outside.
            let inside = row.least_transfers >= bound.least && row.transfers <= bound.most;
            if !inside {
                faults.push(Fault::Outside(row.clone(), bound));
            }
        }
        faults
    }
}

/// What is wrong with a run in which each of these workloads was to be recorded on each number of cores, with lines of
/// each of these sizes.
pub fn judge(budget: &[Allowance], asked: &[&str], cores: &[usize], lines: &[u64], rows: &[Row]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for &workload in asked {
        let Some(allowance) = budget.iter().find(|allowance| allowance.workload == workload) else {
            faults.push(Fault::Unbudgeted(workload.to_owned()));
            continue;
        };
        for &cores in cores {
            for &line in lines {
                let place = |row: &&Row| row.workload == workload && row.cores == cores && row.line == line;
                match rows.iter().find(place) {
                    Some(row) => faults.extend(allowance.judge(row)),
                    None => faults.push(Fault::Missing(workload.to_owned(), cores)),
                }
            }
        }
    }
    faults
}

/// The allowances for which there is no workload, and the reverse.
pub fn unbudgeted(budget: &[Allowance], known: &[&str]) -> Vec<Fault> {
    let without = budget.iter().map(|allowance| allowance.workload).filter(|name| !known.contains(name));
    let unknown = known.iter().copied().filter(|name| budget.iter().all(|allowance| allowance.workload != *name));
    without.chain(unknown).map(|name| Fault::Unbudgeted(name.to_owned())).collect()
}
