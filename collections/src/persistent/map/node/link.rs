//! The counted pointers that a trie is made of.

use core::{marker::PhantomData, mem, ptr::NonNull};

use super::{
    MAX_WIDTH,
    branch::{BranchMut, BranchRef},
    form::{Form, Item},
    leaf::{LeafMut, LeafRef},
    memory::{BranchHead, BranchMemory, LeafHead, LeafMemory, Owner},
    unit::{Unit, UnitHead},
};
use crate::persistent::count::Count;

/// The bits of an address that are not needed for it, as nodes are aligned to 16.
const TAG: usize = 15;

/// Those of them in which the width is kept.
const WIDTH: usize = 7;

/// The one that says that the node is in a unit (N7).
const UNIT: usize = 8;

const _: () = assert!(MAX_WIDTH as usize <= WIDTH && WIDTH | UNIT == TAG);

/// A counted pointer to a node, or none.
pub(in super::super) struct Link<K, V> {
    /// Null, or a node's address; in its lowest bits the width of the branch, and whether it is in a unit.
    word: *mut u8,
    owns: PhantomData<(K, V)>,
}

// SAFETY: a link gives `&K` and `&V` to its thread (`Sync`), and the last one drops or gives out keys and values there (`Send`); the
// counts are atomic, and what else is in a node does not change while it is shared (N3).
unsafe impl<K: Send + Sync, V: Send + Sync> Send for Link<K, V> {}
// SAFETY: through `&Link` come `&K`, `&V` and, by `clone`, further links: the same as for `Send`.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for Link<K, V> {}

