//! Iteration by mutable reference.

use core::{fmt, iter::FusedIterator, slice};

use super::{
    Vector,
    from_ends::{FromEnds, OpenBranch, OpenLeaf, Part, iterators},
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
        IterMut(FromEnds::new(parts.into(), left, || [].iter_mut()))
    }
}

type Branches<'a, T> = slice::IterMut<'a, Shared<Branch<T>>>;
type Leaves<'a, T> = slice::IterMut<'a, Shared<Leaf<T>>>;

/// Mutable references to a vector's elements, in order: of [`iter_mut`](Vector::iter_mut).
pub struct IterMut<'a, T>(FromEnds<Branches<'a, T>, Leaves<'a, T>, slice::IterMut<'a, T>>);

iterators! {
    IterMut<'a, T>: &'a mut T, IterMut<'_, T>;
}

impl<'a, T: Clone> OpenBranch<Branches<'a, T>, Leaves<'a, T>> for &'a mut Shared<Branch<T>> {
    fn children(self) -> Part<Branches<'a, T>, Leaves<'a, T>> {
        match self.make_own().kids_mut() {
            Kids::Leaves(leaves) => Part::Leaves(leaves.iter_mut()),
            Kids::Branches(branches) => Part::Branches(branches.iter_mut()),
        }
    }
}

impl<'a, T: Clone> OpenLeaf<slice::IterMut<'a, T>> for &'a mut Shared<Leaf<T>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn elements(self) -> slice::IterMut<'a, T> {
        self.make_own().iter_mut()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut Vector<T> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T>;

    fn into_iter(self) -> IterMut<'a, T> {
        self.iter_mut()
    }
}
