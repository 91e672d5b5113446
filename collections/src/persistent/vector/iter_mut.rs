//! Iteration by mutable reference.

use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator, slice};

use super::{
    Vector,
    tree::{Branch, Kids, Leaf, Side},
};
use crate::persistent::shared::Shared;

impl<T: Clone> Vector<T> {
    /// The elements in order, to be changed. A step is that of a slice; leaves that other versions have too are cloned when the iteration gets to
    /// them, so those that it never reaches stay shared.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let old: Vector<_> = (0..100).collect();
    /// let mut new = old.clone();
    /// new.iter_mut().for_each(|value| *value += 1);
    /// assert_eq!((old[99], new[99]), (99, 100));
    /// ```
    #[must_use]
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        let left = self.len();
        let parts = [
            Part::Leaves(self.head.as_mut_slice().iter_mut()),
            Part::Branches(self.tree.root_mut().map_or(&mut [][..], slice::from_mut).iter_mut()),
            Part::Leaves(self.tail.as_mut_slice().iter_mut()),
        ];
        IterMut { front: [].iter_mut(), parts: parts.into(), back: [].iter_mut(), left }
    }
}

/// Nodes side by side.
enum Part<'a, T> {
    Branches(slice::IterMut<'a, Shared<Branch<T>>>),
    Leaves(slice::IterMut<'a, Shared<Leaf<T>>>),
}

/// Mutable references to a vector's elements, in order: of [`iter_mut`](Vector::iter_mut).
pub struct IterMut<'a, T> {
    front: slice::IterMut<'a, T>,
    /// What is between front and back, in order: a part is taken from one end or the other, and its children take its place.
    parts: VecDeque<Part<'a, T>>,
    back: slice::IterMut<'a, T>,
    /// Elements in all of this.
    left: usize,
}

impl<'a, T: Clone> IterMut<'a, T> {
    /// The elements of the leaf at one end of what is between.
    fn leaf(&mut self, side: Side) -> Option<slice::IterMut<'a, T>> {
        loop {
            let part = match side {
                Side::Front => self.parts.front_mut(),
                Side::Back => self.parts.back_mut(),
            };
            let kids = match part? {
                Part::Leaves(leaves) => match side.next(leaves) {
                    Some(leaf) => {
                        // If the clone panics, the iteration passes these by.
                        self.left -= leaf.len();
                        let leaf = leaf.make_own();
                        self.left += leaf.len();
                        return Some(leaf.iter_mut());
                    }
                    None => None,
                },
                Part::Branches(branches) => side.next(branches).map(|branch| match branch.make_own().kids_mut() {
                    Kids::Leaves(leaves) => Part::Leaves(leaves.iter_mut()),
                    Kids::Branches(branches) => Part::Branches(branches.iter_mut()),
                }),
            };
            match (kids, side) {
                (Some(kids), Side::Front) => self.parts.push_front(kids),
                (Some(kids), Side::Back) => self.parts.push_back(kids),
                (None, Side::Front) => drop(self.parts.pop_front()),
                (None, Side::Back) => drop(self.parts.pop_back()),
            }
        }
    }
}

impl<'a, T: Clone> Iterator for IterMut<'a, T> {
    type Item = &'a mut T;

    #[inline]
    fn next(&mut self) -> Option<&'a mut T> {
        loop {
            if let Some(value) = self.front.next() {
                self.left -= 1;
                return Some(value);
            }
            match self.leaf(Side::Front) {
                Some(leaf) => self.front = leaf,
                None => {
                    let value = self.back.next();
                    self.left = self.back.len();
                    return value;
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: Clone> DoubleEndedIterator for IterMut<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(value) = self.back.next_back() {
                self.left -= 1;
                return Some(value);
            }
            match self.leaf(Side::Back) {
                Some(leaf) => self.back = leaf,
                None => {
                    let value = self.front.next_back();
                    self.left = self.front.len();
                    return value;
                }
            }
        }
    }
}

impl<T: Clone> ExactSizeIterator for IterMut<'_, T> {}

impl<T: Clone> FusedIterator for IterMut<'_, T> {}

impl<T> fmt::Debug for IterMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterMut").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut Vector<T> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T>;

    fn into_iter(self) -> IterMut<'a, T> {
        self.iter_mut()
    }
}
