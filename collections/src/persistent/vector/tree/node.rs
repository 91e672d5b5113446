//! Nodes, and what one of them can do by itself.

use core::hint::select_unpredictable;

use arrayvec::ArrayVec;

use super::super::config::{FAN, FAN_BITS, LEAF, LEAF_BITS};
use crate::persistent::shared::{Roomy, Shared};

/// Elements that lie one behind the other.
pub(in super::super) type Leaf<T> = ArrayVec<T, LEAF>;

/// For each child the number of elements in it and in those before it.
type Ends = ArrayVec<usize, FAN>;

/// The same as it is kept: of one length, so that a search takes the same steps always. Behind the children come greatest numbers.
type Table = [usize; FAN];

/// A node above the leaves. In this order, so that what a lookup needs besides the child lies on one line.
#[repr(C)]
pub(in super::super) struct Branch<T> {
    /// None if the branch is dense (I3).
    table: Option<Shared<Table>>,
    len: usize,
    /// One above leaves, else one more than the children's.
    level: u8,
    kids: Kids<T>,
}

/// The children of a branch: all of one kind.
pub(in super::super) enum Kids<T> {
    Leaves(ArrayVec<Shared<Leaf<T>>, FAN>),
    Branches(ArrayVec<Shared<Branch<T>>, FAN>),
}

/// One child.
pub(super) enum Kid<T> {
    Leaf(Shared<Leaf<T>>),
    Branch(Shared<Branch<T>>),
}

/// An end of a sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Side {
    Front,
    Back,
}

use Side::{Back, Front};

impl Side {
    /// What an iterator gives from this end.
    #[inline]
    pub(in super::super) fn next<I: DoubleEndedIterator>(self, items: &mut I) -> Option<I::Item> {
        match self {
            Front => items.next(),
            Back => items.next_back(),
        }
    }
}

/// How far an index is shifted to give the child of a branch, if all are full.
const fn shift(level: u8) -> u32 {
    LEAF_BITS + (level as u32 - 1) * FAN_BITS
}

/// The elements of `count` full children, if that can be told in a word.
fn full(level: u8, count: usize) -> Option<usize> {
    count.checked_mul(1_usize.checked_shl(shift(level))?)
}

/// Whether all children but the last are full (I3).
fn dense(level: u8, ends: &Ends) -> bool {
    let Some(each) = full(level, 1) else { return false };
    ends.split_last()
        .is_none_or(|(_, others)| others.last().is_none_or(|&end| Some(end) == each.checked_mul(others.len())))
}

/// The child of a relaxed branch that has the element of an index, and the index there.
#[inline]
fn search(table: &Table, index: usize) -> (usize, usize) {
    let mut slot = 0;
    let mut step = FAN / 2;
    while step > 0 {
        // A conditional move: which way it goes cannot be foretold.
        slot += select_unpredictable(table[(slot + step - 1) & (FAN - 1)] <= index, step, 0);
        step /= 2;
    }
    (slot, index - slot.checked_sub(1).map_or(0, |previous| table[previous & (FAN - 1)]))
}

impl<T> Kid<T> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Branch(branch) => branch.len,
        }
    }

    fn level(&self) -> u8 {
        match self {
            Self::Leaf(_) => 0,
            Self::Branch(branch) => branch.level,
        }
    }

    /// A subtree of a given level that has one leaf.
    pub(super) fn chain(leaf: Shared<Leaf<T>>, level: u8) -> Self {
        (0..level).fold(Self::Leaf(leaf), |kid, _| Self::Branch(Shared::new(Branch::of([kid]))))
    }
}

