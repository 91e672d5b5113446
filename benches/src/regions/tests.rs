use std::time::Duration;

use super::contests;
use super::lap::Lap;
use super::steps;

/// One life of every contender of every contest, in this process.
fn digests(nodes: usize) -> Vec<(&'static str, &'static str, u64)> {
    let mut found = Vec::new();
    for contest in contests::ALL {
        for contender in contest.contenders {
            let mut lap = Lap::new(nodes, true, Duration::from_millis(5));
            contender.work.run(&mut lap, nodes, 2);
            found.push((contest.workload, contender.name, lap.finish().1));
        }
    }
    found
}

#[test]
fn contenders_of_a_contest_find_the_same() {
    for nodes in [4, 5, 300] {
        let digests = digests(nodes);
        for (workload, name, digest) in &digests {
            let first = digests.iter().find(|(other, ..)| other == workload).map(|(_, _, digest)| digest);
            assert_eq!(Some(digest), first, "{workload}, {name}, {nodes} nodes");
        }
    }
}

#[test]
fn digests_depend_on_the_structure() {
    let (small, large) = (digests(300), digests(301));
    for (one, other) in small.iter().zip(&large) {
        assert_ne!(one.2, other.2, "{}, {}", one.0, one.1);
    }
}

#[test]
fn edges_are_dealt_alike_and_stay_inside() {
    let (mut one, mut other) = (steps::edges(10), steps::edges(10));
    let mut met = [false; 10];
    for _ in 0..100 {
        let dealt = one.deal();
        assert_eq!(dealt, other.deal());
        dealt.into_iter().for_each(|to| met[to] = true);
    }
    assert_eq!(met, [true; 10]);
}
