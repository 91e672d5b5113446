//! Changing what is there, or may be.

use std::{
    error::Error,
    fmt,
    hash::{BuildHasher, Hash},
    ptr::NonNull,
};

use equivalent::Equivalent;
use polder_sync::reclaim;

use super::{
    Dict, Ref, Removed,
    entry::{OwnedEntry, Under},
    store::Look,
};
use crate::dict::Op;

/// The value was not the expected one: what [`Dict::compare_and_set`] answers then. Nothing was changed.
pub struct UnequalError<'a, K, V> {
    /// The entry that is there, if there is one.
    pub present: Option<Ref<'a, K, V>>,
    /// The value that was to be set.
    pub refused: V,
}

impl<K, V> fmt::Display for UnequalError<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.present.is_some() { "the key has another value" } else { "the key has no value" })
    }
}

impl<K, V: fmt::Debug> fmt::Debug for UnequalError<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnequalError").field("present", &self.present).field("refused", &self.refused).finish()
    }
}

impl<K, V: fmt::Debug> Error for UnequalError<'_, K, V> {}

/// What [`Dict::compute`] has done.
pub enum ComputedRef<'a, K, V> {
    /// There was no entry, and now there is.
    Inserted(Ref<'a, K, V>),
    /// There was another entry.
    Replaced {
        /// What it was.
        old: Removed<'a, K, V>,
        /// What there is now.
        new: Ref<'a, K, V>,
    },
    /// The entry is gone.
    Removed(Removed<'a, K, V>),
    /// Nothing; this is the entry, if there is one.
    Kept(Option<Ref<'a, K, V>>),
}

impl<K, V: fmt::Debug> fmt::Debug for ComputedRef<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inserted(new) => f.debug_tuple("Inserted").field(new).finish(),
            Self::Replaced { old, new } => f.debug_struct("Replaced").field("old", old).field("new", new).finish(),
            Self::Removed(old) => f.debug_tuple("Removed").field(old).finish(),
            Self::Kept(entry) => f.debug_tuple("Kept").field(entry).finish(),
        }
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Dict<K, V, S> {
    /// The entry of a key, which is inserted if there is none. As [`get_or_insert_with`](Self::get_or_insert_with).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::new();
    /// assert_eq!(*dict.get_or_insert("a", 1), 1);
    /// assert_eq!(*dict.get_or_insert("a", 2), 1);
    /// ```
    pub fn get_or_insert(&self, key: K, value: V) -> Ref<'_, K, V> {
        self.get_or_insert_with(key, || value)
    }

    /// The entry of a key; if there is none, one is inserted with the value that `make` returns.
    ///
    /// If there is an entry as [`get`](Self::get), else as [`insert`](Self::insert). Of several threads that do this at the
    /// same time each may run its `make`, with nothing locked, once; one value goes in, all get that one, and the others are
    /// dropped. `make` may use the dict; if it panics, nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::new();
    /// assert_eq!(*dict.get_or_insert_with("a", || 1), 1);
    /// assert_eq!(*dict.get_or_insert_with("a", || unreachable!()), 1);
    /// ```
    pub fn get_or_insert_with(&self, key: K, make: impl FnOnce() -> V) -> Ref<'_, K, V> {
        let hash = self.hash(&key);
        let pin = reclaim::pin();
        let entry = self.store.get_or_insert(Under::pin(&pin), hash, key, make);
        // SAFETY: found or put in under this pin.
        unsafe { Ref::new(NonNull::from(entry), pin) }
    }

    /// Does with the entry of a key what `f` answers, which is told the value if there is one.
    ///
    /// Linearizable: what is done is done to what `f` was told last. If others change the entry meanwhile, `f` runs again; nothing
    /// is locked then, it may use the dict, and if it panics nothing has changed. Somebody makes progress each time: lock-free but
    /// for the waiting that [`insert`](Self::insert) tells of.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{ComputedRef, Dict, Op};
    ///
    /// let votes = Dict::new();
    /// let vote = |name| votes.compute(name, |count| Op::Insert(count.map_or(1, |count| count + 1)));
    /// assert!(matches!(vote("a"), ComputedRef::Inserted(count) if *count == 1));
    /// assert!(matches!(vote("a"), ComputedRef::Replaced { old, new } if (*old, *new) == (1, 2)));
    /// ```
    pub fn compute(&self, key: K, mut f: impl FnMut(Option<&V>) -> Op<V>) -> ComputedRef<'_, K, V> {
        let (computed, key) = self.compute_by(key, &mut f);
        // Their destructors are foreign code: with the guards already on their way out, a panic would leave those behind.
        drop(key);
        drop(f);
        computed
    }

    /// As [`compute`](Self::compute), and the key, if it was not used.
    fn compute_by(&self, mut key: K, f: &mut impl FnMut(Option<&V>) -> Op<V>) -> (ComputedRef<'_, K, V>, Option<K>) {
        let hash = self.hash(&key);
        let pin = reclaim::pin();
        loop {
            match self.store.look(Under::pin(&pin), hash, |other| *other == key) {
                Look::Found(entry) => match f(Some(&entry.value)) {
                    Op::Keep => {
                        // SAFETY: found under this pin.
                        let entry = unsafe { Ref::new(NonNull::from(entry), pin) };
                        return (ComputedRef::Kept(Some(entry)), Some(key));
                    }
                    Op::Remove => {
                        if let Some(old) = self.store.remove(Under::pin(&pin), entry) {
                            return (ComputedRef::Removed(old), Some(key));
                        }
                    }
                    Op::Insert(value) => {
                        match self.store.replace(Under::pin(&pin), entry, OwnedEntry::new(hash, key, value)) {
                            Ok((new, old)) => {
                                // SAFETY: put in under this pin.
                                let new = unsafe { Ref::new(NonNull::from(new), pin) };
                                return (ComputedRef::Replaced { old, new }, None);
                            }
                            Err(back) => key = back.into_parts().0,
                        }
                    }
                },
                Look::Absent(mut compared) => match f(None) {
                    Op::Keep | Op::Remove => return (ComputedRef::Kept(None), Some(key)),
                    Op::Insert(value) => {
                        let new = OwnedEntry::new(hash, key, value);
                        match self.store.insert_new(Under::pin(&pin), new, &mut compared) {
                            Ok(new) => {
                                // SAFETY: put in under this pin.
                                let new = unsafe { Ref::new(NonNull::from(new), pin) };
                                return (ComputedRef::Inserted(new), None);
                            }
                            Err(back) => key = back.into_parts().0,
                        }
                    }
                },
            }
        }
    }
}

