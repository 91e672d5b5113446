//! Memory for bins: arrays whose elements never move, [`Segments`].
//!
//! # What & when not
//!
//! An array that grows while others read it. To find an element costs one load and a few instructions, whatever the size;
//! memory is used as far as elements are touched. Elements begin as zeros and are never dropped; nothing here knows which
//! of them are in use. Not for a few elements: an array has a table of its segments within, about 330 bytes.
//!
//! # Representation
//!
//! Segments that double in size, with `F` the log2 of the first, and the highest set bit of an index as the number of its
//! slot. The indices below `2^F` share slot `F - 1`, as their low `F` bits are taken as set.
//!
//! ```text
//!   slot   0 … F-2   F-1           F              F+1              …
//!          absent    │             │              │
//!                    ▼             ▼              ▼
//!          elements  [0, 2^F)      [2^F, 2^F+1)   [2^F+1, 2^F+2)      each in one block of memory
//! ```
//!
//! A slot holds the address that element 0 would have if the segment's elements went back that far, so the address of any
//! element is `slot + index * size`; the pointer has the provenance of the segment. `ABSENT` is an odd address, which no
//! element can have.
//!
//! Where blocks come from: `memory/block.rs`.
//!
//! # States
//!
//! A slot is `ABSENT` or holds its segment, from then on until the array is dropped.
//!
//! # Transitions
//!
//! ```text
//!   allocate   ABSENT → segment    any thread; who comes second gives its own block back
//! ```
//!
//! # Invariants
//!
//! - **I1, nothing moves.** A slot changes once, from `ABSENT` to a block that is freed by `Drop` alone.
//! - **I2, blocks fit.** The block of a slot has the length and alignment that the slot's number says, and was all zeros.
//!
//! # Protocols
//!
//! *Read.* Who knows an index has been told of it by somebody who had reserved it, so a relaxed load finds the segment.
//!
//! *Release.* Pages whose elements are all zero may be replaced by pages of zeros at any time: nobody can tell.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `memory_publish` | `allocate`, Release | the two below | the zeros in the block, before its elements are read | killed by loom `who_reserves_may_read`, `who_finds_an_element_may_read_it` |
//! | `memory_found` | `allocate`, Release | `segment`, Acquire | the same, for who finds the segment there | killed by loom `who_finds_an_element_may_read_it` |
//! | `memory_lost` | `allocate`, Release | `allocate`, failing, Acquire | the same, for who made one in vain | killed by loom `who_reserves_may_read` |
//! | – | `allocate` | `get`, Relaxed | nothing | argument: a `reserve` that has seen the segment happens before, and the slot never changes again (I1), so coherence leaves no other value to read; loom `who_is_told_of_an_index_may_read` |
//! | – | – | `drop`, Relaxed | nothing | argument: `&mut self` |
//!
//! # Checked by
//!
//! `memory/models.rs` (loom, named above), `memory/tests.rs`, also under Miri, which finds leaks and lost provenance.

#[cfg_attr(polder_loom, path = "memory/modelled.rs")]
mod block;
#[cfg(all(test, polder_loom))]
mod models;
#[cfg(all(test, not(polder_loom)))]
mod tests;

use std::{fmt, num::NonZeroUsize, ptr, sync::atomic::Ordering::Relaxed};

use self::block::Block;
use crate::{edge::edge, primitive::AtomicPtr};

/// What an element of [`Segments`] may be.
///
/// # Safety
///
/// - All bytes zero is a valid value.
/// - Nothing is lost when it is not dropped.
/// - What changes behind a shared reference is atomic.
pub(crate) unsafe trait Zeroed: Sized + Send + Sync + 'static {
    /// The value that is all zeros outside models.
    #[cfg(polder_loom)]
    fn zeroed() -> Self;

    /// Makes it zero again, as the system does with pages that it takes back.
    #[cfg(polder_loom)]
    fn clear(&self);
}

/// One slot for each bit of an index: elements up to `2^40`.
const SLOTS: usize = if usize::BITS < 40 { usize::BITS as usize } else { 40 };

/// An array whose elements never move, made of segments that double in size; elements begin as zeros.
pub(crate) struct Segments<T: Zeroed> {
    /// The low bits, which do not count for the slot; at least one, so that there is a highest set bit.
    low: NonZeroUsize,
    huge_pages: bool,
    slots: [AtomicPtr<T>; SLOTS],
}

impl<T: Zeroed> Segments<T> {
    /// An address that no element has, as elements have an even alignment.
    const ABSENT: *mut T = {
        assert!(size_of::<T>() > 0 && align_of::<T>() > 1 && align_of::<T>() <= block::ALIGN);
        ptr::without_provenance_mut(1)
    };

    /// An array without any segment, the first of which is to have `2^first_log` elements; allocates nothing.
    ///
    /// With `huge_pages`, segments of at least 4 MiB ask the system for huge pages.
    ///
    /// # Panics
    ///
    /// If `first_log` is 0, or more than there may be.
    pub(crate) fn new(first_log: u32, huge_pages: bool) -> Self {
        assert!((first_log as usize) < SLOTS, "capacity overflow");
        let low = NonZeroUsize::new((1 << first_log) - 1).expect("the first segment has two elements or more");
        Self { low, huge_pages, slots: std::array::from_fn(|_| AtomicPtr::new(Self::ABSENT)) }
    }

