//! Family `regions`: object graphs, kept in regions and in what else Rust has for them.
//!
//! Every contender builds the same structures by appending, takes the same steps in the same order (`steps.rs`) and
//! reports what it found. Where one cannot take a step at all (send a borrowed arena to a thread) it has no such
//! row. Each contender runs in a process of its own (`child.rs`), one at a time.
//!
//! Two kinds of heap. With the `kept` heap malloc gives nothing back, so that from the second life on there are no
//! page faults and the structures themselves are compared. With the `default` heap the kernel's part is in the
//! figures, as it is in a program that does this once.
//!
//! Weights come from malloc's own books and from the kernel's page tables, not from a counting allocator: no timed
//! row pays for being weighed.

mod arc;
mod bump;
mod child;
mod contests;
mod frozen;
mod gc;
mod ghost;
mod lap;
mod ops;
mod pet;
mod polder;
pub(crate) mod process;
mod rc;
mod slotted;
mod step;
mod steps;
#[cfg(test)]
mod tests;
mod vec_links;

use std::env;
use std::time::Duration;

use self::child::Job;
use self::contests::{Contest, Heap};
use crate::workload::{Backend, Budget, Extent, Group, Scale};

/// A list well beyond the caches.
const LARGE: usize = 1_000_000;
/// A graph well beyond the second-level cache; its random edges make it slow to build and to mark.
const TANGLED: usize = 500_000;
/// One that fits in the second-level cache.
const SMALL: usize = 10_000;
/// The shortest slice for walkers of a large structure. In less, a busy machine leaves them no clean windows, and
/// building what they walk takes half as long.
const LONG: Duration = Duration::from_millis(250);
/// The shortest one for walkers of a small structure: well above the time slices of the scheduler.
const SHORT: Duration = Duration::from_millis(50);

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let quick = scale.extent == Extent::Quick;
    let sizes: &[usize] = if quick { &[SMALL] } else { &[LARGE, SMALL] };
    let mut groups = Vec::new();
    for &nodes in sizes {
        groups.push(group(contests::LIST, Heap::Kept, nodes, 1));
    }
    for &nodes in &sizes[..1] {
        groups.push(group(contests::LIST, Heap::Default, nodes, 1));
        groups.push(group(contests::GRAPH, Heap::Default, nodes.min(TANGLED), 1));
    }
    for &nodes in sizes {
        for &threads in &scale.threads {
            groups.push(group(contests::FROZEN, Heap::Default, nodes, threads));
        }
    }
    groups.push(group(contests::WHOLE, Heap::Default, 10, 1));
    groups.push(group(contests::WHOLE, Heap::Default, sizes[0], 1));
    groups.push(group(contests::OPEN, Heap::Default, 10, 1));
    groups.push(group(contests::TINY, Heap::Default, 4, 1));
    groups.push(group(contests::COLLECT, Heap::Kept, sizes[0], 1));
    groups
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

/// Enough lives for a median, and no more than a round should take. Walkers have a slice and need no warm-up.
fn lives(contest: &Contest, nodes: usize) -> usize {
    match contest.workload {
        "frozen" => 0,
        "graph" => (100_000 / nodes).max(1),
        // Many operations in each life, or tens of megabytes to read between two.
        "open-write" | "tiny" | "whole-region" => (300_000 / nodes).clamp(3, 7),
        _ => (300_000 / nodes).clamp(3, 31),
    }
}

fn group(contest: Contest, heap: Heap, nodes: usize, threads: usize) -> Group {
    let backends = contest.contenders.iter().map(|contender| {
        let lives = lives(&contest, nodes);
        let run = move |budget: &Budget| {
            child::run(Job {
                contest: contest.workload,
                contender: contender.name,
                heap,
                nodes,
                threads,
                // Of the round that warms the runner up, only the checksum is used.
                lives: if budget.round == 0 { 0 } else { lives },
                slice: match budget.round {
                    0 => Duration::ZERO,
                    _ => budget.slice.max(if nodes >= LARGE { LONG } else { SHORT }),
                },
            })
        };
        if contender.limit { Backend::limit(contender.name, run) } else { Backend::new(contender.name, run) }
    });
    Group {
        family: "regions",
        workload: contest.workload,
        about: contest.about,
        size: nodes as u64,
        key: format!("{} heap", heap.word()),
        threads,
        // A round over a large structure takes seconds, whatever the slice.
        weight: if nodes >= LARGE { 4.0 } else { 1.0 },
        backends: backends.collect(),
    }
}
