//! Leaves: entries in no order, and a tag for each.

use core::{alloc::Layout, marker::PhantomData, ptr::NonNull};

use super::{
    count::Count,
    form::{Form, Item},
    tags::{self, GROUP},
};

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

/// A leaf, borrowed.
pub(in super::super) struct LeafRef<'a, K, V> {
    at: NonNull<LeafHead>,
    link: PhantomData<&'a (K, V)>,
}

impl<K, V> Clone for LeafRef<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for LeafRef<'_, K, V> {}

// SAFETY: it gives `&K` and `&V` to its thread (`Sync`), and by `share` owners of entries, of which the last one drops them (`Send`), as
// `Link` does, for whose borrow it stands.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for LeafRef<'_, K, V> {}
// SAFETY: as above: it is `Copy`.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for LeafRef<'_, K, V> {}

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
    unsafe fn deallocate(at: NonNull<LeafHead>) {
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
        // SAFETY: as above.
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
        // SAFETY: made above.
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
    unsafe fn len(at: NonNull<LeafHead>) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).len as usize }
    }

    /// # Safety
    ///
    /// As for [`len`](Self::len).
    #[inline(always)]
    unsafe fn cap(at: NonNull<LeafHead>) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).cap as usize }
    }

    /// # Safety
    ///
    /// The leaf is the caller's alone, and has so many entries and no more.
    #[inline]
    unsafe fn set_len(at: NonNull<LeafHead>, len: usize) {
        // N4: `len` is at most `cap`, which is a `u32`.
        // SAFETY: the caller's promise.
        unsafe { (*at.as_ptr()).len = len as u32 };
    }

    #[inline(always)]
    fn tags(at: NonNull<LeafHead>) -> NonNull<u8> {
        // The address of nothing may be made of it, as nothing is read here.
        let tags = at.as_ptr().cast::<u8>().wrapping_add(TAGS);
        // SAFETY: behind the head of an allocation there is no null.
        unsafe { NonNull::new_unchecked(tags) }
    }

    /// # Safety
    ///
    /// As for [`len`](Self::len).
    #[inline(always)]
    unsafe fn cells(at: NonNull<LeafHead>) -> NonNull<u8> {
        // SAFETY: the caller's promise.
        let cap = unsafe { Self::cap(at) };
        // SAFETY: `layout`: within the allocation or at its end.
        unsafe { Self::tags(at).add(padded(cap)) }
    }
}

impl<'a, K, V> LeafRef<'a, K, V> {
    /// # Safety
    ///
    /// There is a leaf with a link, whose borrow lasts for `'a`, and nobody has it by `&mut`.
    #[inline(always)]
    pub(super) unsafe fn new(at: NonNull<LeafHead>) -> Self {
        Self { at, link: PhantomData }
    }

    #[inline(always)]
    pub(in super::super) fn len(self) -> usize {
        // SAFETY: by `new`.
        unsafe { LeafMemory::<K, V>::len(self.at) }
    }

    #[inline(always)]
    fn cell(self, index: usize) -> *const u8 {
        assert!(index < self.len(), "a cell without entry");
        // SAFETY: by `new`.
        let cells = unsafe { LeafMemory::<K, V>::cells(self.at) };
        // SAFETY: below `len`, which is at most `cap` (N4).
        unsafe { cells.add(index * Form::<K, V>::CELL.size()) }.as_ptr()
    }

    #[inline(always)]
    pub(in super::super) fn pair(self, index: usize) -> (&'a K, &'a V) {
        // SAFETY: N4: below `len` there are entries; by `new` they stay as long as `'a` lasts.
        unsafe { Form::pair(self.cell(index)) }
    }

    #[inline]
    pub(in super::super) fn tag(self, index: usize) -> u8 {
        assert!(index < self.len(), "a tag without entry");
        // SAFETY: N4: a tag of the leaf.
        let tag = unsafe { LeafMemory::<K, V>::tags(self.at).add(index) };
        // SAFETY: N4: initialised; by `new` nobody changes it.
        unsafe { tag.read() }
    }

    /// The hash of an entry, if it is kept.
    #[inline]
    pub(in super::super) fn hash(self, index: usize) -> Option<u64> {
        // SAFETY: as in `pair`.
        unsafe { Form::<K, V>::hash(self.cell(index)) }
    }

