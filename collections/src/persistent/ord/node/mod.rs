//! Leaves and branches: what they are made of.

mod build;
mod children;
mod insert;
mod join;
mod remove;
mod steps;

#[cfg(feature = "rayon")]
pub(super) use build::build_parallel;
pub(super) use build::{Builder, build};
pub(super) use children::{Children, Pair};
pub(super) use insert::Inserted;
pub(super) use join::{Split, join_some};
pub(super) use steps::Steps;

use core::cmp::Ordering;

use arrayvec::ArrayVec;
use equivalent::Comparable;

use super::config::{FAN_MIN, LEAF, LEAF_MIN, SEPARATORS};
use crate::persistent::shared::{Roomy, Shared};

/// Entries in the order of their keys. In this order, so that a search begins where the node's count is.
#[repr(C)]
pub(super) struct Leaf<K, V> {
    pub(super) keys: ArrayVec<K, LEAF>,
    /// `values[i]` belongs to `keys[i]`.
    pub(super) values: ArrayVec<V, LEAF>,
}

/// Subtrees of one height. In this order, as a leaf.
#[repr(C)]
pub(super) struct Branch<K, V> {
    /// Entries below.
    pub(super) len: usize,
    /// Branches on the way to a leaf, this one included.
    pub(super) height: u8,
    /// One fewer than children: `keys[i]` is above all keys of `children[i]`, and not above any of `children[i + 1]`.
    pub(super) keys: ArrayVec<K, SEPARATORS>,
    pub(super) children: Children<K, V>,
}

/// A subtree with an owner.
pub(super) enum Node<K, V> {
    Leaf(Shared<Leaf<K, V>>),
    Branch(Shared<Branch<K, V>>),
}

/// A subtree, looked at.
pub(super) enum NodeRef<'a, K, V> {
    Leaf(&'a Shared<Leaf<K, V>>),
    Branch(&'a Shared<Branch<K, V>>),
}

/// A subtree where it is owned, to be changed.
pub(super) enum NodeMut<'a, K, V> {
    Leaf(&'a mut Shared<Leaf<K, V>>),
    Branch(&'a mut Shared<Branch<K, V>>),
}

impl<K, V> Default for Leaf<K, V> {
    fn default() -> Self {
        Self { keys: ArrayVec::new(), values: ArrayVec::new() }
    }
}

impl<K: Clone, V: Clone> Clone for Leaf<K, V> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), values: self.values.clone() }
    }

    fn clone_from(&mut self, from: &Self) {
        self.keys.clone_from(&from.keys);
        self.values.clone_from(&from.values);
    }
}

impl<K: Clone, V: Clone> Roomy for Leaf<K, V> {
    #[inline]
    fn vacant(&self) -> Self {
        Self::default()
    }
}

impl<K, V> Leaf<K, V> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Where the key is, or else would be.
    #[inline]
    pub(super) fn search<Q: ?Sized + Comparable<K>>(&self, key: &Q) -> Result<usize, usize> {
        self.keys.binary_search_by(|other| key.compare(other).reverse())
    }

    pub(super) fn entry(&self, index: usize) -> (&K, &V) {
        (&self.keys[index], &self.values[index])
    }

    pub(super) fn push(&mut self, key: K, value: V) {
        self.keys.push(key);
        self.values.push(value);
    }

    pub(super) fn insert(&mut self, index: usize, key: K, value: V) {
        self.keys.insert(index, key);
        self.values.insert(index, value);
    }

    pub(super) fn remove(&mut self, index: usize) -> (K, V) {
        (self.keys.remove(index), self.values.remove(index))
    }

    /// Takes out the entries from the index on.
    pub(super) fn split_off(&mut self, index: usize) -> Self {
        let mut rest = Self::default();
        self.move_from(index, &mut rest);
        rest
    }

    /// Moves the entries from the index on to a leaf that has none.
    fn move_from(&mut self, index: usize, rest: &mut Self) {
        rest.keys.extend(self.keys.drain(index..));
        rest.values.extend(self.values.drain(index..));
    }

    /// Takes over the first `count` entries of the leaf that follows.
    pub(super) fn take_from_next(&mut self, next: &mut Self, count: usize) {
        self.keys.extend(next.keys.drain(..count));
        self.values.extend(next.values.drain(..count));
    }

    /// Gives the entries from the index on to the leaf that follows.
    pub(super) fn give_to_next(&mut self, index: usize, next: &mut Self) {
        let mut rest = self.split_off(index);
        rest.keys.extend(next.keys.drain(..));
        rest.values.extend(next.values.drain(..));
        *next = rest;
    }
}

