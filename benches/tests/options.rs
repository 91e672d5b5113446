//! The options: what is refused, and what filters leave.

use clap::Parser;
use polder_bench::cli::Options;
use polder_bench::filter::Filter;
use polder_bench::machine::Machine;
use polder_bench::targets::{Peer, TARGETS, Target};
use polder_bench::workload::{Backend, Extent, Group, Report, Scale, families};

fn group(family: &'static str, workload: &'static str, backends: &[&'static str]) -> Group {
    let backends = backends.iter().map(|name| Backend::new(name, |_| Ok(Report::new(0))));
    let (about, key) = ("", String::new());
    Group { family, workload, about, size: 0, key, threads: 1, weight: 1.0, backends: backends.collect() }
}

fn groups() -> Vec<Group> {
    vec![
        group("locks", "short", &["polder", "std"]),
        group("locks", "long", &["polder", "std", "usync"]),
        group("regions", "list", &["polder", "arc"]),
    ]
}

fn filtered(words: &[&str]) -> Result<Vec<(&'static str, Vec<&'static str>)>, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let left = Filter::parse(&words, &groups())?.apply(groups())?;
    let names = |group: &Group| group.backends.iter().map(|backend| backend.name).collect();
    Ok(left.iter().map(|group| (group.workload, names(group))).collect())
}

#[test]
fn without_a_filter_everything_runs() {
    assert_eq!(filtered(&[]).map(|left| left.len()), Ok(3));
}

#[test]
fn names_of_one_kind_add_up_and_kinds_restrict() {
    assert_eq!(filtered(&["short", "list"]).unwrap().len(), 2);
    assert_eq!(filtered(&["locks", "std"]).unwrap(), [("short", vec!["std"]), ("long", vec!["std"])]);
    assert_eq!(filtered(&["locks", "long", "polder", "usync"]).unwrap(), [("long", vec!["polder", "usync"])]);
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    let refusal = filtered(&["short", "dict"]).unwrap_err();
    for word in ["`dict`", "locks, regions", "short, long, list", "polder, std, usync, arc"] {
        assert!(refusal.contains(word), "{refusal}");
    }
}

#[test]
fn a_filter_that_leaves_nothing_is_refused() {
    assert!(filtered(&["regions", "short"]).is_err());
    assert!(filtered(&["list", "usync"]).is_err());
}

#[test]
fn options_are_parsed_and_refused() {
    let parse = |words: &str| Options::try_parse_from(format!("contention {words}").split_whitespace());
    let options = parse("--quick --filter locks,short --filter std-mutex --threads 4,1,4 --rounds 7").unwrap();
    assert_eq!(options.filter, ["locks", "short", "std-mutex"]);
    let scale = options.scale(&Machine::look());
    assert_eq!((scale.extent, scale.threads, scale.asked), (Extent::Quick, vec![1, 4], true));
    assert_eq!(options.plan().exactly, Some(7));
    for wrong in [
        "--threads 0",
        "--threads 1,x",
        "--rounds 0",
        "--secs nan",
        "--secs -5",
        "--targets --quick",
        "--targets --threads 2",
        "--filters locks",
        "locks",
    ] {
        assert_eq!(parse(wrong).expect_err(wrong).exit_code(), 2, "{wrong}");
    }
}

#[test]
fn threads_default_to_powers_of_two_up_to_twice_the_cores() {
    let machine = |cores| Machine { cores, ..Machine::look() };
    let options = Options::try_parse_from(["contention"]).unwrap();
    assert!(!options.scale(&machine(2)).asked);
    assert_eq!(options.scale(&machine(2)).threads, [1, 2, 4]);
    assert_eq!(options.scale(&machine(3)).threads, [1, 2, 4]);
    assert_eq!(options.scale(&machine(1)).threads, [1, 2]);
}

#[test]
fn every_target_has_something_to_judge() {
    let scale = Scale { extent: Extent::Targets, threads: vec![1, 2, 4], asked: false };
    let groups = || families().iter().flat_map(|family| (family.groups)(&scale)).collect::<Vec<Group>>();
    for target in TARGETS {
        let theirs = match target.peer {
            Peer::Nobody | Peer::ItselfAt(_) => &[][..],
            Peer::Named(ref name) => std::slice::from_ref(name),
            Peer::BestOf(names) => names,
        };
        let there = groups().into_iter().any(|group| {
            group.family == target.family
                && group.workload == target.workload
                && group.threads == target.threads
                && target.size.is_none_or(|size| size == group.size)
                && target.key.is_none_or(|key| key == group.key)
                && [target.backend].iter().chain(theirs).all(|name| group.backends.iter().any(|one| one.name == *name))
        });
        assert!(there, "no group for {target:?}");
    }
    let needed = Target::needed(groups());
    assert!(!needed.is_empty() && needed.len() < groups().len());
    assert!(needed.iter().all(|group| group.backends.iter().any(Backend::is_polder)), "each group has ours");
}
