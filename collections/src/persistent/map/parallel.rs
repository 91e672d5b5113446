//! rayon: iteration and collection by many threads.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use alloc::vec::Vec;

use rayon::{
    iter::{
        FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
        plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed},
    },
    slice::ParallelSliceMut,
};

use super::{
    Iter, Map,
    combine::{Choice, Merge},
    node::Link,
    shape::{self, Pending},
};
use crate::persistent::Keep;

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

/// The trie of these entries, as [`collect`](super::two::collect) makes it; many threads hash, sort and build.
fn collect<K, V>(entries: impl IntoParallelIterator<Item = (K, V)>, hasher: &(impl BuildHasher + Sync)) -> Link<K, V>
where
    K: Hash + Eq + Send + Sync,
    V: Send + Sync,
{
    let mut entries: Vec<_> = entries.into_par_iter().map(|entry| Pending::new(entry, hasher)).collect();
    // Stable: of equal keys, the last one stays last.
    entries.par_sort_by_key(|entry| entry.hash);
    shape::dedup(&mut entries);
    shape::build_parallel(&mut entries, 0)
}

/// The map that `FromIterator` makes; of equal keys, the last one counts. Many threads hash keys, sort hashes and build parts of the trie.
impl<K, V, S> FromParallelIterator<(K, V)> for Map<K, V, S>
where
    K: Hash + Eq + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Default + Sync,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let hasher = S::default();
        Self { root: collect(entries, &hasher), hasher }
    }
}

/// Of equal keys, the last one counts. A map is made of the entries by many threads, and then joined with this one, as by
/// [`union`](Map::union). If foreign code panics, this map is what it was.
impl<K, V, S> ParallelExtend<(K, V)> for Map<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync,
    V: Clone + Send + Sync,
    S: BuildHasher + Sync,
{
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        let new = collect(entries, &self.hasher);
        let mut merge = Merge {
            hasher: &self.hasher,
            keep_shared: true,
            left: Keep,
            right: Keep,
            both: |_: &K, _: &V, _: &V| Choice::Left,
            entries: PhantomData,
        };
        self.root = merge.merge(&new, &self.root, 0);
    }
}