/// What a link leads to.
pub(in super::super) enum Kind<'a, K, V> {
    Empty,
    Leaf(LeafRef<'a, K, V>),
    Branch(BranchRef<'a, K, V>),
}

/// The same without a borrow.
pub(super) enum Node {
    Leaf(NonNull<LeafHead>),
    Branch(NonNull<BranchHead>, u32),
}

impl<K, V> Link<K, V> {
    /// To nothing.
    pub(in super::super) const EMPTY: Self = Self { word: core::ptr::null_mut(), owns: PhantomData };

    /// To a leaf without entries, with room for so many and no other link.
    pub(in super::super) fn leaf(cap: usize) -> Self {
        Self { word: LeafMemory::<K, V>::allocate(cap).as_ptr().cast(), owns: PhantomData }
    }

    /// To a branch of empty slots, with no other link.
    pub(in super::super) fn branch(width: u32, len: usize) -> Self {
        assert!((1..=MAX_WIDTH).contains(&width), "a branch has from two slots to sixteen");
        Self::of_branch(BranchMemory::<K, V>::allocate(width, len), width)
    }

    fn of_branch(at: NonNull<BranchHead>, width: u32) -> Self {
        Self { word: at.as_ptr().cast::<u8>().map_addr(|address| address | width as usize), owns: PhantomData }
    }

    /// To a node of a unit: a leaf (width zero) or a branch of this width.
    pub(super) fn of_unit(at: NonNull<Owner>, width: u32) -> Self {
        let word = at.as_ptr().cast::<u8>().map_addr(|address| address | UNIT | width as usize);
        Self { word, owns: PhantomData }
    }

    #[inline(always)]
    pub(super) fn node(&self) -> Option<Node> {
        let tag = self.word.addr() & TAG;
        let (at, width) = (NonNull::new(self.word.wrapping_sub(tag))?, tag & WIDTH);
        Some(if width == 0 { Node::Leaf(at.cast()) } else { Node::Branch(at.cast(), width as u32) })
    }

    #[inline(always)]
    pub(in super::super) fn kind(&self) -> Kind<'_, K, V> {
        match self.node() {
            None => Kind::Empty,
            // SAFETY: N2: there is a link, this one, and it is borrowed, so that nobody has the node by `&mut` (N3).
            Some(Node::Leaf(at)) => Kind::Leaf(unsafe { LeafRef::new(at) }),
            // SAFETY: as above; the width is in the link (N5).
            Some(Node::Branch(at, width)) => Kind::Branch(unsafe { BranchRef::new(at, width) }),
        }
    }

    #[inline(always)]
    pub(in super::super) fn is_empty(&self) -> bool {
        self.word.is_null()
    }

    #[inline]
    pub(in super::super) fn ptr_eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.word, other.word)
    }

    /// The leaf, if it is one or nothing.
    #[inline]
    pub(in super::super) fn leaf_len(&self) -> Option<usize> {
        match self.kind() {
            Kind::Empty => Some(0),
            Kind::Leaf(leaf) => Some(leaf.len()),
            Kind::Branch(_) => None,
        }
    }

    /// Entries below.
    #[inline]
    pub(in super::super) fn len(&self) -> usize {
        match self.kind() {
            Kind::Empty => 0,
            Kind::Leaf(leaf) => leaf.len(),
            Kind::Branch(branch) => branch.len(),
        }
    }

    /// Whether the node is in a unit: then no link to it is alone.
    #[inline(always)]
    pub(super) fn is_in_unit(&self) -> bool {
        self.word.addr() & UNIT != 0
    }

    /// What the node begins with, whichever it is.
    #[inline(always)]
    fn owner(&self) -> Option<NonNull<Owner>> {
        NonNull::new(self.word.wrapping_sub(self.word.addr() & TAG).cast())
    }

    /// Where the node is, as a number; zero of no node.
    #[inline]
    pub(super) fn address(&self) -> usize {
        self.word.addr() & !TAG
    }

    /// The unit that the node is in, if it is in one.
    #[inline]
    pub(super) fn unit(&self) -> Option<NonNull<UnitHead>> {
        let at = self.owner().filter(|_| self.is_in_unit())?;
        // SAFETY: N2: there is a link; N7: which says that it is in a unit.
        Some(unsafe { Unit::<K, V>::of(at) })
    }

    /// The count that this link is one of: of the node, or of its unit.
    #[inline(always)]
    fn count(&self) -> Option<&Count> {
        let at = self.owner()?;
        if let Some(unit) = self.unit() {
            // SAFETY: N2: a unit is there as long as a node of it. The count is atomic, so that `&` suits whoever else looks at it.
            return Some(unsafe { UnitHead::count(unit) });
        }
        // SAFETY: N2: there is a link; N7: to a node by itself, so that this is its count.
        Some(unsafe { Owner::count(at) })
    }

    /// Counts one more link, which the caller makes.
    #[inline]
    pub(super) fn retain(&self) {
        if let Some(count) = self.count() {
            count.retain();
        }
    }

    /// Whether no other link leads there. Of use to who has this one by `&mut`. What is in a unit is never alone.
    #[inline]
    pub(in super::super) fn is_alone(&self) -> bool {
        !self.is_in_unit() && self.count().is_some_and(Count::is_one)
    }

    /// The leaf, if it is one that no other link leads to.
    #[inline]
    pub(super) fn lone_leaf(&self) -> Option<NonNull<LeafHead>> {
        match self.node() {
            Some(Node::Leaf(at)) if self.is_alone() => Some(at),
            _ => None,
        }
    }

    /// The leaf, to be changed, if it is one that no other link leads to. A leaf that may be in a run is to be asked for through its
    /// branch.
    #[inline]
    pub(in super::super) fn leaf_mut(&mut self) -> Option<LeafMut<'_, K, V>> {
        let at = self.lone_leaf()?;
        // SAFETY: it is alone, and borrowed by `&mut`.
        Some(unsafe { LeafMut::new(at) })
    }

    /// Gives a leaf that no other link leads to room for so many entries.
    pub(in super::super) fn grow_leaf(&mut self, cap: usize) {
        let at = self.lone_leaf().expect("a leaf of its own");
        assert!(cap >= self.len(), "room for what is there");
        // SAFETY: it is alone, and borrowed by `&mut`.
        let new = unsafe { LeafMemory::<K, V>::moved(at, cap) };
        self.word = new.as_ptr().cast();
    }

    /// A leaf with the same entries and room for so many, that no other link leads to. Nothing has happened if a `Clone` panics.
    pub(in super::super) fn copy_leaf(leaf: LeafRef<'_, K, V>, cap: usize) -> Self
    where
        K: Clone,
        V: Clone,
    {
        Self { word: leaf.copy(cap).as_ptr().cast(), owns: PhantomData }
    }

    /// The branch, to be changed, if it is one; copied first if other links lead to it.
    #[inline]
    pub(in super::super) fn own_branch(&mut self) -> Option<BranchMut<'_, K, V>> {
        let Some(Node::Branch(at, width)) = self.node() else { return None };
        if !self.is_alone() {
            return Some(self.copy_branch(width));
        }
        // SAFETY: it is alone, and borrowed by `&mut`.
        Some(unsafe { BranchMut::new(at, width) })
    }

    #[cold]
    fn copy_branch(&mut self, width: u32) -> BranchMut<'_, K, V> {
        let Kind::Branch(branch) = self.kind() else { unreachable!("of a branch alone") };
        let at = branch.copy();
        *self = Self::of_branch(at, width);
        // SAFETY: made above, and borrowed by `&mut`.
        unsafe { BranchMut::new(at, width) }
    }

    /// Gives a branch that no other link leads to another width. What stands in it fits: of a narrower one, all runs are long enough.
    pub(in super::super) fn set_width(&mut self, width: u32) {
        let len = self.len();
        let mut new = Self::branch(width, len);
        let from = self.own_branch().expect("a branch");
        let mut to = new.own_branch().expect("a branch");
        from.move_into(&mut to);
        *self = new;
    }

    /// Gives out what is below it, and is nothing after that: entries of a leaf one by one, links of a branch. What others have too is
    /// cloned, or counted once more.
    pub(in super::super) fn take_apart(self, mut link: impl FnMut(Self), mut item: impl FnMut(Item<K, V>))
    where
        K: Clone,
        V: Clone,
    {
        let mut this = self;
        if let Some(mut leaf) = this.leaf_mut() {
            while let Some(last) = leaf.as_ref().len().checked_sub(1) {
                item(leaf.swap_remove(last));
            }
            return;
        }
        match this.kind() {
            Kind::Empty => {}
            Kind::Leaf(leaf) => (0..leaf.len()).rev().for_each(|index| item(leaf.share(index))),
            Kind::Branch(branch) => {
                let mut index = 0;
                while let Some((child, next)) = branch.next(index) {
                    link(child.clone());
                    index = next;
                }
            }
        }
    }

    /// Entries that there is room for: `MOST`, or less while that would be much too much.
    pub(in super::super) fn room_for(len: usize) -> usize {
        match len {
            0..16 => len.next_multiple_of(4),
            16..=32 if Form::<K, V>::MOST >= 32 => len.next_multiple_of(8),
            _ => len + len / 4,
        }
        .max(len)
    }
}

impl<K, V> Clone for Link<K, V> {
    #[inline]
    fn clone(&self) -> Self {
        self.retain();
        Self { word: self.word, owns: PhantomData }
    }
}

impl<K, V> Drop for Link<K, V> {
    #[inline]
    fn drop(&mut self) {
        if let Some(count) = self.count()
            && count.release()
        {
            free(mem::replace(self, Self { word: core::ptr::null_mut(), owns: PhantomData }));
        }
    }
}

/// Frees a node, or a unit, whose count was taken to zero. As deep as the trie, no deeper.
#[inline(never)]
fn free<K, V>(link: Link<K, V>) {
    // The count is zero already.
    let link = mem::ManuallyDrop::new(link);
    if let Some(unit) = link.unit() {
        // SAFETY: N2: the last link from outside, which is gone.
        unsafe { Unit::<K, V>::free(unit) };
        return;
    }
    match link.node() {
        None => {}
        // SAFETY: N2: the last link, which is gone.
        Some(Node::Leaf(at)) => unsafe { LeafMemory::<K, V>::free(at) },
        // SAFETY: as above; the width is in the link (N5).
        Some(Node::Branch(at, width)) => unsafe { BranchMemory::<K, V>::free(at, width) },
    }
}
