//! The entries between two places of a tree, from both ends.

use core::{
    iter::Zip,
    ops::{Bound, RangeBounds},
    ptr, slice,
};

use equivalent::Comparable;
use smallvec::SmallVec;

use super::super::node::{Branch, Leaf, NodeRef};

/// Branches on the way to a leaf, each with the child that it goes on to.
type Path<'a, K, V> = SmallVec<[(&'a Branch<K, V>, usize); 6]>;

/// Entries of one leaf.
type Slice<'a, K, V> = Zip<slice::Iter<'a, K>, slice::Iter<'a, V>>;

/// Entries of the tree from one place to another.
pub(in super::super) struct Entries<'a, K, V> {
    /// Those of the first leaf.
    front: Slice<'a, K, V>,
    /// The leaves between, of which there are none if there is nothing here.
    between: Option<Leaves<'a, K, V>>,
    /// Those of the last leaf, if it is not the first.
    back: Slice<'a, K, V>,
}

/// The leaves between two others.
struct Leaves<'a, K, V> {
    first: Path<'a, K, V>,
    last: Path<'a, K, V>,
}

/// Where a range begins and ends.
pub(in super::super) struct Bounds<'q, Q: ?Sized> {
    pub(in super::super) start: Bound<&'q Q>,
    pub(in super::super) end: Bound<&'q Q>,
}

impl<Q: ?Sized> Clone for Bounds<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q: ?Sized> Copy for Bounds<'_, Q> {}

impl<'q, Q: ?Sized> Bounds<'q, Q> {
    pub(in super::super) fn new(range: &'q impl RangeBounds<Q>) -> Self {
        Self { start: range.start_bound(), end: range.end_bound() }
    }

    pub(in super::super) fn are_open(self) -> bool {
        matches!((self.start, self.end), (Bound::Unbounded, Bound::Unbounded))
    }

    /// The indices of the entries of a leaf that are inside; empty if the end is before the start.
    pub(in super::super) fn in_leaf<K, V>(self, leaf: &Leaf<K, V>) -> core::ops::Range<usize>
    where
        Q: Comparable<K>,
    {
        let start = match self.start {
            Bound::Unbounded => 0,
            Bound::Included(key) => leaf.search(key).unwrap_or_else(|index| index),
            Bound::Excluded(key) => leaf.search(key).map_or_else(|index| index, |index| index + 1),
        };
        let end = match self.end {
            Bound::Unbounded => leaf.len(),
            Bound::Included(key) => leaf.search(key).map_or_else(|index| index, |index| index + 1),
            Bound::Excluded(key) => leaf.search(key).unwrap_or_else(|index| index),
        };
        start.min(end)..end
    }

    /// The children of a branch in which the first and the last entry inside are, if any are.
    pub(in super::super) fn in_branch<K, V>(self, branch: &Branch<K, V>) -> (usize, usize)
    where
        Q: Comparable<K>,
    {
        let start = match self.start {
            Bound::Unbounded => 0,
            Bound::Included(key) | Bound::Excluded(key) => branch.child_of(key),
        };
        let end = match self.end {
            Bound::Unbounded => branch.children.len() - 1,
            Bound::Included(key) | Bound::Excluded(key) => branch.child_of(key),
        };
        (start, end)
    }

    /// The same range in a child of which the others are on its right.
    pub(in super::super) fn without_end(self) -> Self {
        Self { end: Bound::Unbounded, ..self }
    }

    /// The same range in a child of which the others are on its left.
    pub(in super::super) fn without_start(self) -> Self {
        Self { start: Bound::Unbounded, ..self }
    }
}

fn slice<K, V>(leaf: &Leaf<K, V>, range: core::ops::Range<usize>) -> Slice<'_, K, V> {
    leaf.keys[range.clone()].iter().zip(&leaf.values[range])
}

fn nothing<'a, K, V>() -> Slice<'a, K, V> {
    [].iter().zip(&[])
}

impl<K, V> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        Self { front: self.front.clone(), between: self.between.clone(), back: self.back.clone() }
    }
}

impl<K, V> Clone for Leaves<'_, K, V> {
    fn clone(&self) -> Self {
        Self { first: self.first.clone(), last: self.last.clone() }
    }
}

impl<'a, K, V> Entries<'a, K, V> {
    pub(in super::super) fn empty() -> Self {
        Self { front: nothing(), between: None, back: nothing() }
    }

    /// All of a tree.
    pub(in super::super) fn all(root: NodeRef<'a, K, V>) -> Self {
        let (mut first, mut last) = (Path::new(), Path::new());
        let front = descend(&mut first, root, |_| 0);
        let back = descend(&mut last, root, |branch| branch.children.len() - 1);
        Self::between(first, last, (front, 0..front.len()), (back, 0..back.len()))
    }