impl<T> Kids<T> {
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Leaves(leaves) => leaves.len(),
            Self::Branches(branches) => branches.len(),
        }
    }

    fn push(&mut self, side: Side, kid: Kid<T>) {
        match (self, kid) {
            (Self::Leaves(leaves), Kid::Leaf(leaf)) => insert(leaves, side, leaf),
            (Self::Branches(branches), Kid::Branch(branch)) => insert(branches, side, branch),
            _ => unreachable!("children of one branch are of one level (I1)"),
        }
    }

    pub(super) fn pop(&mut self, side: Side) -> Option<Kid<T>> {
        match self {
            Self::Leaves(leaves) => remove(leaves, side).map(Kid::Leaf),
            Self::Branches(branches) => remove(branches, side).map(Kid::Branch),
        }
    }

    /// Handles of the children from `first` on, up to `end`.
    pub(super) fn range(&self, first: usize, end: usize) -> impl Iterator<Item = Kid<T>> + '_ {
        (first..end).map(move |slot| match self {
            Self::Leaves(leaves) => Kid::Leaf(leaves[slot].clone()),
            Self::Branches(branches) => Kid::Branch(branches[slot].clone()),
        })
    }

    pub(super) fn into_kids(self) -> impl Iterator<Item = Kid<T>> {
        let (leaves, branches) = match self {
            Self::Leaves(leaves) => (leaves, ArrayVec::new_const()),
            Self::Branches(branches) => (ArrayVec::new_const(), branches),
        };
        leaves.into_iter().map(Kid::Leaf).chain(branches.into_iter().map(Kid::Branch))
    }
}

fn insert<C>(kids: &mut ArrayVec<C, FAN>, side: Side, kid: C) {
    match side {
        Front => kids.insert(0, kid),
        Back => kids.push(kid),
    }
}

fn remove<C>(kids: &mut ArrayVec<C, FAN>, side: Side) -> Option<C> {
    match side {
        Front => kids.pop_at(0),
        Back => kids.pop(),
    }
}

impl<T> Clone for Kids<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Leaves(leaves) => Self::Leaves(leaves.clone()),
            Self::Branches(branches) => Self::Branches(branches.clone()),
        }
    }

    fn clone_from(&mut self, from: &Self) {
        match (self, from) {
            (Self::Leaves(leaves), Self::Leaves(from)) => leaves.clone_from(from),
            (Self::Branches(branches), Self::Branches(from)) => branches.clone_from(from),
            (kids, from) => *kids = from.clone(),
        }
    }
}

/// Copies no element: both have the same children.
impl<T> Clone for Branch<T> {
    fn clone(&self) -> Self {
        Self { len: self.len, table: self.table.clone(), level: self.level, kids: self.kids.clone() }
    }

    fn clone_from(&mut self, from: &Self) {
        self.table.clone_from(&from.table);
        (self.len, self.level) = (from.len, from.level);
        self.kids.clone_from(&from.kids);
    }
}

impl<T> Roomy for Branch<T> {
    #[inline]
    fn vacant(&self) -> Self {
        let kids = match &self.kids {
            Kids::Leaves(_) => Kids::Leaves(ArrayVec::new_const()),
            Kids::Branches(_) => Kids::Branches(ArrayVec::new_const()),
        };
        Self { table: None, len: 0, level: self.level, kids }
    }
}

impl<T: Clone> Roomy for Leaf<T> {
    #[inline]
    fn vacant(&self) -> Self {
        Self::new_const()
    }
}

impl<T> Branch<T> {
    /// A branch of children of one level: at least one, at most [`FAN`].
    pub(super) fn of(kids: impl IntoIterator<Item = Kid<T>>) -> Self {
        let mut all = kids.into_iter().peekable();
        let below = all.peek().map_or(0, Kid::level);
        let mut ends = Ends::new();
        let mut kids = if below == 0 { Kids::Leaves(ArrayVec::new()) } else { Kids::Branches(ArrayVec::new()) };
        let mut len = 0;
        for kid in all {
            len += kid.len();
            ends.push(len);
            kids.push(Back, kid);
        }
        let mut branch = Self { len, table: None, level: below + 1, kids };
        branch.settle(ends);
        branch
    }

