//! Iteration by value.

use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator};

use arrayvec::ArrayVec;

use super::{
    Vector,
    config::{FAN, LEAF},
    from_ends::{FromEnds, OpenBranch, OpenLeaf, Part, iterators},
    tree::{Branch, Kids, Leaf, Side},
};
use crate::persistent::shared::Shared;

type Branches<T> = arrayvec::IntoIter<Shared<Branch<T>>, FAN>;
type Leaves<T> = arrayvec::IntoIter<Shared<Leaf<T>>, FAN>;
type Elements<T> = arrayvec::IntoIter<T, LEAF>;

/// A vector's elements, in order: of `into_iter`. Moves those that no other version has, and clones the others, a leaf at a time.
pub struct IntoIter<T>(FromEnds<Branches<T>, Leaves<T>, Elements<T>>);

iterators! {
    IntoIter<T>: T, IntoIter<T>;
}

impl<T: Clone> OpenBranch<Branches<T>, Leaves<T>> for Shared<Branch<T>> {
    fn children(self) -> Part<Branches<T>, Leaves<T>> {
        match self.unwrap_or_clone().into_kids() {
            Kids::Leaves(leaves) => Part::Leaves(leaves.into_iter()),
            Kids::Branches(branches) => Part::Branches(branches.into_iter()),
        }
    }
}

impl<T: Clone> OpenLeaf<Elements<T>> for Shared<Leaf<T>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn elements(self) -> Elements<T> {
        self.unwrap_or_clone().into_iter()
    }
}

impl<T: Clone> IntoIterator for Vector<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        let left = self.len();
        let Self { head, tree, tail, .. } = self;
        let buffer =
            |leaf: Option<Shared<Leaf<T>>>| Part::Leaves(leaf.into_iter().collect::<ArrayVec<_, FAN>>().into_iter());
        let mut parts = VecDeque::from([buffer(head)]);
        parts.extend(tree.into_root().map(OpenBranch::children));
        parts.push_back(buffer(tail));
        IntoIter(FromEnds::new(parts, left, || Leaf::new().into_iter()))
    }
}
