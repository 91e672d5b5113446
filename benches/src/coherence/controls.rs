//! Operations whose traffic is known beforehand. Where they come out otherwise, the model is broken and no other figure
//! counts.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use super::workload::{Did, Heap, Padded, Scene, Side, Workload, leak, padded, scene};

pub(super) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "counter",
        side: Side::Control,
        about: "all threads add to one atomic",
        operations: 200,
        heap: Heap::One,
        scene: counter,
    },
    Workload {
        name: "striped",
        side: Side::Control,
        about: "each thread adds to an atomic on a line of its own",
        operations: 200,
        heap: Heap::One,
        scene: striped,
    },
    Workload {
        name: "falseshare",
        side: Side::Control,
        about: "each thread adds to an atomic of its own, all side by side",
        operations: 200,
        heap: Heap::One,
        scene: falseshare,
    },
];

fn add(cell: &AtomicU64) -> Did {
    // Relaxed: the order of memory is not what is modelled.
    black_box(cell.fetch_add(1, Ordering::Relaxed));
    Did::Wrote
}

fn counter(_threads: usize) -> Scene {
    let cell = leak(Padded(AtomicU64::new(0)));
    scene(move |_| move |_| add(&cell.0))
}

fn striped(threads: usize) -> Scene {
    let cells = padded(threads, || AtomicU64::new(0));
    scene(move |core| move |_| add(&cells[core].0))
}

fn falseshare(threads: usize) -> Scene {
    // Aligned as the padded ones are: how many of them are on a line is not left to the allocator.
    const CELLS: usize = 16;
    let lines = padded(threads.div_ceil(CELLS), || [const { AtomicU64::new(0) }; CELLS]);
    scene(move |core| move |_| add(&lines[core / CELLS].0[core % CELLS]))
}
