//! The tree of a vector's leaves.
//!
//! # What & when not
//!
//! Whole leaves, in order; elements that do not fill one are kept by the vector, in its two buffers. So nothing here knows elements, and
//! nothing of the user's runs but `Clone`, where a shared leaf is to be changed.
//!
//! # Representation
//!
//! ```text
//!   level 3                       ┌─────────────┐
//!                                 │ 37 69       │ a table of ends, as the first child is not full: relaxed
//!                                 └─┬────┬──────┘
//!   level 2                  ┌──────┘    └───────┐
//!                          ┌─┴─┐              ┌──┴──┐   none: dense, a child is found by a shift
//!                          └┬─┬┘              └┬─┬─┬┘
//!   level 1            ┌────┘ └───┐            …
//!                    ┌─┴─┐     ┌──┴──┐
//!                    └┬─┬┘     └┬─┬─┬┘
//!   leaves         ┌──┘ └─┐   ┌─┘ │ └─┐
//!                [……]  […]  [……] [……] [……]      contiguous elements, LEAF_MIN ..= LEAF of them
//! ```
//!
//! # Invariants
//!
//! - **I1, even.** All leaves are equally deep; `level` says how far they are below, and children are of one level.
//! - **I2, filled.** A leaf has [`LEAF_MIN`]`..=`[`LEAF`] elements. A branch has [`FAN_MIN`]`..=`[`FAN`] children, the first and the last of each level, which are
//!   where leaves come and go, at least one.
//! - **I3, told.** `len` is the sum over the children. `table` is there exactly if some child but the last is not full (has less than the most elements that
//!   its level has room for), or if a shift cannot tell.
//! - **I4, low.** The root has two children at least, unless they are leaves; if it has two, no one branch would have room for all of their children.
//!
//! By I2 and I4 a tree of `n` leaves has no more than `1 + log(n)` levels, to the base of `FAN_MIN`: with three children the root has one in the middle, which is filled, and
//! with two it has grandchildren in the middle, more than `FAN_MIN` of them. 32-bit lengths give 8 levels, and no length that fits a word gives more than 16. So what recurs by
//! level, drops among it, needs little stack.
//!
//! # Protocols
//!
//! Changes go down from the root, where each node that others share is replaced by a copy ([`Shared::make_own`]) before anything is changed in
//! it. Copies of branches run no code of the user's; leaves are copied last. So a `Clone` that panics leaves a tree with the same elements.
//!
//! # Checked by
//!
//! `vector/check.rs` looks at all invariants after each step of the random tests beside it.
//!
//! [`LEAF`]: super::config::LEAF
//! [`LEAF_MIN`]: super::config::LEAF_MIN
//! [`FAN`]: super::config::FAN
//! [`FAN_MIN`]: super::config::FAN_MIN

mod cut;
mod join;
mod node;

use self::node::Kid;
pub(super) use self::node::{Branch, Kids, Leaf, Side};
use super::config::FAN;
use crate::persistent::shared::Shared;

/// Leaves in order: none, or what a root holds.
pub(super) struct Tree<T> {
    root: Option<Shared<Branch<T>>>,
}

impl<T> Clone for Tree<T> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone() }
    }
}

impl<T> Tree<T> {
    pub(super) const EMPTY: Self = Self { root: None };

    #[inline]
    pub(super) fn root(&self) -> Option<&Shared<Branch<T>>> {
        self.root.as_ref()
    }

    pub(super) fn root_mut(&mut self) -> Option<&mut Shared<Branch<T>>> {
        self.root.as_mut()
    }

    pub(super) fn into_root(self) -> Option<Shared<Branch<T>>> {
        self.root
    }

