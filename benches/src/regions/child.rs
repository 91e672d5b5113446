//! A process for each contender and round.
//!
//! Contenders that leave a shuffled heap behind would ruin those that come after them: in one process the hops of a
//! list of `Arc`s come out several times slower after another list was dropped than in a fresh one. So the program
//! calls itself: the child runs a few lives of one contender and prints a line per figure, the parent reads them.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::contests::{self, Heap};
use super::lap::Lap;
use super::process;
use super::step::Step;
use crate::stats;
use crate::workload::{Metric, Outcome, Report};

/// First argument of a child; the fields of a [`Job`] follow.
pub(super) const FLAG: &str = "--regions-child";

/// One contender of one contest, at one size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) contest: &'static str,
    pub(super) contender: &'static str,
    pub(super) heap: Heap,
    pub(super) nodes: usize,
    pub(super) threads: usize,
    /// How many lives to take the median of.
    pub(super) lives: usize,
    /// How long work without an end of its own goes on, in each.
    pub(super) slice: Duration,
}

/// Bytes per node of the hungriest structure, with room for what it needs while it is built.
const HUNGER: usize = 192;

/// Runs `job` in a child, waits for it and reads its figures.
pub(super) fn run(job: Job) -> Outcome {
    let program = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new(program)
        .args([FLAG, job.contest, job.contender, job.heap.word()])
        .args([job.nodes, job.threads, job.lives, job.slice.as_micros() as usize].map(|number| number.to_string()))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{job:?} did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{job:?} failed: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text).ok_or_else(|| format!("{job:?} printed {text:?}"))
}

fn read(text: &str) -> Option<Report> {
    let mut lines = text.lines();
    let mut report = Report::new(lines.next()?.parse().ok()?);
    for line in lines {
        let (name, figure) = line.split_once('\t')?;
        report.push(metric(name)?, figure.parse().ok()?);
    }
    Some(report)
}

fn metric(name: &str) -> Option<Metric> {
    Step::ALL.iter().flat_map(|step| [step.metric(), step.wall()]).find(|metric| metric.name == name)
}

/// The body of a child: `words` are what follows [`FLAG`].
///
/// # Panics
///
/// If the words are not those that [`run`] gives, or if a life finds something else than the one before.
pub(super) fn main(words: &[String]) {
    let [contest, contender, heap, numbers @ ..] = words else { panic!("a child is given its job") };
    let contender = contests::find(contest, contender).expect("a known contender");
    let numbers: Vec<usize> = numbers.iter().map(|word| word.parse().expect("a number")).collect();
    let [nodes, threads, lives, slice] = numbers[..] else { panic!("a child is given four numbers") };
    let kept = heap == Heap::Kept.word();
    if kept {
        process::keep_heap(nodes * HUNGER);
    }
    let mut found = None;
    let mut readings = Vec::new();
    for life in 0..=lives {
        process::tidy_heap();
        let mut lap = Lap::new(nodes, life == 0 && !kept, Duration::from_micros(slice as u64));
        contender.work.run(&mut lap, nodes, threads);
        let (figures, digest) = lap.finish();
        assert_eq!(*found.get_or_insert(digest), digest, "each life of {} finds the same", contender.name);
        readings.push(figures);
    }
    let report = sum_up(found.unwrap_or_default(), readings);
    println!("{}", report.checksum);
    for sample in report.samples {
        println!("{}\t{}", sample.metric.name, sample.value.unwrap_or(f64::NAN));
    }
}

/// The first life warms up and the median of the others counts. A row that only the first life has, such as the pages
/// that it touched, is taken from there.
fn sum_up(digest: u64, mut lives: Vec<Vec<(Metric, f64)>>) -> Report {
    let first = lives.remove(0);
    let mut report = Report::new(digest);
    // In the order of the steps, so that the leading row is the same for all contenders.
    for metric in Step::ALL.iter().flat_map(|step| [step.metric(), step.wall()]) {
        let of = |life: &[(Metric, f64)]| life.iter().find(|(row, _)| *row == metric).map(|(_, figure)| *figure);
        let figures: Vec<f64> = lives.iter().filter_map(|life| of(life)).collect();
        let figures = if figures.is_empty() { of(&first).into_iter().collect() } else { figures };
        if !figures.is_empty() {
            let known: Vec<f64> = figures.into_iter().filter(|figure| figure.is_finite()).collect();
            report.push_maybe(metric, stats::median(&known));
        }
    }
    report
}
