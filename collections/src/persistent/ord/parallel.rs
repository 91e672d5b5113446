//! rayon: iteration and collection by many threads.

use alloc::vec::Vec;
use core::fmt;

use rayon::{
    iter::{
        FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
        plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed},
    },
    slice::ParallelSliceMut,
    vec::IntoIter,
};

use super::{
    iter::Entries,
    node::{Node, NodeRef, build_parallel},
    traits::dedup,
};
use crate::persistent::OrdMap;

/// The entries of an [`OrdMap`], for rayon: of its `par_iter`.
pub struct ParIter<'a, K, V> {
    /// In their order.
    trees: Vec<NodeRef<'a, K, V>>,
}

impl<K, V> fmt::Debug for ParIter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParIter").finish_non_exhaustive()
    }
}

impl<'a, K: Send + Sync, V: Send + Sync> ParallelIterator for ParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge_unindexed(self, consumer)
    }
}

impl<'a, K: Send + Sync, V: Send + Sync> UnindexedProducer for ParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    /// Divides at a node.
    fn split(mut self) -> (Self, Option<Self>) {
        while let [NodeRef::Branch(branch)] = *self.trees {
            self.trees = branch.children.iter().collect();
        }
        let half = self.trees.len() / 2;
        if half == 0 {
            return (self, None);
        }
        let rest = self.trees.split_off(half);
        (self, Some(Self { trees: rest }))
    }

    fn fold_with<F: Folder<Self::Item>>(self, folder: F) -> F {
        folder.consume_iter(self.trees.into_iter().flat_map(Entries::all))
    }
}

/// ```
/// use polder_collections::persistent::OrdMap;
/// use rayon::prelude::*;
///
/// let map: OrdMap<u64, u64> = (0..100).into_par_iter().map(|n| (n, n)).collect();
/// assert_eq!(map.par_iter().map(|(_, n)| n).sum::<u64>(), 4950);
/// ```
impl<'a, K: Send + Sync, V: Send + Sync> IntoParallelIterator for &'a OrdMap<K, V> {
    type Item = (&'a K, &'a V);
    type Iter = ParIter<'a, K, V>;

    fn into_par_iter(self) -> ParIter<'a, K, V> {
        ParIter { trees: self.root.iter().map(Node::by_ref).collect() }
    }
}

/// What no other version has is moved out, the rest cloned, by the calling thread.
impl<K: Clone + Send, V: Clone + Send> IntoParallelIterator for OrdMap<K, V> {
    type Item = (K, V);
    type Iter = IntoIter<(K, V)>;

    fn into_par_iter(self) -> IntoIter<(K, V)> {
        self.into_iter().collect::<Vec<_>>().into_par_iter()
    }
}

/// The map that `FromIterator` makes: of keys that come twice, the last value stays. Many threads sort the entries and make the leaves.
impl<K: Ord + Clone + Send + Sync, V: Send + Sync> FromParallelIterator<(K, V)> for OrdMap<K, V> {
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries = Vec::from_par_iter(entries);
        // The sort is stable, so what is equal stays in the order in which it came.
        entries.par_sort_by(|one: &(K, V), other| one.0.cmp(&other.0));
        dedup(&mut entries);
        Self { root: build_parallel(entries) }
    }
}

/// As if made of the entries first, and then appended.
impl<K: Ord + Clone + Send + Sync, V: Clone + Send + Sync> ParallelExtend<(K, V)> for OrdMap<K, V> {
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.append_mut(&Self::from_par_iter(entries));
    }
}
