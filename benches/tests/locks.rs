//! The family of locks runs, with a few milliseconds for each contender, and loses nothing.

use std::time::Duration;

use polder_bench::locks;
use polder_bench::locks::backends::{InRegion, Lock};
use polder_bench::rng::SplitMix;
use polder_bench::team;
use polder_bench::workload::{Budget, Extent, Scale};

#[test]
fn every_contender_does_every_workload() {
    let scale = Scale { extent: Extent::Quick, threads: vec![1, 3], asked: true };
    let budget = Budget { slice: Duration::from_millis(3), round: 1 };
    let mut groups = locks::groups(&scale);
    groups.push(locks::region_mutex());
    for group in &mut groups {
        let mut checksums = Vec::new();
        for backend in &mut group.backends {
            let report = (backend.run)(&budget).unwrap_or_else(|wrong| panic!("{}: {wrong}", backend.name));
            assert!(!report.samples.is_empty(), "{} / {} measures nothing", group.workload, backend.name);
            checksums.push(report.checksum);
        }
        checksums.dedup();
        assert_eq!(checksums.len(), 1, "{}: all contenders compute the same", group.workload);
    }
}

#[test]
fn groups_and_names_are_unique() {
    let groups = locks::groups(&Scale { extent: Extent::Normal, threads: vec![1], asked: false });
    for group in &groups {
        let place = (group.workload, &group.key, group.threads);
        let mut names: Vec<&str> = group.backends.iter().map(|backend| backend.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), group.backends.len(), "{place:?}");
        let same = groups.iter().filter(|other| (other.workload, &other.key, other.threads) == place);
        assert_eq!(same.count(), 1, "{place:?}");
    }
}

#[test]
fn the_family_prefers_its_own_numbers_of_threads() {
    let of = |extent, asked| {
        let groups = locks::groups(&Scale { extent, threads: vec![3, 4], asked });
        let short = groups.iter().filter(|group| group.workload == "short");
        short.map(|group| group.threads).collect::<Vec<_>>()
    };
    assert_eq!(of(Extent::Normal, false), [1, 2, 8]);
    assert_eq!(of(Extent::Quick, false), [2]);
    assert_eq!(of(Extent::Normal, true), [3, 4]);
    assert_eq!(of(Extent::Quick, true), [3, 4]);
    assert_eq!(of(Extent::Targets, true), [1, 2, 8], "targets name theirs");
}

#[test]
fn a_region_behind_its_lock_excludes() {
    let lock = <InRegion<(u64, u64)> as Lock<(u64, u64)>>::new((0, 0));
    let effort = team::work(
        3,
        Duration::from_millis(20),
        |_| (),
        |()| {
            lock.with(|(one, other)| {
                *one += 1;
                *other += 1;
            });
        },
    );
    assert_eq!(lock.with(|pair| *pair), (effort.total(), effort.total()));
}

#[test]
fn a_team_counts_what_it_does() {
    let effort = team::work(
        2,
        Duration::from_millis(20),
        |seed| SplitMix::new(seed as u64),
        |rng| {
            std::hint::black_box(rng.draw());
        },
    );
    assert_eq!(effort.operations.len(), 2);
    for (operations, batches) in effort.operations.iter().zip(&effort.batches) {
        assert_eq!(*operations, batches.iter().map(|batch| u64::from(batch.operations)).sum::<u64>());
        assert!(batches.is_sorted_by_key(|batch| batch.end));
    }
    assert!(effort.took.wall >= Duration::from_millis(20));
    assert!(effort.unfairness() >= 1.0);
}
