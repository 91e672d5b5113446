//! rayon: iteration and collection by many threads.

use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher};

use rayon::{
    iter::{
        FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator,
        plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed},
    },
    vec,
};

use super::{WordDict, iter::WordIter};
use crate::dict::word::{Word, WordKey};

/// The entries of a [`WordDict`], for rayon: of `par_iter`.
pub struct WordParIter<'a, K, V, S = RandomState> {
    entries: WordIter<'a, K, V, S>,
}

impl<K, V, S> fmt::Debug for WordParIter<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordParIter").finish_non_exhaustive()
    }
}

impl<K, V, S> Clone for WordParIter<'_, K, V, S> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone() }
    }
}

impl<K: WordKey, V: Word, S: BuildHasher + Sync> ParallelIterator for WordParIter<'_, K, V, S> {
    type Item = (K, V);

    fn drive_unindexed<C: UnindexedConsumer<(K, V)>>(self, consumer: C) -> C::Result {
        bridge_unindexed(Part(self.entries), consumer)
    }
}

/// A part of the classes.
struct Part<'a, K, V, S>(WordIter<'a, K, V, S>);

impl<K: WordKey, V: Word, S: BuildHasher + Sync> UnindexedProducer for Part<'_, K, V, S> {
    type Item = (K, V);

    fn split(mut self) -> (Self, Option<Self>) {
        let rest = self.0.split().map(Self);
        (self, rest)
    }

    fn fold_with<F: Folder<(K, V)>>(self, folder: F) -> F {
        folder.consume_iter(self.0)
    }
}

/// Weakly consistent, as [`iter`](WordDict::iter).
impl<'a, K: WordKey, V: Word, S: BuildHasher + Sync> IntoParallelIterator for &'a WordDict<K, V, S> {
    type Item = (K, V);
    type Iter = WordParIter<'a, K, V, S>;

    fn into_par_iter(self) -> WordParIter<'a, K, V, S> {
        WordParIter { entries: self.iter() }
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> IntoParallelIterator for WordDict<K, V, S> {
    type Item = (K, V);
    type Iter = vec::IntoIter<(K, V)>;

    fn into_par_iter(self) -> vec::IntoIter<(K, V)> {
        self.into_iter().collect::<Vec<_>>().into_par_iter()
    }
}

/// Of pairs with the same key, one stays: which one, nobody says.
impl<K: WordKey, V: Word, S: BuildHasher + Sync> ParallelExtend<(K, V)> for WordDict<K, V, S> {
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        (&*self).par_extend(entries);
    }
}

/// Of pairs with the same key, one stays: which one, nobody says.
impl<K: WordKey, V: Word, S: BuildHasher + Sync> ParallelExtend<(K, V)> for &WordDict<K, V, S> {
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_par_iter().for_each(|(key, value)| {
            self.insert(key, value);
        });
    }
}

/// Of pairs with the same key, one stays: which one, nobody says.
impl<K: WordKey, V: Word, S: BuildHasher + Default + Sync> FromParallelIterator<(K, V)> for WordDict<K, V, S> {
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let dict = Self::default();
        (&dict).par_extend(entries);
        dict
    }
}
