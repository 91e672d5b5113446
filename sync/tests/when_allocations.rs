//! What behaviours allocate. A file of its own, as the allocator belongs to the process.
#![cfg(not(any(polder_loom, miri)))]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use polder_sync::{Mutex, when};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counted.
struct Counting;

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One block for each behaviour; what the queue of the pool and its jobs allocate besides is shared by many behaviours.
#[test]
fn behaviours_allocate_one_block_each() {
    const BEHAVIOURS: usize = 20_000;
    let (a, b) = (Arc::new(Mutex::new(0_usize)), Arc::new(Mutex::new(0_usize)));
    let step = |a: &mut usize, b: &mut usize| {
        *a += 1;
        *b += 1;
    };
    // The pool, the sides of the locks and the threads' nodes are made before.
    for _ in 0..100 {
        when((&a, &b), step).wait();
    }
    let before = ALLOCATIONS.load(Relaxed);
    for _ in 1..BEHAVIOURS {
        drop(when((&a, &b), step));
    }
    when((&a, &b), step).wait();
    let each = (ALLOCATIONS.load(Relaxed) - before) as f64 / BEHAVIOURS as f64;
    assert!((1.0..1.1).contains(&each), "{each} allocations for each behaviour");
    assert_eq!(*a.lock(), BEHAVIOURS + 100);
}