    /// Whether an entry of this leaf and one of another are one, which both point to.
    #[inline]
    pub(in super::super) fn shares(self, index: usize, other: LeafRef<'_, K, V>, there: usize) -> bool {
        if Form::<K, V>::IN_PLACE {
            return false;
        }
        // The keys are at different places if the entries are.
        core::ptr::eq(self.pair(index).0, other.pair(there).0) && size_of::<K>() > 0
    }

    /// An entry, once more.
    #[inline]
    pub(in super::super) fn share(self, index: usize) -> Item<K, V>
    where
        K: Clone,
        V: Clone,
    {
        // SAFETY: as in `pair`.
        unsafe { Form::share(self.cell(index)) }
    }

    /// The entry with this tag for whose key the closure says yes.
    #[inline(always)]
    pub(in super::super) fn find(self, tag: u8, mut is: impl FnMut(&K) -> bool) -> Option<usize> {
        let len = self.len();
        let mut first = 0;
        while first < len {
            // SAFETY: N4: whole groups of tags, up to that of the last entry at least.
            let group = unsafe { LeafMemory::<K, V>::tags(self.at).add(first) };
            // SAFETY: N4: initialised; by `new` nobody changes them.
            let group = unsafe { group.cast::<[u8; GROUP]>().as_ref() };
            for index in tags::find(group, tag) {
                // A tag is not zero, so where it stands there is an entry (N4); a zero that is looked for is found where none is.
                if first + index < len && is(self.pair(first + index).0) {
                    return Some(first + index);
                }
            }
            first += GROUP;
        }
        None
    }

    /// A leaf with the same entries and room for more, which is the caller's. If a `Clone` panics, there is none.
    pub(super) fn copy(self, cap: usize) -> NonNull<LeafHead>
    where
        K: Clone,
        V: Clone,
    {
        struct Unfinished<K, V>(NonNull<LeafHead>, PhantomData<(K, V)>);

        impl<K, V> Drop for Unfinished<K, V> {
            fn drop(&mut self) {
                // SAFETY: made by `copy`, seen by nobody else, with `len` 0.
                unsafe { LeafMemory::<K, V>::free(self.0) };
            }
        }

        let len = self.len();
        let new = Unfinished::<K, V>(LeafMemory::<K, V>::allocate(cap.max(len)), PhantomData);
        // SAFETY: by `new`.
        let from = unsafe { LeafMemory::<K, V>::cells(self.at) };
        // SAFETY: made above.
        let to = unsafe { LeafMemory::<K, V>::cells(new.0) };
        // SAFETY: N4: so many entries; the new leaf has room for them and is empty.
        unsafe { Form::<K, V>::share_all(from.as_ptr(), to.as_ptr(), len) };
        let (from, to) = (LeafMemory::<K, V>::tags(self.at), LeafMemory::<K, V>::tags(new.0));
        // SAFETY: both have at least `len` tags, and the new leaf is another allocation.
        unsafe { to.copy_from_nonoverlapping(from, len) };
        // SAFETY: the entries are in, with their tags.
        unsafe { LeafMemory::<K, V>::set_len(new.0, len) };
        let at = new.0;
        core::mem::forget(new);
        at
    }
}

/// A leaf that nobody else has.
pub(in super::super) struct LeafMut<'a, K, V> {
    at: NonNull<LeafHead>,
    link: PhantomData<&'a mut (K, V)>,
}

// SAFETY: it stands for a borrow of a `Link` by `&mut`, which is `Send` under these bounds.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for LeafMut<'_, K, V> {}
// SAFETY: through `&` it gives what a borrowed `Link` gives, which is `Sync` under these bounds.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for LeafMut<'_, K, V> {}

impl<'a, K, V> LeafMut<'a, K, V> {
    /// # Safety
    ///
    /// There is a leaf with one link, whose borrow by `&mut` lasts for `'a` (N3).
    #[inline(always)]
    pub(super) unsafe fn new(at: NonNull<LeafHead>) -> Self {
        Self { at, link: PhantomData }
    }

