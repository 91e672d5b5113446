//! All entries, or room for them.

use std::{fmt, iter::FusedIterator, vec};

use polder_sync::reclaim::{self, DomainStats, DropPolicy};

use super::{
    Dict, Removed,
    entry::Under,
    make::{bins_for, capacity_of},
    panics::FirstPanic,
    store::Store,
};
use crate::dict::engine::Walk;

impl<K, V, S> Dict<K, V, S> {
    /// Takes all entries out that are there when it begins, and not gone before it comes to them; of those that come meanwhile, some.
    ///
    /// O(n + bins). Takes the bins one after the other, or a few at once, each for as long as its pointers are copied.
    ///
    /// # Panics
    ///
    /// If the destructor of an entry does that is freed meanwhile: then after all is done. Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 'a'), (2, 'b')]);
    /// dict.clear();
    /// assert!(dict.is_empty());
    /// ```
    pub fn clear(&self) {
        // Which takes all out when it is dropped.
        drop(self.drain());
    }

    /// Takes all entries out, as [`clear`](Self::clear), and gives them out. What was not asked for is taken out when the iterator is
    /// dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 2), (3, 4)]);
    /// assert_eq!(dict.drain().map(|removed| *removed.value()).sum::<i32>(), 6);
    /// assert!(dict.is_empty());
    /// ```
    pub fn drain(&self) -> Drain<'_, K, V> {
        Drain { batches: Batches::new(&self.store), batch: Vec::new().into_iter() }
    }

    /// Takes the entries out of which `f` says `false`.
    ///
    /// O(n). Weakly consistent, and each entry that goes is the very one of which `f` was told. `f` runs with nothing
    /// locked, once for each entry that it meets; what is removed while it runs is not freed before it is over. If it panics, the
    /// entries that it has not been asked about stay.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict: polder_collections::Dict<_, _> = (0..10).map(|n| (n, n * n)).collect();
    /// dict.retain(|_, square| square % 2 == 0);
    /// assert_eq!(dict.len(), 5);
    /// ```
    pub fn retain(&self, mut f: impl FnMut(&K, &V) -> bool) {
        let mut pin = reclaim::pin();
        let mut walk = self.store.table.walk();
        let mut items = Vec::new();
        while self.store.table.next_class(&mut walk, &mut items, self.store.hash_of(Under::pin(&pin))) {
            for &item in &items {
                let under = Under::pin(&pin);
                // SAFETY: the walk has found it under this pin, which is renewed only when nothing of the walk is left.
                let entry = unsafe { under.entry::<K, V>(item) };
                if !f(&entry.key, &entry.value) {
                    self.store.remove(under, entry);
                }
            }
            pin.repin();
        }
    }

    /// Makes room for so many more entries at once, and keeps it until [`shrink_to_fit`](Self::shrink_to_fit) is called. Not needed: it
    /// only takes the growth out of the insertions.
    ///
    /// Linear in the number of bins that are added. Others go on meanwhile.
    ///
    /// # Panics
    ///
    /// If it is more than can be had ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::<u64, String>::new();
    /// dict.reserve(1000);
    /// assert!(dict.capacity() >= 1000);
    /// ```
    pub fn reserve(&self, additional: usize) {
        let capacity = self.len().checked_add(additional).expect("capacity overflow");
        let pin = reclaim::pin();
        self.store.table.reserve(bins_for(capacity), self.store.hash_of(Under::pin(&pin)));
    }

    /// Gives back what room there is beyond the entries. Linear in the bins that go; others go on meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::<u64, u64>::with_capacity(1000);
    /// dict.insert(1, 1);
    /// dict.shrink_to_fit();
    /// assert!(dict.capacity() < 1000);
    /// ```
    pub fn shrink_to_fit(&self) {
        self.store.table.shrink_to(bins_for(self.len()));
    }

    /// How many entries the bins are made for that there are now. More can be put in: then there will be more bins.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::<u64, String>::with_capacity(100);
    /// assert!(dict.capacity() >= 100);
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        capacity_of(self.store.table.bin_count())
    }

    /// Frees what was taken out and is not being read any more; with [`DropPolicy::Deferred`] only finds out what that is, and
    /// [`collect`](Self::collect) frees it.
    ///
    /// Linear in the entries that were taken out and not freed yet. Blocks while another thread looks through them.
    ///
    /// # Panics
    ///
    /// If a destructor does; the others stay, for another time.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, String::new())]);
    /// dict.remove(&1);
    /// dict.flush();
    /// assert_eq!(dict.garbage().kept, 0);
    /// ```
    pub fn flush(&self) {
        self.store.garbage.flush();
    }

    /// Frees up to so many entries that are known to be free. How many it was. See
    /// [`DropPolicy::Deferred`].
    ///
    /// # Panics
    ///
    /// If a destructor does; the others stay, for another time.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use polder_sync::reclaim::DropPolicy;
    ///
    /// let dict: Dict<_, _> = Dict::<u32, String>::builder().drop_policy(DropPolicy::Deferred).build();
    /// dict.insert(1, "one".to_owned());
    /// dict.remove(&1);
    /// dict.flush();
    /// assert_eq!(dict.collect(10), 1);
    /// ```
    pub fn collect(&self, at_most: usize) -> usize {
        self.store.garbage.collect(at_most)
    }

    /// How many entries were taken out and are not freed yet.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::<u64, String>::new();
    /// assert_eq!(dict.garbage().kept, 0);
    /// ```
    #[must_use]
    pub fn garbage(&self) -> DomainStats {
        self.store.garbage.stats()
    }

    /// Who frees what was taken out, and when.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_sync::reclaim::DropPolicy;
    ///
    /// let dict = polder_collections::Dict::<u64, String>::new();
    /// assert_eq!(dict.drop_policy(), DropPolicy::Inline);
    /// ```
    #[must_use]
    pub fn drop_policy(&self) -> DropPolicy {
        self.store.garbage.policy()
    }
}

