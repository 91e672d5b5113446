//! Other people's operations, for comparison.

use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use crossbeam_epoch::Atomic;
use seize::{Collector, Guard as _};

use super::workload::{Did, Heap, Padded, Scene, Side, Workload, leak, scene, writes};

pub(super) const WORKLOADS: &[Workload] = &[
    rival("std-mutex", "std::sync::Mutex: all threads increment under one", 200, std_mutex),
    rival("std-rwlock-read", "std::sync::RwLock: all threads read under one", 200, std_rwlock_read),
    rival("arc-swap-load", "arc-swap: load", 400, arc_swap_load),
    rival("arc-swap-load-full", "arc-swap: load_full", 400, arc_swap_load_full),
    rival("arc-swap-1pc-store", "arc-swap: load, and one time in a hundred store", 400, arc_swap_store).allocating(),
    rival("seize-enter", "seize: enter and protect", 400, seize_enter),
    // It collects at each 128th pin of a thread.
    rival("epoch-pin", "crossbeam-epoch: pin and load", 600, epoch_pin).allocating(),
];

const fn rival(name: &'static str, about: &'static str, operations: u64, scene: fn(usize) -> Scene) -> Workload {
    Workload { name, side: Side::Rival, about, operations, heap: Heap::One, scene }
}

fn std_mutex(_threads: usize) -> Scene {
    let mutex = leak(Padded(Mutex::new(0_u64)));
    scene(move |_| {
        move |_| {
            *mutex.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            Did::Wrote
        }
    })
}

fn std_rwlock_read(_threads: usize) -> Scene {
    let lock = leak(Padded(RwLock::new(1_u64)));
    scene(move |_| {
        move |_| {
            black_box(*lock.0.read().unwrap_or_else(PoisonError::into_inner));
            Did::Read
        }
    })
}

/// As polder's: the value does not share a line with its count.
fn shared_arc() -> &'static ArcSwap<Padded<u64>> {
    &leak(Padded(ArcSwap::from_pointee(Padded(1)))).0
}

fn arc_swap_load(_threads: usize) -> Scene {
    let cell = shared_arc();
    scene(move |_| {
        move |_| {
            black_box(cell.load().0);
            Did::Read
        }
    })
}

fn arc_swap_load_full(_threads: usize) -> Scene {
    let cell = shared_arc();
    scene(move |_| {
        move |_| {
            black_box(cell.load_full().0);
            Did::Read
        }
    })
}

fn arc_swap_store(_threads: usize) -> Scene {
    let cell = leak(Padded(ArcSwap::from_pointee(1_u64)));
    scene(move |_| {
        move |number| {
            if writes(number) {
                cell.0.store(Arc::new(number));
                return Did::Wrote;
            }
            black_box(**cell.0.load());
            Did::Read
        }
    })
}

fn seize_enter(_threads: usize) -> Scene {
    let collector = leak(Collector::new());
    let place = leak(Padded(AtomicPtr::new(Box::into_raw(Box::new(1_u64)))));
    scene(move |_| {
        move |_| {
            let guard = collector.enter();
            black_box(guard.protect(&place.0, Ordering::Acquire));
            Did::Read
        }
    })
}

fn epoch_pin(_threads: usize) -> Scene {
    let place = leak(Padded(Atomic::new(1_u64)));
    scene(move |_| {
        move |_| {
            let guard = crossbeam_epoch::pin();
            // Acquire: what the pointer leads to.
            black_box(place.0.load(Ordering::Acquire, &guard));
            Did::Read
        }
    })
}
