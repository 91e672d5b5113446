//! The memory of nodes: how it is laid out, allocated and freed.

use core::{alloc::Layout, marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use super::{form::Form, link::Link, tags::GROUP};
use crate::persistent::count::Count;

/// What a leaf begins with.
#[repr(C)]
pub(super) struct LeafHead {
    pub(super) count: Count,
    len: u32,
    /// N4: what it was allocated for, at least 1.
    cap: u32,
}

/// Where the tags begin: in an ordinary build right behind the head.
const TAGS: usize = size_of::<LeafHead>().next_multiple_of(GROUP);

/// Tags that there is room for.
const fn padded(cap: usize) -> usize {
    cap.next_multiple_of(GROUP)
}

/// What is done with the memory of a leaf, whoever has it.
pub(super) struct LeafMemory<K, V>(PhantomData<(K, V)>);

impl<K, V> LeafMemory<K, V> {
    fn layout(cap: usize) -> Layout {
        Form::<K, V>::CELL
            .size()
            .checked_mul(cap)
            .and_then(|cells| cells.checked_add(TAGS + padded(cap)))
            .and_then(|size| Layout::from_size_align(size, Form::<K, V>::ALIGN).ok())
            .expect("capacity overflow")
    }

    /// An empty leaf with one link, the caller's.
    pub(super) fn allocate(cap: usize) -> NonNull<LeafHead> {
        let cap = cap.max(1);
        let head = LeafHead { count: Count::one(), len: 0, cap: u32::try_from(cap).expect("capacity overflow") };
        let layout = Self::layout(cap);
        // SAFETY: it is not of size zero: there is a head.
        let at = unsafe { alloc::alloc::alloc(layout) };
        let Some(at) = NonNull::new(at.cast::<LeafHead>()) else { alloc::alloc::handle_alloc_error(layout) };
        // SAFETY: `layout` has room for the head, which comes first.
        unsafe { at.write(head) };
        let tags = Self::tags(at);
        // SAFETY: `layout` has so many bytes for tags (N4).
        unsafe { tags.write_bytes(0, padded(cap)) };
        at
    }

    /// Gives the memory back; entries stay what they are.
    ///
    /// # Safety
    ///
    /// The leaf is the caller's, who has dropped or taken the entries, and nobody comes to it after this.
    pub(super) unsafe fn deallocate(at: NonNull<LeafHead>) {
        // SAFETY: the caller's leaf.
        let cap = unsafe { Self::cap(at) };
        // SAFETY: the caller's leaf, of which the head is dropped once: here.
        unsafe { at.drop_in_place() };
        // SAFETY: allocated by `allocate` with the layout of `cap` (N4).
        unsafe { alloc::alloc::dealloc(at.as_ptr().cast(), Self::layout(cap)) };
    }

    /// Drops the entries and gives the memory back, also if one of the drops panics.
    ///
    /// # Safety
    ///
    /// The leaf is the caller's: its count was taken to zero (N2).
    pub(super) unsafe fn free(at: NonNull<LeafHead>) {
        struct Memory<K, V>(NonNull<LeafHead>, PhantomData<(K, V)>);

        impl<K, V> Drop for Memory<K, V> {
            fn drop(&mut self) {
                // SAFETY: the leaf is that of `free`, which comes to it no more.
                unsafe { LeafMemory::<K, V>::deallocate(self.0) };
            }
        }

        let memory = Memory::<K, V>(at, PhantomData);
        // SAFETY: the caller's leaf.
        let len = unsafe { Self::len(memory.0) };
        // SAFETY: the caller's leaf, as for its length.
        let cells = unsafe { Self::cells(memory.0) };
        // SAFETY: N4: entries are in the cells below `len`; the caller's, who gives them up.
        unsafe { Form::<K, V>::drop_all(cells.as_ptr(), len) };
    }

    /// A leaf with the same entries, moved, and other room; the old one is freed.
    ///
    /// # Safety
    ///
    /// The leaf is the caller's alone, and `cap` is at least its `len`.
    pub(super) unsafe fn moved(at: NonNull<LeafHead>, cap: usize) -> NonNull<LeafHead> {
        let new = Self::allocate(cap);
        // SAFETY: the caller's leaf.
        let len = unsafe { Self::len(at) };
        let (from, to) = (Self::tags(at), Self::tags(new));
        // SAFETY: both have at least `len` tags (N4), and `new` is another allocation.
        unsafe { to.copy_from_nonoverlapping(from, len) };
        // SAFETY: the caller's leaf.
        let from = unsafe { Self::cells(at) };
        // SAFETY: the leaf was made above, and is nobody else's yet.
        let to = unsafe { Self::cells(new) };
        // SAFETY: both have at least `len` cells (N4); the entries move, as the old leaf is freed without them.
        unsafe { to.copy_from_nonoverlapping(from, len * Form::<K, V>::CELL.size()) };
        // SAFETY: made above, by nobody else seen.
        unsafe { Self::set_len(new, len) };
        // SAFETY: the caller's alone; its entries have moved.
        unsafe { Self::deallocate(at) };
        new
    }

    /// # Safety
    ///
    /// The leaf is there, and nobody changes it meanwhile.
    #[inline(always)]
    pub(super) unsafe fn len(at: NonNull<LeafHead>) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).len as usize }
    }

    /// # Safety
    ///
    /// As for [`len`](Self::len).
    #[inline(always)]
    pub(super) unsafe fn cap(at: NonNull<LeafHead>) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).cap as usize }
    }

    /// # Safety
    ///
    /// The leaf is the caller's alone, and has so many entries and no more.
    #[inline]
    pub(super) unsafe fn set_len(at: NonNull<LeafHead>, len: usize) {
        // N4: `len` is at most `cap`, which is a `u32`.
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).len = len as u32 };
    }

    #[inline(always)]
    pub(super) fn tags(at: NonNull<LeafHead>) -> NonNull<u8> {
        // The address of nothing may be made of it, as nothing is read here.
        let tags = at.as_ptr().cast::<u8>().wrapping_add(TAGS);
        // SAFETY: behind the head of an allocation there is no null.
        unsafe { NonNull::new_unchecked(tags) }
    }

    /// # Safety
    ///
    /// As for [`len`](Self::len).
    #[inline(always)]
    pub(super) unsafe fn cells(at: NonNull<LeafHead>) -> NonNull<u8> {
        // SAFETY: the caller's promise.
        let cap = unsafe { Self::cap(at) };
        // SAFETY: `layout`: within the allocation or at its end.
        unsafe { Self::tags(at).add(padded(cap)) }
    }
}

