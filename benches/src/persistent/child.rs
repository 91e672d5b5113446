//! A process for each contender and round.
//!
//! Collections of nodes live in the heap as it is: what another contender has left there, in pieces and out of order, would
//! slow down who comes next. So the program calls itself: the child runs one contender once and prints a line per figure,
//! the parent reads them.
//!
//! In a child malloc keeps what it has been given back. Otherwise building and dropping would be a matter of how often it
//! returns pages to the kernel and asks for them again, most of all for those that take many bytes.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::contests::{self, Contest};
use super::{Job, THROUGHPUT, WALL, step};
use crate::regions::process;
use crate::workload::{Metric, Outcome, Report};

/// First argument of a child.
pub(super) const FLAG: &str = "--persistent-child";

/// All that a run can measure.
fn metrics() -> impl Iterator<Item = Metric> {
    let timed = step::ALL.iter().flat_map(|step| [Some(step.metric), step.wall]).flatten();
    [THROUGHPUT, WALL].into_iter().chain(timed)
}

/// Lets `contender` do the work of `contest` in a process of its own.
pub(super) fn run(contest: &Contest, contender: &str, job: &Job) -> Outcome {
    let program = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new(program)
        .args([FLAG, contest.workload, contest.key, contender])
        .args([job.size, job.threads as u64, job.slice.as_micros() as u64].map(|number| number.to_string()))
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
    let [size, threads, slice] = numbers[..] else { panic!("a child is given three numbers") };
    process::keep_heap(0);
    let job = Job { size, threads: threads as usize, slice: Duration::from_micros(slice) };
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
        let report = read("checksum\t0\ndependent hit\t0.5\nthroughput\tNaN\n").unwrap().unwrap();
        let figures: Vec<_> = report.samples.iter().map(|sample| (sample.metric.name, sample.value)).collect();
        assert_eq!((report.checksum, figures), (0, vec![("dependent hit", Some(0.5)), ("throughput", None)]));
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
