//! rayon: iteration by many threads, and collection, whose keys are hashed by many.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use rayon::{
    iter::{self, FromParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator},
    slice, vec,
};

use super::{Map, Set, build::Order};

/// ```
/// use polder_collections::frozen::Map;
/// use rayon::prelude::*;
///
/// let map: Map<u64, u64> = (0..100).into_par_iter().map(|n| (n, n)).collect();
/// assert_eq!(map.par_iter().map(|(_, n)| n).sum::<u64>(), 4950);
/// ```
impl<'a, K: Sync, V: Sync, S> IntoParallelIterator for &'a Map<K, V, S> {
    type Item = (&'a K, &'a V);
    type Iter = iter::Map<slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

    fn into_par_iter(self) -> Self::Iter {
        self.entries.par_iter().map(|(key, value)| (key, value))
    }
}

impl<K: Send, V: Send, S> IntoParallelIterator for Map<K, V, S> {
    type Item = (K, V);
    type Iter = vec::IntoIter<(K, V)>;

    fn into_par_iter(self) -> Self::Iter {
        self.into_vec().into_par_iter()
    }
}

/// Of pairs with equal keys, the last one stays. Keys are hashed by many threads.
impl<K, V, S> FromParallelIterator<(K, V)> for Map<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Default + Sync,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let (entries, hasher) = (Vec::from_par_iter(entries), S::default());
        let hashes = entries.par_iter().map(|(key, _)| hasher.hash_one(key)).collect();
        Self::arranged(entries, Order::new(hashes), hasher)
    }
}

impl<'a, T: Sync, S> IntoParallelIterator for &'a Set<T, S> {
    type Item = &'a T;
    type Iter = iter::Map<slice::Iter<'a, (T, ())>, fn(&'a (T, ())) -> &'a T>;

    fn into_par_iter(self) -> Self::Iter {
        self.map.entries.par_iter().map(|(item, ())| item)
    }
}

impl<T: Send, S> IntoParallelIterator for Set<T, S> {
    type Item = T;
    type Iter = iter::Map<vec::IntoIter<(T, ())>, fn((T, ())) -> T>;

    fn into_par_iter(self) -> Self::Iter {
        self.into_map().into_par_iter().map(|(item, ())| item)
    }
}

/// Of equal items, the last one stays. They are hashed by many threads.
impl<T, S> FromParallelIterator<T> for Set<T, S>
where
    T: Eq + Hash + Send + Sync,
    S: BuildHasher + Default + Sync,
{
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        Self { map: items.into_par_iter().map(|item| (item, ())).collect() }
    }
}
