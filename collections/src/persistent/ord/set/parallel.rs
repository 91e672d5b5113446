//! rayon: iteration and collection by many threads.

use alloc::vec::Vec;
use core::fmt;

use rayon::{
    iter::{FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator, plumbing::UnindexedConsumer},
    vec::IntoIter,
};

use super::OrdSet;
use crate::persistent::ord_map;

/// The items of an [`OrdSet`], for rayon: of its `par_iter`.
pub struct ParIter<'a, T>(ord_map::ParIter<'a, T, ()>);

impl<T> fmt::Debug for ParIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a, T: Send + Sync> ParallelIterator for ParIter<'a, T> {
    type Item = &'a T;

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        self.0.map(|(item, ())| item).drive_unindexed(consumer)
    }
}

impl<'a, T: Send + Sync> IntoParallelIterator for &'a OrdSet<T> {
    type Item = &'a T;
    type Iter = ParIter<'a, T>;

    fn into_par_iter(self) -> ParIter<'a, T> {
        ParIter((&self.map).into_par_iter())
    }
}

/// As for an [`OrdMap`](crate::persistent::OrdMap).
impl<T: Clone + Send> IntoParallelIterator for OrdSet<T> {
    type Item = T;
    type Iter = IntoIter<T>;

    fn into_par_iter(self) -> IntoIter<T> {
        self.into_iter().collect::<Vec<_>>().into_par_iter()
    }
}

/// As of an [`OrdMap`](crate::persistent::OrdMap).
impl<T: Ord + Clone + Send + Sync> FromParallelIterator<T> for OrdSet<T> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        Self { map: items.into_par_iter().map(|item| (item, ())).collect() }
    }
}

/// As if made of the items first, and then appended.
impl<T: Ord + Clone + Send + Sync> ParallelExtend<T> for OrdSet<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        self.append_mut(&Self::from_par_iter(items));
    }
}
