//! Iteration by reference that may change values. Subtrees wait in a queue, and one that comes to an end of it gives way to its children:
//! so only what is come to is copied.

use alloc::collections::VecDeque;
use core::{
    fmt,
    iter::{FusedIterator, Zip},
    slice,
};

use equivalent::Comparable;

use super::{
    super::node::{Leaf, NodeMut},
    Bounds,
};
use crate::persistent::{OrdMap, shared::Shared};

/// Entries of one leaf.
type Slice<'a, K, V> = Zip<slice::Iter<'a, K>, slice::IterMut<'a, V>>;

/// The entries of an [`OrdMap`] in a range of keys, whose values may be changed: of [`range_mut`](OrdMap::range_mut).
pub struct RangeMut<'a, K, V> {
    front: Slice<'a, K, V>,
    between: VecDeque<Pending<'a, K, V>>,
    back: Slice<'a, K, V>,
}

/// Entries that were not yet come to.
enum Pending<'a, K, V> {
    Node(NodeMut<'a, K, V>),
    Slice(Slice<'a, K, V>),
}

/// The entries of an [`OrdMap`], whose values may be changed: of [`iter_mut`](OrdMap::iter_mut).
pub struct IterMut<'a, K, V> {
    entries: RangeMut<'a, K, V>,
    len: usize,
}

/// The values of an [`OrdMap`], to be changed: of [`values_mut`](OrdMap::values_mut).
pub struct ValuesMut<'a, K, V>(pub(in super::super) IterMut<'a, K, V>);

fn slice<K: Clone, V: Clone>(leaf: &mut Shared<Leaf<K, V>>, range: core::ops::Range<usize>) -> Slice<'_, K, V> {
    let leaf = leaf.make_own();
    leaf.keys[range.clone()].iter().zip(&mut leaf.values[range])
}

fn nothing<'a, K, V>() -> Slice<'a, K, V> {
    [].iter().zip(&mut [])
}

impl<'a, K: Clone, V: Clone> RangeMut<'a, K, V> {
    pub(in super::super) fn new<Q: ?Sized + Comparable<K>>(map: &'a mut OrdMap<K, V>, bounds: Bounds<'_, Q>) -> Self {
        let mut between = VecDeque::new();
        if let Some(root) = &mut map.root {
            queue(&mut between, root.by_mut(), bounds);
        }
        Self { front: nothing(), between, back: nothing() }
    }
}

/// Puts into the queue what is inside the bounds.
fn queue<'a, K: Clone, V: Clone, Q: ?Sized + Comparable<K>>(
    pending: &mut VecDeque<Pending<'a, K, V>>,
    node: NodeMut<'a, K, V>,
    bounds: Bounds<'_, Q>,
) {
    if bounds.are_open() {
        return pending.push_back(Pending::Node(node));
    }
    match node {
        NodeMut::Leaf(leaf) => {
            let range = bounds.in_leaf(leaf);
            if !range.is_empty() {
                pending.push_back(Pending::Slice(slice(leaf, range)));
            }
        }
        NodeMut::Branch(branch) => {
            let (start, end) = bounds.in_branch(branch);
            if start > end {
                return;
            }
            for (index, child) in branch.make_own().children.iter_mut().enumerate().take(end + 1).skip(start) {
                let bounds = if index > start { bounds.without_start() } else { bounds };
                let bounds = if index < end { bounds.without_end() } else { bounds };
                queue(pending, child, bounds);
            }
        }
    }
}

impl<'a, K: Clone, V: Clone> Iterator for RangeMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.front.next() {
                return Some(entry);
            }
            match self.between.pop_front() {
                None => return self.back.next(),
                Some(Pending::Slice(slice)) => self.front = slice,
                Some(Pending::Node(NodeMut::Leaf(leaf))) => {
                    let all = 0..leaf.len();
                    self.front = slice(leaf, all);
                }
                Some(Pending::Node(NodeMut::Branch(branch))) => {
                    for child in branch.make_own().children.iter_mut().rev() {
                        self.between.push_front(Pending::Node(child));
                    }
                }
            }
        }
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for RangeMut<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.back.next_back() {
                return Some(entry);
            }
            match self.between.pop_back() {
                None => return self.front.next_back(),
                Some(Pending::Slice(slice)) => self.back = slice,
                Some(Pending::Node(NodeMut::Leaf(leaf))) => {
                    let all = 0..leaf.len();
                    self.back = slice(leaf, all);
                }
                Some(Pending::Node(NodeMut::Branch(branch))) => {
                    for child in branch.make_own().children.iter_mut() {
                        self.between.push_back(Pending::Node(child));
                    }
                }
            }
        }
    }
}

impl<'a, K: Clone, V: Clone> IterMut<'a, K, V> {
    pub(in super::super) fn new(map: &'a mut OrdMap<K, V>) -> Self {
        let len = map.len();
        let mut between = VecDeque::new();
        if let Some(root) = &mut map.root {
            between.push_back(Pending::Node(root.by_mut()));
        }
        Self { entries: RangeMut { front: nothing(), between, back: nothing() }, len }
    }
}

impl<'a, K: Clone, V: Clone> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.len -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for IterMut<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next_back()?;
        self.len -= 1;
        Some(entry)
    }
}

impl<'a, K: Clone, V: Clone> Iterator for ValuesMut<'a, K, V> {
    type Item = &'a mut V;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, value)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for ValuesMut<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(_, value)| value)
    }
}

impl<K: Clone, V: Clone> ExactSizeIterator for IterMut<'_, K, V> {}
impl<K: Clone, V: Clone> ExactSizeIterator for ValuesMut<'_, K, V> {}
impl<K: Clone, V: Clone> FusedIterator for RangeMut<'_, K, V> {}
impl<K: Clone, V: Clone> FusedIterator for IterMut<'_, K, V> {}
impl<K: Clone, V: Clone> FusedIterator for ValuesMut<'_, K, V> {}

impl<K, V> fmt::Debug for RangeMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeMut").finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for IterMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterMut").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for ValuesMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValuesMut").field("len", &self.0.len).finish_non_exhaustive()
    }
}
