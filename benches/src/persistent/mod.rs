//! Family `persistent`: collections that are values, and maps that are only read.
//!
//! Maps have numbers of 64 bits for values, and numbers or strings of 20 bytes for keys; vectors have their indices for
//! elements. All of that follows from small numbers, so that each answer can be checked, and is.
//!
//! # Contenders
//!
//! | contender | what it is |
//! |---|---|
//! | `polder-map`, `polder-ord-map`, `polder-vector` | `persistent::Map`, `OrdMap`, `Vector` |
//! | `polder-frozen` | `frozen::Map` |
//! | `imbl-hashmap`, `imbl-ordmap`, `imbl-vector` | imbl's, with the pointers of triomphe |
//! | `im-hashmap`, `im-ordmap`, `im-vector` | im's |
//! | `rpds-hashmap`, `rpds-vector` | rpds', with the pointers of triomphe |
//! | `chunkmap` | immutable-chunkmap's map in chunks of 512, in order |
//! | `pvec` | pvec's tree, with `Arc`s |
//! | `hashbrown`, `btreemap`, `vec` | limits, which have no versions; where maps are only read, they are rivals |
//!
//! # Fairness
//!
//! * One hasher for all that take one, foldhash's fast one with a fixed seed; one allocator for all, the system's.
//! * Each contender does what it does by its own quickest way: in-place forms where nobody shares, bulk forms and sorted input
//!   where its documentation advises that, `diff` and `union` where it has them, the shorter of two loops where not.
//! * What is read, changed and compared has grown entry by entry, as most collections have: a collection that was built at
//!   once lies in memory in order, and that would be in the figures of those who can build so.
//! * Keys are made on the spot, a string in place. A list of keys made beforehand would be read from memory, and that would be
//!   in the figures.
//! * Every contender has a process of its own in each round (`child.rs`).

mod changes;
mod child;
pub mod contests;
mod key;
mod kinds;
mod lap;
mod reads;
mod rivals;
mod step;
mod threads;
mod vectors;
mod weight;

use std::env;
use std::time::Duration;

use self::contests::Contest;
use crate::workload::{Backend, Budget, Extent, Group, Metric, Scale};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mops/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mops/s");

/// A collection that fits in the caches nearest to a core.
const SMALL: u64 = 1000;
/// One that targets are about.
const MIDDLE: u64 = 100_000;
/// One that few caches have room for.
const LARGE: u64 = 1_000_000;

/// What is looked at when there is little time.
const QUICK: [&str; 5] = ["map-get", "map-change", "map-near", "flat-map", "vector-index"];

/// The shortest and the longest slice of a row.
const SLICES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(120));
/// The shortest slice of threads: a shorter one has no clean windows.
const SHARED: Duration = Duration::from_millis(20);

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// How many entries or elements.
    pub size: u64,
    /// How many threads.
    pub threads: usize,
    /// How long each row goes on that has no end of its own.
    pub slice: Duration,
}

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let mut groups = Vec::new();
    for contest in contests::ALL {
        for size in sizes(contest, scale.extent) {
            groups.extend(threads(contest, scale).into_iter().map(|threads| group(contest, *size, threads)));
        }
    }
    groups
}

fn sizes(contest: &Contest, extent: Extent) -> &'static [u64] {
    match extent {
        Extent::Quick if contest.key != "String" && QUICK.contains(&contest.workload) => &[SMALL],
        Extent::Quick => &[],
        Extent::Normal if contest.key == "String" => &[],
        Extent::Normal => &[MIDDLE],
        Extent::Full => &[SMALL, MIDDLE, LARGE],
        // How figures grow is told beside a small collection's.
        Extent::Targets if contest.grows => &[SMALL, MIDDLE],
        Extent::Targets => &[MIDDLE],
    }
}

fn threads(contest: &Contest, scale: &Scale) -> Vec<usize> {
    match (contest.shared, scale.extent) {
        (false, _) => vec![1],
        (true, Extent::Targets) => vec![2],
        (true, _) if scale.asked => scale.threads.clone(),
        (true, _) => vec![1, 2],
    }
}

fn group(contest: &'static Contest, size: u64, threads: usize) -> Group {
    let backends = contest.contenders.iter().map(|contender| {
        let run = move |budget: &Budget| {
            // There are three rows or so.
            let slice = (budget.slice / 3).clamp(SLICES.0, SLICES.1);
            let slice = if contest.shared { budget.slice.max(SHARED) } else { slice };
            child::run(contest, contender.name, &Job { size, threads, slice })
        };
        if contender.limit { Backend::limit(contender.name, run) } else { Backend::new(contender.name, run) }
    });
    Group {
        family: "persistent",
        workload: contest.workload,
        about: contest.about,
        size,
        key: contest.key.to_owned(),
        threads,
        weight: 0.4,
        backends: backends.collect(),
    }
}

/// Does the work of a child process, if this is one: the program calls it first of all, and ends if it says so.
pub fn served_as_child() -> bool {
    let mut words = env::args().skip(1);
    let ours = words.next().is_some_and(|word| word == child::FLAG);
    if ours {
        child::main(&words.collect::<Vec<_>>());
    }
    ours
}
