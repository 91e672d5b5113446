//! Transactions on a dict of entries.
//!
//! What was read is noted by pointer, and compared by pointer at the end, under the pin of the run (E1, E3): an entry that was found
//! is still there; where none was found, all entries with the same hash are ones that the key was compared with.

use std::{
    convert::Infallible,
    fmt,
    hash::{BuildHasher, Hash},
    mem,
    ptr::NonNull,
};

use equivalent::Equivalent;
use polder_sync::reclaim::{self, Pin};
use smallvec::SmallVec;

use super::{
    Dict, Removed,
    entry::{Entry, OwnedEntry, Under},
    store::{Compared, Look},
};
use crate::dict::{
    engine::{Crowding, Hashed},
    transact::{
        Attempt, Lost,
        log::{self, Log},
        run,
    },
};

/// A run of a transaction on a [`Dict`]: see [`Dict::transact`].
///
/// Reads see the dict, and what this run has written before. Nobody else sees that before the end. Each operation takes constant
/// time; a key's first use is a [`get`](Dict::get), later ones do not look at the dict. While it lives, it is a pin.
pub struct Transaction<'d, K, V, S> {
    dict: &'d Dict<K, V, S>,
    log: Log<Step<K, V>>,
    /// Of this run.
    pin: Pin,
}

/// What is known of a key.
struct Step<K, V> {
    hash: Hashed,
    seen: Seen<K, V>,
    now: Now<K, V>,
}

/// What the dict had.
enum Seen<K, V> {
    Entry(NonNull<Entry<K, V>>),
    Nothing(Compared),
}

/// What it is to have.
enum Now<K, V> {
    /// What it has.
    Same,
    Entry(OwnedEntry<K, V>),
    /// Nothing. If an entry was to be put in before, this is it: it knows the key.
    Nothing(Option<OwnedEntry<K, V>>),
}

impl<K, V> log::Step for Step<K, V> {
    fn hash(&self) -> Hashed {
        self.hash
    }
}

impl<K, V> Step<K, V> {
    /// The entry that was found.
    fn found(&self) -> Option<&Entry<K, V>> {
        match &self.seen {
            // SAFETY: found under the pin of the run, which ends after its steps: see `begin`, and the order of the fields.
            Seen::Entry(entry) => Some(unsafe { entry.as_ref() }),
            Seen::Nothing(_) => None,
        }
    }

    /// The key, unless it was looked for in vain and that was all.
    fn key(&self) -> Option<&K> {
        match &self.now {
            Now::Entry(new) | Now::Nothing(Some(new)) => Some(&new.get().key),
            Now::Same | Now::Nothing(None) => self.found().map(|entry| &entry.key),
        }
    }

    fn entry(&self) -> Option<&Entry<K, V>> {
        match &self.now {
            Now::Same => self.found(),
            Now::Entry(new) => Some(new.get()),
            Now::Nothing(_) => None,
        }
    }

    /// Leaves the new entry, if there is one, to the table. No foreign code.
    fn publish(&mut self) -> Option<*mut ()> {
        let Now::Entry(new) = &self.now else { return None };
        let item = new.item();
        mem::forget(mem::replace(&mut self.now, Now::Same));
        Some(item)
    }

