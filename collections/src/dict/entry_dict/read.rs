//! Looking.

use std::{
    hash::{BuildHasher, Hash},
    ptr::NonNull,
};

use equivalent::Equivalent;
use polder_sync::reclaim;

use super::{Dict, Ref, entry::Under};
use crate::dict::{Snapshot, engine::Hashed};

impl<K, V, S: BuildHasher> Dict<K, V, S> {
    /// The hash of a key. Foreign code: nothing is pinned or locked here.
    #[inline(always)]
    pub(super) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> Hashed {
        Hashed::new(self.hasher.hash_one(key))
    }

    /// The entry of a key.
    ///
    /// O(1). Lock-free: begins again if another operation has moved or removed an entry beside it at that moment; writes
    /// nothing that others read. Linearizable: what was inserted before this began is found.
    ///
    /// The key is hashed once, and compared with entries that have the same hash; either may panic, and may use the dict.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    ///
    /// let dict = Dict::from([("a".to_owned(), 1)]);
    /// assert_eq!(*dict.get("a").unwrap(), 1);
    /// assert!(dict.get("b").is_none());
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<Ref<'_, K, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let pin = reclaim::pin();
        let entry = self.store.find(Under::pin(&pin), hash, |entry| key.equivalent(&entry.key))?;
        // SAFETY: found under this pin.
        Some(unsafe { Ref::new(NonNull::from(entry), pin) })
    }

    /// Whether there is an entry. As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one")]);
    /// assert!(dict.contains_key(&1) && !dict.contains_key(&2));
    /// ```
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.read(key, |_| ()).is_some()
    }

    /// Calls `f` with the value of a key, and returns what it returns: `None` without calling it, if there is no entry.
    ///
    /// As [`get`](Self::get). `f` runs once at most, with nothing locked: it may panic, and may use the dict. What is removed
    /// while it runs is kept until it is over.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one")]);
    /// assert_eq!(dict.read(&1, |value| value.len()), Some(3));
    /// ```
    #[inline]
    pub fn read<Q, R>(&self, key: &Q, f: impl FnOnce(&V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let pin = reclaim::pin();
        let entry = self.store.find(Under::pin(&pin), hash, |entry| key.equivalent(&entry.key))?;
        Some(f(&entry.value))
    }

    /// A clone of the value of a key. As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one".to_owned())]);
    /// assert_eq!(dict.get_cloned(&1).as_deref(), Some("one"));
    /// ```
    #[inline]
    pub fn get_cloned<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        self.read(key, V::clone)
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// The number of entries: a sum over threads' counts, O(threads), wait-free. Exact while nobody inserts or removes, else of some
    /// of what happens meanwhile, and not of one moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 'a'), (2, 'b')]);
    /// assert_eq!(dict.len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.table.len()
    }

    /// Whether [`len`](Self::len) is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(polder_collections::Dict::<u64, u64>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use std::hash::BuildHasher;
    ///
    /// let dict = Dict::<u64, u64>::new();
    /// assert_eq!(dict.hasher().hash_one(1), dict.hasher().hash_one(1));
    /// ```
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// All entries as they are at one moment, cloned.
    ///
    /// O(n), in time and memory. Blocks while another snapshot of the same dict is made. Writers go on: the first to come to a bin
    /// that the snapshot does not have yet copies its pointers; readers of a bin that is being changed wait for that change.
    /// Clones are made afterwards, with nothing locked, and all pinned: they may panic, and may use the dict.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 'a'), (2, 'b')]);
    /// let snapshot = dict.snapshot();
    /// dict.clear();
    /// assert_eq!(snapshot.len(), 2);
    /// assert_eq!(snapshot.get(&2), Some(&'b'));
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<K, V>
    where
        K: Clone,
        V: Clone,
    {
        let pin = reclaim::pin();
        let under = Under::pin(&pin);
        let items = self.store.table.snapshot();
        // SAFETY: they were all in the table after the pin had begun.
        let entries = items.into_iter().map(|item| unsafe { under.entry::<K, V>(item) });
        Snapshot::new(entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect())
    }
}
