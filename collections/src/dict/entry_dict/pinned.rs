//! A dict under one pin for many operations.

use std::{
    fmt,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
};

use equivalent::Equivalent;
use polder_sync::reclaim::{self, OwnedPin, Pin};

use super::{
    Dict, Removed,
    entry::{Entry, OwnedEntry, Under},
    iter::Items,
};

/// What keeps a [`Pinned`] pinned: [`Pin`] or [`OwnedPin`]. The trait is sealed.
pub trait Pinning: sealed::Sealed {}

impl Pinning for Pin {}
impl Pinning for OwnedPin {}

mod sealed {
    use polder_sync::reclaim::{OwnedPin, Pin};

    use crate::dict::entry_dict::entry::Under;

    pub trait Sealed {
        #[doc(hidden)]
        fn under(&self) -> Evidence<'_>;

        #[doc(hidden)]
        fn repin(&mut self) -> bool;
    }

    /// `Under`, for the eyes of the compiler.
    #[derive(Debug)]
    pub struct Evidence<'p>(pub(in crate::dict::entry_dict) Under<'p>);

    impl Sealed for Pin {
        #[inline(always)]
        fn under(&self) -> Evidence<'_> {
            Evidence(Under::pin(self))
        }

        fn repin(&mut self) -> bool {
            Self::repin(self)
        }
    }

    impl Sealed for OwnedPin {
        #[inline(always)]
        fn under(&self) -> Evidence<'_> {
            Evidence(Under::owned_pin(self))
        }

        fn repin(&mut self) -> bool {
            Self::repin(self);
            true
        }
    }
}

/// A [`Dict`] under a pin: what it finds lives as long as the borrow of this, without a guard for each; of [`Dict::pin`].
///
/// For several operations in a row, and for references to several entries. Nothing is locked. While it lives, nothing that is
/// removed from any dict is freed: [`refresh`](Self::refresh) lets go. `P` is a pin of the thread; [`OwnedPinned`] has one that
/// can move.
///
/// # Examples
///
/// ```
/// let dict = polder_collections::Dict::from([(1, "one"), (2, "two")]);
/// let pinned = dict.pin();
/// let (one, two) = (pinned.get(&1), pinned.get(&2));
/// pinned.remove(&1);
/// assert_eq!((one, two), (Some(&"one"), Some(&"two")));
/// ```
///
/// What it finds does not outlive it (it does not have to if `drop` comes last):
///
/// ```compile_fail,E0505
/// let dict = polder_collections::Dict::from([(1, "one")]);
/// let pinned = dict.pin();
/// let one = pinned.get(&1);
/// drop(pinned);
/// println!("{one:?}");
/// ```
/// ```
/// let dict = polder_collections::Dict::from([(1, "one")]);
/// let pinned = dict.pin();
/// let one = pinned.get(&1);
/// println!("{one:?}");
/// drop(pinned);
/// ```
///
/// It stays on its thread (the one that [`Dict::pin_owned`] gives out does not):
///
/// ```compile_fail,E0277
/// let dict = polder_collections::Dict::from([(1, "one")]);
/// let pinned = dict.pin();
/// std::thread::scope(|scope| {
///     scope.spawn(move || pinned.get(&1).is_some());
/// });
/// ```
/// ```
/// let dict = polder_collections::Dict::from([(1, "one")]);
/// let pinned = dict.pin_owned();
/// std::thread::scope(|scope| {
///     scope.spawn(move || pinned.get(&1).is_some());
/// });
/// ```
pub struct Pinned<'a, K, V, S, P = Pin> {
    dict: &'a Dict<K, V, S>,
    pin: P,
}

/// A [`Pinned`] that is `Send` and can be held across `.await`: of [`Dict::pin_owned`].
///
/// # Examples
///
/// ```
/// use polder_collections::Dict;
///
/// async fn yields() {}
///
/// async fn length(dict: &Dict<u32, String>) -> usize {
///     let pinned = dict.pin_owned();
///     let Some(found) = pinned.get(&1) else { return 0 };
///     yields().await;
///     found.len()
/// }
///
/// fn is_send(_: impl Send) {}
/// is_send(length(&Dict::new()));
/// ```
pub type OwnedPinned<'a, K, V, S> = Pinned<'a, K, V, S, OwnedPin>;

impl<K, V, S> Dict<K, V, S> {
    /// The dict under a pin of this thread. Wait-free; costs what one [`get`](Self::get) has to spend on it.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one")]);
    /// assert_eq!(dict.pin().get(&1), Some(&"one"));
    /// ```
    #[inline]
    pub fn pin(&self) -> Pinned<'_, K, V, S> {
        Pinned { dict: self, pin: reclaim::pin() }
    }

    /// The dict under a pin that belongs to no thread: `Send`, and usable across `.await`. Lock-free; linear in the number of
    /// threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one")]);
    /// assert_eq!(dict.pin_owned().get(&1), Some(&"one"));
    /// ```
    pub fn pin_owned(&self) -> OwnedPinned<'_, K, V, S> {
        Pinned { dict: self, pin: OwnedPin::new() }
    }
}

