//! Several keys at a time, so that what they need of memory is on its way at the same time.

use std::{
    hash::{BuildHasher, Hash},
    iter::{Fuse, FusedIterator},
};

use equivalent::Equivalent;
use smallvec::SmallVec;

use super::{Dict, Pinned, Pinning, entry::Under};
use crate::dict::engine::{BATCH, Hashed};

impl<K, V, S: BuildHasher, P: Pinning> Pinned<'_, K, V, S, P> {
    /// The values of several keys, one for each, in the order of the keys. Faster than one by one where the dict is larger than caches:
    /// sixteen keys are taken and hashed, their bins and then their entries are asked for from memory, and they are looked up.
    ///
    /// Each lookup is one of its own, as [`Dict::get`], when its value is asked for: together they are not of one moment. `keys` and
    /// `Hash` run with nothing locked, and may use the dict; if one panics, up to fifteen keys that were taken before come next.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    /// let pinned = dict.pin();
    /// let found: Vec<Option<&i32>> = pinned.get_many(["b", "c", "a"]).collect();
    /// assert_eq!(found, [Some(&2), None, Some(&1)]);
    ///
    /// let names = vec!["a".to_owned(), "b".to_owned()];
    /// assert_eq!(pinned.get_many(&names).flatten().sum::<i32>(), 3);
    /// ```
    pub fn get_many<'q, Q>(&self, keys: impl IntoIterator<Item = &'q Q>) -> impl FusedIterator<Item = Option<&V>>
    where
        Q: Hash + Equivalent<K> + ?Sized + 'q,
    {
        let keys = keys.into_iter().fuse();
        Lookups { dict: self.dict(), under: self.under(), keys, batch: SmallVec::new(), next: 0 }
    }
}

/// Lookups to come.
struct Lookups<'p, 'q, K, V, S, Q: ?Sized, I> {
    dict: &'p Dict<K, V, S>,
    under: Under<'p>,
    keys: Fuse<I>,
    /// Keys that were taken, with their hashes, and the next of them.
    batch: SmallVec<[(&'q Q, Hashed); BATCH]>,
    next: usize,
}

impl<'q, K, V, S: BuildHasher, Q: Hash + ?Sized, I: Iterator<Item = &'q Q>> Lookups<'_, 'q, K, V, S, Q, I> {
    fn refill(&mut self) {
        self.batch.clear();
        self.next = 0;
        for key in self.keys.by_ref().take(BATCH) {
            let hash = self.dict.hash(key);
            self.dict.store.table.prefetch(hash);
            self.batch.push((key, hash));
        }
        for &(_, hash) in &self.batch {
            self.dict.store.table.prefetch_entry(hash);
        }
    }
}

impl<'p, 'q, K, V, S, Q, I> Iterator for Lookups<'p, 'q, K, V, S, Q, I>
where
    S: BuildHasher,
    Q: Hash + Equivalent<K> + ?Sized,
    I: Iterator<Item = &'q Q>,
{
    type Item = Option<&'p V>;

    #[inline]
    fn next(&mut self) -> Option<Option<&'p V>> {
        if self.next == self.batch.len() {
            self.refill();
        }
        let &(key, hash) = self.batch.get(self.next)?;
        self.next += 1;
        let entry = self.dict.store.find(self.under, hash, |entry| key.equivalent(&entry.key));
        Some(entry.map(|entry| &entry.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let taken = self.batch.len() - self.next;
        let (least, most) = self.keys.size_hint();
        (least.saturating_add(taken), most.and_then(|most| most.checked_add(taken)))
    }
}

impl<'q, K, V, S, Q, I> FusedIterator for Lookups<'_, 'q, K, V, S, Q, I>
where
    S: BuildHasher,
    Q: Hash + Equivalent<K> + ?Sized,
    I: Iterator<Item = &'q Q>,
{
}