/// What a branch begins with.
#[repr(C)]
pub(super) struct BranchHead {
    pub(super) count: Count,
    /// Entries below it.
    pub(super) len: usize,
}

/// Where the slots begin: in an ordinary build right behind the head.
const SLOTS: usize = size_of::<BranchHead>().next_multiple_of(align_of::<*mut u8>());

/// A slot: one of a run's slots owns the link for all of them, and which one, nobody asks (N5).
pub(super) type Slot<K, V> = ManuallyDrop<Link<K, V>>;

/// What is done with the memory of a branch, whoever has it.
pub(super) struct BranchMemory<K, V>(PhantomData<(K, V)>);

impl<K, V> BranchMemory<K, V> {
    /// A few hundred bytes at most: `width` is at most `MAX_WIDTH`.
    fn layout(width: u32) -> Layout {
        let size = SLOTS + (size_of::<Slot<K, V>>() << width);
        Layout::from_size_align(size, Form::<K, V>::ALIGN).expect("a branch is small")
    }

    /// A branch of empty slots with one link, the caller's.
    pub(super) fn allocate(width: u32, len: usize) -> NonNull<BranchHead> {
        let layout = Self::layout(width);
        // SAFETY: it is not of size zero: there is a head.
        let at = unsafe { alloc::alloc::alloc(layout) };
        let Some(at) = NonNull::new(at.cast::<BranchHead>()) else { alloc::alloc::handle_alloc_error(layout) };
        // SAFETY: `layout` has room for the head, which comes first.
        unsafe { at.write(BranchHead { count: Count::one(), len }) };
        for index in 0..1 << width {
            let slot = Self::slot(at, index);
            // SAFETY: `layout` has room for so many slots.
            unsafe { slot.write(ManuallyDrop::new(Link::EMPTY)) };
        }
        at
    }