    /// Those of a tree that are inside the bounds.
    pub(in super::super) fn within<Q: ?Sized + Comparable<K>>(root: NodeRef<'a, K, V>, bounds: Bounds<'_, Q>) -> Self {
        let mut common = Path::new();
        let mut node = root;
        let (start, end) = loop {
            match node {
                NodeRef::Leaf(leaf) => {
                    let range = bounds.in_leaf(leaf);
                    return Self { front: slice(leaf, range), ..Self::empty() };
                }
                NodeRef::Branch(branch) => {
                    let (start, end) = bounds.in_branch(branch);
                    if start > end {
                        return Self::empty();
                    }
                    if start < end {
                        break ((branch, start), (branch, end));
                    }
                    common.push((&**branch, start));
                    node = branch.children.get(start);
                }
            }
        };
        let (mut first, mut last) = (common.clone(), common);
        first.push((&**start.0, start.1));
        last.push((&**end.0, end.1));
        let front =
            descend(&mut first, start.0.children.get(start.1), |branch| bounds.without_end().in_branch(branch).0);
        let back = descend(&mut last, end.0.children.get(end.1), |branch| bounds.without_start().in_branch(branch).1);
        let ranges = (bounds.without_end().in_leaf(front), bounds.without_start().in_leaf(back));
        Self::between(first, last, (front, ranges.0), (back, ranges.1))
    }

    fn between(
        first: Path<'a, K, V>,
        last: Path<'a, K, V>,
        front: (&'a Leaf<K, V>, core::ops::Range<usize>),
        back: (&'a Leaf<K, V>, core::ops::Range<usize>),
    ) -> Self {
        if ptr::eq(front.0, back.0) {
            return Self { front: slice(front.0, front.1), ..Self::empty() };
        }
        let between = Leaves { first, last };
        Self {
            front: slice(front.0, front.1),
            between: (!between.is_over()).then_some(between),
            back: slice(back.0, back.1),
        }
    }

    /// Goes on to another leaf at the front; false if there is none.
    #[cold]
    fn refill_front(&mut self) -> bool {
        match &mut self.between {
            Some(leaves) => {
                let leaf = leaves.next();
                if leaves.is_over() {
                    self.between = None;
                }
                self.front = slice(leaf, 0..leaf.len());
                true
            }
            None => false,
        }
    }

    #[cold]
    fn refill_back(&mut self) -> bool {
        match &mut self.between {
            Some(leaves) => {
                let leaf = leaves.next_back();
                if leaves.is_over() {
                    self.between = None;
                }
                self.back = slice(leaf, 0..leaf.len());
                true
            }
            None => false,
        }
    }
}

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.front.next() {
                return Some(entry);
            }
            if !self.refill_front() {
                return self.back.next();
            }
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            folded = self.front.by_ref().fold(folded, &mut f);
            if !self.refill_front() {
                return self.back.fold(folded, f);
            }
        }
    }
}

impl<K, V> DoubleEndedIterator for Entries<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.back.next_back() {
                return Some(entry);
            }
            if !self.refill_back() {
                return self.front.next_back();
            }
        }
    }
}

/// Goes down from the node, writes the way down, and returns the leaf.
fn descend<'a, K, V>(
    path: &mut Path<'a, K, V>,
    mut node: NodeRef<'a, K, V>,
    choose: impl Fn(&Branch<K, V>) -> usize,
) -> &'a Leaf<K, V> {
    loop {
        match node {
            NodeRef::Leaf(leaf) => return leaf,
            NodeRef::Branch(branch) => {
                let index = choose(branch);
                path.push((&**branch, index));
                node = branch.children.get(index);
            }
        }
    }
}

impl<'a, K, V> Leaves<'a, K, V> {
    /// Whether there is none: the two are neighbours.
    fn is_over(&self) -> bool {
        let mut have_parted = false;
        for ((one, from), (_, to)) in self.first.iter().zip(&self.last) {
            if have_parted {
                if from + 1 < one.children.len() || *to > 0 {
                    return false;
                }
            } else if from + 1 == *to {
                have_parted = true;
            } else if from != to {
                return false;
            }
        }
        true
    }

    /// The first of them, which there is.
    fn next(&mut self) -> &'a Leaf<K, V> {
        while let Some((branch, index)) = self.first.pop() {
            if index + 1 < branch.children.len() {
                self.first.push((branch, index + 1));
                return descend(&mut self.first, branch.children.get(index + 1), |_| 0);
            }
        }
        unreachable!("there is a leaf further on")
    }

    /// The last of them, which there is.
    fn next_back(&mut self) -> &'a Leaf<K, V> {
        while let Some((branch, index)) = self.last.pop() {
            if index > 0 {
                self.last.push((branch, index - 1));
                return descend(&mut self.last, branch.children.get(index - 1), |branch| branch.children.len() - 1);
            }
        }
        unreachable!("there is a leaf further back")
    }
}
