//! Family `locks`: polder's mutexes beside the blocking mutexes that Rust programs use, and what else blocks.
//!
//! # Contenders
//!
//! | contender | what it is |
//! |---|---|
//! | `polder-mutex`, `polder-region-mutex` | `Mutex` around the value, `RegionMutex` around a region with it |
//! | `polder-combine` | the same `Mutex`, by `combine` |
//! | `polder-lock-many`, `polder-when` | `lock_many` and `when` of two of them |
//! | `polder-rwlock` | `RwLock` |
//! | `polder-semaphore`, `polder-latch`, `polder-event` | `Semaphore`, `CountDownLatch`, `Event` |
//! | `polder-barrier`, `polder-phaser`, `polder-exchanger` | `Barrier`, `Phaser`, `Exchanger` |
//! | `polder-channel` | `channel::bounded` |
//! | `std-mutex`, `std-rwlock` | std's; the flag of poison is looked at, as programs do |
//! | `parking_lot` | parking_lot 0.13, which lets whoever comes first take the lock |
//! | `parking_lot-0.12` | parking_lot 0.12, which hands it to a waiter every half millisecond or so |
//! | `usync` | usync's |
//! | `happylock` | parking_lot 0.12 under the key of the thread; in the bank its collections of two locks |
//! | `lamlock` | a lock that combines: waiters' closures are run by whoever has the lock; on Linux alone |
//! | `rayon-mutexes`, `rayon-scope` | two std mutexes taken in order in a task of rayon's pool, spawned alone or in a scope |
//! | `tokio`, `async-lock` | their semaphores |
//! | `latches`, `crossbeam` | a latch; a wait group, and a channel |
//! | `rsevents` | an event that stays set until it is reset |
//! | `std-barrier`, `std-sync-channel` | std's: a lock and a condition variable; a ring of slots |
//! | `plain-lock` | the same primitive, written with std's `Mutex` and `Condvar` |
//! | `spin`, `one-std-mutex`, `no-lock` | limits |
//!
//! A spinning lock is a limit here, not a rival: its waiters burn their core, and it starves them as soon as threads
//! outnumber cores. So is one lock around everything where the others have a lock for each value, and no lock at all, which
//! shows what of a long wait is the machine's.
//!
//! std has no rival to the semaphore, the latch, the event and the exchanger: its semaphore was taken out before it was
//! stable, and it never had the others. There `plain-lock` stands for it. Nor does any crate here have a phaser, which
//! meets the barriers, or an exchanger.
//!
//! The one crate for behaviours over several locks, `boc` 0.0.1, is not here: it builds a runtime in C++ and asks for
//! `cmake`, which a machine with no more than a Rust compiler does not have.

pub mod backends;
mod bank;
mod barrier;
mod blocking;
mod channel;
mod combine;
mod exchange;
mod handoff;
mod many;
mod plain;
pub(crate) mod runqueue;
mod rw;
mod sections;
mod starvation;
mod switches;
mod uncontended;
mod when;

use crate::workload::{Extent, Group, Scale};

/// `RegionMutex` beside the bare mutex: a group of the family `regions`.
pub fn region_mutex() -> Group {
    uncontended::region_group()
}

/// The groups of the family.
pub fn groups(scale: &Scale) -> Vec<Group> {
    let mut groups = vec![uncontended::group()];
    let threads = threads(scale);
    let several: Vec<usize> = threads.iter().copied().filter(|&threads| threads > 1).collect();
    for section in [sections::SHORT, sections::MID, sections::LONG] {
        groups.extend(threads.iter().map(|&threads| sections::group(section, threads)));
    }
    let slice = (scale.extent == Extent::Targets).then_some(starvation::LONG);
    groups.extend(several.iter().map(|&threads| starvation::group(threads, slice)));
    groups.extend(several.iter().map(|&threads| handoff::group(threads)));
    for mix in rw::MIXES {
        groups.extend(threads.iter().map(|&threads| rw::group(mix, threads)));
    }
    groups.extend(threads.iter().flat_map(|&threads| bank::groups(threads)));
    groups.extend(when::groups());
    groups.extend(blocking::groups());
    groups.extend(several.iter().map(|&threads| barrier::group(threads)));
    groups.push(exchange::group());
    groups.extend(several.iter().map(|&threads| channel::group(threads)));
    groups
}

/// With how many threads: alone, in pairs, and more than most small machines have cores. Targets name these numbers,
/// whatever was asked for otherwise.
fn threads(scale: &Scale) -> Vec<usize> {
    match scale.extent {
        Extent::Targets => vec![1, 2, 8],
        _ if scale.asked => scale.threads.clone(),
        Extent::Quick => vec![2],
        Extent::Normal | Extent::Full => vec![1, 2, 8],
    }
}