/// Takes all entries out of a store, class by class.
struct Batches<'a, K, V> {
    store: &'a Store<K, V>,
    walk: Walk,
    items: Vec<*mut ()>,
}

impl<'a, K, V> Batches<'a, K, V> {
    fn new(store: &'a Store<K, V>) -> Self {
        Self { store, walk: store.table.walk(), items: Vec::new() }
    }

    /// The next ones, if there are more.
    fn next(&mut self) -> Option<vec::IntoIter<Removed<'a, K, V>>> {
        let is_next = self.store.table.take_class(&mut self.walk, &mut self.items);
        self.store.table.shrink_after_class();
        // Made of all before the first is dropped: so all are retired.
        // SAFETY: this call has taken them out of the table.
        let removed = self.items.drain(..).map(|item| unsafe { Removed::new(self.store, item) });
        let removed = removed.collect::<Vec<_>>();
        is_next.then(|| removed.into_iter())
    }
}

/// Takes all entries out of a [`Dict`], and gives them out: of [`Dict::drain`].
pub struct Drain<'a, K, V> {
    batches: Batches<'a, K, V>,
    batch: vec::IntoIter<Removed<'a, K, V>>,
}

// SAFETY: what it has got are `Removed` entries and pointers to such.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for Drain<'_, K, V> {}

impl<'a, K, V> Iterator for Drain<'a, K, V> {
    type Item = Removed<'a, K, V>;

    fn next(&mut self) -> Option<Removed<'a, K, V>> {
        loop {
            if let Some(removed) = self.batch.next() {
                return Some(removed);
            }
            self.batch = self.batches.next()?;
        }
    }
}

impl<K, V> FusedIterator for Drain<'_, K, V> {}

impl<K, V> Drop for Drain<'_, K, V> {
    /// A panic of a destructor goes on when all is done.
    fn drop(&mut self) {
        let mut panics = FirstPanic::default();
        for removed in self.by_ref() {
            panics.catch(|| drop(removed));
        }
        panics.resume();
    }
}

impl<K, V> fmt::Debug for Drain<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}
