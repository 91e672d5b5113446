//! Branches: slots that the next bits of a hash choose from.

use core::{alloc::Layout, marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use super::{
    count::Count,
    form::Form,
    leaf::LeafMut,
    link::{Kind, Link},
};

/// What a branch begins with.
#[repr(C)]
pub(super) struct BranchHead {
    pub(super) count: Count,
    /// Entries below it.
    len: usize,
}

/// Where the slots begin: in an ordinary build right behind the head.
const SLOTS: usize = size_of::<BranchHead>().next_multiple_of(align_of::<*mut u8>());

/// A slot: one of a run's slots owns the link for all of them, and which one, nobody asks (N5).
type Slot<K, V> = ManuallyDrop<Link<K, V>>;

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
    fn slot(at: NonNull<BranchHead>, index: usize) -> NonNull<Slot<K, V>> {
        let slot = at.as_ptr().cast::<u8>().wrapping_add(SLOTS).cast::<Slot<K, V>>().wrapping_add(index);
        // SAFETY: behind the head of an allocation there is no null.
        unsafe { NonNull::new_unchecked(slot) }
    }

    /// # Safety
    ///
    /// There is a branch of this width, whose slots nobody writes while `'a` lasts.
    #[inline(always)]
    unsafe fn slots<'a>(at: NonNull<BranchHead>, width: u32) -> &'a [Slot<K, V>] {
        let first = Self::slot(at, 0);
        // SAFETY: N5: so many slots, all written; the caller's promise.
        unsafe { core::slice::from_raw_parts(first.as_ptr(), 1 << width) }
    }
}

/// Slots of the run that begins here: 1, 2, 4, …
fn run_length<K, V>(slots: &[Slot<K, V>], start: usize) -> usize {
    let mut length = 1;
    while start & length == 0
        && start + 2 * length <= slots.len()
        && slots[start + 1..start + 2 * length].iter().all(|slot| slot.ptr_eq(&slots[start]))
    {
        length *= 2;
    }
    length
}

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
        // SAFETY: by `new`.
        unsafe { (*self.at.as_ptr()).len }
    }

    #[inline(always)]
    fn slots(self) -> &'a [Slot<K, V>] {
        // SAFETY: by `new`.
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
        let mut index = 0;
        while index < slots.len() {
            let length = run_length(slots, index);
            let link = Link::clone(&slots[index]);
            // SAFETY: made above, by nobody else seen; of the same width, so that the run is one there too.
            unsafe { BranchMut::new(new, self.width).fill(Run { start: index, length }, link) };
            index += length;
        }
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
        // SAFETY: as above.
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
