//! The children of one branch: either all leaves or all branches, so that none of them needs to say which.

use arrayvec::ArrayVec;

use super::{super::config::FAN, Branch, Leaf, Node, NodeMut, NodeRef};
use crate::persistent::shared::Shared;

pub(in super::super) enum Children<K, V> {
    Leaves(ArrayVec<Shared<Leaf<K, V>>, FAN>),
    Branches(ArrayVec<Shared<Branch<K, V>>, FAN>),
}

/// Two neighbours.
pub(in super::super) enum Pair<'a, K, V> {
    Leaves(&'a mut Shared<Leaf<K, V>>, &'a mut Shared<Leaf<K, V>>),
    Branches(&'a mut Shared<Branch<K, V>>, &'a mut Shared<Branch<K, V>>),
}

/// Does the same with children of either kind.
macro_rules! either {
    ($children:expr, $list:ident => $work:expr) => {
        match $children {
            Children::Leaves($list) => $work,
            Children::Branches($list) => $work,
        }
    };
}

/// Does the same with children of either kind, and makes children of the result.
macro_rules! same_kind {
    ($children:expr, $list:ident => $work:expr) => {
        match $children {
            Children::Leaves($list) => Children::Leaves($work),
            Children::Branches($list) => Children::Branches($work),
        }
    };
}

/// What is said of nodes of two heights where there can be one only.
const ONE_HEIGHT: &str = "children are of one height";

impl<K, V> Clone for Children<K, V> {
    fn clone(&self) -> Self {
        same_kind!(self, list => list.clone())
    }

    fn clone_from(&mut self, from: &Self) {
        match (self, from) {
            (Self::Leaves(leaves), Self::Leaves(from)) => leaves.clone_from(from),
            (Self::Branches(branches), Self::Branches(from)) => branches.clone_from(from),
            (children, from) => *children = from.clone(),
        }
    }
}

impl<K, V> Children<K, V> {
    /// None, of the same kind.
    #[inline]
    pub(super) fn vacant(&self) -> Self {
        match self {
            Self::Leaves(_) => Self::Leaves(ArrayVec::new_const()),
            Self::Branches(_) => Self::Branches(ArrayVec::new_const()),
        }
    }

    /// One child.
    pub(in super::super) fn of(child: Node<K, V>) -> Self {
        let mut children = match child {
            Node::Leaf(_) => Self::Leaves(ArrayVec::new()),
            Node::Branch(_) => Self::Branches(ArrayVec::new()),
        };
        children.push(child);
        children
    }

    #[inline]
    pub(in super::super) fn len(&self) -> usize {
        either!(self, list => list.len())
    }

    pub(in super::super) fn is_full(&self) -> bool {
        self.len() == FAN
    }

    /// Entries below all of them.
    pub(in super::super) fn entries(&self) -> usize {
        match self {
            Self::Leaves(leaves) => leaves.iter().map(|leaf| leaf.len()).sum(),
            Self::Branches(branches) => branches.iter().map(|branch| branch.len).sum(),
        }
    }

    #[inline]
    pub(in super::super) fn get(&self, index: usize) -> NodeRef<'_, K, V> {
        match self {
            Self::Leaves(leaves) => NodeRef::Leaf(&leaves[index]),
            Self::Branches(branches) => NodeRef::Branch(&branches[index]),
        }
    }

    #[inline]
    pub(in super::super) fn get_mut(&mut self, index: usize) -> NodeMut<'_, K, V> {
        match self {
            Self::Leaves(leaves) => NodeMut::Leaf(&mut leaves[index]),
            Self::Branches(branches) => NodeMut::Branch(&mut branches[index]),
        }
    }

    /// The child of the index and the one after it.
    pub(in super::super) fn pair_mut(&mut self, index: usize) -> Pair<'_, K, V> {
        const TWO: &str = "the child has a neighbour";
        match self {
            Self::Leaves(leaves) => {
                let [left, right] = &mut leaves[index..][..2] else { unreachable!("{TWO}") };
                Pair::Leaves(left, right)
            }
            Self::Branches(branches) => {
                let [left, right] = &mut branches[index..][..2] else { unreachable!("{TWO}") };
                Pair::Branches(left, right)
            }
        }
    }

    pub(in super::super) fn iter(&self) -> impl DoubleEndedIterator<Item = NodeRef<'_, K, V>> {
        (0..self.len()).map(|index| self.get(index))
    }

    pub(in super::super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = NodeMut<'_, K, V>> {
        let (leaves, branches): (&mut [_], &mut [_]) = match self {
            Self::Leaves(leaves) => (leaves, &mut []),
            Self::Branches(branches) => (&mut [], branches),
        };
        leaves.iter_mut().map(NodeMut::Leaf).chain(branches.iter_mut().map(NodeMut::Branch))
    }

    pub(in super::super) fn insert(&mut self, index: usize, child: Node<K, V>) {
        match (self, child) {
            (Self::Leaves(leaves), Node::Leaf(leaf)) => leaves.insert(index, leaf),
            (Self::Branches(branches), Node::Branch(branch)) => branches.insert(index, branch),
            _ => unreachable!("{ONE_HEIGHT}"),
        }
    }

    pub(in super::super) fn push(&mut self, child: Node<K, V>) {
        self.insert(self.len(), child);
    }

    pub(in super::super) fn remove(&mut self, index: usize) -> Node<K, V> {
        match self {
            Self::Leaves(leaves) => Node::Leaf(leaves.remove(index)),
            Self::Branches(branches) => Node::Branch(branches.remove(index)),
        }
    }

    /// Takes out those from the index on.
    pub(in super::super) fn split_off(&mut self, index: usize) -> Self {
        same_kind!(self, list => list.drain(index..).collect())
    }

    /// Takes over the first `count` of those that follow; returns the entries below them.
    pub(in super::super) fn take_from_next(&mut self, next: &mut Self, count: usize) -> usize {
        let rest = next.split_off(count);
        let taken = core::mem::replace(next, rest);
        let entries = taken.entries();
        match (self, taken) {
            (Self::Leaves(leaves), Self::Leaves(taken)) => leaves.extend(taken),
            (Self::Branches(branches), Self::Branches(taken)) => branches.extend(taken),
            _ => unreachable!("{ONE_HEIGHT}"),
        }
        entries
    }
}
