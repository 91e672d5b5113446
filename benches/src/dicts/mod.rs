//! Family `dicts`: dictionaries that threads share.
//!
//! Values are numbers of 64 bits, keys are numbers or strings of 21 bytes. Keys and values follow from small numbers, so
//! that each answer can be checked: lookups check every value, and what is put in, taken out and changed is written down
//! and must agree with what is left in the end (`fixture.rs`).
//!
//! # Contenders
//!
//! | contender | what it is |
//! |---|---|
//! | `polder-word` | `WordDict`: keys and values in place, no guard |
//! | `polder-dict` | `Dict` with a guard for each operation |
//! | `polder-dict-pinned` | `Dict` under a pin held for 256 operations |
//! | `papaya` | papaya with a pin for each operation, as its documentation shows it |
//! | `papaya-g` | papaya with a guard held for 256 operations |
//! | `papaya-av` | papaya with atomic numbers for values, where values are changed in place |
//! | `scc-hashmap`, `scc-hashindex` | scc's; the readers of the second do not lock |
//! | `dashmap`, `dashmap-64` | dashmap 6 with as many shards as it takes by itself, and with 64 |
//! | `dashmap-7` | the release candidate of 7 |
//! | `flurry` | flurry with a guard for each operation |
//! | `whirlwind` | whirlwind, whose futures are polled until they are ready |
//! | `sharded-rwlock` | 64 shards of hashbrown, each behind a parking_lot `RwLock` |
//! | `one-mutex` | hashbrown behind one parking_lot `Mutex` |
//! | `leapfrog` | a limit: words without locks, and nothing that would ever have to be reclaimed |
//! | `hashbrown` | a limit: no sharing, one thread |
//!
//! # Fairness
//!
//! * One hasher for all, foldhash's fast one with a fixed seed: by default they have different ones, and most of them a
//!   slow one.
//! * One allocator for all, the system's. Those with an allocation for each entry would gain from a faster one.
//! * Keys are made on the spot, a string in place. A list of keys made beforehand would be read from memory, and that
//!   would be in the figures.
//! * 700 and 3 million entries: both fill a table that doubles to about 70 % of what it has room for.
//! * The large dictionaries are filled once and kept over all rounds; small ones are new for each. What is done once,
//!   such as growing, has a process of its own (`child.rs`).
//! * With more threads than cores, the rate of the whole run beside that of one thread per core tells whether it keeps
//!   up: the time slices of threads that hold something are then the rule and not the exception.

mod child;
pub mod contests;
mod crew;
mod fixture;
mod growth;
pub(crate) mod key;
mod latency;
mod memory;
mod steady;
mod table;
mod tables;
mod zipf;

use std::env;
use std::rc::Rc;
use std::time::Duration;

use self::contests::{Contest, Size, Threads};
pub use self::fixture::Shelf;
use crate::workload::{Backend, Budget, Extent, Group, Metric, Report, Scale};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mops/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mops/s");
/// The rate of the whole run, beside that of a thread per core.
const KEPT: Metric = Metric::higher("rate kept", "×");

/// Entries that fit in the caches nearest to a core.
const CACHED: u64 = 700;
/// Entries that no cache near a core has room for.
const LARGE: u64 = 3_000_000;
/// The same, as strings.
const LARGE_STRINGS: u64 = 700_000;

/// What is looked at when there is little time, with one thread; the last one with several, too.
const QUICK: [&str; 4] = ["get-hit", "get-miss", "hot-key", "exchange"];

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// How many entries.
    pub size: u64,
    /// How many threads.
    pub threads: usize,
    /// How long work without an end of its own goes on.
    pub slice: Duration,
    /// The number of the round.
    pub round: usize,
    /// Where large dictionaries are kept for the next run.
    pub shelf: &'a Shelf,
}

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let large = matches!(scale.extent, Extent::Full | Extent::Targets);
    let shelf = Rc::new(Shelf::default());
    let mut groups = Vec::new();
    for contest in contests::ALL {
        if scale.extent == Extent::Quick && (contest.key != "u64" || !QUICK.contains(&contest.workload)) {
            continue;
        }
        let size = first_size(contest, large);
        groups.extend(threads(contest, scale).into_iter().map(|threads| group(contest, size, threads, &shelf)));
    }
    if large {
        // Those over the same dictionaries one after another, as these are kept only so long.
        for contest in contests::ALL.iter().filter(|contest| contest.size == Size::Both) {
            let size = if contest.key == "u64" { LARGE } else { LARGE_STRINGS };
            groups.extend(threads(contest, scale).into_iter().map(|threads| group(contest, size, threads, &shelf)));
        }
    }
    groups
}

/// The size of a contest, or the smaller one of two.
fn first_size(contest: &Contest, large: bool) -> u64 {
    match (contest.size, large) {
        (Size::Both | Size::Cached, _) => CACHED,
        (Size::Million, true) => 1_000_000,
        (Size::Million, false) => 100_000,
        (Size::Long, true) => 8_000_000,
        (Size::Long, false) => 200_000,
    }
}

/// With how many threads `contest` is run: alone, in pairs, and more than most small machines have cores. Targets name
/// these numbers, whatever was asked for otherwise.
fn threads(contest: &Contest, scale: &Scale) -> Vec<usize> {
    let last = QUICK.last() == Some(&contest.workload);
    match (contest.threads, scale.extent) {
        (Threads::One, _) => vec![1],
        (Threads::Two, _) => vec![2],
        (Threads::Few, _) => vec![1, 2],
        (Threads::Any, Extent::Targets) => vec![1, 2, 8],
        (Threads::Any, Extent::Quick) if !last => scale.threads[..1].to_vec(),
        (Threads::Any, _) if scale.asked => scale.threads.clone(),
        (Threads::Any, Extent::Quick) => vec![1, 2],
        (Threads::Any, _) => vec![1, 2, 8],
    }
}

fn group(contest: &'static Contest, size: u64, threads: usize, shelf: &Rc<Shelf>) -> Group {
    let contenders = contest.contenders.iter().filter(|contender| threads == 1 || !contender.alone);
    let backends = contenders.map(|contender| {
        let shelf = Rc::clone(shelf);
        let run = move |budget: &Budget| {
            let job = Job { size, threads, slice: budget.slice, round: budget.round, shelf: &shelf };
            match (contest.once, budget.round) {
                // A process of its own is new in every round: there is nothing to warm up.
                (true, 0) => Ok(Report::new(0)),
                (true, _) => child::run(contest, contender.name, &job),
                (false, _) => (contender.run)(&job),
            }
        };
        if contender.limit { Backend::limit(contender.name, run) } else { Backend::new(contender.name, run) }
    });
    Group {
        family: "dicts",
        workload: contest.workload,
        about: contest.about,
        size,
        key: contest.key.to_owned(),
        threads,
        // Work of a fixed size takes its time, whatever its share.
        weight: if contest.once { 0.3 } else { 0.6 },
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
