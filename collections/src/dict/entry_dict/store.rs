//! A table of entries and their garbage: lookups under a pin, and changes that are made only if what they rest on still holds.

use std::marker::PhantomData;

use polder_sync::reclaim::{Domain, DropPolicy};

use super::{
    entry::{Entry, OwnedEntry, Under},
    guard::Removed,
    panics::FirstPanic,
};
use crate::dict::engine::{EntryBin, Hashed, Options, Table};

/// Entries, those in the table and those on their way out.
pub(super) struct Store<K, V> {
    pub(super) table: Table<EntryBin>,
    pub(super) garbage: Domain<OwnedEntry<K, V>>,
    /// For an owner who takes the entries out: the next bin, and what is left of the one before.
    next_bin: u64,
    items: Vec<*mut ()>,
    /// Keys and values come and go through shared references, so no lifetime in them may be shortened; and what threads may do with a
    /// store depends on them.
    entries: PhantomData<*mut (K, V)>,
}

// SAFETY: keys and values come along, and no other thread has any of them: guards borrow the store.
unsafe impl<K: Send, V: Send> Send for Store<K, V> {}
// SAFETY: a thread puts keys and values in, others read them (`Sync`) and drop them (`Send`).
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for Store<K, V> {}

/// What a lookup has found.
pub(super) enum Look<'p, K, V> {
    Found(&'p Entry<K, V>),
    Absent(Compared),
}

/// The entries with the sought hash that were found to be others, in the order in which they were met.
#[derive(Default)]
pub(super) struct Compared {
    items: Vec<*mut ()>,
    /// Where the next one is expected, since who looks again meets most of them in the same order.
    next: usize,
}

impl Compared {
    #[cold]
    pub(super) fn push(&mut self, item: *mut ()) {
        self.items.push(item);
    }

    #[cold]
    pub(super) fn has(&mut self, item: *mut ()) -> bool {
        let (before, after) = self.items.split_at(self.next);
        let is = |&other: &*mut ()| other == item;
        let found = after.iter().position(is).map(|at| at + self.next).or_else(|| before.iter().position(is));
        self.next = found.map_or(self.next, |at| at + 1);
        found.is_some()
    }
}

impl<K, V> Store<K, V> {
    pub(super) fn new(options: Options, policy: DropPolicy) -> Self {
        Self {
            table: Table::new(options),
            garbage: Domain::new(policy),
            next_bin: 0,
            items: Vec::new(),
            entries: PhantomData,
        }
    }

