//! A node's cells: the share that the node's owners have in each counter.

use std::{
    array, ptr,
    sync::atomic::Ordering::{self, Relaxed},
};

use super::ids::{CHUNKS, FIRST_CHUNK, Place};
use crate::{
    config::COUNTER_LINES,
    edge::edge,
    primitive::{AtomicPtr, AtomicU64},
};

/// Cells of a line. One under loom, whose cells are larger.
pub(super) const LINE: usize = if cfg!(polder_loom) { 1 } else { 16 };

/// Cells that no other thread's cells share a cache line with, nor the next one: processors fetch lines in pairs.
#[cfg_attr(not(polder_loom), repr(align(128)))]
struct Line([AtomicU64; LINE]);

const _: () = assert!(size_of::<Line>() == LINE * size_of::<AtomicU64>(), "lines in a row are cells in a row");

/// A thread's cells of all counters, in chunks that double in size.
///
/// C1: a chunk is null, or from then on a slice of [`lines_of`] its number, which is not freed while the node lives.
/// Chunk 0, that of [`Place::NONE`], stays null.
pub(crate) struct Cells {
    chunks: [AtomicPtr<Line>; CHUNKS],
}

/// The length of a chunk, in lines.
const fn lines_of(chunk: usize) -> usize {
    COUNTER_LINES << (chunk - FIRST_CHUNK)
}

impl Cells {
    pub(crate) fn new() -> Self {
        Self { chunks: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())) }
    }

    /// Adds to the cell at `place`, if it is there. By the node's owner only, or additions get lost.
    #[inline]
    pub(super) fn add(&self, place: Place, amount: u64) -> bool {
        // Relaxed: the owner reads what itself wrote, or an owner before it (edge N-own of the registry).
        let Some(cell) = self.cell(place, Relaxed) else { return false };
        // Relaxed, and no read-modify-write: the owner is the only writer, and others read each value for itself. A sum
        // that has to have this addition is ordered after it by what makes it have to.
        cell.store(cell.load(Relaxed).wrapping_add(amount), Relaxed);
        true
    }

    /// What the cell at `place` holds. By anybody.
    pub(super) fn look(&self, place: Place) -> u64 {
        // Acquire, edge K2: the cells are made before they are found.
        let cell = self.cell(place, edge!("counter_chunk_seen", Acquire, weaker Relaxed));
        // Relaxed: see `add`.
        cell.map_or(0, |cell| cell.load(Relaxed))
    }

    /// Makes the chunk for `place`, which is not `NONE`, if it is not there. By the node's owner only.
    pub(super) fn make(&self, place: Place) {
        let chunk = &self.chunks[place.chunk()];
        // Relaxed: as in `add`.
        if !chunk.load(Relaxed).is_null() {
            return;
        }
        let lines: Box<[Line]> =
            (0..lines_of(place.chunk())).map(|_| Line(array::from_fn(|_| AtomicU64::new(0)))).collect();
        // Release, edge K2: see `look`. A store will do, for the owner alone makes chunks.
        chunk.store(Box::into_raw(lines).cast(), edge!("counter_chunk", Release, weaker Relaxed));
    }

    #[inline]
    fn cell(&self, place: Place, order: Ordering) -> Option<&AtomicU64> {
        let lines = self.chunks[place.chunk()].load(order);
        if lines.is_null() {
            return None;
        }
        // SAFETY: C1: not null, so a line. Only its address is taken, and with it the way to those that follow.
        let first = unsafe { &raw const (*lines).0 };
        // SAFETY: a place is inside its chunk (C1, D1), and lines in a row are cells in a row.
        let cell = unsafe { first.cast::<AtomicU64>().add(place.offset()) };
        // SAFETY: as above, and the cell was made before the pointer was found: by K2, or by program order for the owner.
        Some(unsafe { &*cell })
    }
}

/// With loom a node ends with its execution.
#[cfg(polder_loom)]
impl Drop for Cells {
    fn drop(&mut self) {
        for (number, chunk) in self.chunks.iter().enumerate().skip(FIRST_CHUNK) {
            let lines = chunk.load(Relaxed);
            if !lines.is_null() {
                // SAFETY: C1, and the execution is over.
                drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(lines, lines_of(number))) });
            }
        }
    }
}
