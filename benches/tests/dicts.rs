//! The family of dictionaries runs, with a few milliseconds for each contender, and loses nothing; and the program runs
//! what is done once in processes of its own.

use std::process::Command;
use std::time::Duration;

use polder_bench::dicts::contests::{self, Size, Threads};
use polder_bench::dicts::{self, Job, Shelf};
use polder_bench::workload::{Extent, Scale};

/// All contenders of all contests, with these numbers of threads. What is lost or wrong is an error of the run.
fn all_run(threads: usize, size: u64) {
    let shelf = Shelf::default();
    for contest in contests::ALL {
        match contest.threads {
            Threads::One if threads != 1 => continue,
            Threads::Two if threads != 2 => continue,
            Threads::Few if threads > 2 => continue,
            _ => {}
        }
        for contender in contest.contenders.iter().filter(|contender| threads == 1 || !contender.alone) {
            let place = format!("{} / {}, {threads} threads, {} keys", contest.workload, contender.name, contest.key);
            let job = Job { size, threads, slice: Duration::from_millis(1), round: 0, shelf: &shelf };
            let report = (contender.run)(&job).unwrap_or_else(|wrong| panic!("{place}: {wrong}"));
            let leading = report.samples.first().unwrap_or_else(|| panic!("{place}: no figure"));
            // The kernel counts memory for the whole process, in which there are other tests: nobody knows how much.
            let known = contest.workload == "memory" || leading.value.is_some_and(|figure| figure > 0.0);
            assert!(threads > 1 || known, "{place}");
        }
    }
}

#[test]
fn every_contender_does_every_workload_alone() {
    all_run(1, 500);
}

#[test]
fn every_contender_does_every_workload_in_pairs() {
    all_run(2, 3000);
}

#[test]
fn every_contender_does_every_workload_in_a_crowd() {
    all_run(5, 200);
}

#[test]
fn names_are_unique() {
    for contest in contests::ALL {
        let mut names: Vec<&str> = contest.contenders.iter().map(|contender| contender.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}", contest.workload);
        let same = contests::ALL.iter().filter(|other| (other.workload, other.key) == (contest.workload, contest.key));
        assert_eq!(same.count(), 1, "{} with {} keys", contest.workload, contest.key);
    }
}

#[test]
fn large_dictionaries_are_for_those_who_have_the_time() {
    let sizes = |extent| {
        let groups = dicts::groups(&Scale { extent, threads: vec![1, 2], asked: false });
        groups.iter().map(|group| group.size).max()
    };
    assert_eq!(sizes(Extent::Quick), Some(700));
    assert_eq!(sizes(Extent::Normal), Some(200_000));
    assert_eq!((sizes(Extent::Full), sizes(Extent::Targets)), (Some(8_000_000), Some(8_000_000)));
    let both = contests::ALL.iter().filter(|contest| contest.size == Size::Both).count();
    assert!(both > 0);
}

#[test]
fn the_program_runs_what_is_done_once_in_children() {
    let program = || Command::new(env!("CARGO_BIN_EXE_contention"));
    let words = ["--filter", "dicts,reader-beside-writer,one-mutex", "--rounds", "1", "--secs", "1"];
    let output = program().args(words).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for word in ["dicts / reader-beside-writer, 100000 elements, u64, 2 threads", "worst get", "one-mutex"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // One child, as the program calls it.
    let child = |contender: &str| {
        let words = ["--dicts-child", "build", "u64", contender, "5000", "2", "1"];
        program().args(words).output().expect("it starts")
    };
    let output = child("sharded-rwlock");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.starts_with("checksum\t0\nthroughput\t"), "{text}");
    assert!(!child("nobody").status.success());
}