impl<K: Clone, V, S: BuildHasher> Dict<K, V, S> {
    /// Gives a key the value that `f` makes of the one it has: a new entry, with a clone of the key that is there. Returns it, or
    /// `None` if there is no entry.
    ///
    /// As [`compute`](Self::compute), which needs no clone of the key. To clone the key may panic as well.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(*dict.update("a", |value| value + 1).unwrap(), 2);
    /// assert!(dict.update("b", |value| value + 1).is_none());
    /// ```
    pub fn update<Q>(&self, key: &Q, mut f: impl FnMut(&V) -> V) -> Option<Ref<'_, K, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let pin = reclaim::pin();
        loop {
            let entry = self.store.find(Under::pin(&pin), hash, |entry| key.equivalent(&entry.key))?;
            let new = OwnedEntry::new(hash, entry.key.clone(), f(&entry.value));
            if let Ok((new, old)) = self.store.replace(Under::pin(&pin), entry, new) {
                // SAFETY: put in under this pin.
                let new = unsafe { Ref::new(NonNull::from(new), pin) };
                // As in `compute`.
                drop(old);
                drop(f);
                return Some(new);
            }
        }
    }

    /// Gives a key another value, if it has one: a new entry, with a clone of the key that is there.
    ///
    /// As [`insert`](Self::insert), but for the entry that has to be there. To clone the key may panic as well, and
    /// happens again if the entry is replaced meanwhile.
    ///
    /// # Errors
    ///
    /// The value comes back, if there is no entry.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(*dict.swap("a", 2).unwrap(), 1);
    /// assert_eq!(dict.swap("b", 3).unwrap_err(), 3);
    /// ```
    pub fn swap<Q>(&self, key: &Q, value: V) -> Result<Removed<'_, K, V>, V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.swap_if(key, value, |_| true).map_err(|(_, value)| value)
    }

    /// Gives a key another value, if the one that it has is equal to `expected`: a new entry, with a clone of the key that is there.
    ///
    /// As [`swap`](Self::swap). Linearizable: the value that was compared is the one that is replaced. Values are compared with
    /// nothing locked, again if the entry is replaced meanwhile; if that panics, nothing has changed.
    ///
    /// # Errors
    ///
    /// [`UnequalError`] has the entry with another value, if there is one, and gives the new value back.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(*dict.compare_and_set("a", &1, 2).unwrap(), 1);
    /// let error = dict.compare_and_set("a", &1, 3).unwrap_err();
    /// assert_eq!((error.present.as_deref(), error.refused), (Some(&2), 3));
    /// ```
    pub fn compare_and_set<Q>(
        &self,
        key: &Q,
        expected: &V,
        value: V,
    ) -> Result<Removed<'_, K, V>, UnequalError<'_, K, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: PartialEq,
    {
        self.swap_if(key, value, |present| present == expected)
            .map_err(|(present, refused)| UnequalError { present, refused })
    }

    /// Replaces a value that `f` accepts. Gives back what is there and the value, if it does not.
    fn swap_if<Q>(
        &self,
        key: &Q,
        mut value: V,
        mut f: impl FnMut(&V) -> bool,
    ) -> Result<Removed<'_, K, V>, (Option<Ref<'_, K, V>>, V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash(key);
        let pin = reclaim::pin();
        loop {
            match self.store.find(Under::pin(&pin), hash, |entry| key.equivalent(&entry.key)) {
                None => return Err((None, value)),
                Some(entry) if !f(&entry.value) => {
                    // SAFETY: found under this pin.
                    let present = unsafe { Ref::new(NonNull::from(entry), pin) };
                    return Err((Some(present), value));
                }
                Some(entry) => {
                    match self.store.replace(Under::pin(&pin), entry, OwnedEntry::new(hash, entry.key.clone(), value)) {
                        Ok((_, old)) => return Ok(old),
                        Err(back) => value = back.into_parts().1,
                    }
                }
            }
        }
    }

    /// Gives the key of an entry another value, if that entry is still there, the very one: a new entry, with a clone of the key.
    ///
    /// As [`compare_and_set`](Self::compare_and_set) without comparing: another entry is another, however equal. Hashes and compares nothing.
    ///
    /// # Errors
    ///
    /// The value comes back, if that entry is not there any more, or is another dict's.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", f32::NAN)]);
    /// let found = dict.get("a").unwrap();
    /// assert!(dict.replace_entry(&found, 1.0).is_ok());
    /// assert_eq!(dict.replace_entry(&found, 2.0).unwrap_err(), 2.0);
    /// ```
    pub fn replace_entry(&self, entry: &Ref<'_, K, V>, value: V) -> Result<Removed<'_, K, V>, V> {
        let pin = reclaim::pin();
        let entry = entry.entry();
        let new = OwnedEntry::new(entry.hash, entry.key.clone(), value);
        self.store.replace(Under::pin(&pin), entry, new).map(|(_, old)| old).map_err(|back| back.into_parts().1)
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// Takes an entry out, if it is still there, the very one. As [`remove`](Self::remove), but hashes and compares nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// let found = dict.get("a").unwrap();
    /// dict.insert("a", 1);
    /// assert!(dict.remove_entry(&found).is_none(), "an equal one, but another");
    /// ```
    pub fn remove_entry(&self, entry: &Ref<'_, K, V>) -> Option<Removed<'_, K, V>> {
        let pin = reclaim::pin();
        self.store.remove(Under::pin(&pin), entry.entry())
    }
}
