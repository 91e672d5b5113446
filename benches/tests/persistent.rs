//! The family of persistent collections runs, with a few milliseconds for each contender, and each answers as the others do;
//! and the program runs contenders in processes of their own.

use std::process::Command;
use std::time::Duration;

use polder_bench::persistent::contests::{self, Contest};
use polder_bench::persistent::{self, Job};
use polder_bench::workload::{Extent, Scale, is_polder};

/// All contenders of some contests, with so many threads. What is lost or wrong is an error of the run.
fn all_run(threads: usize, size: u64, contests: impl Fn(&Contest) -> bool) {
    for contest in contests::ALL.iter().filter(|contest| contests(contest)) {
        for contender in contest.contenders {
            let place = format!("{} / {}, {threads} threads, {} keys", contest.workload, contender.name, contest.key);
            let job = Job { size, threads, slice: Duration::from_millis(1) };
            let report = (contender.run)(&job).unwrap_or_else(|wrong| panic!("{place}: {wrong}"));
            let leading = report.samples.first().unwrap_or_else(|| panic!("{place}: no figure"));
            // The books of malloc are for the whole process, in which there are other tests: nobody knows whose bytes are whose.
            let known = contest.workload.ends_with("memory") || leading.value.is_some_and(|figure| figure > 0.0);
            assert!(threads > 1 || known, "{place}");
        }
    }
}

#[test]
fn every_contender_does_every_workload_with_few_entries() {
    all_run(1, 100, |_| true);
}

#[test]
fn every_contender_does_every_workload_with_some_entries() {
    all_run(1, 1000, |_| true);
}

#[test]
fn contenders_that_are_shared_are_shared() {
    all_run(2, 1000, |contest| contest.shared);
}

#[test]
fn names_are_unique_and_someone_is_met() {
    for contest in contests::ALL {
        let mut names: Vec<&str> = contest.contenders.iter().map(|contender| contender.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}", contest.workload);
        assert!(names.iter().any(|name| is_polder(name)), "{}", contest.workload);
        let met = |contender: &&contests::Contender| !contender.limit && !is_polder(contender.name);
        assert!(contest.contenders.iter().any(|contender| met(&contender)), "{}", contest.workload);
        let same = contests::ALL.iter().filter(|other| (other.workload, other.key) == (contest.workload, contest.key));
        assert_eq!(same.count(), 1, "{} with {} keys", contest.workload, contest.key);
    }
}

#[test]
fn large_collections_are_for_those_who_have_the_time() {
    let groups = |extent| persistent::groups(&Scale { extent, threads: vec![1, 2], asked: false });
    let sizes = |extent| groups(extent).iter().map(|group| group.size).max();
    assert_eq!(sizes(Extent::Quick), Some(1000));
    assert_eq!((sizes(Extent::Normal), sizes(Extent::Targets)), (Some(100_000), Some(100_000)));
    assert_eq!(sizes(Extent::Full), Some(1_000_000));
    assert!(groups(Extent::Full).iter().any(|group| group.key == "String"));
    assert!(groups(Extent::Targets).iter().any(|group| group.threads == 2));
}

#[test]
fn the_program_runs_contenders_in_children() {
    let program = || Command::new(env!("CARGO_BIN_EXE_contention"));
    let words = ["--quick", "--filter", "persistent,map-near,imbl-ordmap,polder-map", "--rounds", "1", "--secs", "1"];
    let output = program().args(words).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for word in ["persistent / map-near, 1000 elements, u64, 1 thread", "union", "==", "imbl-ordmap", "polder-map"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // One child, as the program calls it.
    let (output, text) = child("vector-cut", "", "pvec", "500");
    assert!(output && text.starts_with("checksum\t0\nconcat\t"), "{text}");
    assert!(!child("vector-cut", "", "nobody", "500").0);
}

/// What one child prints, called as the program calls it, and whether it succeeds.
fn child(workload: &str, key: &str, contender: &str, size: &str) -> (bool, String) {
    let words = ["--persistent-child", workload, key, contender, size, "1", "1000"];
    let output = Command::new(env!("CARGO_BIN_EXE_contention")).args(words).output().expect("it starts");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn what_is_weighed_is_what_there_is() {
    let (_, text) = child("map-memory", "u64", "hashbrown", "100000");
    let held = text.lines().find_map(|line| line.strip_prefix("held\t")).expect("a figure");
    let held: f64 = held.parse().expect("a number, of whatever kind");
    // 2^17 places of 16 bytes with a byte of tag each, and some tags more. Elsewhere the C library keeps no such books.
    assert!(held.is_nan() || (22.28..22.30).contains(&held), "{text}");
}
