//! Family `references`: shared values that threads load and replace, and what stands below: entering a critical section
//! of a reclamation scheme, and counting.
//!
//! The value has 40 bytes and shows at both ends whether it is whole; dropping it ruins both. Every store makes a new
//! value, as a program does. A contender that cannot do an operation has no row for it.
//!
//! # Contenders, and why that is their best use
//!
//! | contender | what its rows do | when it frees |
//! |---|---|---|
//! | `polder` | `AtomicRef` of an `Arc`: `load` gives a guard | in scans, at most a batch behind |
//! | `arc-swap` | `ArcSwap`: `load` gives a guard, which its documentation calls the general choice | at once |
//! | `hazarc` | `AtomicArc`, default domain and policy (several writers) | at once |
//! | `arcshift-shared` | one `ArcShift` that all threads read by `shared_get`; who stores has its own | – |
//! | `arcshift-shared-unstored` | the same, where nobody has ever stored: it need not look for a newer value | – |
//! | `crossbeam-epoch` | `Atomic` and `Owned` under `pin()` | bags of 64, two epochs later |
//! | `seize` | `AtomicPtr` under a local guard of a collector beside it, default batches | batches of 32 |
//! | `haphazard` | a `Box`; each thread keeps a hazard pointer and does not reset it between loads | in scans |
//! | `sdd` | `AtomicOwned` under a guard; `AtomicShared` for owners | some epochs later |
//! | `kovan` | `Atom`, feature `recycle`, faster with this malloc; around an `Arc` for owners | batches of 64 |
//! | locks | an `Arc` inside; loads look at it under the lock, only `rcu` makes values there | at once |
//! | `arc-swap-cache-handle`, `hazarc-cache-handle` | a `Cache` per thread | at once, but for what caches hold |
//! | `arcshift-handle` | an `ArcShift` per thread, `get` and `update` | when no handle is behind |
//!
//! The handles are limits and no rivals: each keeps the value that it saw last for as long as its thread does not come
//! back, and has to be carried through the program as something that only one thread may use. A value that nobody has
//! ever replaced is one, too.
//!
//! # Fairness
//!
//! * Each run has a process of its own (`child.rs`), one at a time: no contender pays for threads or garbage of another
//!   run. What threads leave behind has a workload of its own, `store-after-8-threads`.
//! * Before the time is taken a member stores and loads in each process. Until something is retired, those that use
//!   the kernel's barrier cannot know that it works, and nobody has a reference for what is never replaced.
//! * Deferred frees do not escape. When the time is up each thread asks its contender to free what it can, until that
//!   frees nothing more; on one thread this lies inside the time, on more inside that of the whole run. Clean windows
//!   are longer than many batches. Who still has garbage then shows it in `values kept`.
//! * Cells lie on cache lines of their own, whoever makes them.

mod arena;
mod backends;
mod child;
pub mod contests;
mod counters;
pub mod effort;
mod payload;
mod pins;
mod reference;
mod work;

use std::env;
use std::time::Duration;

use self::contests::{Contest, Threads};
use crate::workload::{Backend, Budget, Extent, Group, Scale};

/// What is looked at when there is little time, with one thread; the last one with several, too.
const QUICK: [&str; 6] = ["load", "store", "rcu", "pin", "counter-add", "mix-99-1"];

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let mut groups = Vec::new();
    for contest in contests::ALL {
        groups.extend(threads(&contest, scale).into_iter().map(|threads| group(contest, threads)));
    }
    groups
}

/// With how many threads `contest` is run.
fn threads(contest: &Contest, scale: &Scale) -> Vec<usize> {
    let quick = QUICK.iter().position(|workload| *workload == contest.workload);
    match (scale.extent, quick, contest.threads) {
        (Extent::Quick, None, _) => Vec::new(),
        (_, _, Threads::One) => vec![1],
        // Targets name their numbers of threads, whatever was asked for otherwise.
        (Extent::Targets, _, Threads::Any) => vec![1, 2],
        (Extent::Quick, Some(place), Threads::Any) if place + 1 < QUICK.len() => scale.threads[..1].to_vec(),
        _ => scale.threads.clone(),
    }
}

fn group(contest: Contest, threads: usize) -> Group {
    let backends = contest.contenders.iter().map(|contender| {
        let run = move |budget: &Budget| {
            // Each child warms up by itself: of the round that is dropped, only the checks are used.
            let slice = if budget.round == 0 { Duration::ZERO } else { budget.slice };
            child::run(&contest, contender.name, threads, slice)
        };
        if contender.limit { Backend::limit(contender.name, run) } else { Backend::new(contender.name, run) }
    });
    Group {
        family: "references",
        workload: contest.workload,
        about: contest.about,
        size: 0,
        key: String::new(),
        threads,
        weight: 0.5,
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
