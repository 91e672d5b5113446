//! What a binding to another language needs of a [`Dict`]: hashes and comparisons of its own, which may fail and take their
//! time, and handles to what was found.
//!
//! A key's `__eq__` may be foreign code that raises errors, waits, or comes back to the dict. It is given to [`Raw::look`] as
//! a [`Compare`], and runs *without a pin*, while its entry is kept by a hazard slot: so nothing but that entry is held up,
//! for however long it takes. Then the dict makes sure that the entry is still there. An error goes to the caller, and
//! leaves the dict as it was.
//!
//! Orderings: none of its own; the one pointer that is stored Relaxed is seen by its thread alone.
//!
//! # Examples
//!
//! ```
//! use polder_collections::{Dict, raw::Look};
//!
//! // Keys that can only be compared by somebody else; so there is no hasher.
//! #[derive(Debug)]
//! struct Key(f64);
//! let dict: Dict<Key, &str, ()> = Dict::with_hasher(());
//! let equals = |wanted: f64| move |key: &Key| if key.0.is_nan() { Err("not comparable") } else { Ok(key.0 == wanted) };
//!
//! dict.raw().insert(7, Key(1.0), "one", equals(1.0)).unwrap();
//! assert_eq!(*dict.raw().find(7, equals(1.0)).unwrap().unwrap(), "one");
//!
//! // In two steps: look, then decide.
//! match dict.raw().look(7, &mut equals(2.0)).unwrap() {
//!     Look::Absent(absent) => drop(absent.insert(Key(f64::NAN), "two").unwrap()),
//!     Look::Found(_) => unreachable!(),
//! }
//! assert_eq!(dict.raw().find(7, equals(3.0)).unwrap_err(), "not comparable");
//! assert_eq!(dict.len(), 2);
//! ```

use std::{array, error::Error, fmt, ptr, ptr::NonNull, sync::atomic::Ordering::Relaxed};

use polder_sync::reclaim::{self, Pin, Protected};

use super::{
    Dict, Ref, Removed,
    entry::{Entry, OwnedEntry, Under},
    store::{Compared, Store},
};
use crate::{dict::engine::Hashed, primitive::AtomicPtr};

/// How the wanted key is compared with those that have the same hash. An `FnMut(&K) -> Result<bool, E>` is one that is slow.
///
/// Each may be asked again about the same key.
pub trait Compare<K> {
    /// What goes wrong.
    type Error;

    /// Whether the keys are equal, if that can be told at once, say because they are the same object. Runs pinned.
    fn quickly(&mut self, _key: &K) -> Option<bool> {
        None
    }

    /// Whether the keys are equal. Runs without a pin, but for keys after the fourth that have the same hash and are not told
    /// from the wanted one quickly.
    ///
    /// # Errors
    ///
    /// Whatever the comparison says. The operation ends with it, and has changed nothing.
    fn slowly(&mut self, key: &K) -> Result<bool, Self::Error>;
}

impl<K, E, F: FnMut(&K) -> Result<bool, E>> Compare<K> for F {
    type Error = E;

    fn slowly(&mut self, key: &K) -> Result<bool, E> {
        self(key)
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// The dict for a binding to another language: with hashes and comparisons of its own.
    ///
    /// Entries that were put in with a hash are found with that hash. So all methods of a dict that hash by themselves have to
    /// agree with the binding, or not be used.
    #[inline]
    pub fn raw(&self) -> Raw<'_, K, V> {
        Raw { store: &self.store }
    }
}

/// A [`Dict`] with hashes and comparisons given to it: of [`Dict::raw`].
pub struct Raw<'a, K, V> {
    store: &'a Store<K, V>,
}

impl<K, V> Clone for Raw<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Raw<'_, K, V> {}

/// What [`Raw::look`] has found.
pub enum Look<'a, K, V> {
    /// An entry with an equal key.
    Found(Found<'a, K, V>),
    /// That there is none.
    Absent(Absent<'a, K, V>),
}

/// An entry, for a look and a change.
pub struct Found<'a, K, V> {
    store: &'a Store<K, V>,
    entry: Ref<'a, K, V>,
}

/// A place where there is no entry, to put one in.
pub struct Absent<'a, K, V> {
    store: &'a Store<K, V>,
    hash: Hashed,
    compared: Compared,
    pin: Pin,
}

/// Somebody else was faster: what was found does not hold any more. The binding looks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale<T = ()>(
    /// What was to be put in.
    pub T,
);

