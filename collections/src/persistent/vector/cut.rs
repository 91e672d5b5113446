//! Parts of vectors, and vectors joined.

use core::ops::{Bound, RangeBounds};

use alloc::vec::Vec;

use super::{
    Vector,
    config::{LEAF, LEAF_MIN, LEN_MAX},
    tree::{Leaf, Side, Tree},
};
use crate::persistent::shared::Shared;

impl<T: Clone> Vector<T> {
    /// The first `count` elements, or all if there are fewer. O(log n); clones those of one leaf.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let all: Vector<_> = (0..1000).collect();
    /// assert!(all.take(700).iter().eq(&(0..700).collect::<Vec<_>>()));
    /// assert!(all.take(2000).ptr_eq(&all));
    /// ```
    #[must_use]
    pub fn take(&self, count: usize) -> Self {
        if count >= self.len() {
            return self.clone();
        }
        let Some(last) = count.checked_sub(1) else { return Self::new() };
        let (head, tree) = if last >= self.end {
            (self.head.clone(), self.tree.clone())
        } else if last >= self.start {
            (self.head.clone(), self.tree.part(Side::Front, last - self.start))
        } else {
            (None, Tree::EMPTY)
        };
        let tail = self.leaf_part(last, |leaf, place| &leaf[..=place]);
        Self::whole(head, tree, tail)
    }

    /// All but the first `count` elements: none if there are no more. O(log n); clones those of one leaf.
    #[must_use]
    pub fn skip(&self, count: usize) -> Self {
        if count == 0 {
            return self.clone();
        }
        if count >= self.len() {
            return Self::new();
        }
        let (tree, tail) = if count < self.start {
            (self.tree.clone(), self.tail.clone())
        } else if count < self.end {
            (self.tree.part(Side::Back, count - self.start), self.tail.clone())
        } else {
            (Tree::EMPTY, None)
        };
        let head = self.leaf_part(count, |leaf, place| &leaf[place..]);
        Self::whole(head, tree, tail)
    }

    /// The elements of a range of indices. O(log n).
    ///
    /// # Panics
    ///
    /// If the range ends before it starts, or behind the length.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let (start, end) = bounds(&range, self.len());
        self.take(end).skip(start)
    }

    /// The elements before `index`, and the others. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is greater than the length.
    #[must_use]
    #[track_caller]
    pub fn split_at(&self, index: usize) -> (Self, Self) {
        assert!(index <= self.len(), "cannot split a vector of {} elements at {index}", self.len());
        (self.take(index), self.skip(index))
    }

    /// Takes the elements from `index` on out of this vector. O(log n). If a clone panics, nothing has changed.
    ///
    /// # Panics
    ///
    /// If `index` is greater than the length.
    #[track_caller]
    pub fn split_off_mut(&mut self, index: usize) -> Self {
        let (left, right) = self.split_at(index);
        *self = left;
        right
    }

    /// Removes all but the first `count` elements. O(log n), and what it takes to drop those that no other version has.
    pub fn truncate_mut(&mut self, count: usize) {
        *self = self.take(count);
    }

    /// The elements of `self`, then those of `other`. O(log n); clones those of four leaves at most.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let mut long = Vector::from([0, 1]);
    /// for _ in 0..40 {
    ///     long = long.concat(&long);
    /// }
    /// assert_eq!(long.len(), 1 << 41);
    /// assert_eq!(long[(1 << 40) + 1], 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If there would be too many elements: more than about `isize::MAX`.
    #[must_use]
    #[track_caller]
    pub fn concat(&self, other: &Self) -> Self {
        let sum = self.len().checked_add(other.len()).filter(|&sum| sum <= LEN_MAX);
        assert!(sum.is_some(), "capacity overflow");
        if self.is_empty() {
            return other.clone();
        }
        let mut joined = self.clone();
        if other.tree.is_empty() {
            joined.extend(other.iter().cloned());
            return joined;
        }
        if self.tree.is_empty() {
            let mut joined = other.clone();
            self.iter().rev().for_each(|value| joined.push_front_mut(value.clone()));
            return joined;
        }
        let mut tree = joined.tree;
        seam(&mut tree, joined.tail, other.head.clone());
        Self::whole(joined.head, tree.join(other.tree.clone()), other.tail.clone())
    }

    /// Adds the elements of `other` at the back. O(log n). If a clone panics, nothing has changed.
    ///
    /// # Panics
    ///
    /// If there would be too many elements: more than about `isize::MAX`.
    #[track_caller]
    pub fn append_mut(&mut self, other: &Self) {
        *self = self.concat(other);
    }

    /// The version in which the elements of a range are replaced by others. O(log n), and O(1) for each new one.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let one = Vector::from([0, 1, 2, 3]);
    /// assert_eq!(one.splice(1..3, [7, 8, 9]), Vector::from([0, 7, 8, 9, 3]));
    /// ```
    ///
    /// # Panics
    ///
    /// If the range ends before it starts, or behind the length; if there would be too many elements.
    #[must_use]
    #[track_caller]
    pub fn splice(&self, range: impl RangeBounds<usize>, with: impl IntoIterator<Item = T>) -> Self {
        let (start, end) = bounds(&range, self.len());
        let mut spliced = self.take(start);
        spliced.extend(with);
        spliced.append_mut(&self.skip(end));
        spliced
    }

    /// Replaces the elements of a range by others; returns those that were there. O(log n), and O(1) for each new one. If a clone or the iterator
    /// panics, nothing has changed.
    ///
    /// # Panics
    ///
    /// As [`splice`](Self::splice).
    #[track_caller]
    pub fn splice_mut(&mut self, range: impl RangeBounds<usize>, with: impl IntoIterator<Item = T>) -> Self {
        let (start, end) = bounds(&range, self.len());
        let removed = self.slice(start..end);
        *self = self.splice(start..end, with);
        removed
    }

    /// A vector of parts that satisfy the invariants of each.
    fn whole(head: Option<Shared<Leaf<T>>>, tree: Tree<T>, tail: Option<Shared<Leaf<T>>>) -> Self {
        let start = head.as_ref().map_or(0, |head| head.len());
        let end = start + tree.len();
        Self { head, tree, tail, start, end }
    }

    /// A part of the leaf that has an index: the leaf itself if it is all of it.
    fn leaf_part(&self, index: usize, part: impl Fn(&[T], usize) -> &[T]) -> Option<Shared<Leaf<T>>> {
        let (leaf, place) = self.leaf_around(index)?;
        let part = part(leaf, place);
        Some(if part.len() == leaf.len() { leaf.clone() } else { leaf_of(part.iter().cloned()) })
    }
}

