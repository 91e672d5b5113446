//! The chunks of an arena: a singly linked list with both ends known, so that two lists join in O(1).

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;

use crate::config::{FIRST_CHUNK, LAST_CHUNK};

/// Header of a chunk; its room follows directly.
#[repr(C, align(16))]
struct Chunk {
    next: Cell<Option<NonNull<Chunk>>>,
    /// Bytes of the whole chunk, header included (arena invariant I1).
    size: usize,
}

impl Chunk {
    const HEADER: usize = size_of::<Chunk>();
}

/// The chunks of one arena, newest first.
pub(super) struct ChunkList {
    newest: Cell<Option<NonNull<Chunk>>>,
    oldest: Cell<Option<NonNull<Chunk>>>,
    bytes: Cell<usize>,
}

impl ChunkList {
    pub(super) const fn new() -> Self {
        ChunkList { newest: Cell::new(None), oldest: Cell::new(None), bytes: Cell::new(0) }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Allocates a chunk with room for `need` bytes, more while the list is young: each chunk is as large as all before it
    /// together. Returns the start and end of its room, or `None` when no such size exists.
    ///
    /// # Aborts
    /// When memory is exhausted, as `Box::new` does.
    pub(super) fn add(&self, need: usize) -> Option<(*mut u8, *mut u8)> {
        let size = need.checked_add(Chunk::HEADER)?.max(self.bytes.get().clamp(FIRST_CHUNK, LAST_CHUNK));
        let layout = Layout::from_size_align(size, align_of::<Chunk>()).ok()?.pad_to_align();
        // SAFETY: the size is not zero, it includes the header.
        let start = unsafe { alloc(layout) };
        let Some(chunk) = NonNull::new(start.cast::<Chunk>()) else { handle_alloc_error(layout) };
        // SAFETY: freshly allocated with the alignment of a `Chunk` and more than its size.
        unsafe { chunk.write(Chunk { next: Cell::new(self.newest.get()), size: layout.size() }) };
        self.newest.set(Some(chunk));
        if self.oldest.get().is_none() {
            self.oldest.set(Some(chunk));
        }
        self.bytes.set(self.bytes.get() + layout.size());
        // SAFETY: the header lies inside the allocation.
        let room = unsafe { start.add(Chunk::HEADER) };
        // SAFETY: one past the end of the allocation.
        let end = unsafe { start.add(layout.size()) };
        Some((room, end))
    }

    /// Moves all chunks of `other`, which is empty afterwards, behind this list's. O(1).
    pub(super) fn append(&self, other: &ChunkList) {
        let Some(first) = other.newest.take() else { return };
        match self.oldest.get() {
            // SAFETY: I1, every chunk of the list is alive.
            Some(last) => unsafe { last.as_ref() }.next.set(Some(first)),
            None => self.newest.set(Some(first)),
        }
        self.oldest.set(other.oldest.take());
        self.bytes.set(self.bytes.get() + other.bytes.take());
    }

    /// Address ranges of the room of each chunk, newest first.
    pub(super) fn spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut next = self.newest.get();
        core::iter::from_fn(move || {
            let chunk = next?;
            // SAFETY: I1, every chunk of the list is alive.
            let header = unsafe { chunk.as_ref() };
            next = header.next.get();
            let start = chunk.addr().get();
            Some((start + Chunk::HEADER, start + header.size))
        })
    }
}

impl Drop for ChunkList {
    fn drop(&mut self) {
        let mut next = self.newest.take();
        while let Some(chunk) = next {
            // SAFETY: I1, the chunk is alive until it is deallocated two lines below.
            let header = unsafe { chunk.as_ref() };
            next = header.next.get();
            let Ok(layout) = Layout::from_size_align(header.size, align_of::<Chunk>()) else {
                unreachable!("the layout was valid when the chunk was allocated")
            };
            // SAFETY: I1, allocated with this layout, owned by this list alone, and not used again.
            unsafe { dealloc(chunk.as_ptr().cast(), layout) };
        }
    }
}
