//! Iterators.

use core::{fmt, iter::FusedIterator};

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::node::{BranchRef, EntriesMut, Item, Kind, LeafRef, LeavesMut, Link};

/// The entries of a [`Map`](super::Map), in no particular order: of [`iter`](super::Map::iter).
///
/// Two maps that share nodes give those entries in the same order.
pub struct Iter<'a, K, V> {
    /// Branches that are not done, and their next slots.
    path: SmallVec<[(BranchRef<'a, K, V>, usize); 5]>,
    leaf: Option<(LeafRef<'a, K, V>, usize)>,
    left: usize,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(root: &'a Link<K, V>) -> Self {
        let mut iter = Self { path: SmallVec::new(), leaf: None, left: root.len() };
        iter.enter(root);
        iter
    }

    fn enter(&mut self, link: &'a Link<K, V>) {
        match link.kind() {
            Kind::Empty => {}
            Kind::Leaf(leaf) => self.leaf = Some((leaf, 0)),
            Kind::Branch(branch) => self.path.push((branch, 0)),
        }
    }

    /// The next leaf, with the entry that comes next.
    fn next_leaf(&mut self) -> Option<()> {
        self.leaf = None;
        while self.leaf.is_none() {
            let (branch, next) = self.path.last_mut()?;
            if let Some((link, after)) = branch.next(*next) {
                *next = after;
                self.enter(link);
            } else {
                self.path.pop();
            }
        }
        Some(())
    }

    /// Gives away about half of what is left, unless that is in one leaf.
    #[cfg(feature = "rayon")]
    pub(super) fn split(&mut self) -> Option<Self> {
        loop {
            let &(branch, next) = self.path.first()?;
            let Some((link, after)) = branch.next(next) else {
                self.path.remove(0);
                continue;
            };
            // The first branch of the path has most before it: what is left of that is one part, what has been entered the other.
            if self.path.len() > 1 || self.leaf.is_some() {
                self.path.remove(0);
                let left = len_from(branch, next);
                self.left -= left;
                return Some(Self { path: SmallVec::from_iter([(branch, next)]), leaf: None, left });
            }
            self.path[0].1 = after;
            self.enter(link);
        }
    }
}

/// Entries in the slots from this one on.
#[cfg(feature = "rayon")]
fn len_from<K, V>(branch: BranchRef<'_, K, V>, mut next: usize) -> usize {
    let mut len = 0;
    while let Some((link, after)) = branch.next(next) {
        len += link.len();
        next = after;
    }
    len
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        loop {
            if let Some((leaf, index)) = &mut self.leaf
                && *index < leaf.len()
            {
                let pair = leaf.pair(*index);
                *index += 1;
                self.left -= 1;
                return Some(pair);
            }
            self.next_leaf()?;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut result = init;
        loop {
            if let Some((leaf, from)) = self.leaf {
                for index in from..leaf.len() {
                    result = f(result, leaf.pair(index));
                }
            }
            if self.next_leaf().is_none() {
                return result;
            }
        }
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}
impl<K, V> FusedIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), leaf: self.leaf, left: self.left }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

/// The keys of a [`Map`](super::Map): of [`keys`](super::Map::keys).
pub struct Keys<'a, K, V>(pub(super) Iter<'a, K, V>);

/// The values of a [`Map`](super::Map): of [`values`](super::Map::values).
pub struct Values<'a, K, V>(pub(super) Iter<'a, K, V>);

macro_rules! half {
    ($name:ident, $item:ident, $index:tt) => {
        impl<'a, K, V> Iterator for $name<'a, K, V> {
            type Item = &'a $item;

            #[inline]
            fn next(&mut self) -> Option<&'a $item> {
                self.0.next().map(|pair| pair.$index)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }

            fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
                self.0.fold(init, |result, pair| f(result, pair.$index))
            }
        }

        impl<K, V> ExactSizeIterator for $name<'_, K, V> {}
        impl<K, V> FusedIterator for $name<'_, K, V> {}

        impl<K, V> Clone for $name<'_, K, V> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for $name<'_, K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    };
}

half!(Keys, K, 0);
half!(Values, V, 1);

/// The entries of a [`Map`](super::Map), with values to be changed: of [`iter_mut`](super::Map::iter_mut).
pub struct IterMut<'a, K, V> {
    leaves: LeavesMut<'a, K, V>,
    entries: Option<EntriesMut<'a, K, V>>,
    left: usize,
}

impl<'a, K: Clone, V: Clone> IterMut<'a, K, V> {
    pub(super) fn new(root: &'a mut Link<K, V>) -> Self {
        let left = root.len();
        Self { leaves: LeavesMut::new(root), entries: None, left }
    }
}

impl<'a, K: Clone, V: Clone> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a mut V)> {
        loop {
            if let Some(pair) = self.entries.as_mut().and_then(Iterator::next) {
                self.left -= 1;
                return Some(pair);
            }
            self.entries = Some(self.leaves.next()?);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Not exact after a clone panicked.
        (0, Some(self.left))
    }
}

impl<K: Clone, V: Clone> FusedIterator for IterMut<'_, K, V> {}

impl<K, V> fmt::Debug for IterMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterMut").field("left", &self.left).finish_non_exhaustive()
    }
}

/// The values of a [`Map`](super::Map), to be changed: of [`values_mut`](super::Map::values_mut).
pub struct ValuesMut<'a, K, V>(pub(super) IterMut<'a, K, V>);

impl<'a, K: Clone, V: Clone> Iterator for ValuesMut<'a, K, V> {
    type Item = &'a mut V;

    #[inline]
    fn next(&mut self) -> Option<&'a mut V> {
        self.0.next().map(|(_, value)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K: Clone, V: Clone> FusedIterator for ValuesMut<'_, K, V> {}

impl<K, V> fmt::Debug for ValuesMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValuesMut").field("left", &self.0.left).finish_non_exhaustive()
    }
}

/// The entries of a [`Map`](super::Map) that is used up: of `into_iter`. What other versions have too is cloned.
pub struct IntoIter<K, V> {
    links: Vec<Link<K, V>>,
    items: Vec<Item<K, V>>,
    left: usize,
}

impl<K, V> IntoIter<K, V> {
    pub(super) fn new(root: Link<K, V>) -> Self {
        Self { left: root.len(), links: [root].into(), items: Vec::new() }
    }
}

impl<K: Clone, V: Clone> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(item) = self.items.pop() {
                self.left -= 1;
                return Some(item.into_pair());
            }
            let (links, items) = (&mut self.links, &mut self.items);
            links.pop()?.take_apart(|link| links.push(link), |item| items.push(item));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Not exact after a clone panicked.
        (0, Some(self.left))
    }
}

impl<K: Clone, V: Clone> FusedIterator for IntoIter<K, V> {}

impl<K, V> fmt::Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}
