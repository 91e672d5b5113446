//! polder's operations.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;

use polder::{Ref, Region, RegionMutex};
use polder_sync::{AtomicRef, Counter, Mutex, RwLock, SeqCell, reclaim};

use super::workload::{Did, Heap, Padded, Scene, Side, Workload, leak, padded, scene, writes};

pub(super) const WORKLOADS: &[Workload] = &[
    ours("mutex-own", "Mutex: each thread increments under one of its own", 200, mutex_own),
    ours("region-mutex-own", "RegionMutex: each thread opens one of its own", 200, region_mutex_own),
    ours("atomic-ref-load", "AtomicRef::load: all threads load one cell", 400, atomic_ref_load),
    ours("pin", "reclaim::pin and a load", 400, pin),
    ours("counter-add", "Counter::add: all threads add to one counter", 200, counter_add),
    ours("seq-cell-load", "SeqCell::load: all threads load one cell", 200, seq_cell_load),
    ours("rwlock-read", "RwLock::read: all threads read one lock, and nobody writes", 200, rwlock_read),
    ours("frozen-read", "Frozen::read: all threads read one graph", 200, frozen_read),
    ours("atomic-ref-load-full", "AtomicRef::load_full: all threads load one cell", 400, atomic_ref_load_full),
    ours("atomic-ref-1pc-store", "AtomicRef: load, and one time in a hundred store", 400, atomic_ref_store)
        .allocating(),
    ours("mutex-shared", "Mutex: all threads increment under one", 200, mutex_shared),
    ours("region-mutex-shared", "RegionMutex: all threads open one", 200, region_mutex_shared),
];

const fn ours(name: &'static str, about: &'static str, operations: u64, scene: fn(usize) -> Scene) -> Workload {
    Workload { name, side: Side::Ours, about, operations, heap: Heap::One, scene }
}

/// The value has lines to itself: whether it shares one with its count would otherwise be the allocator's choice.
fn shared_ref() -> &'static AtomicRef<Padded<u64>> {
    &leak(Padded(AtomicRef::new(Arc::new(Padded(1))))).0
}

fn atomic_ref_load(_threads: usize) -> Scene {
    let cell = shared_ref();
    scene(move |_| {
        move |_| {
            black_box(cell.load().0);
            Did::Read
        }
    })
}

fn atomic_ref_load_full(_threads: usize) -> Scene {
    let cell = shared_ref();
    scene(move |_| {
        move |_| {
            black_box(cell.load_full().0);
            Did::Read
        }
    })
}

fn atomic_ref_store(_threads: usize) -> Scene {
    let cell = leak(Padded(AtomicRef::new(Arc::new(1_u64))));
    scene(move |_| {
        move |number| {
            if writes(number) {
                cell.0.store(Arc::new(number));
                return Did::Wrote;
            }
            black_box(*cell.0.load());
            Did::Read
        }
    })
}

fn pin(_threads: usize) -> Scene {
    let place = leak(Padded(AtomicPtr::new(Box::into_raw(Box::new(1_u64)))));
    scene(move |_| {
        move |_| {
            let pin = reclaim::pin();
            black_box(pin.load(&place.0));
            Did::Read
        }
    })
}

fn counter_add(_threads: usize) -> Scene {
    let counter = leak(Padded(Counter::new()));
    scene(move |_| {
        move |_| {
            counter.0.add(1);
            Did::Wrote
        }
    })
}

fn seq_cell_load(_threads: usize) -> Scene {
    let cell = leak(Padded(SeqCell::new([1_u64; 4])));
    scene(move |_| {
        move |_| {
            black_box(cell.0.load());
            Did::Read
        }
    })
}

fn rwlock_read(_threads: usize) -> Scene {
    let lock = leak(Padded(RwLock::new(1_u64)));
    // The first reader of all is counted, and finds that nobody writes.
    drop(lock.0.read());
    scene(move |_| {
        move |_| {
            black_box(*lock.0.read());
            Did::Read
        }
    })
}

fn increment(mutex: &Mutex<u64>) -> Did {
    *mutex.lock() += 1;
    Did::Wrote
}

fn mutex_own(threads: usize) -> Scene {
    let mutexes = padded(threads, || Mutex::new(0));
    scene(move |core| move |_| increment(&mutexes[core].0))
}

fn mutex_shared(_threads: usize) -> Scene {
    let mutex = leak(Padded(Mutex::new(0)));
    scene(move |_| move |_| increment(&mutex.0))
}

/// A region whose root is one reference.
type OneNode = RegionMutex<Ref<'static, u64>>;

fn one_node() -> OneNode {
    RegionMutex::new(Region::new(|ctx| ctx.alloc(0)))
}

fn increment_node(mutex: &OneNode) -> Did {
    mutex.with(|node, ctx| ctx[*node] += 1);
    Did::Wrote
}

fn region_mutex_own(_threads: usize) -> Scene {
    // A small region has no line to itself, and may share one with whatever was allocated before and after it.
    scene(move |_| {
        leak([0_u8; 256]);
        let mutex = leak(Padded(one_node()));
        leak([0_u8; 256]);
        move |_| increment_node(&mutex.0)
    })
}

fn region_mutex_shared(_threads: usize) -> Scene {
    let mutex = leak(Padded(one_node()));
    scene(move |_| move |_| increment_node(&mutex.0))
}

fn frozen_read(_threads: usize) -> Scene {
    let graph = leak(Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze());
    scene(move |_| {
        move |_| {
            black_box(graph.read(|node, view| view[*node]));
            Did::Read
        }
    })
}
