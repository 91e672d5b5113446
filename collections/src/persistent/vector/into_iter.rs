//! Iteration by value.

use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator};

use super::{
    Vector,
    config::{FAN, LEAF},
    tree::{Branch, Kids, Leaf},
};
use crate::persistent::shared::Shared;

/// Nodes side by side.
enum Part<T> {
    Branches(arrayvec::IntoIter<Shared<Branch<T>>, FAN>),
    Leaves(arrayvec::IntoIter<Shared<Leaf<T>>, FAN>),
}

/// What a part gives next.
enum Step<T> {
    Into(Part<T>),
    Leaf(arrayvec::IntoIter<T, LEAF>),
    Done,
}

impl<T: Clone> Part<T> {
    fn of(node: Shared<Branch<T>>) -> Self {
        match node.unwrap_or_clone().into_kids() {
            Kids::Leaves(leaves) => Self::Leaves(leaves.into_iter()),
            Kids::Branches(branches) => Self::Branches(branches.into_iter()),
        }
    }

    fn step(&mut self, back: bool) -> Step<T> {
        match self {
            Self::Branches(branches) => match if back { branches.next_back() } else { branches.next() } {
                Some(branch) => Step::Into(Self::of(branch)),
                None => Step::Done,
            },
            Self::Leaves(leaves) => match if back { leaves.next_back() } else { leaves.next() } {
                Some(leaf) => Step::Leaf(leaf.unwrap_or_clone().into_iter()),
                None => Step::Done,
            },
        }
    }
}

/// A vector's elements, in order: of `into_iter`. Moves those that no other version has, and clones the others, a leaf at a time.
pub struct VectorIntoIter<T> {
    front: arrayvec::IntoIter<T, LEAF>,
    /// What is between front and back, in order: a part is taken from one end or the other, and its children take its place.
    parts: VecDeque<Part<T>>,
    back: arrayvec::IntoIter<T, LEAF>,
    /// Elements in all of this.
    left: usize,
}

impl<T: Clone> Iterator for VectorIntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(value) = self.front.next() {
                self.left -= 1;
                return Some(value);
            }
            let Some(part) = self.parts.front_mut() else {
                let value = self.back.next();
                self.left -= usize::from(value.is_some());
                return value;
            };
            match part.step(false) {
                Step::Into(part) => self.parts.push_front(part),
                Step::Leaf(leaf) => self.front = leaf,
                Step::Done => drop(self.parts.pop_front()),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: Clone> DoubleEndedIterator for VectorIntoIter<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        loop {
            if let Some(value) = self.back.next_back() {
                self.left -= 1;
                return Some(value);
            }
            let Some(part) = self.parts.back_mut() else {
                let value = self.front.next_back();
                self.left -= usize::from(value.is_some());
                return value;
            };
            match part.step(true) {
                Step::Into(part) => self.parts.push_back(part),
                Step::Leaf(leaf) => self.back = leaf,
                Step::Done => drop(self.parts.pop_back()),
            }
        }
    }
}

impl<T: Clone> ExactSizeIterator for VectorIntoIter<T> {}

impl<T: Clone> FusedIterator for VectorIntoIter<T> {}

impl<T> fmt::Debug for VectorIntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorIntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<T: Clone> IntoIterator for Vector<T> {
    type Item = T;
    type IntoIter = VectorIntoIter<T>;

    fn into_iter(self) -> VectorIntoIter<T> {
        let left = self.len();
        let Self { head, tree, tail, .. } = self;
        let buffer = |leaf: Option<Shared<Leaf<T>>>| {
            Part::Leaves(leaf.into_iter().collect::<arrayvec::ArrayVec<_, FAN>>().into_iter())
        };
        let mut parts = VecDeque::from([buffer(head)]);
        parts.extend(tree.into_root().map(Part::of));
        parts.push_back(buffer(tail));
        let none = || Leaf::new().into_iter();
        VectorIntoIter { front: none(), parts, back: none(), left }
    }
}
