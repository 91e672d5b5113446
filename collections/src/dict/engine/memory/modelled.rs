//! Where the memory of a segment comes from in a model, whose atomics are objects and not bytes: boxed slices.

use std::{marker::PhantomData, ptr};

use super::Zeroed;

/// The alignment of blocks outside models.
pub(super) const ALIGN: usize = 128;

/// What a block of memory looks like.
pub(super) struct Block<T> {
    length: usize,
    elements: PhantomData<*mut T>,
}

impl<T: Zeroed> Block<T> {
    /// A block of so many elements; no system here has huge pages.
    pub(super) fn new(length: usize, _huge_pages: bool) -> Self {
        Self { length, elements: PhantomData }
    }

    /// The bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.length * size_of::<T>()
    }

    /// Elements that are zero.
    pub(super) fn allocate(&self) -> *mut T {
        let elements: Box<[T]> = (0..self.length).map(|_| T::zeroed()).collect();
        Box::into_raw(elements).cast()
    }

    /// Ends a block.
    ///
    /// # Safety
    ///
    /// `base` is from `allocate` of an equal `Block`, and not used any more.
    pub(super) unsafe fn free(&self, base: *mut T) {
        // SAFETY: the caller's: a boxed slice of this length.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(base, self.length)) });
    }

    /// Makes elements zero again, at any time from the first to the last of them.
    ///
    /// # Safety
    ///
    /// The range lies within a block that `base` is the beginning of.
    pub(super) unsafe fn release(&self, base: *mut T, from: usize, to: usize) -> usize {
        for index in from..to {
            // SAFETY: the caller's.
            let element = unsafe { &*base.wrapping_add(index) };
            element.clear();
        }
        (to - from) * size_of::<T>()
    }
}
