//! The memory of nodes: how it is laid out, allocated and freed.

use core::{alloc::Layout, marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use super::{form::Form, link::Link, tags::GROUP, unit::Batch};
use crate::persistent::count::Count;

/// What a node begins with, of either kind. Which of the two, every link to it knows (N7).
#[repr(C)]
pub(super) union Owner {
    /// Of a node by itself: how many links lead to it.
    count: ManuallyDrop<Count>,
    /// Of a node in a unit: how many bytes before it the unit begins.
    distance: usize,
}

impl Owner {
    /// Of a node by itself, with one link.
    fn one() -> Self {
        Self { count: ManuallyDrop::new(Count::one()) }
    }

    /// Of a node in a unit.
    pub(super) fn behind(distance: usize) -> Self {
        Self { distance }
    }

    /// # Safety
    ///
    /// There is a node by itself for as long as `'a` lasts.
    #[inline(always)]
    pub(super) unsafe fn count<'a>(at: NonNull<Self>) -> &'a Count {
        // SAFETY: the caller's node has a count, which is atomic: `&` suits whoever else looks at it.
        unsafe { at.cast::<Count>().as_ref() }
    }

    /// # Safety
    ///
    /// There is a node, and it is in a unit.
    #[inline(always)]
    pub(super) unsafe fn distance(at: NonNull<Self>) -> usize {
        // SAFETY: the caller's node has this, and it does not change.
        unsafe { at.cast::<usize>().read() }
    }

    /// # Safety
    ///
    /// There is a node by itself, whose count nobody looks at after this.
    unsafe fn end(at: NonNull<Self>) {
        // SAFETY: the caller's node has a count, dropped once: here.
        unsafe { at.cast::<Count>().drop_in_place() };
    }
}

/// What a leaf begins with.
#[repr(C)]
pub(super) struct LeafHead {
    owner: Owner,
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
    pub(super) fn layout(cap: usize) -> Layout {
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
        let layout = Self::layout(cap);
        // SAFETY: it is not of size zero: there is a head.
        let at = unsafe { alloc::alloc::alloc(layout) };
        let Some(at) = NonNull::new(at.cast::<LeafHead>()) else { alloc::alloc::handle_alloc_error(layout) };
        // SAFETY: allocated above with the layout of `cap`.
        unsafe { Self::begin(at, Owner::one(), cap) };
        at
    }

    /// Makes an empty leaf of memory.
    ///
    /// # Safety
    ///
    /// It is the caller's memory, of the layout of `cap`, which is not zero.
    pub(super) unsafe fn begin(at: NonNull<LeafHead>, owner: Owner, cap: usize) {
        let head = LeafHead { owner, len: 0, cap: u32::try_from(cap).expect("capacity overflow") };
        // SAFETY: `layout` has room for the head, which comes first.
        unsafe { at.write(head) };
        let tags = Self::tags(at);
        // SAFETY: `layout` has so many bytes for tags (N4).
        unsafe { tags.write_bytes(0, padded(cap)) };
    }

    /// Gives the memory back; entries stay what they are.
    ///
    /// # Safety
    ///
    /// The leaf is the caller's and by itself, its entries are dropped or taken, and nobody comes to it after this.
    pub(super) unsafe fn deallocate(at: NonNull<LeafHead>) {
        // SAFETY: the caller's leaf.
        let cap = unsafe { Self::cap(at) };
        // SAFETY: the caller's leaf, by itself.
        unsafe { Owner::end(at.cast()) };
        // SAFETY: allocated by `allocate` with the layout of `cap` (N4).
        unsafe { alloc::alloc::dealloc(at.as_ptr().cast(), Self::layout(cap)) };
    }

    /// Drops the entries and gives the memory back, also if one of the drops panics.
    ///
    /// # Safety
    ///
    /// The leaf is the caller's and by itself: its count was taken to zero (N2).
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
    /// The leaf is the caller's alone and by itself, and `cap` is at least its `len`.
    pub(super) unsafe fn moved(at: NonNull<LeafHead>, cap: usize) -> NonNull<LeafHead> {
        let new = Self::allocate(cap);
        // SAFETY: the caller's leaf.
        let len = unsafe { Self::len(at) };
        // SAFETY: the entries move to the leaf that was made above, as the old one is freed without them.
        unsafe { Self::copy_bits(at, new, len) };
        // SAFETY: made above, by nobody else seen.
        unsafe { Self::set_len(new, len) };
        // SAFETY: the caller's alone; its entries have moved.
        unsafe { Self::deallocate(at) };
        new
    }

    /// Copies tags and cells as they are.
    ///
    /// # Safety
    ///
    /// - Both are leaves with at least so much room, of which the first has so many entries, and nobody changes it meanwhile.
    /// - The second is the caller's and empty. Its new entries are those of the first one: only of one of the two are they ever dropped.
    pub(super) unsafe fn copy_bits(from: NonNull<LeafHead>, to: NonNull<LeafHead>, len: usize) {
        let (tags, new_tags) = (Self::tags(from), Self::tags(to));
        // SAFETY: both have at least `len` tags (N4), and are different ones.
        unsafe { new_tags.copy_from_nonoverlapping(tags, len) };
        // SAFETY: the caller's promise: a leaf.
        let cells = unsafe { Self::cells(from) };
        // SAFETY: likewise of the other one.
        let new_cells = unsafe { Self::cells(to) };
        // SAFETY: both have at least `len` cells (N4), and are different ones.
        unsafe { new_cells.copy_from_nonoverlapping(cells, len * Form::<K, V>::CELL.size()) };
    }

    /// Copies tags, and puts into the cells what is in those of another leaf, once more. If a `Clone` panics, the leaf is still empty.
    ///
    /// # Safety
    ///
    /// - Both are leaves with at least so much room, of which the first has so many entries, and nobody changes it meanwhile.
    /// - The second is the caller's and empty; so it is afterwards, until its length is set.
    pub(super) unsafe fn share_all(from: NonNull<LeafHead>, to: NonNull<LeafHead>, len: usize)
    where
        K: Clone,
        V: Clone,
    {
        // SAFETY: the caller's promise: a leaf.
        let cells = unsafe { Self::cells(from) };
        // SAFETY: likewise of the other one.
        let new_cells = unsafe { Self::cells(to) };
        // SAFETY: N4: so many entries; the new leaf has room for them and is empty.
        unsafe { Form::<K, V>::share_all(cells.as_ptr(), new_cells.as_ptr(), len) };
        let (tags, new_tags) = (Self::tags(from), Self::tags(to));
        // SAFETY: both have at least `len` tags (N4), and are different ones.
        unsafe { new_tags.copy_from_nonoverlapping(tags, len) };
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
    owner: Owner,
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
    pub(super) fn layout(width: u32) -> Layout {
        let size = SLOTS + (size_of::<Slot<K, V>>() << width);
        Layout::from_size_align(size, Form::<K, V>::ALIGN).expect("a branch is small")
    }

    /// A branch of empty slots with one link, the caller's.
    pub(super) fn allocate(width: u32, len: usize) -> NonNull<BranchHead> {
        let layout = Self::layout(width);
        // SAFETY: it is not of size zero: there is a head.
        let at = unsafe { alloc::alloc::alloc(layout) };
        let Some(at) = NonNull::new(at.cast::<BranchHead>()) else { alloc::alloc::handle_alloc_error(layout) };
        // SAFETY: allocated above with the layout of this width.
        unsafe { Self::begin(at, Owner::one(), width, len) };
        at
    }

    /// Makes a branch of empty slots of memory.
    ///
    /// # Safety
    ///
    /// It is the caller's memory, of the layout of this width.
    pub(super) unsafe fn begin(at: NonNull<BranchHead>, owner: Owner, width: u32, len: usize) {
        // SAFETY: `layout` has room for the head, which comes first.
        unsafe { at.write(BranchHead { owner, len }) };
        for index in 0..1 << width {
            let slot = Self::slot(at, index);
            // SAFETY: `layout` has room for so many slots.
            unsafe { slot.write(ManuallyDrop::new(Link::EMPTY)) };
        }
    }

    /// Gives the memory back; links in slots stay what they are.
    ///
    /// # Safety
    ///
    /// The branch is the caller's, by itself and of this width, its links are dropped or taken, and nobody comes to it after this.
    pub(super) unsafe fn deallocate(at: NonNull<BranchHead>, width: u32) {
        // SAFETY: the caller's branch, by itself.
        unsafe { Owner::end(at.cast()) };
        // SAFETY: allocated by `allocate` with the layout of this width (N5).
        unsafe { alloc::alloc::dealloc(at.as_ptr().cast(), Self::layout(width)) };
    }

    /// Drops the links and gives the memory back, also if one of the drops panics.
    ///
    /// # Safety
    ///
    /// The branch is the caller's, by itself and of this width: its count was taken to zero (N2).
    pub(super) unsafe fn free(at: NonNull<BranchHead>, width: u32) {
        struct Rest<K, V> {
            at: NonNull<BranchHead>,
            width: u32,
            next: usize,
            /// Links into a unit, to be given up together.
            batch: Batch,
            slots: PhantomData<(K, V)>,
        }

        impl<K, V> Rest<K, V> {
            fn drop_links(&mut self) {
                // SAFETY: the branch is that of `free`.
                let slots = unsafe { BranchMemory::<K, V>::slots(self.at, self.width) };
                while self.next < slots.len() {
                    let slot = &slots[self.next];
                    self.next += run_length(slots, self.next);
                    if slot.is_in_unit() {
                        // SAFETY: the link of a run, of which no other slot is looked at, is given up with the batch.
                        unsafe { self.batch.add(slot).release::<K, V>() };
                        continue;
                    }
                    // SAFETY: the first slot of a run, of which no other is read: `next` is behind it.
                    drop(unsafe { core::ptr::from_ref::<Link<K, V>>(slot).read() });
                }
                // SAFETY: as above: links that are given up.
                unsafe { self.batch.take().release::<K, V>() };
            }
        }

        impl<K, V> Drop for Rest<K, V> {
            fn drop(&mut self) {
                self.drop_links();
                // SAFETY: the branch is that of `free`, whose links are dropped.
                unsafe { BranchMemory::<K, V>::deallocate(self.at, self.width) };
            }
        }

        let mut rest = Rest::<K, V> { at, width, next: 0, batch: Batch::default(), slots: PhantomData };
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