impl<K: Clone, V> Clone for Branch<K, V> {
    fn clone(&self) -> Self {
        Self { len: self.len, height: self.height, keys: self.keys.clone(), children: self.children.clone() }
    }

    fn clone_from(&mut self, from: &Self) {
        (self.len, self.height) = (from.len, from.height);
        self.keys.clone_from(&from.keys);
        self.children.clone_from(&from.children);
    }
}

impl<K: Clone, V> Roomy for Branch<K, V> {
    #[inline]
    fn vacant(&self) -> Self {
        Self { len: 0, height: self.height, keys: ArrayVec::new_const(), children: self.children.vacant() }
    }
}

impl<K, V> Branch<K, V> {
    /// A branch over subtrees of one height, with the separators between them.
    pub(super) fn new(keys: ArrayVec<K, SEPARATORS>, children: Children<K, V>) -> Self {
        let height = children.get(0).height() + 1;
        Self { len: children.entries(), height, keys, children }
    }

    /// The child that has the key, if any does.
    #[inline]
    pub(super) fn child_of<Q: ?Sized + Comparable<K>>(&self, key: &Q) -> usize {
        match self.keys.binary_search_by(|other| key.compare(other).reverse()) {
            Ok(index) => index + 1,
            Err(index) => index,
        }
    }

    /// Takes out the children from the index on, which is not 0, with the separator before them.
    pub(super) fn split_off(&mut self, index: usize) -> (K, Self) {
        let children = self.children.split_off(index);
        let keys = self.keys.drain(index..).collect();
        let separator = self.keys.pop().expect("one separator fewer than children");
        let right = Self::new(keys, children);
        self.len -= right.len;
        (separator, right)
    }

    /// Takes over the first `count` children of the branch that follows, `separator` being between the two; returns what is after that,
    /// or nothing if no child is left there.
    pub(super) fn take_from_next(&mut self, separator: K, next: &mut Self, count: usize) -> Option<K> {
        self.keys.push(separator);
        self.keys.extend(next.keys.drain(..count - 1));
        let after = if next.keys.is_empty() { None } else { Some(next.keys.remove(0)) };
        let taken = self.children.take_from_next(&mut next.children, count);
        self.len += taken;
        next.len -= taken;
        after
    }

    /// Gives the children from the index on, which is not 0, to the branch that follows, `separator` being between the two; returns what is after that.
    pub(super) fn give_to_next(&mut self, index: usize, separator: K, next: &mut Self) -> K {
        let (after, mut given) = self.split_off(index);
        given.keys.push(separator);
        given.keys.extend(next.keys.drain(..));
        let count = next.children.len();
        given.len += given.children.take_from_next(&mut next.children, count);
        *next = given;
        after
    }
}

impl<K, V> Node<K, V> {
    pub(super) fn leaf(leaf: Leaf<K, V>) -> Self {
        Self::Leaf(Shared::new(leaf))
    }

    pub(super) fn branch(branch: Branch<K, V>) -> Self {
        Self::Branch(Shared::new(branch))
    }

    /// A branch over two subtrees of one height.
    pub(super) fn over(left: Self, separator: K, right: Self) -> Self {
        let mut children = Children::of(left);
        children.push(right);
        let mut keys = ArrayVec::new();
        keys.push(separator);
        Self::branch(Branch::new(keys, children))
    }

    #[inline]
    pub(super) fn by_ref(&self) -> NodeRef<'_, K, V> {
        match self {
            Self::Leaf(leaf) => NodeRef::Leaf(leaf),
            Self::Branch(branch) => NodeRef::Branch(branch),
        }
    }

    #[inline]
    pub(super) fn by_mut(&mut self) -> NodeMut<'_, K, V> {
        match self {
            Self::Leaf(leaf) => NodeMut::Leaf(leaf),
            Self::Branch(branch) => NodeMut::Branch(branch),
        }
    }
}