impl<'a, K, V, S, P: Pinning> Pinned<'a, K, V, S, P> {
    #[inline(always)]
    pub(super) fn under(&self) -> Under<'_> {
        self.pin.under().0
    }

    /// The dict.
    pub fn dict(&self) -> &'a Dict<K, V, S> {
        self.dict
    }

    /// Ends the pin and begins a new one, so that what was removed meanwhile may be freed. Within another pin of the same thread it
    /// does nothing. Returns whether it was done. Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one")]);
    /// let mut pinned = dict.pin();
    /// assert!(pinned.refresh());
    /// ```
    pub fn refresh(&mut self) -> bool {
        self.pin.repin()
    }

    /// Gives an entry up, which is there as long as the pin.
    fn given_up<'p>(&'p self, removed: Removed<'_, K, V>) -> &'p Entry<K, V> {
        let item = removed.retire();
        // SAFETY: it was taken out of the table under this pin, and so it was there under it.
        unsafe { self.under().entry(item) }
    }

    /// All entries. Weakly consistent, as [`Dict::iter`]; nothing that is removed meanwhile is freed.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.pin().iter().map(|(key, value)| key + value).sum::<i32>(), 33);
    /// ```
    pub fn iter(&self) -> PinnedIter<'_, K, V> {
        PinnedIter { items: Items::new(&self.dict.store), under: self.under() }
    }

    /// All keys. As [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.pin().keys().sum::<i32>(), 3);
    /// ```
    pub fn keys(&self) -> impl FusedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// All values. As [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 10), (2, 20)]);
    /// assert_eq!(dict.pin().values().sum::<i32>(), 30);
    /// ```
    pub fn values(&self) -> impl FusedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K, V, S: BuildHasher, P: Pinning> Pinned<'_, K, V, S, P> {
    /// The value of a key. As [`Dict::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(dict.pin().get("a"), Some(&1));
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key that is there, and its value. As [`Dict::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a".to_owned(), 1)]);
    /// assert_eq!(dict.pin().get_key_value("a"), Some((&"a".to_owned(), &1)));
    /// ```
    #[inline]
    pub fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.dict.hash(key);
        let entry = self.dict.store.find(self.under(), hash, |entry| key.equivalent(&entry.key))?;
        Some((&entry.key, &entry.value))
    }

    /// Whether there is an entry. As [`Dict::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert!(dict.pin().contains_key("a"));
    /// ```
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get(key).is_some()
    }

    /// Takes an entry out. As [`Dict::remove`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(dict.pin().remove("a"), Some(&1));
    /// ```
    pub fn remove<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.dict.hash(key);
        let removed = self.dict.store.remove_found(self.under(), hash, |other| key.equivalent(other), |_, _| true)?;
        Some(&self.given_up(removed).value)
    }
}

impl<K: Eq + Hash, V, S: BuildHasher, P: Pinning> Pinned<'_, K, V, S, P> {
    /// Sets an entry; the value that it replaces. As [`Dict::insert`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(dict.pin().insert("a", 2), Some(&1));
    /// ```
    pub fn insert(&self, key: K, value: V) -> Option<&V> {
        let new = OwnedEntry::new(self.dict.hash(&key), key, value);
        self.dict.store.put(self.under(), new).map(|removed| &self.given_up(removed).value)
    }

    /// The value of a key; if there is no entry, one is inserted with the value that `make` returns. As
    /// [`Dict::get_or_insert_with`].
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([("a", 1)]);
    /// assert_eq!(dict.pin().get_or_insert_with("a", || 2), &1);
    /// assert_eq!(dict.pin().get_or_insert_with("b", || 2), &2);
    /// ```
    pub fn get_or_insert_with(&self, key: K, make: impl FnOnce() -> V) -> &V {
        let hash = self.dict.hash(&key);
        &self.dict.store.get_or_insert(self.under(), hash, key, make).value
    }
}

impl<K, V, S, P> fmt::Debug for Pinned<'_, K, V, S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned").finish_non_exhaustive()
    }
}

/// References to all entries of a [`Pinned`] dict: of [`Pinned::iter`].
pub struct PinnedIter<'p, K, V> {
    items: Items<'p, K, V>,
    under: Under<'p>,
}

impl<'p, K, V> Iterator for PinnedIter<'p, K, V> {
    type Item = (&'p K, &'p V);

    fn next(&mut self) -> Option<(&'p K, &'p V)> {
        loop {
            // SAFETY: the one pin of this iterator, which borrows it.
            if let Some(entry) = unsafe { self.items.pop(self.under) } {
                return Some((&entry.key, &entry.value));
            }
            if !self.items.refill(self.under) {
                return None;
            }
        }
    }
}

impl<K, V> FusedIterator for PinnedIter<'_, K, V> {}

impl<'p, K, V, S, P: Pinning> IntoIterator for &'p Pinned<'_, K, V, S, P> {
    type Item = (&'p K, &'p V);
    type IntoIter = PinnedIter<'p, K, V>;

    fn into_iter(self) -> PinnedIter<'p, K, V> {
        self.iter()
    }
}

impl<K, V> fmt::Debug for PinnedIter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedIter").finish_non_exhaustive()
    }
}