/// Adds what is between two trees to the left one: leaves of `LEAF_MIN` elements at least, though the buffers may have fewer.
fn seam<T: Clone>(left: &mut Tree<T>, tail: Option<Shared<Leaf<T>>>, head: Option<Shared<Leaf<T>>>) {
    let buffers = [tail, head].into_iter().flatten();
    if buffers.clone().all(|buffer| buffer.len() >= LEAF_MIN) {
        return buffers.for_each(|buffer| left.push(Side::Back, buffer));
    }
    let mut between: Vec<T> = Vec::with_capacity(2 * LEAF);
    if buffers.clone().map(|buffer| buffer.len()).sum::<usize>() < LEAF_MIN {
        // Too few for a leaf, unless together with the last one.
        between.extend(left.pop(Side::Back).into_iter().flat_map(Shared::unwrap_or_clone));
    }
    between.extend(buffers.flat_map(Shared::unwrap_or_clone));
    let first = if between.len() <= LEAF { between.len() } else { between.len() / 2 };
    let mut between = between.into_iter();
    let leaves = [leaf_of(between.by_ref().take(first)), leaf_of(between)];
    leaves.into_iter().filter(|leaf| !leaf.is_empty()).for_each(|leaf| left.push(Side::Back, leaf));
}

fn leaf_of<T>(elements: impl Iterator<Item = T>) -> Shared<Leaf<T>> {
    let mut leaf = Leaf::new();
    leaf.extend(elements);
    Shared::new(leaf)
}

/// The first index of a range, and the one behind its last.
#[track_caller]
fn bounds(range: &impl RangeBounds<usize>, len: usize) -> (usize, usize) {
    let start = match range.start_bound() {
        Bound::Included(&start) => Some(start),
        Bound::Excluded(&before) => before.checked_add(1),
        Bound::Unbounded => Some(0),
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.checked_add(1),
        Bound::Excluded(&end) => Some(end),
        Bound::Unbounded => Some(len),
    };
    let (Some(start), Some(end)) = (start, end) else { panic!("a range has an end that no index can have") };
    assert!(start <= end, "the range {start}..{end} ends before it starts");
    assert!(end <= len, "the range {start}..{end} is outside of a vector of {len} elements");
    (start, end)
}
