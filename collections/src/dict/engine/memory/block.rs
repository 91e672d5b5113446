//! Where the memory of a segment comes from.
//!
//! | bytes | from | to begin with | given back while in use |
//! |---|---|---|---|
//! | less than 256 KiB, or no Unix | the allocator | zeroed by it | nothing |
//! | more | pages of the system | no memory at all | whole pages, on Linux and macOS |
//! | 4 MiB and more, if huge pages are wanted | the same, aligned to 2 MiB, with advice to use huge pages | no memory at all | whole pieces of 2 MiB, likewise |
//!
//! The source depends on nothing but the size and the wish, so nobody has to remember it. Miri sees the allocator alone.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error},
    marker::PhantomData,
};

#[cfg(all(unix, not(miri)))]
use self::pages::source;

#[cfg(all(unix, not(miri)))]
mod pages;

/// The alignment of every block: two cache lines, which processors fetch as a pair.
pub(super) const ALIGN: usize = 128;

/// A way to get memory that is all zeros.
trait Source {
    /// The bytes of address space for a block of so many.
    fn occupied(&self, bytes: usize) -> usize;

    /// Zeros, aligned to [`ALIGN`]; null if there is no memory.
    fn allocate(&self, layout: Layout) -> *mut u8;

    /// Ends a block.
    ///
    /// # Safety
    ///
    /// `base` is from `allocate` of the same source with the same layout, and not used any more.
    unsafe fn free(&self, base: *mut u8, layout: Layout);

    /// Gives memory back as far as the source can; returns how many bytes.
    ///
    /// # Safety
    ///
    /// `base..base + length` lies within a block of the same source, is all zeros and stays so during the call.
    unsafe fn release(&self, base: *mut u8, length: usize) -> usize;
}

/// The global allocator, which keeps what it has given.
struct Heap;

impl Source for Heap {
    fn occupied(&self, bytes: usize) -> usize {
        bytes
    }

    fn allocate(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a block has at least one element, of a size that is not 0.
        unsafe { alloc_zeroed(layout) }
    }

    unsafe fn free(&self, base: *mut u8, layout: Layout) {
        // SAFETY: the caller's: allocated above with this layout.
        unsafe { dealloc(base, layout) }
    }

    unsafe fn release(&self, _base: *mut u8, _length: usize) -> usize {
        0
    }
}

/// The source of blocks of this size.
#[cfg(not(all(unix, not(miri))))]
fn source(_bytes: usize, _huge_pages: bool) -> &'static dyn Source {
    &Heap
}

/// What a block of memory looks like.
pub(super) struct Block<T> {
    layout: Layout,
    source: &'static dyn Source,
    elements: PhantomData<*mut T>,
}

impl<T> Block<T> {
    /// A block of so many elements, at least one.
    ///
    /// # Panics
    ///
    /// If they are too many.
    pub(super) fn new(length: usize, huge_pages: bool) -> Self {
        let layout = Layout::array::<T>(length).and_then(|array| array.align_to(ALIGN)).expect("capacity overflow");
        Self { layout, source: source(layout.size(), huge_pages), elements: PhantomData }
    }

    /// The bytes of address space that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.source.occupied(self.layout.size())
    }

    /// Zeros. Without memory the process ends.
    pub(super) fn allocate(&self) -> *mut T {
        let base = self.source.allocate(self.layout);
        if base.is_null() {
            handle_alloc_error(self.layout);
        }
        base.cast()
    }

    /// Ends a block.
    ///
    /// # Safety
    ///
    /// `base` is from `allocate` of an equal `Block`, and not used any more.
    pub(super) unsafe fn free(&self, base: *mut T) {
        // SAFETY: the caller's; equal blocks have the same layout and source.
        unsafe { self.source.free(base.cast(), self.layout) }
    }

    /// Gives the whole pages of the elements `from..to` of a block back; returns how many bytes.
    ///
    /// # Safety
    ///
    /// `base` is from `allocate` of an equal `Block` and in use, the range lies within, and its elements are zero and
    /// stay so during the call.
    pub(super) unsafe fn release(&self, base: *mut T, from: usize, to: usize) -> usize {
        let length = (to - from) * size_of::<T>();
        // SAFETY: the caller's.
        unsafe { self.source.release(base.wrapping_add(from).cast(), length) }
    }
}