impl<K, V> Clone for Node<K, V> {
    fn clone(&self) -> Self {
        self.by_ref().to_owned()
    }
}

impl<K, V> Clone for NodeRef<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for NodeRef<'_, K, V> {}

impl<'a, K, V> NodeRef<'a, K, V> {
    pub(super) fn to_owned(self) -> Node<K, V> {
        match self {
            Self::Leaf(leaf) => Node::Leaf(leaf.clone()),
            Self::Branch(branch) => Node::Branch(branch.clone()),
        }
    }

    /// Whether both are the same node, not only equal ones.
    #[inline]
    pub(super) fn ptr_eq(self, other: Self) -> bool {
        match (self, other) {
            (Self::Leaf(one), Self::Leaf(other)) => one.ptr_eq(other),
            (Self::Branch(one), Self::Branch(other)) => one.ptr_eq(other),
            _ => false,
        }
    }

    /// Entries below.
    #[inline]
    pub(super) fn len(self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Branch(branch) => branch.len,
        }
    }

    pub(super) fn height(self) -> u8 {
        match self {
            Self::Leaf(_) => 0,
            Self::Branch(branch) => branch.height,
        }
    }

    /// Entries of a leaf, children of a branch.
    fn width(self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Branch(branch) => branch.children.len(),
        }
    }

    /// How its size compares with the least one of a child: `Less` may only be a root, and of `Equal` nothing can be taken.
    pub(super) fn spare(self) -> Ordering {
        let least = match self {
            Self::Leaf(_) => LEAF_MIN,
            Self::Branch(_) => FAN_MIN,
        };
        self.width().cmp(&least)
    }

    /// The leaf with the smallest keys.
    pub(super) fn first_leaf(self) -> &'a Leaf<K, V> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(leaf) => return leaf,
                Self::Branch(branch) => node = branch.children.get(0),
            }
        }
    }

    /// The leaf with the largest keys.
    pub(super) fn last_leaf(self) -> &'a Leaf<K, V> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(leaf) => return leaf,
                Self::Branch(branch) => node = branch.children.get(branch.children.len() - 1),
            }
        }
    }

    /// The smallest key. Nodes are not empty.
    pub(super) fn first_key(self) -> &'a K {
        &self.first_leaf().keys[0]
    }

    /// The entry of the key.
    #[inline]
    pub(super) fn get<Q: ?Sized + Comparable<K>>(self, key: &Q) -> Option<(&'a K, &'a V)> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(leaf) => return leaf.search(key).ok().map(|index| leaf.entry(index)),
                Self::Branch(branch) => node = branch.children.get(branch.child_of(key)),
            }
        }
    }
}

#[cfg(all(test, not(polder_loom)))]
impl<K: Ord, V> NodeRef<'_, K, V> {
    /// Panics if the subtree is not as it should be; only the root may be small.
    pub(super) fn check(self, is_root: bool) {
        assert!(is_root || self.spare().is_ge(), "a child is too small");
        match self {
            Self::Leaf(leaf) => {
                assert!(leaf.len() > 0, "a leaf is empty");
                assert_eq!(leaf.keys.len(), leaf.values.len());
                assert!(leaf.keys.is_sorted_by(|one, other| one < other), "keys are out of order");
            }
            Self::Branch(branch) => {
                assert_eq!(branch.keys.len() + 1, branch.children.len());
                assert!(!branch.keys.is_empty(), "a branch has one child");
                assert_eq!(branch.len, branch.children.entries());
                assert!(branch.keys.is_sorted_by(|one, other| one < other), "separators are out of order");
                for index in 0..branch.children.len() {
                    let child = branch.children.get(index);
                    assert_eq!(child.height() + 1, branch.height);
                    child.check(false);
                    assert!(index == 0 || *child.first_key() >= branch.keys[index - 1], "a key before its separator");
                    let last = child.last_leaf().keys.last();
                    assert!(branch.keys.get(index).is_none_or(|key| last < Some(key)), "a key after its separator");
                }
            }
        }
    }
}
