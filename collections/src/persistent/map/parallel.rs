//! rayon: iteration and collection by many threads.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
};

use alloc::vec::Vec;

use rayon::iter::{
    FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
    plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed},
};

use super::{Iter, Map};

/// The entries of a [`Map`], for rayon: of `par_iter`.
pub struct ParIter<'a, K, V>(Iter<'a, K, V>);

impl<K, V> Clone for ParIter<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ParIter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a, K: Send + Sync, V: Send + Sync> ParallelIterator for ParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge_unindexed(Part(self.0), consumer)
    }
}

/// A part of the trie.
struct Part<'a, K, V>(Iter<'a, K, V>);

impl<'a, K: Send + Sync, V: Send + Sync> UnindexedProducer for Part<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn split(mut self) -> (Self, Option<Self>) {
        let rest = self.0.split().map(Self);
        (self, rest)
    }

    fn fold_with<F: Folder<Self::Item>>(self, folder: F) -> F {
        folder.consume_iter(self.0)
    }
}

impl<'a, K: Send + Sync, V: Send + Sync, S> IntoParallelIterator for &'a Map<K, V, S> {
    type Item = (&'a K, &'a V);
    type Iter = ParIter<'a, K, V>;

    fn into_par_iter(self) -> ParIter<'a, K, V> {
        ParIter(self.iter())
    }
}

/// Of equal keys, the last one counts.
impl<K: Hash + Eq + Send, V: Send, S: BuildHasher + Default> FromParallelIterator<(K, V)> for Map<K, V, S> {
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        Vec::from_par_iter(entries).into_iter().collect()
    }
}

/// Of equal keys, the last one counts.
impl<K, V, S> ParallelExtend<(K, V)> for Map<K, V, S>
where
    K: Hash + Eq + Clone + Send,
    V: Clone + Send,
    S: BuildHasher,
{
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.extend(Vec::from_par_iter(entries));
    }
}
