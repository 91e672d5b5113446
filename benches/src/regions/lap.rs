//! The stopwatch of the family: one [`Lap`] follows one life of one contender.

use std::hint::black_box;
use std::time::Duration;

use super::process;
use super::step::Step;
use crate::clock::Stopwatch;
use crate::workload::Metric;

/// Readings and checksums of one life.
#[derive(Debug)]
pub(super) struct Lap {
    nodes: usize,
    fresh: bool,
    slice: Duration,
    idle: f64,
    readings: Vec<(Metric, f64)>,
    checks: Vec<u64>,
}

/// Below this many nodes a handful of pages more or less decides the figure.
const ENOUGH_TO_WEIGH: usize = 100_000;

impl Lap {
    /// A life of `nodes` nodes. It is `fresh` if it is the first to touch the pages of its process. Work without an end
    /// of its own goes on for a `slice`.
    pub(super) fn new(nodes: usize, fresh: bool, slice: Duration) -> Self {
        // What reading the clock costs by itself, which counts where a step is one operation.
        let idle = (0..64).map(|_| Stopwatch::start().read().cpu_ns_per(1)).fold(f64::INFINITY, f64::min);
        Self { nodes, fresh, slice, idle, readings: Vec::new(), checks: Vec::new() }
    }

    /// How long work without an end of its own should go on.
    pub(super) fn slice(&self) -> Duration {
        self.slice
    }

    /// Times `f`, per node.
    pub(super) fn time<T>(&mut self, step: Step, f: impl FnOnce() -> T) -> T {
        self.time_each(step, self.nodes, f)
    }

    /// Times `f`, which does `times` operations, per operation.
    pub(super) fn time_each<T>(&mut self, step: Step, times: usize, f: impl FnOnce() -> T) -> T {
        // The way into the kernel and back is warm, whatever the step before did to the caches.
        black_box(Stopwatch::start().read());
        let watch = Stopwatch::start();
        let made = black_box(f());
        let took = watch.read();
        let cpu = (took.cpu_ns_per(1) - self.idle).max(0.0) / times as f64;
        self.put_figure(step.metric(), Some(cpu));
        self.put_figure(step.wall(), Some(took.wall_ns_per(times as u64)));
        made
    }

    /// Times the building, and weighs what was built.
    pub(super) fn build<T>(&mut self, f: impl FnOnce() -> T) -> T {
        let weigh = self.nodes >= ENOUGH_TO_WEIGH;
        let held = process::held();
        let touched = process::touched();
        let made = self.time(if self.fresh { Step::FirstBuild } else { Step::Build }, f);
        if weigh {
            self.weigh(Step::Held, held, process::held());
        }
        // Only once: later lives find pages that an earlier one left.
        if weigh && self.fresh {
            self.weigh(Step::Touched, touched, process::touched());
        }
        made
    }

    fn weigh(&mut self, step: Step, before: Option<f64>, after: Option<f64>) {
        if let (Some(before), Some(after)) = (before, after) {
            self.put_weight(step, after - before);
        }
    }

    /// Records how many bytes the whole structure has.
    pub(super) fn put_weight(&mut self, step: Step, bytes: f64) {
        self.put_figure(step.metric(), Some(bytes / self.nodes as f64));
    }

    /// Records a figure that was worked out elsewhere, or that there is none.
    pub(super) fn put_figure(&mut self, metric: Metric, figure: Option<f64>) {
        self.readings.push((metric, figure.unwrap_or(f64::NAN)));
    }

    /// Records what a step found: every contender of the contest must find the same, in the same order.
    pub(super) fn check(&mut self, found: u64) {
        self.checks.push(found);
    }

    /// Gives out the readings, not a number where there is none, and one checksum over all that was found.
    pub(super) fn finish(self) -> (Vec<(Metric, f64)>, u64) {
        let digest = self.checks.iter().fold(0xCBF2_9CE4_8422_2325, |digest: u64, &found| {
            (digest ^ found).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
        });
        (self.readings, digest)
    }
}