    pub(super) fn len(&self) -> usize {
        self.root.as_ref().map_or(0, |root| root.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// A tree below a root that may have become too high (I4).
    fn rooted(root: Option<Shared<Branch<T>>>) -> Self {
        let mut tree = Self { root };
        tree.lower();
        tree
    }

    /// Sees to I4.
    fn lower(&mut self) {
        while let Some(root) = &self.root
            && let Kids::Branches(kids) = root.kids()
        {
            let lower = match kids.as_slice() {
                [] => return self.root = None,
                [only] => only.clone(),
                [first, last] if first.width() + last.width() <= FAN => {
                    let all = first.kids().range(0, first.width()).chain(last.kids().range(0, last.width()));
                    Shared::new(Branch::of(all))
                }
                _ => return,
            };
            self.root = Some(lower);
        }
    }

    /// The leaf that has an index, which is in the tree, and the index there.
    #[inline]
    pub(super) fn find(&self, index: usize) -> Option<(&Shared<Leaf<T>>, usize)> {
        Some(self.root.as_ref()?.leaf(index))
    }

    /// The same, to change elements, in a tree that no longer shares the leaf.
    pub(super) fn find_mut(&mut self, mut index: usize) -> Option<(&mut Leaf<T>, usize)>
    where
        T: Clone,
    {
        let mut branch = self.root.as_mut()?.make_own();
        loop {
            let (slot, rest) = branch.locate(index);
            index = rest;
            match branch.kids_mut() {
                Kids::Leaves(leaves) => return Some((leaves[slot].make_own(), index)),
                Kids::Branches(branches) => branch = branches[slot].make_own(),
            }
        }
    }

    /// Changes the leaf that has an index by something that adds or takes away elements, and leaves it within I2.
    pub(super) fn change<R>(&mut self, index: usize, change: impl FnOnce(&mut Leaf<T>, usize) -> R) -> Option<R>
    where
        T: Clone,
    {
        fn down<T: Clone, R>(branch: &mut Branch<T>, index: usize, change: impl FnOnce(&mut Leaf<T>, usize) -> R) -> R {
            let (slot, rest) = branch.locate(index);
            let (result, from, to) = match branch.kids_mut() {
                Kids::Leaves(leaves) => {
                    let leaf = leaves[slot].make_own();
                    let from = leaf.len();
                    (change(leaf, rest), from, leaf.len())
                }
                Kids::Branches(branches) => {
                    let child = branches[slot].make_own();
                    let from = child.len();
                    (down(child, rest, change), from, child.len())
                }
            };
            branch.resize(slot, from, to);
            result
        }
        Some(down(self.root.as_mut()?.make_own(), index, change))
    }

    /// Another leaf at an end: O(log n), and mostly only the last branch is looked into.
    pub(super) fn push(&mut self, side: Side, leaf: Shared<Leaf<T>>) {
        fn down<T>(branch: &mut Branch<T>, side: Side, leaf: Shared<Leaf<T>>) {
            let slot = branch.slot(side);
            if let Kids::Branches(branches) = branch.kids_mut()
                && branches[slot].has_room(side)
            {
                let (from, added) = (branches[slot].len(), leaf.len());
                down(branches[slot].make_own(), side, leaf);
                branch.resize(slot, from, from + added);
            } else {
                let level = branch.level() - 1;
                branch.push(side, Kid::chain(leaf, level));
            }
        }
        match &mut self.root {
            None => self.root = Some(Shared::new(Branch::of([Kid::Leaf(leaf)]))),
            Some(root) if root.has_room(side) => down(root.make_own(), side, leaf),
            Some(root) => {
                let level = root.level();
                let mut higher = Branch::of([Kid::Branch(root.clone())]);
                higher.push(side, Kid::chain(leaf, level));
                self.root = Some(Shared::new(higher));
            }
        }
    }

    /// Takes the leaf at an end away. O(log n), mostly one branch.
    pub(super) fn pop(&mut self, side: Side) -> Option<Shared<Leaf<T>>> {
        fn down<T>(branch: &mut Branch<T>, side: Side) -> Option<Shared<Leaf<T>>> {
            let slot = branch.slot(side);
            let (leaf, from, to) = match branch.kids_mut() {
                Kids::Leaves(_) => {
                    return match branch.pop(side) {
                        Some(Kid::Leaf(leaf)) => Some(leaf),
                        _ => None,
                    };
                }
                // The one that would be left without children goes as a whole.
                Kids::Branches(branches) if branches[slot].is_chain() => {
                    return match branch.pop(side) {
                        Some(kid) => kid.only_leaf(),
                        None => None,
                    };
                }
                Kids::Branches(branches) => {
                    let child = branches[slot].make_own();
                    let from = child.len();
                    (down(child, side), from, child.len())
                }
            };
            branch.resize(slot, from, to);
            leaf
        }
        let root = self.root.as_mut()?;
        if root.is_chain() {
            return Kid::Branch(self.root.take()?).only_leaf();
        }
        let leaf = down(root.make_own(), side);
        self.lower();
        leaf
    }
}

impl<T> Branch<T> {
    /// Whether there is one leaf in all.
    fn is_chain(&self) -> bool {
        self.width() == 1
            && match self.kids() {
                Kids::Leaves(_) => true,
                Kids::Branches(branches) => branches[0].is_chain(),
            }
    }
}

impl<T> Kid<T> {
    /// The first leaf of all: the only one of a chain.
    fn only_leaf(self) -> Option<Shared<Leaf<T>>> {
        let mut kid = self;
        loop {
            match kid {
                Self::Leaf(leaf) => return Some(leaf),
                Self::Branch(branch) => kid = branch.kids().range(0, 1).next()?,
            }
        }
    }
}
