//! Emptying an arena: which values have moved, and where to.
//!
//! A [`FromSpace`] is an arena whose values are being copied elsewhere. A vacated value holds the address of its copy, and
//! one bit per [`GRAIN`] bytes tells vacated values from others. The caller copies; this module remembers. At the end
//! the values left behind are garbage: their destructors run and the chunks are freed.
//!
//! Dropping a `FromSpace` leaks it: after a panic in the middle, some values exist twice and others nowhere.

use alloc::{vec, vec::Vec};
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use super::Arena;
use crate::config::GRAIN;

const WORD: usize = u64::BITS as usize;

/// The room of one chunk, and its part of the bitmap.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    len: usize,
    first_bit: usize,
}

/// The chunks of an arena by address.
pub(crate) struct Spans {
    spans: Vec<Span>,
    /// The span that answered last: neighbours in a graph are mostly neighbours in memory.
    recent: Span,
    bits: usize,
}

impl Spans {
    /// O(c log c) for c chunks.
    pub(crate) fn of(arena: &Arena) -> Self {
        let mut spans: Vec<Span> =
            arena.chunks.spans().map(|(start, end)| Span { start, len: end - start, first_bit: 0 }).collect();
        spans.sort_unstable_by_key(|span| span.start);
        let mut bits = 0;
        for span in &mut spans {
            span.first_bit = bits;
            bits += span.len.div_ceil(GRAIN);
        }
        Spans { spans, recent: Span { start: 0, len: 0, first_bit: 0 }, bits }
    }

    /// Number of the grain at `addr`, if it lies in one of the chunks. O(1) near the last answer, else O(log c).
    #[inline(always)]
    pub(crate) fn grain(&mut self, addr: usize) -> Option<usize> {
        let offset = addr.wrapping_sub(self.recent.start);
        if offset < self.recent.len {
            return Some(self.recent.first_bit + offset / GRAIN);
        }
        self.search(addr)
    }

    #[cold]
    fn search(&mut self, addr: usize) -> Option<usize> {
        let index = self.spans.partition_point(|span| span.start <= addr).checked_sub(1)?;
        let span = self.spans[index];
        let offset = addr - span.start;
        (offset < span.len).then(|| {
            self.recent = span;
            span.first_bit + offset / GRAIN
        })
    }
}

/// An arena being emptied.
pub(crate) struct FromSpace {
    arena: ManuallyDrop<Arena>,
    spans: Spans,
    moved: Vec<u64>,
}

/// A value that has not moved, and its place in the bitmap.
pub(crate) struct Vacant {
    value: NonNull<u8>,
    grain: usize,
}

impl FromSpace {
    pub(crate) fn new(arena: Arena) -> Self {
        let spans = Spans::of(&arena);
        let moved = vec![0; spans.bits.div_ceil(WORD)];
        FromSpace { arena: ManuallyDrop::new(arena), spans, moved }
    }

    /// The copy of `value`, if it has moved; else what [`forward`](Self::forward) needs.
    ///
    /// # Safety
    /// `value` is the address of a value of the arena.
    #[inline(always)]
    pub(crate) unsafe fn visit(&mut self, value: NonNull<u8>) -> Result<NonNull<u8>, Vacant> {
        let grain = self.spans.grain(value.addr().get()).expect("a value lies in a chunk of its arena");
        if self.moved[grain / WORD] & (1 << (grain % WORD)) == 0 {
            return Err(Vacant { value, grain });
        }
        // SAFETY: arena invariant I3, a vacated value has room for a pointer; `forward` wrote one.
        Ok(unsafe { value.cast::<NonNull<u8>>().read() })
    }

    /// Records that a value was copied to `copy`, and overwrites its first bytes.
    ///
    /// # Safety
    /// `vacant` is of this arena, the value's bits are copied, and nobody reads it again.
    #[inline(always)]
    pub(crate) unsafe fn forward(&mut self, vacant: Vacant, copy: NonNull<u8>) {
        let Vacant { value, grain } = vacant;
        self.moved[grain / WORD] |= 1 << (grain % WORD);
        // SAFETY: arena invariant I3, there is room for a pointer; the bits were copied.
        unsafe { value.cast::<NonNull<u8>>().write(copy) };
    }

    /// Drops the values that were left behind and frees the chunks. O(values with a destructor + chunks).
    ///
    /// # Safety
    /// Nobody uses a value of the arena afterwards.
    pub(crate) unsafe fn finish(self) {
        let FromSpace { arena, mut spans, moved } = self;
        let mut arena = ManuallyDrop::into_inner(arena);
        if arena.drops.is_empty() {
            return;
        }
        let is_left = |value: NonNull<u8>| {
            let grain = spans.grain(value.addr().get()).expect("a value lies in a chunk of its arena");
            moved[grain / WORD] & (1 << (grain % WORD)) == 0
        };
        // SAFETY: the caller's clause; the moved ones are skipped.
        unsafe { arena.drops.run(is_left) };
    }
}