    fn is_change(&self) -> bool {
        match (&self.seen, &self.now) {
            (_, Now::Same) | (Seen::Nothing(_), Now::Nothing(_)) => false,
            (_, Now::Entry(_)) | (Seen::Entry(_), Now::Nothing(_)) => true,
        }
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// Reads and writes several entries as one step.
    ///
    /// `f` runs with nothing locked, and notes what it reads and writes. Then the bins of all its keys are locked for a moment; if
    /// all that it has found is still there, the very entries, and what it has not found is not, its changes are made, and its result
    /// is returned. Else the result and the new entries are dropped, and `f` runs **again**, with a new transaction: it should do
    /// nothing else that cannot be done twice.
    ///
    /// **What `f` sees.** Each read by itself is of the moment. Two reads of a run that will have to be repeated may not fit
    /// together: `f` must not rely on it for its own safety or its own end (say, by looping until the two are equal). Whatever
    /// it *returns*, in the end, rests on entries that were there at one moment, the moment at which its changes were made.
    ///
    /// **What others see.** Transactions are serializable, and in the order of time: as if one ran after the other. A
    /// [`snapshot`](Self::snapshot) has all of a transaction's changes or none. Each key's `get` is linearizable as always; but of
    /// two gets, one after the other, the first may see an entry before the commit reaches it and the second one another
    /// entry after it: to read several keys at one moment, read them in a transaction.
    ///
    /// **Nested uses.** `f` may use this dict, also with transactions of its own, which are no part of this one: what they write
    /// to its keys makes it run again, so that an `f` that always does never ends.
    ///
    /// **Progress.** Never deadlocks: nothing is locked while `f` runs. A run is repeated only if another thread has
    /// changed an entry that it has read (or, where it has found none, has put one in with the same hash), so somebody always gets
    /// through (lock-free, apart from the locks of bins: a commit waits for other writers of its bins, and they for it, for a few
    /// instructions for each of its keys). A transaction that has to run again and again asks other transactions to wait before
    /// they begin: two milliseconds at first, longer each time that this was not enough, and no more than about a second.
    ///
    /// **Cost.** As a [`get`](Self::get) for each key, a lock for each bin, also if nothing is written, an allocation for each new
    /// entry. A run is a pin: what is removed meanwhile is kept until it ends.
    ///
    /// # Panics
    ///
    /// If `f` panics, or hashing, comparing or cloning a key within: nothing has changed. A destructor that panics, of a replaced entry that
    /// is freed at once, does so afterwards, with the changes made. If there is no room for an entry ("capacity overflow", at
    /// gigabytes of entries with colliding hashes), some of the changes may have been made.
    ///
    /// ```
    /// use polder_collections::Dict;
    ///
    /// let inboxes = Dict::from([("ann", vec!["hello"]), ("bob", vec![])]);
    /// inboxes.transact(|tx| {
    ///     let Some(letters) = tx.get("ann").cloned() else { return };
    ///     tx.update("bob", |old| [&old[..], &letters].concat());
    ///     tx.remove("ann");
    /// });
    /// assert!(inboxes.get("ann").is_none());
    /// assert_eq!(*inboxes.get("bob").unwrap(), ["hello"]);
    /// ```
    pub fn transact<R>(&self, mut f: impl FnMut(&mut Transaction<'_, K, V, S>) -> R) -> R {
        match self.try_transact(|transaction| Ok::<R, Infallible>(f(transaction))) {
            Ok(result) => result,
        }
    }

    /// The same, unless `f` returns an error: then nothing is changed.
    ///
    /// The error too rests on entries that were there at one moment: if not, `f` runs again.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    ///
    /// # Panics
    ///
    /// As [`transact`](Self::transact).
    ///
    /// ```
    /// let seats = polder_collections::Dict::from([("1a", "free".to_owned()), ("1b", "ann".to_owned())]);
    /// let book = |wanted: [&'static str; 2]| {
    ///     seats.try_transact(|tx| {
    ///         for seat in wanted {
    ///             if tx.get(seat).is_none_or(|state| state != "free") {
    ///                 return Err(seat);
    ///             }
    ///             tx.insert(seat, "bob".to_owned());
    ///         }
    ///         Ok(())
    ///     })
    /// };
    /// assert_eq!(book(["1a", "1b"]), Err("1b"));
    /// assert_eq!(*seats.get("1a").unwrap(), "free");
    /// ```
    pub fn try_transact<R, E>(&self, f: impl FnMut(&mut Transaction<'_, K, V, S>) -> Result<R, E>) -> Result<R, E> {
        run(&self.store.table.courtesy, &mut Transaction { dict: self, log: Log::new(), pin: reclaim::pin() }, f)
    }
}

impl<K, V, S: BuildHasher> Transaction<'_, K, V, S> {
    /// The place of what is known of a key, from now on if not before.
    fn step<Q>(&mut self, key: &Q) -> usize
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.dict.hash(key);
        if let Some(place) = self.log.find(hash, |step| step.key().is_some_and(|other| key.equivalent(other))) {
            return place;
        }
        let seen = match self.dict.store.look(Under::pin(&self.pin), hash, |other| key.equivalent(other)) {
            Look::Found(entry) => Seen::Entry(NonNull::from(entry)),
            Look::Absent(compared) => Seen::Nothing(compared),
        };
        self.log.push(Step { hash, seen, now: Now::Same })
    }

    /// The value of a key.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let place = self.step(key);
        self.log.steps()[place].entry().map(|entry| &entry.value)
    }

    /// Whether there is an entry.
    pub fn contains_key<Q>(&mut self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get(key).is_some()
    }

    /// Sets an entry. Whether the key had none.
    pub fn insert(&mut self, key: K, value: V) -> bool
    where
        K: Eq + Hash,
    {
        let place = self.step(&key);
        self.set(place, key, value)
    }