    #[inline]
    pub(in super::super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(in super::super) fn level(&self) -> u8 {
        self.level
    }

    #[inline]
    pub(in super::super) fn kids(&self) -> &Kids<T> {
        &self.kids
    }

    pub(in super::super) fn into_kids(self) -> Kids<T> {
        self.kids
    }

    pub(super) fn width(&self) -> usize {
        self.kids.width()
    }

    /// The child that has the element of an index, and the index there.
    #[inline]
    pub(in super::super) fn locate(&self, index: usize) -> (usize, usize) {
        match &self.table {
            None => (index >> shift(self.level), index & ((1 << shift(self.level)) - 1)),
            Some(table) => search(table, index),
        }
    }

    /// The leaf that has an index, and the index there.
    #[inline]
    pub(super) fn leaf(&self, mut index: usize) -> (&Shared<Leaf<T>>, usize) {
        let mut branch = self;
        let mut shift = shift(self.level);
        loop {
            let slot = match &branch.table {
                // What the levels above have used of the index is left in it, and masked out where it is used, which costs a constant.
                None => index >> shift & (FAN - 1),
                Some(table) => {
                    let used = 1_usize.checked_shl(shift + FAN_BITS).map_or(0, usize::wrapping_neg);
                    let (slot, rest) = search(table, index & !used);
                    index = rest;
                    slot
                }
            };
            match &branch.kids {
                Kids::Leaves(leaves) => return (&leaves[slot], index & (LEAF - 1)),
                Kids::Branches(branches) => branch = &branches[slot],
            }
            shift -= FAN_BITS;
        }
    }

    /// The children, to be changed by who then calls [`resize`](Self::resize) for the one whose length is another.
    pub(in super::super) fn kids_mut(&mut self) -> &mut Kids<T> {
        &mut self.kids
    }

    /// Takes note of another length of the child at `slot`.
    pub(super) fn resize(&mut self, slot: usize, from: usize, to: usize) {
        if self.table.is_none() && slot + 1 == self.width() {
            // The last child of a dense branch is free to be of any length.
            self.len = self.len - from + to;
            return;
        }
        let mut ends = self.ends();
        for end in &mut ends[slot..] {
            *end = *end - from + to;
        }
        self.settle(ends);
    }

    /// Another child at an end. There is room.
    pub(super) fn push(&mut self, side: Side, kid: Kid<T>) {
        let added = kid.len();
        let width = self.width();
        if side == Back && self.table.is_none() && full(self.level, width) == Some(self.len) {
            self.len += added;
            self.kids.push(side, kid);
            return;
        }
        let mut ends = self.ends();
        match side {
            Back => ends.push(self.len + added),
            Front => {
                ends.iter_mut().for_each(|end| *end += added);
                ends.insert(0, added);
            }
        }
        self.kids.push(side, kid);
        self.settle(ends);
    }

    /// Takes out the child at an end.
    pub(super) fn pop(&mut self, side: Side) -> Option<Kid<T>> {
        let kid = self.kids.pop(side)?;
        let lost = kid.len();
        if side == Back && self.table.is_none() {
            self.len -= lost;
            return Some(kid);
        }
        let mut ends = self.ends_of(self.width() + 1);
        remove(&mut ends, side);
        if side == Front {
            ends.iter_mut().for_each(|end| *end -= lost);
        }
        self.settle(ends);
        Some(kid)
    }

    fn ends(&self) -> Ends {
        self.ends_of(self.width())
    }

    /// The ends of the children, of which there are, or were, `width`.
    fn ends_of(&self, width: usize) -> Ends {
        match &self.table {
            Some(table) => table[..width].iter().copied().collect(),
            None => {
                let full_ones = (1..width).map(|count| count << shift(self.level));
                full_ones.chain((width > 0).then_some(self.len)).collect()
            }
        }
    }

    /// Takes on new ends: a table is kept where indices cannot be told without (I3).
    fn settle(&mut self, ends: Ends) {
        self.len = ends.last().copied().unwrap_or(0);
        if dense(self.level, &ends) {
            self.table = None;
            return;
        }
        let mut table = [usize::MAX; FAN];
        table[..ends.len()].copy_from_slice(&ends);
        match self.table.as_mut().and_then(Shared::get_mut) {
            Some(old) => *old = table,
            None => self.table = Some(Shared::new(table)),
        }
    }

    /// Whether a leaf can come to an end without another level.
    pub(super) fn has_room(&self, side: Side) -> bool {
        self.width() < FAN
            || match &self.kids {
                Kids::Leaves(_) => false,
                Kids::Branches(branches) => branches[self.slot(side)].has_room(side),
            }
    }

    /// Where the child at an end is.
    pub(super) fn slot(&self, side: Side) -> usize {
        match side {
            Front => 0,
            Back => self.width() - 1,
        }
    }

    /// For the tests' check of the invariants.
    #[cfg(all(test, not(polder_loom)))]
    pub(in super::super) fn told_ends(&self) -> (Option<&[usize]>, bool) {
        (self.table.as_ref().map(|table| &table[..self.width()]), dense(self.level, &self.ends()))
    }
}
