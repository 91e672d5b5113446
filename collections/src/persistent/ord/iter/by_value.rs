//! Iteration by value: what no other version has is moved out, the rest cloned.

use alloc::collections::VecDeque;
use core::{
    fmt,
    iter::{FusedIterator, Zip},
};

use arrayvec::{ArrayVec, IntoIter as Array};

use super::super::{
    config::LEAF,
    node::{Branch, Children, Leaf, Node},
};
use crate::persistent::{OrdMap, shared::Shared};

/// The entries of an [`OrdMap`], by value: of its [`into_iter`](IntoIterator::into_iter).
///
/// What is left when it is dropped is dropped with it.
pub struct IntoIter<K, V> {
    front: Slice<K, V>,
    between: VecDeque<Node<K, V>>,
    back: Slice<K, V>,
    len: usize,
}

/// The keys of an [`OrdMap`], by value: of [`into_keys`](OrdMap::into_keys).
pub struct IntoKeys<K, V>(pub(in super::super) IntoIter<K, V>);

/// The values of an [`OrdMap`], by value: of [`into_values`](OrdMap::into_values).
pub struct IntoValues<K, V>(pub(in super::super) IntoIter<K, V>);

/// Entries of one leaf.
type Slice<K, V> = Zip<Array<K, LEAF>, Array<V, LEAF>>;

fn slice<K, V>(leaf: Leaf<K, V>) -> Slice<K, V> {
    leaf.keys.into_iter().zip(leaf.values)
}

fn nothing<K, V>() -> Slice<K, V> {
    ArrayVec::new().into_iter().zip(ArrayVec::new())
}

fn open<K: Clone, V: Clone>(leaf: Shared<Leaf<K, V>>) -> Slice<K, V> {
    slice(leaf.unwrap_or_clone())
}

fn children<K, V>(branch: Shared<Branch<K, V>>) -> Children<K, V> {
    match branch.try_unwrap() {
        Ok(branch) => branch.children,
        Err(branch) => branch.children.clone(),
    }
}

impl<K, V> IntoIter<K, V> {
    pub(in super::super) fn new(map: OrdMap<K, V>) -> Self {
        Self { len: map.len(), front: nothing(), between: map.root.into_iter().collect(), back: nothing() }
    }
}

impl<K: Clone, V: Clone> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.front.next() {
                self.len -= 1;
                return Some(entry);
            }
            match self.between.pop_front() {
                None => {
                    let entry = self.back.next()?;
                    self.len -= 1;
                    return Some(entry);
                }
                Some(Node::Leaf(leaf)) => self.front = open(leaf),
                Some(Node::Branch(branch)) => {
                    let mut children = children(branch);
                    while children.len() > 0 {
                        self.between.push_front(children.remove(children.len() - 1));
                    }
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for IntoIter<K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.back.next_back() {
                self.len -= 1;
                return Some(entry);
            }
            match self.between.pop_back() {
                None => {
                    let entry = self.front.next_back()?;
                    self.len -= 1;
                    return Some(entry);
                }
                Some(Node::Leaf(leaf)) => self.back = open(leaf),
                Some(Node::Branch(branch)) => {
                    let mut children = children(branch);
                    let first = self.between.len();
                    while children.len() > 0 {
                        self.between.insert(first, children.remove(children.len() - 1));
                    }
                }
            }
        }
    }
}

/// An iterator over one half of the entries of another.
macro_rules! half {
    ($name:ident, $half:ident, $entry:pat => $result:expr) => {
        impl<K: Clone, V: Clone> Iterator for $name<K, V> {
            type Item = $half;

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                self.0.next().map(|$entry| $result)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }

        impl<K: Clone, V: Clone> DoubleEndedIterator for $name<K, V> {
            #[inline]
            fn next_back(&mut self) -> Option<Self::Item> {
                self.0.next_back().map(|$entry| $result)
            }
        }

        impl<K: Clone, V: Clone> ExactSizeIterator for $name<K, V> {}
        impl<K: Clone, V: Clone> FusedIterator for $name<K, V> {}

        impl<K, V> fmt::Debug for $name<K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("len", &self.0.len).finish_non_exhaustive()
            }
        }
    };
}

half!(IntoKeys, K, (key, _) => key);
half!(IntoValues, V, (_, value) => value);

impl<K: Clone, V: Clone> ExactSizeIterator for IntoIter<K, V> {}
impl<K: Clone, V: Clone> FusedIterator for IntoIter<K, V> {}

impl<K, V> fmt::Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("len", &self.len).finish_non_exhaustive()
    }
}
