//! What a snapshot has of the bins so far: writers put a bin's entries here before they change it.
//!
//! Orderings: D8 and D9 in the table of `engine`.

use std::{ptr, sync::atomic::Ordering::Relaxed};

use crate::{
    edge::edge,
    primitive::{AtomicPtr, AtomicU64, Pace},
};

/// The entries that the snapshot in progress has: a stack of batches.
pub(crate) struct Copies<I> {
    top: AtomicPtr<Batch<I>>,
    /// One while a snapshot is made.
    turn: AtomicU64,
}

struct Batch<I> {
    items: Vec<I>,
    below: *mut Batch<I>,
}

// SAFETY: items are numbers to the engine: copied in by one thread and out by another.
unsafe impl<I: Copy> Send for Copies<I> {}
// SAFETY: as above; the stack is changed by atomic exchanges.
unsafe impl<I: Copy> Sync for Copies<I> {}

impl<I> Copies<I> {
    pub(crate) fn new() -> Self {
        Self { top: AtomicPtr::new(ptr::null_mut()), turn: AtomicU64::new(0) }
    }

    /// Waits until no other snapshot is made, and keeps others waiting.
    pub(crate) fn turn(&self) -> impl Drop {
        struct Turn<'a>(&'a AtomicU64);
        impl Drop for Turn<'_> {
            fn drop(&mut self) {
                // Release, edge D9: the next snapshot finds no batch of this one.
                self.0.store(0, edge!("dict_turn_end", Release, weaker Relaxed));
            }
        }
        let mut pace = Pace::default();
        // Acquire, edge D9. Relaxed on failure: it is tried again.
        while self.turn.compare_exchange(0, 1, edge!("dict_turn_begin", Acquire, weaker Relaxed), Relaxed).is_err() {
            pace.wait();
        }
        Turn(&self.turn)
    }

    /// Adds a batch. Lock-free.
    pub(crate) fn push(&self, items: Vec<I>) {
        let batch = Box::into_raw(Box::new(Batch { items, below: ptr::null_mut() }));
        // Relaxed: the batch below is not looked at here.
        let mut below = self.top.load(Relaxed);
        loop {
            // SAFETY: nobody else has the batch before it is pushed.
            unsafe { (*batch).below = below };
            // Release, edge D8: the batch, for whoever takes all.
            match self.top.compare_exchange(below, batch, edge!("dict_copies_push", Release, weaker Relaxed), Relaxed) {
                Ok(_) => return,
                Err(now) => below = now,
            }
        }
    }

    /// Takes all that there is.
    pub(crate) fn take(&self) -> Vec<I> {
        let mut items = Vec::new();
        // Acquire, edge D8.
        let mut top = self.top.swap(ptr::null_mut(), edge!("dict_copies_take", Acquire, weaker Relaxed));
        while !top.is_null() {
            // SAFETY: from `push`, and out of the stack by the exchange, so nobody else has it.
            let mut batch = unsafe { Box::from_raw(top) };
            items.append(&mut batch.items);
            top = batch.below;
        }
        items
    }
}

impl<I> Drop for Copies<I> {
    fn drop(&mut self) {
        self.take();
    }
}
