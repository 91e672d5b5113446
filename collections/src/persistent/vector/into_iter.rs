//! Iteration by value.

use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator};

use super::{
    Vector,
    config::{FAN, LEAF},
    tree::{Branch, Kids, Leaf, Side},
};
use crate::persistent::shared::Shared;

/// Nodes side by side.
enum Part<T> {
    Branches(arrayvec::IntoIter<Shared<Branch<T>>, FAN>),
    Leaves(arrayvec::IntoIter<Shared<Leaf<T>>, FAN>),
}

impl<T: Clone> Part<T> {
    fn of(node: Shared<Branch<T>>) -> Self {
        match node.unwrap_or_clone().into_kids() {
            Kids::Leaves(leaves) => Self::Leaves(leaves.into_iter()),
            Kids::Branches(branches) => Self::Branches(branches.into_iter()),
        }
    }
}

/// A vector's elements, in order: of `into_iter`. Moves those that no other version has, and clones the others, a leaf at a time.
pub struct IntoIter<T> {
    front: arrayvec::IntoIter<T, LEAF>,
    /// What is between front and back, in order: a part is taken from one end or the other, and its children take its place.
    parts: VecDeque<Part<T>>,
    back: arrayvec::IntoIter<T, LEAF>,
    /// Elements in all of this.
    left: usize,
}

impl<T: Clone> IntoIter<T> {
    /// The elements of the leaf at one end of what is between.
    fn leaf(&mut self, side: Side) -> Option<arrayvec::IntoIter<T, LEAF>> {
        loop {
            let part = match side {
                Side::Front => self.parts.front_mut(),
                Side::Back => self.parts.back_mut(),
            };
            let kids = match part? {
                Part::Leaves(leaves) => match side.next(leaves) {
                    Some(leaf) => {
                        // If the clone panics, these are gone.
                        self.left -= leaf.len();
                        let leaf = leaf.unwrap_or_clone();
                        self.left += leaf.len();
                        return Some(leaf.into_iter());
                    }
                    None => None,
                },
                Part::Branches(branches) => side.next(branches).map(Part::of),
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

impl<T: Clone> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
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

impl<T: Clone> DoubleEndedIterator for IntoIter<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
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

impl<T: Clone> ExactSizeIterator for IntoIter<T> {}

impl<T: Clone> FusedIterator for IntoIter<T> {}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<T: Clone> IntoIterator for Vector<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        let left = self.len();
        let Self { head, tree, tail, .. } = self;
        let buffer = |leaf: Option<Shared<Leaf<T>>>| {
            Part::Leaves(leaf.into_iter().collect::<arrayvec::ArrayVec<_, FAN>>().into_iter())
        };
        let mut parts = VecDeque::from([buffer(head)]);
        parts.extend(tree.into_root().map(Part::of));
        parts.push_back(buffer(tail));
        let none = || Leaf::new().into_iter();
        IntoIter { front: none(), parts, back: none(), left }
    }
}
