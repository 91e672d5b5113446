//! Putting in and taking out.

use std::{
    hash::{BuildHasher, Hash},
    ptr::NonNull,
};

use equivalent::Equivalent;
use polder_sync::reclaim;
use smallvec::SmallVec;

use super::{
    Dict, Ref, Removed,
    entry::{OwnedEntry, Under},
    store::Look,
};
use crate::dict::{OccupiedError, engine::BATCH};

impl<K: Eq + Hash, V, S: BuildHasher> Dict<K, V, S> {
    /// Sets an entry, and gives out the one that it replaces, key and all.
    ///
    /// O(1), amortised over the dict's growth, of which this does a step of bounded size now and then. Waits while another
    /// writer has the same bin, which is for a few instructions. Linearizable.
    ///
    /// The key is hashed once, and compared with entries that have the same hash, more often than once if others change
    /// them meanwhile. Nothing is locked then: comparisons may panic, and then nothing has changed, and may use the dict.
    ///
    /// # Panics
    ///
    /// If hashing or comparing does, or if there are too many entries ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::new();
    /// assert!(dict.insert("a", 1).is_none());
    /// assert_eq!(*dict.insert("a", 2).unwrap(), 1);
    /// ```
    pub fn insert(&self, key: K, value: V) -> Option<Removed<'_, K, V>> {
        let new = OwnedEntry::new(self.hash(&key), key, value);
        let pin = reclaim::pin();
        self.store.put(Under::pin(&pin), new)
    }

    /// Inserts an entry, if there is none with an equal key. As [`insert`](Self::insert).
    ///
    /// # Errors
    ///
    /// [`OccupiedError`] has the entry that is there, and gives key and value back.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::new();
    /// assert_eq!(*dict.try_insert("a", 1).unwrap(), 1);
    /// let error = dict.try_insert("a", 2).unwrap_err();
    /// assert_eq!((*error.present, error.refused), (1, ("a", 2)));
    /// ```
    pub fn try_insert(&self, key: K, value: V) -> Result<Ref<'_, K, V>, OccupiedError<Ref<'_, K, V>, (K, V)>> {
        let mut new = OwnedEntry::new(self.hash(&key), key, value);
        let pin = reclaim::pin();
        loop {
            match self.store.look(Under::pin(&pin), new.get().hash, |key| *key == new.get().key) {
                Look::Found(entry) => {
                    // SAFETY: found under this pin.
                    let present = unsafe { Ref::new(NonNull::from(entry), pin) };
                    return Err(OccupiedError { present, refused: new.into_parts() });
                }
                Look::Absent(mut compared) => match self.store.insert_new(Under::pin(&pin), new, &mut compared) {
                    // SAFETY: put in under this pin.
                    Ok(entry) => return Ok(unsafe { Ref::new(NonNull::from(entry), pin) }),
                    Err(back) => new = back,
                },
            }
        }
    }

    /// Inserts entries one after the other, replacing those with equal keys; returns how many keys were new.
    ///
    /// Each insertion is one of its own, as [`insert`](Self::insert), and cheaper: sixteen pairs are taken from the iterator and hashed, then put in
    /// under one pin. Where the dict is larger than caches, what they need of memory comes at the same time. The iterator runs without a pin
    /// and with nothing locked. If it panics, or hashing, comparing or the destructor of something replaced does, what came before is
    /// in, but for up to fifteen pairs that the iterator has given last: those are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 'a')]);
    /// assert_eq!(dict.insert_many([(1, 'b'), (2, 'c')]), 1);
    /// ```
    pub fn insert_many(&self, entries: impl IntoIterator<Item = (K, V)>) -> usize {
        let table = &self.store.table;
        let mut entries = entries.into_iter();
        let mut batch: SmallVec<[OwnedEntry<K, V>; BATCH]> = SmallVec::new();
        let mut count = 0;
        loop {
            // Foreign code, which may take its time: all of it comes before the pin.
            for (key, value) in entries.by_ref().take(BATCH) {
                let hash = self.hash(&key);
                table.prefetch(hash);
                batch.push(OwnedEntry::new(hash, key, value));
            }
            let is_last = batch.len() < BATCH;
            for new in &batch {
                table.prefetch_entry(new.get().hash);
            }
            let pin = reclaim::pin();
            for new in batch.drain(..) {
                count += usize::from(self.store.put(Under::pin(&pin), new).is_none());
            }
            if is_last {
                return count;
            }
        }
    }
}

impl<K, V, S: BuildHasher> Dict<K, V, S> {
    /// Takes an entry out.
    ///
    /// O(1); gives memory back a little at a time. If there is no entry it is a [`get`](Self::get); else waits while another writer
    /// has the same bin, which is for a few instructions. Linearizable. Hashing and comparing as in [`insert`](Self::insert).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(*dict.remove("a").unwrap(), 1);
    /// assert!(dict.remove("a").is_none());
    /// ```
    pub fn remove<Q>(&self, key: &Q) -> Option<Removed<'_, K, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_if(key, |_, _| true)
    }

    /// Takes an entry out, if `f` says so of the very entry that goes.
    ///
    /// As [`remove`](Self::remove). `f` runs with nothing locked, again if the entry is replaced meanwhile; if it panics, nothing has
    /// changed.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert!(dict.remove_if("a", |_, value| *value > 1).is_none());
    /// assert!(dict.remove_if("a", |_, value| *value == 1).is_some());
    /// ```
    pub fn remove_if<Q>(&self, key: &Q, mut f: impl FnMut(&K, &V) -> bool) -> Option<Removed<'_, K, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let pin = reclaim::pin();
        let removed = self.store.remove_found(Under::pin(&pin), hash, |other| key.equivalent(other), &mut f);
        // Foreign code: with the guard already on its way out, a panic would leave that behind.
        drop(f);
        removed
    }

    /// Takes an entry out, and returns a clone of its value. As [`remove`](Self::remove); if cloning panics, the entry is out.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", "b".to_owned())]);
    /// assert_eq!(dict.take("a").as_deref(), Some("b"));
    /// ```
    pub fn take<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        let removed = self.remove(key)?;
        let value = V::clone(&removed);
        // As in `remove_if`.
        drop(removed);
        Some(value)
    }
}