    fn set(&mut self, place: usize, key: K, value: V) -> bool {
        let step = self.log.step(place);
        let is_new = step.entry().is_none();
        // Dropped when all is done: foreign code.
        let _old = mem::replace(&mut step.now, Now::Entry(OwnedEntry::new(step.hash, key, value)));
        is_new
    }

    /// Takes an entry out. Whether there was one.
    pub fn remove<Q>(&mut self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let place = self.step(key);
        let step = self.log.step(place);
        let was_there = step.entry().is_some();
        step.now = match mem::replace(&mut step.now, Now::Same) {
            Now::Same if was_there => Now::Nothing(None),
            Now::Entry(new) => Now::Nothing(Some(new)),
            nothing => nothing,
        };
        was_there
    }

    /// Gives a key the value that `change` makes of its value, in a new entry with a clone of the key; returns that, or nothing if
    /// the key has none. If `change` panics, the entry stays as it was.
    pub fn update<Q>(&mut self, key: &Q, change: impl FnOnce(&V) -> V) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        K: Clone,
    {
        let place = self.step(key);
        let old = self.log.steps()[place].entry()?;
        let (key, value) = (old.key.clone(), change(&old.value));
        self.set(place, key, value);
        self.log.steps()[place].entry().map(|entry| &entry.value)
    }

    /// The value of a key; if there is none, what `make` returns becomes it.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &V
    where
        K: Eq + Hash,
    {
        let place = self.step(&key);
        if self.log.steps()[place].entry().is_none() {
            self.set(place, key, make());
        }
        &self.log.steps()[place].entry().expect("was there, or is now").value
    }
}

impl<K, V, S> Attempt for Transaction<'_, K, V, S> {
    fn begin(&mut self) {
        // First what was found under the pin.
        self.log.clear();
        self.pin.repin();
    }

    fn commit(&mut self, keep: bool) -> Result<(), Lost> {
        if self.log.steps().is_empty() {
            return Ok(());
        }
        let changes = self.log.steps().iter().filter(|step| keep && step.is_change()).count();
        let store = &self.dict.store;
        let hash_of = store.hash_of(Under::pin(&self.pin));
        let hashes: SmallVec<[Hashed; 8]> = self.log.steps().iter().map(|step| step.hash).collect();
        // No allocation with a lock held.
        let mut crowded: SmallVec<[(Hashed, Crowding); 8]> = SmallVec::with_capacity(changes);
        let mut sparse: SmallVec<[(Hashed, usize); 8]> = SmallVec::with_capacity(changes);
        let mut removed: SmallVec<[*mut (); 8]> = SmallVec::with_capacity(changes);
        let mut claims = store.table.claim_all(&hashes);
        for (nth, &hash) in hashes.iter().enumerate() {
            let claim = claims.of(nth);
            let is_still_so = match &mut self.log.step(nth).seen {
                Seen::Entry(entry) => claim.find(hash, |item| item == entry.as_ptr().cast()).is_some(),
                Seen::Nothing(others) => claim.find(hash, |item| hash_of(item) == hash && !others.has(item)).is_none(),
            };
            if !is_still_so {
                return Err(Lost);
            }
        }
        for (nth, &hash) in hashes.iter().enumerate() {
            let step = self.log.step(nth);
            if !keep || !step.is_change() {
                continue;
            }
            let claim = claims.of(nth);
            // Found again: a removal moves others.
            let found = match step.seen {
                Seen::Entry(entry) => claim.find(hash, |item| item == entry.as_ptr().cast()),
                Seen::Nothing(_) => None,
            };
            match (found, step.publish()) {
                (Some((place, _)), Some(new)) => claim.replace(place, new),
                (Some((place, _)), None) => sparse.push((hash, claim.remove(place))),
                (None, Some(new)) => crowded.push((hash, claim.insert(hash.tag(), new))),
                (None, None) => unreachable!("a change, of what was seen there"),
            }
            removed.extend(found.map(|(_, item)| item));
        }
        drop(claims);
        // Made of all before the first is dropped: so all are retired, whatever their destructors do.
        // SAFETY: this call has taken them out of the table.
        let removed = removed.into_iter().map(|item| unsafe { Removed::new(store, item) });
        let removed: SmallVec<[Removed<'_, K, V>; 8]> = removed.collect();
        store.table.count(crowded.len() as i64 - sparse.len() as i64);
        for (hash, crowding) in crowded {
            store.table.grow_sometimes(hash, crowding, &hash_of);
        }
        for (hash, left) in sparse {
            store.table.shrink_sometimes(hash, left);
        }
        drop(removed);
        Ok(())
    }
}

impl<K, V, S> fmt::Debug for Transaction<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("keys", &self.log.len()).finish_non_exhaustive()
    }
}
