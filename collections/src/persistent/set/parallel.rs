//! rayon: iteration and collection by many threads.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
};

use rayon::iter::{
    FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator, plumbing::UnindexedConsumer,
};

use super::{Set, map};

/// The items of a [`Set`], for rayon: of `par_iter`.
pub struct ParIter<'a, T>(map::ParIter<'a, T, ()>);

impl<T> Clone for ParIter<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for ParIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a, T: Send + Sync> ParallelIterator for ParIter<'a, T> {
    type Item = &'a T;

    fn drive_unindexed<C: UnindexedConsumer<&'a T>>(self, consumer: C) -> C::Result {
        self.0.map(|(item, ())| item).drive_unindexed(consumer)
    }
}

impl<'a, T: Send + Sync, S> IntoParallelIterator for &'a Set<T, S> {
    type Item = &'a T;
    type Iter = ParIter<'a, T>;

    fn into_par_iter(self) -> ParIter<'a, T> {
        ParIter((&self.map).into_par_iter())
    }
}

/// As of a [`Map`](super::super::Map).
impl<T: Hash + Eq + Send + Sync, S: BuildHasher + Default + Sync> FromParallelIterator<T> for Set<T, S> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        Self { map: items.into_par_iter().map(|item| (item, ())).collect() }
    }
}

/// As of a [`Map`](super::super::Map).
impl<T: Hash + Eq + Clone + Send + Sync, S: BuildHasher + Sync> ParallelExtend<T> for Set<T, S> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        self.map.par_extend(items.into_par_iter().map(|item| (item, ())));
    }
}