    /// Gives the memory back; links in slots stay what they are.
    ///
    /// # Safety
    ///
    /// The branch is the caller's and of this width, its links are dropped or taken, and nobody comes to it after this.
    pub(super) unsafe fn deallocate(at: NonNull<BranchHead>, width: u32) {
        // SAFETY: the caller's branch, of which the head is dropped once: here.
        unsafe { at.drop_in_place() };
        // SAFETY: allocated by `allocate` with the layout of this width (N5).
        unsafe { alloc::alloc::dealloc(at.as_ptr().cast(), Self::layout(width)) };
    }

    /// Drops the links and gives the memory back, also if one of the drops panics.
    ///
    /// # Safety
    ///
    /// The branch is the caller's and of this width: its count was taken to zero (N2).
    pub(super) unsafe fn free(at: NonNull<BranchHead>, width: u32) {
        struct Rest<K, V> {
            at: NonNull<BranchHead>,
            width: u32,
            next: usize,
            slots: PhantomData<(K, V)>,
        }

        impl<K, V> Rest<K, V> {
            fn drop_links(&mut self) {
                // SAFETY: the branch is that of `free`.
                let slots = unsafe { BranchMemory::<K, V>::slots(self.at, self.width) };
                while self.next < slots.len() {
                    let slot = &slots[self.next];
                    self.next += run_length(slots, self.next);
                    // SAFETY: the first slot of a run, of which no other is read: `next` is behind it.
                    drop(unsafe { core::ptr::from_ref::<Link<K, V>>(slot).read() });
                }
            }
        }

        impl<K, V> Drop for Rest<K, V> {
            fn drop(&mut self) {
                self.drop_links();
                // SAFETY: the branch is that of `free`, whose links are dropped.
                unsafe { BranchMemory::<K, V>::deallocate(self.at, self.width) };
            }
        }

        let mut rest = Rest::<K, V> { at, width, next: 0, slots: PhantomData };
        // Not left to `drop`, in which a panic of the first link would let the others leak.
        rest.drop_links();
    }

    #[inline(always)]
    pub(super) fn slot(at: NonNull<BranchHead>, index: usize) -> NonNull<Slot<K, V>> {
        let slot = at.as_ptr().cast::<u8>().wrapping_add(SLOTS).cast::<Slot<K, V>>().wrapping_add(index);
        // SAFETY: behind the head of an allocation there is no null.
        unsafe { NonNull::new_unchecked(slot) }
    }

    /// # Safety
    ///
    /// There is a branch of this width, whose slots nobody writes while `'a` lasts.
    #[inline(always)]
    pub(super) unsafe fn slots<'a>(at: NonNull<BranchHead>, width: u32) -> &'a [Slot<K, V>] {
        let first = Self::slot(at, 0);
        // SAFETY: N5: so many slots, all written; the caller's promise.
        unsafe { core::slice::from_raw_parts(first.as_ptr(), 1 << width) }
    }
}

/// Slots of the run that begins here: 1, 2, 4, …
pub(super) fn run_length<K, V>(slots: &[Slot<K, V>], start: usize) -> usize {
    let mut length = 1;
    while start & length == 0
        && start + 2 * length <= slots.len()
        && slots[start + 1..start + 2 * length].iter().all(|slot| slot.ptr_eq(&slots[start]))
    {
        length *= 2;
    }
    length
}
