//! Branches: slots that the next bits of a hash choose from.

use core::{marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use super::{
    leaf::LeafMut,
    link::{Kind, Link},
    memory::{BranchHead, BranchMemory, Slot, run_length},
    unit::Batch,
};

/// A branch, borrowed.
pub(in super::super) struct BranchRef<'a, K, V> {
    at: NonNull<BranchHead>,
    width: u32,
    link: PhantomData<&'a (K, V)>,
}

impl<K, V> Clone for BranchRef<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for BranchRef<'_, K, V> {}

// SAFETY: it gives `&K` and `&V` to its thread (`Sync`), and by `Link::clone` owners of nodes, of which the last one drops entries (`Send`), as
// `Link` does, for whose borrow it stands.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for BranchRef<'_, K, V> {}
// SAFETY: as above: it is `Copy`.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for BranchRef<'_, K, V> {}

/// Slots next to each other that a leaf stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Run {
    /// A multiple of `length`.
    pub(in super::super) start: usize,
    /// A power of two.
    pub(in super::super) length: usize,
}

impl Run {
    /// The other half of the next larger one.
    pub(in super::super) fn buddy(self) -> Self {
        Self { start: self.start ^ self.length, ..self }
    }

    /// The next larger one.
    pub(in super::super) fn doubled(self) -> Self {
        Self { start: self.start & !self.length, length: self.length * 2 }
    }

    pub(in super::super) fn halves(self) -> [Self; 2] {
        let length = self.length / 2;
        [Self { start: self.start, length }, Self { start: self.start + length, length }]
    }
}

impl<'a, K, V> BranchRef<'a, K, V> {
    /// # Safety
    ///
    /// There is a branch of this width with a link, whose borrow lasts for `'a`, and nobody has it by `&mut`.
    #[inline(always)]
    pub(super) unsafe fn new(at: NonNull<BranchHead>, width: u32) -> Self {
        Self { at, width, link: PhantomData }
    }

    #[inline(always)]
    pub(in super::super) fn width(self) -> u32 {
        self.width
    }

    #[inline]
    pub(in super::super) fn len(self) -> usize {
        // SAFETY: the promise to `new`: a living branch for as long as this lives.
        unsafe { (*self.at.as_ptr()).len }
    }

    #[inline(always)]
    fn slots(self) -> &'a [Slot<K, V>] {
        // SAFETY: the promise to `new`: a living branch for as long as this lives.
        unsafe { BranchMemory::slots(self.at, self.width) }
    }

    /// The slot that the highest of the bits choose.
    #[inline(always)]
    pub(in super::super) fn slot_of(self, bits: u64) -> usize {
        (bits >> (64 - self.width)) as usize
    }

    /// What the highest of the bits choose.
    #[inline(always)]
    pub(in super::super) fn choose(self, bits: u64) -> &'a Link<K, V> {
        let slot = BranchMemory::<K, V>::slot(self.at, self.slot_of(bits));
        // SAFETY: `width` bits choose from `2^width` slots (N5); by `new` nobody writes them.
        unsafe { slot.as_ref() }
    }

    #[inline]
    pub(in super::super) fn link(self, index: usize) -> &'a Link<K, V> {
        &self.slots()[index]
    }

    /// The run that has this slot.
    pub(in super::super) fn run(self, index: usize) -> Run {
        let slots = self.slots();
        let mut run = Run { start: index, length: 1 };
        while run.length < slots.len() {
            let buddy = run.buddy();
            let is_same = slots[buddy.start..][..buddy.length].iter().all(|slot| slot.ptr_eq(&slots[index]));
            if !is_same {
                break;
            }
            run = run.doubled();
        }
        run
    }

    /// What begins at this slot or behind it, and where the next begins.
    #[inline]
    pub(in super::super) fn next(self, mut index: usize) -> Option<(&'a Link<K, V>, usize)> {
        let slots = self.slots();
        while index < slots.len() {
            let slot = &slots[index];
            index += 1;
            if slot.is_empty() {
                continue;
            }
            while index < slots.len() && slots[index].ptr_eq(slot) {
                index += 1;
            }
            return Some((slot, index));
        }
        None
    }

    /// Whether the slots are the same.
    pub(in super::super) fn is_like(self, other: BranchRef<'_, K, V>) -> bool {
        self.width == other.width && self.slots().iter().zip(other.slots()).all(|(one, other)| one.ptr_eq(other))
    }

    /// A branch with the same links, counted once more, and so many slots for each of its own; it is the caller's.
    pub(super) fn copy(self) -> NonNull<BranchHead> {
        let new = BranchMemory::<K, V>::allocate(self.width, self.len());
        let slots = self.slots();
        let (mut index, mut batch) = (0, Batch::default());
        while index < slots.len() {
            // Counting does not panic, so none of these is lost.
            if slots[index].is_in_unit() {
                batch.add(&slots[index]).retain();
            } else {
                slots[index].retain();
            }
            index += run_length(slots, index);
        }
        batch.retain();
        let to = BranchMemory::<K, V>::slot(new, 0);
        // SAFETY: the new branch has as many slots, all empty; each link was counted once more, so that a run is one there, too (N5).
        unsafe { core::ptr::copy_nonoverlapping(slots.as_ptr(), to.as_ptr(), slots.len()) };
        new
    }
}

/// A branch that nobody else has.
pub(in super::super) struct BranchMut<'a, K, V> {
    at: NonNull<BranchHead>,
    width: u32,
    link: PhantomData<&'a mut (K, V)>,
}

// SAFETY: it stands for a borrow of a `Link` by `&mut`, which is `Send` under these bounds.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for BranchMut<'_, K, V> {}
// SAFETY: through `&` it gives what a borrowed `Link` gives, which is `Sync` under these bounds.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for BranchMut<'_, K, V> {}