    /// The hash of an item, for the table. No foreign code.
    #[inline(always)]
    pub(super) fn hash_of<'p>(&self, under: Under<'p>) -> impl Fn(*mut ()) -> Hashed + use<'p, K, V> {
        // SAFETY: the table asks only about items that it had a moment ago, under this pin.
        move |item| unsafe { under.entry::<K, V>(item) }.hash
    }

    /// Finds the entry whose key `is` accepts, among those with this hash.
    #[inline(always)]
    pub(super) fn find<'p>(
        &'p self,
        under: Under<'p>,
        hash: Hashed,
        mut is: impl FnMut(&'p Entry<K, V>) -> bool,
    ) -> Option<&'p Entry<K, V>> {
        let item = self.table.find(hash, |item| {
            // SAFETY: the table has the item or had it under this pin.
            let entry = unsafe { under.entry::<K, V>(item) };
            entry.hash == hash && is(entry)
        })?;
        // SAFETY: as above: found under this pin, so the table has it or had it.
        Some(unsafe { under.entry(item) })
    }

    /// As [`find`](Self::find), for who goes on to put in what is not there.
    #[inline]
    pub(super) fn look<'p>(&'p self, under: Under<'p>, hash: Hashed, mut is: impl FnMut(&K) -> bool) -> Look<'p, K, V> {
        let mut compared = Compared::default();
        let found = self.find(under, hash, |entry| {
            let is = is(&entry.key);
            if !is {
                compared.push(entry.item());
            }
            is
        });
        found.map_or(Look::Absent(compared), Look::Found)
    }

    /// Whether the table has this very entry.
    pub(super) fn has(&self, entry: &Entry<K, V>) -> bool {
        self.table.find(entry.hash, |item| item == entry.item()).is_some()
    }

    /// Puts an entry in, if there is none with its hash but those it was compared with. Else it comes back.
    pub(super) fn insert_new<'p>(
        &self,
        under: Under<'p>,
        new: OwnedEntry<K, V>,
        compared: &mut Compared,
    ) -> Result<&'p Entry<K, V>, OwnedEntry<K, V>> {
        let hash = new.get().hash;
        let hash_of = self.hash_of(under);
        let mut claim = self.table.claim(hash);
        if claim.find(hash, |item| hash_of(item) == hash && !compared.has(item)).is_some() {
            return Err(new);
        }
        let crowding = claim.insert(hash.tag(), new.item());
        let item = new.publish();
        drop(claim);
        self.table.count(1);
        self.table.grow_sometimes(hash, crowding, hash_of);
        // SAFETY: the table has got it under this pin.
        Ok(unsafe { under.entry(item) })
    }

    /// Puts an entry in the place of one with an equal key, if that one is still there. Else it comes back.
    pub(super) fn replace<'p>(
        &self,
        under: Under<'p>,
        old: &Entry<K, V>,
        new: OwnedEntry<K, V>,
    ) -> Result<(&'p Entry<K, V>, Removed<'_, K, V>), OwnedEntry<K, V>> {
        let mut claim = self.table.claim(old.hash);
        let Some((place, item)) = claim.find(old.hash, |item| item == old.item()) else { return Err(new) };
        let new = new.publish();
        claim.replace(place, new);
        drop(claim);
        // SAFETY: the table has got it under this pin.
        let new = unsafe { under.entry(new) };
        // SAFETY: this call has taken it out of the table.
        Ok((new, unsafe { Removed::new(self, item) }))
    }

    /// The entry of a key; if there is none, one is put in with what `make` makes.
    #[inline]
    pub(super) fn get_or_insert<'p>(
        &'p self,
        under: Under<'p>,
        hash: Hashed,
        key: K,
        make: impl FnOnce() -> V,
    ) -> &'p Entry<K, V>
    where
        K: Eq,
    {
        let mut compared = match self.look(under, hash, |other| *other == key) {
            Look::Found(entry) => return entry,
            Look::Absent(compared) => compared,
        };
        let mut new = OwnedEntry::new(hash, key, make());
        loop {
            match self.insert_new(under, new, &mut compared) {
                Ok(entry) => return entry,
                Err(back) => new = back,
            }
            match self.look(under, hash, |other| *other == new.get().key) {
                Look::Found(entry) => return entry,
                Look::Absent(now) => compared = now,
            }
        }
    }

    /// Takes out what is found, if `f` says so of the very entry that goes.
    pub(super) fn remove_found(
        &self,
        under: Under<'_>,
        hash: Hashed,
        mut is: impl FnMut(&K) -> bool,
        mut f: impl FnMut(&K, &V) -> bool,
    ) -> Option<Removed<'_, K, V>> {
        loop {
            let entry = self.find(under, hash, |entry| is(&entry.key))?;
            if !f(&entry.key, &entry.value) {
                return None;
            }
            if let Some(removed) = self.remove(under, entry) {
                return Some(removed);
            }
        }
    }

    /// Takes an entry out, if it is still there.
    pub(super) fn remove(&self, _: Under<'_>, old: &Entry<K, V>) -> Option<Removed<'_, K, V>> {
        let mut claim = self.table.claim(old.hash);
        let (place, item) = claim.find(old.hash, |item| item == old.item())?;
        let left = claim.remove(place);
        drop(claim);
        // SAFETY: this call has taken it out of the table.
        let removed = unsafe { Removed::new(self, item) };
        self.table.count(-1);
        self.table.shrink_sometimes(old.hash, left);
        Some(removed)
    }

    /// Sets an entry; the one that it replaces.
    #[inline]
    pub(super) fn put(&self, under: Under<'_>, mut new: OwnedEntry<K, V>) -> Option<Removed<'_, K, V>>
    where
        K: Eq,
    {
        loop {
            new = match self.look(under, new.get().hash, |key| *key == new.get().key) {
                Look::Found(old) => match self.replace(under, old, new) {
                    Ok((_, old)) => return Some(old),
                    Err(back) => back,
                },
                Look::Absent(mut compared) => match self.insert_new(under, new, &mut compared) {
                    Ok(_) => return None,
                    Err(back) => back,
                },
            };
        }
    }

    /// Takes an entry away for its owner, until there is none.
    ///
    /// The table does not know of it: nothing else is to be done with it from then on.
    pub(super) fn next_owned(&mut self) -> Option<OwnedEntry<K, V>> {
        loop {
            if let Some(item) = self.items.pop() {
                // SAFETY: nobody else has the store, each bin is looked at once, and an entry is in one bin.
                return Some(unsafe { OwnedEntry::take_over(item) });
            }
            if !self.table.items_of_bin(self.next_bin, &mut self.items) {
                return None;
            }
            self.next_bin += 1;
        }
    }
}

impl<K, V> Drop for Store<K, V> {
    /// Frees every entry, also after one whose destructor panics; the first panic goes on at the end.
    fn drop(&mut self) {
        let mut panics = FirstPanic::default();
        while !panics.catch(|| while self.next_owned().is_some() {}) {}
        while !panics.catch(|| self.garbage.drain()) {}
        panics.resume();
    }
}
