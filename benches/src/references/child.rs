//! A process for each contender and round.
//!
//! Threads leave things behind: the writers of some contenders visit a node for every thread that has ever been there,
//! others have garbage or an epoch that the next run would inherit. So the program calls itself: the child runs one
//! contender once and prints a line per figure, the parent reads them.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::contests::{self, Contest};
use super::effort::{Job, Length, THROUGHPUT, TIME, TIME_WALL, WALL};
use super::work::{KEPT, STORES};
use crate::workload::{Metric, Outcome, Report};

/// First argument of a child.
pub(super) const FLAG: &str = "--references-child";

/// All that a run can measure.
const METRICS: [Metric; 6] = [THROUGHPUT, WALL, TIME, TIME_WALL, KEPT, STORES];

/// Lets `contender` do the work of `contest` in a process of its own.
pub(super) fn run(contest: &Contest, contender: &str, threads: usize, slice: Duration) -> Outcome {
    let program = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new(program)
        .args([FLAG, contest.workload, contender])
        .args([threads, slice.as_micros() as usize].map(|number| number.to_string()))
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
        let metric = METRICS.into_iter().find(|metric| metric.name == name)?;
        report.push(metric, figure.parse().ok()?);
    }
    Some(Ok(report))
}

/// The body of a child: `words` are what follows [`FLAG`].
///
/// # Panics
///
/// If the words are not those that [`run`] gives.
pub(super) fn main(words: &[String]) {
    let [contest, contender, numbers @ ..] = words else { panic!("a child is given its work") };
    let contender = contests::find(contest, contender).expect("a known contender");
    let numbers: Vec<u64> = numbers.iter().map(|word| word.parse().expect("a number")).collect();
    let [threads, slice] = numbers[..] else { panic!("a child is given two numbers") };
    let job = Job { threads: threads as usize, length: Length::For(Duration::from_micros(slice)) };
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
        let report = read("checksum\t7\noperation\t3.5\nthroughput\tNaN\n").unwrap().unwrap();
        let figures: Vec<_> = report.samples.iter().map(|sample| (sample.metric.name, sample.value)).collect();
        assert_eq!((report.checksum, figures), (7, vec![("operation", Some(3.5)), ("throughput", None)]));
        assert_eq!(read("wrong\t3 values were lost\n").unwrap().unwrap_err(), "3 values were lost");
        assert!(read("checksum\t7\ncharm\t3\n").is_none() && read("").is_none());
    }
}