impl<T> fmt::Display for Stale<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entry was changed meanwhile")
    }
}

impl<T: fmt::Debug> Error for Stale<T> {}

/// An entry that was asked about, with the answer. While it is protected, its address is not another entry's.
struct Asked<'s> {
    protected: Protected<'s, ()>,
    is_equal: bool,
}

/// Why a search has come to an end at an entry.
enum Stop<E> {
    Equal,
    Ask,
    Error(E),
}

impl<'a, K, V> Raw<'a, K, V> {
    /// Looks for an entry. The caller decides what to do with it, or without it.
    ///
    /// Lock-free, but for what `compare` does. O(1), and for n different keys with the same hash that are compared slowly, O(n).
    ///
    /// # Errors
    ///
    /// That of `compare`. Nothing has changed.
    pub fn look<C: Compare<K>>(self, hash: u64, compare: &mut C) -> Result<Look<'a, K, V>, C::Error> {
        /// As many as take few of a thread's eight hazard slots.
        const ASKS: usize = 4;
        let hash = Hashed::new(hash);
        let sources: [AtomicPtr<()>; ASKS] = array::from_fn(|_| AtomicPtr::new(ptr::null_mut()));
        let mut asked: Vec<Asked<'_>> = Vec::new();
        loop {
            let pin = reclaim::pin();
            let under = Under::pin(&pin);
            // Those alone that are met under this pin, which keeps their addresses from being others'.
            let mut compared = Compared::default();
            let mut stop = None;
            let found = self.store.find(under, hash, |entry| {
                if let Some(Stop::Error(_)) = stop {
                    // The search was begun again, because others have changed the bin: it has to end.
                    return true;
                }
                let answer = asked.iter().find(|asked| asked.protected.as_ptr() == entry.item());
                let answer = match answer.map(|asked| asked.is_equal).or_else(|| compare.quickly(&entry.key)) {
                    Some(is_equal) => Ok(is_equal),
                    None if asked.len() < ASKS => {
                        stop = Some(Stop::Ask);
                        return true;
                    }
                    None => compare.slowly(&entry.key),
                };
                stop = match answer {
                    Ok(false) => {
                        compared.push(entry.item());
                        return false;
                    }
                    Ok(true) => Some(Stop::Equal),
                    Err(error) => Some(Stop::Error(error)),
                };
                true
            });
            let entry = match (found, stop) {
                (_, Some(Stop::Error(error))) => return Err(error),
                (None, _) => return Ok(Look::Absent(Absent { store: self.store, hash, compared, pin })),
                (Some(entry), Some(Stop::Ask)) => entry,
                (Some(entry), _) => {
                    // SAFETY: found under this pin.
                    let entry = unsafe { Ref::new(NonNull::from(entry), pin) };
                    return Ok(Look::Found(Found { store: self.store, entry }));
                }
            };
            let source = &sources[asked.len()];
            // Relaxed: this thread's alone.
            source.store(entry.item(), Relaxed);
            let protected = reclaim::protect(source).expect("not null");
            if !self.store.has(entry) {
                // It may have been retired before it was announced.
                continue;
            }
            drop(pin);
            // SAFETY: found in the table once more after it was announced; protected for as long as this is.
            let entry = unsafe { protected.as_ptr().cast::<Entry<K, V>>().as_ref() }.expect("not null");
            let is_equal = compare.slowly(&entry.key)?;
            asked.push(Asked { protected, is_equal });
        }
    }

    /// The entry with this hash whose key `compare` says is equal.
    ///
    /// # Errors
    ///
    /// That of `compare`.
    pub fn find<C: Compare<K>>(self, hash: u64, mut compare: C) -> Result<Option<Ref<'a, K, V>>, C::Error> {
        let found = match self.look(hash, &mut compare)? {
            Look::Found(found) => Some(found.into_ref()),
            Look::Absent(_) => None,
        };
        // Foreign code: with the guard already on its way out, a panic would leave that behind.
        drop(compare);
        Ok(found)
    }

    /// Sets an entry, and gives out the one that it replaces.
    ///
    /// # Errors
    ///
    /// That of `compare`: key and value are dropped, and nothing has changed.
    pub fn insert<C: Compare<K>>(
        self,
        hash: u64,
        key: K,
        value: V,
        mut compare: C,
    ) -> Result<Option<Removed<'a, K, V>>, C::Error> {
        let mut new = (key, value);
        let old = loop {
            let stale = match self.look(hash, &mut compare)? {
                Look::Found(found) => match found.replace(new.0, new.1) {
                    Ok((_, old)) => break Some(old),
                    Err(stale) => stale,
                },
                Look::Absent(absent) => match absent.insert(new.0, new.1) {
                    Ok(_) => break None,
                    Err(stale) => stale,
                },
            };
            new = stale.0;
        };
        // As in `find`.
        drop(compare);
        Ok(old)
    }

    /// Takes an entry out.
    ///
    /// # Errors
    ///
    /// That of `compare`: nothing has changed.
    pub fn remove<C: Compare<K>>(self, hash: u64, mut compare: C) -> Result<Option<Removed<'a, K, V>>, C::Error> {
        let old = loop {
            match self.look(hash, &mut compare)? {
                Look::Absent(_) => break None,
                Look::Found(found) => {
                    if let Ok(old) = found.remove() {
                        break Some(old);
                    }
                }
            }
        };
        // As in `find`.
        drop(compare);
        Ok(old)
    }

    /// The hash that an entry was put in with.
    pub fn hash_of(self, entry: &Ref<'_, K, V>) -> u64 {
        entry.entry().hash.given()
    }

    /// Calls `f` with every entry that was taken out and is not freed yet, for a garbage collector that has to know all that the
    /// dict owns. A [`Removed`] that somebody still has is not among them.
    ///
    /// As [`Domain::for_each_retired`](polder_sync::reclaim::Domain::for_each_retired): nothing is locked while `f` runs, but one
    /// call at a time sees all.
    pub fn for_each_retired(self, mut f: impl FnMut(&K, &V)) {
        self.store.garbage.for_each_retired(|entry| f(&entry.get().key, &entry.get().value));
    }
}

