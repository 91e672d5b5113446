//! The family of references runs, with a few milliseconds for each contender, and loses nothing; and the program runs
//! them in processes of their own.

use std::process::Command;
use std::time::Duration;

use polder_bench::references::contests::{self, Threads};
use polder_bench::references::effort::{Job, Length};
use polder_bench::workload::is_polder;

/// All contenders of all contests, with these numbers of threads. What is lost or broken is an error of the run.
fn all_run(job: Job) {
    for contest in contests::ALL {
        if contest.threads == Threads::One && job.threads > 1 {
            continue;
        }
        for contender in contest.contenders {
            let place = format!("{} / {}, {job:?}", contest.workload, contender.name);
            let report = (contender.run)(&job).unwrap_or_else(|wrong| panic!("{place}: {wrong}"));
            let leading = &report.samples[0];
            assert_eq!(leading.metric.name, "throughput", "{place}");
            assert!(job.threads > 1 || leading.value.is_some_and(|rate| rate > 0.0), "{place}");
        }
    }
}

#[test]
fn every_contender_does_every_workload_alone() {
    all_run(Job { threads: 1, length: Length::For(Duration::from_millis(1)) });
}

#[test]
fn every_contender_does_every_workload_together() {
    all_run(Job { threads: 3, length: Length::For(Duration::from_millis(1)) });
}

#[test]
fn a_number_of_operations_is_kept_to() {
    // Fewer than a batch, and no multiple of one: what the workloads add up must still be right.
    for operations in [1, 5000] {
        all_run(Job { threads: 1, length: Length::Operations(operations) });
    }
}

#[test]
fn polder_takes_part_everywhere_and_names_are_unique() {
    for contest in contests::ALL {
        let mut names: Vec<&str> = contest.contenders.iter().map(|contender| contender.name).collect();
        assert!(names.iter().any(|name| is_polder(name)), "{}", contest.workload);
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", contest.workload);
    }
}

#[test]
fn the_program_runs_them_in_children() {
    let program = || Command::new(env!("CARGO_BIN_EXE_contention"));
    let words = ["--filter", "references,store,std-rwlock", "--threads", "1,2", "--rounds", "1", "--secs", "1"];
    let output = program().args(words).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for word in ["references / store, 1 thread", "references / store, 2 threads", "values kept", "std-rwlock"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // One child, as the program calls it.
    let child = program().args(["--references-child", "rcu", "std-rwlock", "2", "3000"]).output().expect("it starts");
    let text = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && text.starts_with("checksum\t0\nthroughput\t"), "{text}");
    let unknown = program().args(["--references-child", "rcu", "nobody", "2", "3000"]).output().expect("it starts");
    assert!(!unknown.status.success());
}
