//! Vectors from elsewhere, and elements from elsewhere.

use alloc::vec::Vec;

use super::{Vector, config::LEAF, tree::Leaf};
use crate::persistent::shared::Shared;

/// O(n). A panic of the iterator goes on; what it gave is dropped.
impl<T> FromIterator<T> for Vector<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter();
        let mut all = Self::new();
        loop {
            let mut leaf = Leaf::new();
            leaf.extend(items.by_ref().take(LEAF));
            let last = leaf.len() < LEAF;
            if !leaf.is_empty() {
                all.push_leaf(Shared::new(leaf));
            }
            if last {
                return all;
            }
        }
    }
}

/// O(1) an element. If the iterator panics, what it gave before is in the vector.
impl<T: Clone> Extend<T> for Vector<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        let mut items = items.into_iter();
        while let Some(first) = items.next() {
            self.push_back_mut(first);
            if let Some(tail) = self.tail.as_mut().and_then(Shared::get_mut) {
                tail.extend(items.by_ref().take(LEAF - tail.len()));
                if tail.len() < LEAF {
                    return;
                }
            }
        }
    }
}

impl<'a, T: Clone> Extend<&'a T> for Vector<T> {
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, items: I) {
        self.extend(items.into_iter().cloned());
    }
}

impl<T> From<Vec<T>> for Vector<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T, const N: usize> From<[T; N]> for Vector<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Clone> From<&[T]> for Vector<T> {
    fn from(items: &[T]) -> Self {
        items.iter().cloned().collect()
    }
}

impl<T: Clone> From<Vector<T>> for Vec<T> {
    fn from(vector: Vector<T>) -> Self {
        vector.into_iter().collect()
    }
}
