//! rayon: iteration and collection by many threads.

use std::{
    fmt,
    hash::{BuildHasher, Hash},
};

use rayon::{
    iter::{
        FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
        plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed},
    },
    vec,
};

use super::{Dict, OwnedPinned, entry::Under, iter::Items};

/// References to all entries, for rayon: of `par_iter` of an [`OwnedPinned`] dict.
pub struct PinnedParIter<'p, K, V> {
    items: Items<'p, K, V>,
    under: Under<'p>,
}

// SAFETY: no item was found yet; the pin, which is borrowed, is no thread's.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for PinnedParIter<'_, K, V> {}

impl<K, V> fmt::Debug for PinnedParIter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedParIter").finish_non_exhaustive()
    }
}

impl<'p, K: Send + Sync, V: Send + Sync> ParallelIterator for PinnedParIter<'p, K, V> {
    type Item = (&'p K, &'p V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge_unindexed(self, consumer)
    }
}

impl<'p, K: Send + Sync, V: Send + Sync> UnindexedProducer for PinnedParIter<'p, K, V> {
    type Item = (&'p K, &'p V);

    fn split(mut self) -> (Self, Option<Self>) {
        let rest = self.items.split().map(|items| Self { items, under: self.under });
        (self, rest)
    }

    fn fold_with<F: Folder<Self::Item>>(mut self, mut folder: F) -> F {
        while !folder.full() && self.items.refill(self.under) {
            // SAFETY: one pin for all, borrowed as long as this.
            while let Some(entry) = unsafe { self.items.pop(self.under) } {
                folder = folder.consume((&entry.key, &entry.value));
            }
        }
        folder
    }
}

/// Weakly consistent, as [`iter`](super::Pinned::iter).
///
/// ```
/// use polder_collections::Dict;
/// use rayon::prelude::*;
///
/// let dict: Dict<u64, u64> = (0..100).into_par_iter().map(|n| (n, n)).collect();
/// assert_eq!(dict.pin_owned().par_iter().map(|(_, n)| n).sum::<u64>(), 4950);
/// ```
impl<'p, K: Send + Sync, V: Send + Sync, S: Sync> IntoParallelIterator for &'p OwnedPinned<'_, K, V, S> {
    type Item = (&'p K, &'p V);
    type Iter = PinnedParIter<'p, K, V>;

    fn into_par_iter(self) -> PinnedParIter<'p, K, V> {
        PinnedParIter { items: Items::new(&self.dict().store), under: self.under() }
    }
}

impl<K: Send, V: Send, S> IntoParallelIterator for Dict<K, V, S> {
    type Item = (K, V);
    type Iter = vec::IntoIter<(K, V)>;

    fn into_par_iter(self) -> vec::IntoIter<(K, V)> {
        self.into_iter().collect::<Vec<_>>().into_par_iter()
    }
}

/// Of pairs with equal keys, one stays: which one, nobody says.
impl<K: Eq + Hash + Send + Sync, V: Send + Sync, S: BuildHasher + Sync> ParallelExtend<(K, V)> for Dict<K, V, S> {
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        (&*self).par_extend(entries);
    }
}

/// Of pairs with equal keys, one stays: which one, nobody says.
impl<K: Eq + Hash + Send + Sync, V: Send + Sync, S: BuildHasher + Sync> ParallelExtend<(K, V)> for &Dict<K, V, S> {
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_par_iter().for_each(|(key, value)| {
            self.insert(key, value);
        });
    }
}

/// Of pairs with equal keys, one stays: which one, nobody says.
impl<K, V, S> FromParallelIterator<(K, V)> for Dict<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Default + Sync,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let dict = Self::default();
        (&dict).par_extend(entries);
        dict
    }
}
