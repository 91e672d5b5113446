//! What comes out: traffic per operation.

use serde::Serialize;

use super::replay::{Model, Traffic, replay};
use super::trace::Trace;

/// Lines with fewer transfers per operation than this are not called hot.
const HOT: f64 = 0.001;

/// The figures of one workload at one number of cores. Those of the traffic are the largest over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The workload.
    pub workload: &'static str,
    /// How many cores.
    pub cores: usize,
    /// Bytes of a cache line.
    pub line: u64,
    /// How many operations were recorded: of the core with the fewest.
    pub operations: u64,
    /// How many of the recorded operations were writes, all cores together.
    pub writes: u64,
    /// Instructions per operation.
    pub instructions: f64,
    /// Accesses to memory per operation.
    pub accesses: f64,
    /// Lines that moved between caches, per operation.
    pub transfers: f64,
    /// The same with the seed that moves the fewest.
    pub least_transfers: f64,
    /// Copies lost to other cores' writes, per operation.
    pub invalidations: f64,
    /// Read-modify-writes that had to fetch their line, per operation.
    pub contended: f64,
    /// Transfers of the line that moves most, per operation.
    pub hottest: f64,
    /// How many lines move at all often.
    pub hot_lines: usize,
}

/// Replays a trace with lines of `line` bytes, once per seed. There is at least one.
pub fn row(workload: &'static str, trace: &Trace, line: u64, model: &Model, seeds: &[u64]) -> Row {
    let lines = trace.by_lines(line);
    let sum = |of: fn(&super::trace::Recording) -> u64| trace.cores.iter().map(of).sum::<u64>();
    let recorded = sum(|core| core.operations) as f64;
    let counted = recorded * model.passes as f64;
    let traffics: Vec<Traffic> = seeds.iter().map(|&seed| replay(&lines, model, seed)).collect();
    let most = |of: &dyn Fn(&Traffic) -> u64| traffics.iter().map(of).max().unwrap_or(0) as f64 / counted;
    let least = traffics.iter().map(|traffic| traffic.transfers).min().unwrap_or(0) as f64 / counted;
    let hot = |traffic: &Traffic| traffic.by_line.iter().filter(|&&times| times as f64 / counted > HOT).count();
    Row {
        workload,
        cores: trace.cores.len(),
        line,
        operations: trace.cores.iter().map(|core| core.operations).min().unwrap_or(0),
        writes: sum(|core| core.writes),
        instructions: sum(|core| core.instructions) as f64 / recorded,
        accesses: lines.accesses as f64 / recorded,
        transfers: most(&|traffic| traffic.transfers),
        least_transfers: least,
        invalidations: most(&|traffic| traffic.invalidations),
        contended: most(&|traffic| traffic.contended),
        hottest: most(&|traffic| traffic.by_line.iter().copied().max().unwrap_or(0)),
        hot_lines: traffics.iter().map(hot).max().unwrap_or(0),
    }
}