impl<'a, K, V> BranchMut<'a, K, V> {
    /// # Safety
    ///
    /// There is a branch of this width with one link, whose borrow by `&mut` lasts for `'a` (N3).
    #[inline(always)]
    pub(super) unsafe fn new(at: NonNull<BranchHead>, width: u32) -> Self {
        Self { at, width, link: PhantomData }
    }

    #[inline(always)]
    pub(in super::super) fn as_ref(&self) -> BranchRef<'_, K, V> {
        // SAFETY: this branch, borrowed.
        unsafe { BranchRef::new(self.at, self.width) }
    }

    #[inline]
    pub(in super::super) fn set_len(&mut self, len: usize) {
        // SAFETY: by `new` nobody else has it.
        unsafe { (*self.at.as_ptr()).len = len };
    }

    /// The same branch once more, for a part of it.
    ///
    /// # Safety
    ///
    /// While what comes of one of them lasts, the other is used for other slots only.
    #[inline]
    pub(super) unsafe fn again(&mut self) -> Self {
        Self { ..*self }
    }

    /// Writes a link into a block of slots. What was there is not dropped.
    #[inline]
    fn fill(&mut self, run: Run, link: Link<K, V>) {
        assert!(run.length.is_power_of_two() && run.start & (run.length - 1) == 0, "a run is a block");
        assert!(run.start + run.length <= 1 << self.width, "a run is within its branch");
        let link = ManuallyDrop::new(link);
        for index in run.start..run.start + run.length {
            let slot = BranchMemory::<K, V>::slot(self.at, index);
            // SAFETY: the link is one for all of the run (N5), and not dropped here.
            let same = unsafe { core::ptr::from_ref(&link).read() };
            // SAFETY: a slot of the branch, by the assertion above; by `new` nobody else looks.
            unsafe { slot.write(same) };
        }
    }

    /// Puts a link into a block of slots that are empty.
    pub(in super::super) fn put(&mut self, run: Run, link: Link<K, V>) {
        let is_free = self.as_ref().slots()[run.start..][..run.length].iter().all(|slot| slot.is_empty());
        assert!(is_free, "the slots are empty");
        self.fill(run, link);
    }

    /// Puts a link in the place of a whole run, whose own link is the result.
    pub(in super::super) fn replace(&mut self, run: Run, link: Link<K, V>) -> Link<K, V> {
        let is_run = self.as_ref().run(run.start) == run;
        // Of empty slots, any block will do: they own nothing.
        let is_free = || self.as_ref().slots()[run.start..][..run.length].iter().all(|slot| slot.is_empty());
        assert!(is_run || is_free(), "the slots are a run");
        let slot = BranchMemory::<K, V>::slot(self.at, run.start);
        // SAFETY: the link of the run (N5), which is overwritten in all of its slots before anybody looks.
        let old = ManuallyDrop::into_inner(unsafe { slot.read() });
        self.fill(run, link);
        old
    }

    /// The link to a branch below this one.
    #[inline]
    pub(in super::super) fn into_child_mut(self, index: usize) -> Option<&'a mut Link<K, V>> {
        let this = self.as_ref();
        let is_branch = matches!(this.link(index).kind(), Kind::Branch(_));
        if !is_branch || this.run(index).length != 1 {
            return None;
        }
        let mut slot = BranchMemory::<K, V>::slot(self.at, index);
        // SAFETY: a slot of the branch, and the only one with this link: no run breaks if it changes. By `new`, and as `self` is used up,
        // nobody else comes to it.
        Some(unsafe { slot.as_mut() })
    }

    /// The leaf at this slot, if there is one and no other version has it.
    #[inline]
    pub(in super::super) fn into_leaf_mut(self, index: usize) -> Option<LeafMut<'a, K, V>> {
        let at = self.as_ref().link(index).lone_leaf()?;
        // SAFETY: it is alone, and this branch, by `new` also alone, is used up for `'a`.
        Some(unsafe { LeafMut::new(at) })
    }

    /// The same for a while.
    #[inline]
    pub(in super::super) fn child_mut(&mut self, index: usize) -> Option<&mut Link<K, V>> {
        // SAFETY: what comes of it borrows this one, so that this is not used meanwhile.
        unsafe { self.again() }.into_child_mut(index)
    }

    /// The same for a while.
    #[inline]
    pub(in super::super) fn leaf_mut(&mut self, index: usize) -> Option<LeafMut<'_, K, V>> {
        // SAFETY: `self` is borrowed for as long as the other one lives, as above.
        unsafe { self.again() }.into_leaf_mut(index)
    }

    /// Gives the leaf at this slot, of which no other version has it, room for more entries.
    pub(in super::super) fn grow_leaf(&mut self, index: usize, cap: usize) {
        let run = self.as_ref().run(index);
        let mut link = self.replace(run, Link::EMPTY);
        link.grow_leaf(cap);
        self.fill(run, link);
    }

    /// Moves what is there into another branch, in which each slot stands for `2^by` or a part of the slots of this one.
    pub(super) fn move_into(mut self, other: &mut BranchMut<'_, K, V>) {
        let mut index = 0;
        while index < 1 << self.width {
            let run = self.as_ref().run(index);
            // Empty slots before this one are in the run, too.
            index = run.start + run.length;
            let link = self.replace(run, Link::EMPTY);
            if link.is_empty() {
                continue;
            }
            let target = if other.width >= self.width {
                let by = other.width - self.width;
                Run { start: run.start << by, length: run.length << by }
            } else {
                let by = self.width - other.width;
                assert!(run.length >> by > 0, "what is moved fits the slots");
                Run { start: run.start >> by, length: run.length >> by }
            };
            other.fill(target, link);
        }
    }
}