    /// Makes sure that the element exists, and so all that are in its segment. Memory is not touched.
    ///
    /// Lock-free: callers may race, each with an allocation, of which one is kept.
    ///
    /// # Panics
    ///
    /// If the segment would be too large ("capacity overflow"). Without memory the process ends, as with `Box`.
    #[inline]
    pub(crate) fn reserve(&self, index: usize) {
        let slot = self.slot(index);
        assert!(slot < SLOTS, "capacity overflow");
        if self.segment(slot).is_none() {
            self.allocate(slot);
        }
    }

    /// The element.
    ///
    /// # Safety
    ///
    /// A [`reserve`](Self::reserve) of an index of the same segment, this one or any other, happens before.
    #[inline(always)]
    pub(crate) unsafe fn get(&self, index: usize) -> &T {
        // SAFETY: the index has been reserved, so its slot is below SLOTS.
        let slot = unsafe { self.slots.get_unchecked(self.slot(index)) };
        // Relaxed: whoever reserved the index has seen the segment, and that happens before.
        let segment = slot.load(Relaxed);
        if cfg!(any(debug_assertions, polder_loom)) {
            assert!(segment != Self::ABSENT, "element {index} is not reserved");
        }
        // SAFETY: the slot is that of the index, and its segment is there (I1).
        unsafe { Self::element(segment, index) }
    }

    /// The element, if its segment is there.
    pub(crate) fn try_get(&self, index: usize) -> Option<&T> {
        let segment = self.segment(self.slot(index))?;
        // SAFETY: `segment` is that of the slot of the index.
        Some(unsafe { Self::element(segment, index) })
    }

    /// Gives the whole pages of the elements in `from..to` back to the system; they read as zero afterwards as before.
    /// Returns the number of bytes of these pages, whether or not they were in memory.
    ///
    /// Gives nothing back of segments that are small, and of any where the system offers no way. Where segments ask for
    /// huge pages, a piece is given back only if it is a whole huge page: to split one is costly, and so is a table
    /// whose pages were split.
    ///
    /// # Safety
    ///
    /// All elements of the range that exist are zero and stay so during the call.
    pub(crate) unsafe fn release(&self, from: usize, to: usize) -> usize {
        let released = self.present().map(|(slot, segment)| {
            let (start, length) = self.extent(slot);
            let end = to.saturating_sub(start).min(length);
            let begin = from.saturating_sub(start).min(end);
            let base = segment.wrapping_add(start);
            // SAFETY: `base` is the block of the slot (I2), and the range lies within; that it is zero the caller says.
            unsafe { self.block(slot).release(base, begin, end) }
        });
        released.sum()
    }

    /// The bytes that the segments occupy in the address space.
    pub(crate) fn reserved_bytes(&self) -> usize {
        self.present().map(|(slot, _)| self.block(slot).bytes()).sum()
    }

    /// The slot of an element: the number of the highest bit that is set.
    #[inline(always)]
    fn slot(&self, index: usize) -> usize {
        (self.low | index).ilog2() as usize
    }

    /// The first element of a slot, and how many there are.
    fn extent(&self, slot: usize) -> (usize, usize) {
        if slot == self.slot(0) { (0, 2 << slot) } else { (1 << slot, 1 << slot) }
    }

    /// What the memory of a slot looks like.
    fn block(&self, slot: usize) -> Block<T> {
        Block::new(self.extent(slot).1, self.huge_pages)
    }

    /// What a slot holds, if there is one of this number and it has a segment.
    fn segment(&self, slot: usize) -> Option<*mut T> {
        let segment = self.slots.get(slot)?.load(edge!("memory_found", Acquire, weaker Relaxed));
        (segment != Self::ABSENT).then_some(segment)
    }

    /// The slots that have a segment, and the segments.
    fn present(&self) -> impl Iterator<Item = (usize, *mut T)> {
        (0..SLOTS).filter_map(|slot| Some((slot, self.segment(slot)?)))
    }

    /// Gives the slot a segment, unless another thread is faster.
    #[cold]
    fn allocate(&self, slot: usize) {
        let block = self.block(slot);
        let base = block.allocate();
        let segment = base.wrapping_sub(self.extent(slot).0);
        let (publish, lost) =
            (edge!("memory_publish", Release, weaker Relaxed), edge!("memory_lost", Acquire, weaker Relaxed));
        if self.slots[slot].compare_exchange(Self::ABSENT, segment, publish, lost).is_err() {
            // SAFETY: this block was allocated above, and nobody else has seen it.
            unsafe { block.free(base) };
        }
    }

    /// The element of this index.
    ///
    /// # Safety
    ///
    /// `segment` is what the slot of the index holds, and not `ABSENT`; it lives as long as `'a`.
    #[inline(always)]
    unsafe fn element<'a>(segment: *mut T, index: usize) -> &'a T {
        // SAFETY: the pointer is off by the start of the segment, so this is within its block (I2), whose bytes are zero
        // or what has been stored through shared references: a valid `T` by the contract of `Zeroed`.
        unsafe { &*segment.wrapping_add(index) }
    }
}

impl<T: Zeroed> Drop for Segments<T> {
    fn drop(&mut self) {
        for slot in 0..SLOTS {
            // Relaxed: nobody else has the array.
            let segment = self.slots[slot].load(Relaxed);
            if segment != Self::ABSENT {
                // SAFETY: the block of this slot (I2); nobody has a reference into an array that is dropped.
                unsafe { self.block(slot).free(segment.wrapping_add(self.extent(slot).0)) };
            }
        }
    }
}

impl<T: Zeroed> fmt::Debug for Segments<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").field("reserved_bytes", &self.reserved_bytes()).finish_non_exhaustive()
    }
}
