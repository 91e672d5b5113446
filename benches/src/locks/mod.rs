//! Family `locks`: polder's mutexes beside the blocking mutexes that Rust programs use.
//!
//! A spinning lock is a limit here, not a rival: its waiters burn their core, and it starves them as soon as threads
//! outnumber cores.

pub mod backends;
mod bank;
mod handoff;
mod sections;
mod uncontended;

use crate::workload::{Extent, Group, Scale};

/// `RegionMutex` beside the bare mutex: a group of the family `regions`.
pub fn region_mutex() -> Group {
    uncontended::region_group()
}

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let mut groups = vec![uncontended::group()];
    // Targets name their numbers of threads, whatever was asked for otherwise.
    let threads = if scale.extent == Extent::Targets { vec![2, 8] } else { scale.threads.clone() };
    for section in [sections::SHORT, sections::LONG] {
        groups.extend(threads.iter().map(|&threads| sections::group(section, threads)));
    }
    groups.extend(threads.iter().filter(|&&threads| threads > 1).map(|&threads| handoff::group(threads)));
    groups.extend(threads.iter().map(|&threads| bank::group(threads)));
    groups
}
