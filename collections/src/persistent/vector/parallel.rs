//! rayon: iteration and collection by many threads.

use alloc::vec::Vec;
use core::{fmt, iter};

use rayon::iter::{
    FromParallelIterator, IndexedParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
    plumbing::{Consumer, Producer, ProducerCallback, UnindexedConsumer, bridge},
};

use super::{Iter, Vector, config::LEAF, tree::Leaf};
use crate::persistent::{
    parallel::{cut, parts},
    shared::Shared,
};

/// References to a vector's elements, for rayon: of `par_iter`.
///
/// ```
/// use polder_collections::persistent::Vector;
/// use rayon::prelude::*;
///
/// let all: Vector<u64> = (0..1000_u64).into_par_iter().collect();
/// assert_eq!(all.par_iter().sum::<u64>(), 499_500);
/// ```
pub struct ParIter<'a, T> {
    vector: &'a Vector<T>,
    /// Indices from `low` on, up to `high`.
    low: usize,
    high: usize,
}

impl<T> Clone for ParIter<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T> fmt::Debug for ParIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParIter").field("low", &self.low).field("high", &self.high).finish_non_exhaustive()
    }
}

impl<'a, T: Send + Sync> ParallelIterator for ParIter<'a, T> {
    type Item = &'a T;

    fn drive_unindexed<C: UnindexedConsumer<&'a T>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<'a, T: Send + Sync> IndexedParallelIterator for ParIter<'a, T> {
    fn len(&self) -> usize {
        self.high - self.low
    }

    fn drive<C: Consumer<&'a T>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn with_producer<CB: ProducerCallback<&'a T>>(self, callback: CB) -> CB::Output {
        callback.callback(self)
    }
}

impl<'a, T: Send + Sync> Producer for ParIter<'a, T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.vector.iter_of(self.low, self.high)
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let middle = self.low + index;
        (Self { high: middle, ..self }, Self { low: middle, ..self })
    }
}

impl<'a, T: Send + Sync> IntoParallelIterator for &'a Vector<T> {
    type Item = &'a T;
    type Iter = ParIter<'a, T>;

    fn into_par_iter(self) -> ParIter<'a, T> {
        ParIter { vector: self, low: 0, high: self.len() }
    }
}

/// Moves the elements to a `Vec` first; clones those that other versions have too.
impl<T: Clone + Send + Sync> IntoParallelIterator for Vector<T> {
    type Item = T;
    type Iter = rayon::vec::IntoIter<T>;

    fn into_par_iter(self) -> rayon::vec::IntoIter<T> {
        Vec::from(self).into_par_iter()
    }
}

impl<T: Send + Sync> Vector<T> {
    /// Adds elements behind the tail, which is absent or full. Many threads make the leaves.
    fn push_leaves(&mut self, items: Vec<T>) {
        let (count, parts) = (items.len().div_ceil(LEAF), parts(items.len()));
        let sizes = (0..parts).map(|part| ((part + 1) * count / parts - part * count / parts) * LEAF);
        let leaves: Vec<_> = cut(items, sizes).into_par_iter().flat_map_iter(leaves).collect();
        for leaf in leaves {
            self.push_leaf(leaf);
        }
    }
}

/// Full ones, but for the last.
fn leaves<T>(items: Vec<T>) -> impl Iterator<Item = Shared<Leaf<T>>> {
    let mut items = items.into_iter();
    iter::from_fn(move || {
        let mut leaf = Leaf::new();
        leaf.extend(items.by_ref().take(LEAF));
        (!leaf.is_empty()).then(|| Shared::new(leaf))
    })
}

/// The vector that `FromIterator` makes. Many threads make the leaves.
impl<T: Send + Sync> FromParallelIterator<T> for Vector<T> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        let mut all = Self::new();
        all.push_leaves(Vec::from_par_iter(items));
        all
    }
}

/// The elements come behind those that are there. Many threads make the leaves. If the iterator panics, nothing has changed.
impl<T: Clone + Send + Sync> ParallelExtend<T> for Vector<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        let mut items = Vec::from_par_iter(items);
        // Leaves are pushed behind a tail that is full.
        let missing = self.tail.as_ref().map_or(0, |tail| LEAF - tail.len()).min(items.len());
        let rest = items.split_off(missing);
        self.extend(items);
        self.push_leaves(rest);
    }
}