    #[inline(always)]
    pub(in super::super) fn as_ref(&self) -> LeafRef<'_, K, V> {
        // SAFETY: this leaf, borrowed.
        unsafe { LeafRef::new(self.at) }
    }

    /// Where an entry is; below `cap`.
    #[inline]
    fn cell(&mut self, index: usize) -> *mut u8 {
        // SAFETY: by `new`.
        let cells = unsafe { LeafMemory::<K, V>::cells(self.at) };
        // SAFETY: by the callers, below `cap`.
        unsafe { cells.add(index * Form::<K, V>::CELL.size()) }.as_ptr()
    }

    fn set_tag(&mut self, index: usize, tag: u8) {
        // SAFETY: by the callers, below `cap`.
        let at = unsafe { LeafMemory::<K, V>::tags(self.at).add(index) };
        // SAFETY: N4: there is room for a tag; by `new` nobody else looks.
        unsafe { at.write(tag) };
    }

    /// Key and value; the latter is cloned first, with the key, if others have the entry too.
    #[inline]
    pub(in super::super) fn into_pair_mut(mut self, index: usize) -> (&'a K, &'a mut V)
    where
        K: Clone,
        V: Clone,
    {
        assert!(index < self.as_ref().len(), "a cell without entry");
        // SAFETY: N4: an entry; by `new` nobody else comes to it while `'a` lasts, as `self` is used up.
        unsafe { Form::pair_mut(self.cell(index)) }
    }

    /// The same for an entry after which others are asked for.
    ///
    /// # Safety
    ///
    /// Nobody asks for the same entry while `'a` lasts.
    #[inline]
    pub(super) unsafe fn disjoint_pair_mut(&mut self, index: usize) -> (&'a K, &'a mut V)
    where
        K: Clone,
        V: Clone,
    {
        assert!(index < self.as_ref().len(), "a cell without entry");
        // SAFETY: N4: an entry; nobody else comes to it, by `new` and by the caller.
        unsafe { Form::pair_mut(self.cell(index)) }
    }

    /// Adds an entry, if there is room; the tag is not zero.
    #[inline]
    pub(in super::super) fn push(&mut self, tag: u8, item: Item<K, V>) -> Result<(), Item<K, V>> {
        let len = self.as_ref().len();
        // SAFETY: by `new`.
        if len == unsafe { LeafMemory::<K, V>::cap(self.at) } {
            return Err(item);
        }
        let cell = self.cell(len);
        // SAFETY: below `cap` and not below `len`: the leaf's, and empty (N4).
        unsafe { Form::write(cell, item) };
        self.set_tag(len, tag);
        // SAFETY: by `new` nobody else has it; the entry is in.
        unsafe { LeafMemory::<K, V>::set_len(self.at, len + 1) };
        Ok(())
    }

    /// Puts an entry in the place of another with the same tag.
    #[inline]
    pub(in super::super) fn replace(&mut self, index: usize, item: Item<K, V>) -> Item<K, V> {
        assert!(index < self.as_ref().len(), "a cell without entry");
        let cell = self.cell(index);
        // SAFETY: N4: an entry, which is overwritten before anybody looks.
        let old = unsafe { Form::read(cell) };
        // SAFETY: the entry was taken out.
        unsafe { Form::write(cell, item) };
        old
    }

    /// Takes an entry out; the last one comes into its place.
    pub(in super::super) fn swap_remove(&mut self, index: usize) -> Item<K, V> {
        let last = self.as_ref().len().checked_sub(1).expect("an empty leaf");
        assert!(index <= last, "a cell without entry");
        // SAFETY: by `new` nobody else has it; the last entry is taken out right after.
        unsafe { LeafMemory::<K, V>::set_len(self.at, last) };
        let cell = self.cell(last);
        // SAFETY: N4: an entry until now, which nobody else takes: it is beyond `len`.
        let moved = unsafe { Form::read(cell) };
        // SAFETY: N4: a tag of the leaf.
        let tag = unsafe { LeafMemory::<K, V>::tags(self.at).add(last) };
        // SAFETY: N4: initialised.
        let tag = unsafe { tag.read() };
        self.set_tag(last, 0);
        if index == last {
            return moved;
        }
        self.set_tag(index, tag);
        self.replace(index, moved)
    }
}
