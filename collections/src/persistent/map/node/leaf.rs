//! Leaves: entries in no order, and a tag for each.

use core::{marker::PhantomData, ptr::NonNull};

use super::{
    form::{Form, Item},
    memory::{LeafHead, LeafMemory},
    tags::{self, GROUP},
};

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
        // SAFETY: the promise to `new`: a living leaf for as long as this lives.
        unsafe { LeafMemory::<K, V>::len(self.at) }
    }

    #[inline(always)]
    fn cell(self, index: usize) -> *const u8 {
        assert!(index < self.len(), "a cell without entry");
        // SAFETY: the promise to `new`: a living leaf for as long as this lives.
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
        // SAFETY: the promise to `new`: a living leaf with so many entries; the other one was made above with room for them.
        unsafe { LeafMemory::<K, V>::share_all(self.at, new.0, len) };
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
        // SAFETY: the promise to `new`: a living leaf for as long as this lives.
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
        // SAFETY: the promise to `new`: a living leaf for as long as this lives.
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
        // SAFETY: N4: tags are initialised up to the leaf's room.
        let tag = unsafe { tag.read() };
        self.set_tag(last, 0);
        if index == last {
            return moved;
        }
        self.set_tag(index, tag);
        self.replace(index, moved)
    }
}