impl<'a, K, V> Found<'a, K, V> {
    /// The hash.
    pub fn hash(&self) -> u64 {
        self.entry.entry().hash.given()
    }

    /// The key that is there.
    pub fn key(&self) -> &K {
        self.entry.key()
    }

    /// The value.
    pub fn value(&self) -> &V {
        self.entry.value()
    }

    /// The entry, to keep.
    pub fn into_ref(self) -> Ref<'a, K, V> {
        self.entry
    }

    /// Replaces the very entry, with a key that is equal. The new one and the old one.
    ///
    /// # Errors
    ///
    /// [`Stale`] gives key and value back, if the entry is not there any more.
    pub fn replace(self, key: K, value: V) -> Result<(Ref<'a, K, V>, Removed<'a, K, V>), Stale<(K, V)>> {
        let pin = reclaim::pin();
        let new = OwnedEntry::new(self.entry.entry().hash, key, value);
        match self.store.replace(Under::pin(&pin), self.entry.entry(), new) {
            Ok((new, old)) => {
                // SAFETY: put in under this pin.
                let new = unsafe { Ref::new(NonNull::from(new), pin) };
                Ok((new, old))
            }
            Err(back) => Err(Stale(back.into_parts())),
        }
    }

    /// Takes the very entry out.
    ///
    /// # Errors
    ///
    /// [`Stale`], if the entry is not there any more.
    pub fn remove(self) -> Result<Removed<'a, K, V>, Stale> {
        let pin = reclaim::pin();
        self.store.remove(Under::pin(&pin), self.entry.entry()).ok_or(Stale(()))
    }
}

impl<'a, K, V> Absent<'a, K, V> {
    /// Puts an entry in, with the key that was looked for.
    ///
    /// # Errors
    ///
    /// [`Stale`] gives key and value back, if there is an entry now that it was not compared with.
    pub fn insert(mut self, key: K, value: V) -> Result<Ref<'a, K, V>, Stale<(K, V)>> {
        let new = OwnedEntry::new(self.hash, key, value);
        match self.store.insert_new(Under::pin(&self.pin), new, &mut self.compared) {
            Ok(entry) => {
                let entry = NonNull::from(entry);
                // SAFETY: put in under this pin.
                Ok(unsafe { Ref::new(entry, self.pin) })
            }
            Err(back) => Err(Stale(back.into_parts())),
        }
    }
}

impl<K, V> fmt::Debug for Raw<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for Look<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Found(_)) { "Found(..)" } else { "Absent(..)" })
    }
}

impl<K, V> fmt::Debug for Found<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for Absent<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Absent").finish_non_exhaustive()
    }
}
