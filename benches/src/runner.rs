//! Runs groups: all backends of a group in interleaved, rotated rounds.
//!
//! Round 0 warms up: its figures are dropped, its checksums are not. In each further round every backend runs once,
//! another one first each time, so that what disturbs a round disturbs all of them and ratios within a round are
//! fair. How many rounds there are, and how long a run is, follows from the seconds allotted.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::figures::{self, Measured};
use crate::workload::{Budget, Group, Report};

/// The shortest and the longest slice of a run without an end of its own.
const SLICES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(400));

/// How much to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seconds for everything.
    pub seconds: f64,
    /// Exactly so many rounds per group, whatever they take.
    pub exactly: Option<usize>,
    /// Else so many of the work that can be cut to measure,
    pub wanted: usize,
    /// of other work at least so many, even if that takes longer than it should,
    pub at_least: usize,
    /// and of either no more than this.
    pub at_most: usize,
}

/// Runs the groups one after another.
///
/// # Errors
///
/// When a backend reports a broken invariant, or a checksum that another backend or round did not have.
pub fn run(groups: &mut [Group], plan: &Plan) -> Result<Vec<Measured>, String> {
    let progress = progress(groups);
    let mut measured = Vec::new();
    let weight: f64 = groups.iter().map(|group| group.weight).sum();
    for group in groups {
        // What one group takes too long is not taken from the next: its slices would be too short to tell anything.
        let share = plan.seconds * group.weight / weight;
        measured.extend(run_group(group, share, plan, &progress)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(measured)
}

/// Runs one group for about `seconds`.
fn run_group(group: &mut Group, seconds: f64, plan: &Plan, progress: &ProgressBar) -> Result<Vec<Measured>, String> {
    let wanted = plan.exactly.unwrap_or(plan.wanted);
    let runs = (group.backends.len() * (wanted + 1)) as f64;
    let slice = Duration::from_secs_f64(seconds / runs).clamp(SLICES.0, SLICES.1);
    let mut reports: Vec<Vec<Report>> = vec![Vec::new(); group.backends.len()];
    let mut checksum = None;
    let begun = Instant::now();
    let mut round = 0;
    let mut last = wanted;
    while round <= last {
        progress.set_message(format!("{} / {}, round {round} of {last}", group.family, group.workload));
        let count = group.backends.len();
        let round_begun = Instant::now();
        for turn in 0..count {
            let index = (round + turn) % count;
            let report = run_once(group, index, &Budget { slice, round }, &mut checksum)?;
            if round > 0 {
                reports[index].push(report);
            }
        }
        // What the first round took tells how many more fit; the warm-up is no measure, as some work skips most of it.
        if plan.exactly.is_none() && round == 1 {
            let each = round_begun.elapsed().as_secs_f64();
            let more = (seconds - begun.elapsed().as_secs_f64()).max(0.0) / each;
            // Rounded: slices are cut so that the wanted rounds just fit.
            last = (1 + more.round() as usize).clamp(plan.at_least, plan.at_most);
        }
        round += 1;
    }
    Ok(figures::sum_up(group, &reports))
}

fn run_once(
    group: &mut Group,
    index: usize,
    budget: &Budget,
    checksum: &mut Option<(&'static str, u64)>,
) -> Result<Report, String> {
    let backend = &mut group.backends[index];
    let name = backend.name;
    let place = figures::title(group.family, group.workload, group.size, &group.key, Some(group.threads));
    let report = (backend.run)(budget).map_err(|wrong| format!("{place}: {name}: {wrong}"))?;
    let (first, expected) = *checksum.get_or_insert((name, report.checksum));
    if report.checksum != expected {
        let found = report.checksum;
        return Err(format!("{place}: {name} computed {found:#x} where {first} computed {expected:#x}"));
    }
    Ok(report)
}

/// A bar over the groups; hidden by itself where standard error is no terminal.
fn progress(groups: &[Group]) -> ProgressBar {
    let bar = ProgressBar::new(groups.len() as u64);
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:24} {pos}/{len} {msg}");
    bar.set_style(style.expect("the template is a constant"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
