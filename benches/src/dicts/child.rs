//! A process for each contender and round of the work that is done once.
//!
//! Such work lives on new memory: what an earlier run has given back to malloc, with its pages in place, would be a
//! present for those who allocate, and none for those who ask the system. So the program calls itself: the child runs
//! one contender once and prints a line per figure, the parent reads them.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::contests::{self, Contest};
use super::fixture::Shelf;
use super::{Job, KEPT, THROUGHPUT, WALL, latency, memory};
use crate::workload::{Metric, Outcome, Report};

/// First argument of a child.
pub(super) const FLAG: &str = "--dicts-child";

/// All that such work measures.
fn metrics() -> impl Iterator<Item = Metric> {
    [THROUGHPUT, WALL, KEPT].into_iter().chain(latency::METRICS).chain(memory::METRICS)
}

/// Lets `contender` do the work of `contest` in a process of its own.
pub(super) fn run(contest: &Contest, contender: &str, job: &Job<'_>) -> Outcome {
    let program = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new(program)
        .args([FLAG, contest.workload, contest.key, contender])
        .args([job.size, job.threads as u64, job.round as u64].map(|number| number.to_string()))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("the child did not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("the child failed: {}", output.status));
    }
    read(&text).unwrap_or_else(|| Err(format!("the child printed {text:?}")))
}

/// What a child has printed: what went wrong, or its figures.
fn read(text: &str) -> Option<Outcome> {
    let mut lines = text.lines();
    let (word, rest) = lines.next()?.split_once('\t')?;
    if word == "wrong" {
        return Some(Err(rest.to_owned()));
    }
    let mut report = Report::new(rest.parse().ok()?);
    for line in lines {
        let (name, figure) = line.split_once('\t')?;
        report.push(metrics().find(|metric| metric.name == name)?, figure.parse().ok()?);
    }
    Some(Ok(report))
}

/// The body of a child: `words` are what follows [`FLAG`].
///
/// # Panics
///
/// If the words are not those that [`run`] gives.
pub(super) fn main(words: &[String]) {
    let [contest, key, contender, numbers @ ..] = words else { panic!("a child is given its work") };
    let contender = contests::find(contest, key, contender).expect("a known contender");
    let numbers: Vec<u64> = numbers.iter().map(|word| word.parse().expect("a number")).collect();
    let [size, threads, round] = numbers[..] else { panic!("a child is given three numbers") };
    let (threads, round, slice) = (threads as usize, round as usize, Duration::ZERO);
    let job = Job { size, threads, slice, round, shelf: &Shelf::default() };
    match (contender.run)(&job) {
        Err(wrong) => println!("wrong\t{wrong}"),
        Ok(report) => {
            println!("checksum\t{}", report.checksum);
            for sample in report.samples {
                println!("{}\t{}", sample.metric.name, sample.value.unwrap_or(f64::NAN));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_prints_is_read() {
        let report = read("checksum\t0\nworst get\t0.5\nthroughput\tNaN\n").unwrap().unwrap();
        let figures: Vec<_> = report.samples.iter().map(|sample| (sample.metric.name, sample.value)).collect();
        assert_eq!((report.checksum, figures), (0, vec![("worst get", Some(0.5)), ("throughput", None)]));
        assert_eq!(read("wrong\t3 answers were wrong\n").unwrap().unwrap_err(), "3 answers were wrong");
        assert!(read("checksum\t0\ncharm\t3\n").is_none() && read("").is_none());
    }

    #[test]
    fn figures_are_told_apart_by_name() {
        let mut names: Vec<&str> = metrics().map(|metric| metric.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
