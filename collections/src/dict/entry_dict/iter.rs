//! Looking at all entries.

use std::{fmt, iter::FusedIterator, ptr::NonNull};

use polder_sync::reclaim::{self, Pin};

use super::{
    Dict, Ref,
    entry::{Entry, Under},
    store::Store,
};
use crate::dict::engine::Walk;

/// The items of a store, class by class. Its user says when it is pinned, and stays so while there is something to pop.
pub(super) struct Items<'a, K, V> {
    store: &'a Store<K, V>,
    walk: Walk,
    items: Vec<*mut ()>,
}

impl<'a, K, V> Items<'a, K, V> {
    pub(super) fn new(store: &'a Store<K, V>) -> Self {
        Self { store, walk: store.table.walk(), items: Vec::new() }
    }

    /// Another one of the class that was found last.
    ///
    /// # Safety
    /// - The pin is the one of the last [`refill`](Self::refill), and has not been renewed.
    #[inline]
    pub(super) unsafe fn pop<'p>(&mut self, under: Under<'p>) -> Option<&'p Entry<K, V>> {
        let item = self.items.pop()?;
        // SAFETY: the table had it under this pin, says the caller.
        Some(unsafe { under.entry(item) })
    }

    /// Leaves the second half of what is to come to another one, of which nothing may have been asked yet.
    #[cfg(feature = "rayon")]
    pub(super) fn split(&mut self) -> Option<Self> {
        let walk = self.walk.split()?;
        Some(Self { store: self.store, walk, items: Vec::new() })
    }

    /// Finds the next class, if there is one.
    pub(super) fn refill(&mut self, under: Under<'_>) -> bool {
        self.store.table.next_class(&mut self.walk, &mut self.items, self.store.hash_of(under))
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// All entries, in no order.
    ///
    /// Weakly consistent: an entry that is there from the call to the end is met once; one that comes or goes meanwhile, once or not at
    /// all; no key twice. Each step is O(1), amortised, and lock-free; where others change the same bins all the time it takes these
    /// for a moment, as writers do. What is removed is not freed while a few entries, or one that was given out, are in use.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, 10), (2, 20)]);
    /// for entry in &dict {
    ///     dict.remove(entry.key());
    /// }
    /// assert!(dict.is_empty());
    /// ```
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { items: Items::new(&self.store), pin: reclaim::pin() }
    }
}

impl<'a, K, V, S> IntoIterator for &'a Dict<K, V, S> {
    type Item = Ref<'a, K, V>;
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

/// All entries of a [`Dict`]: of [`Dict::iter`]. Stays on its thread.
pub struct Iter<'a, K, V> {
    items: Items<'a, K, V>,
    pin: Pin,
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = Ref<'a, K, V>;

    fn next(&mut self) -> Option<Ref<'a, K, V>> {
        loop {
            // SAFETY: renewed below, and only when nothing is left.
            while let Some(entry) = unsafe { self.items.pop(Under::pin(&self.pin)) } {
                let mut pin = reclaim::pin();
                // Within this iterator's pin it is a part of that, and is not renewed. But a thread that is about to end has separate
                // ones, and this one came after the entry was found.
                if pin.repin() && !self.items.store.has(entry) {
                    continue;
                }
                // SAFETY: found under the iterator's pin, of which this one is a part; or again, under this one.
                return Some(unsafe { Ref::new(NonNull::from(entry), pin) });
            }
            self.pin.repin();
            if !self.items.refill(Under::pin(&self.pin)) {
                return None;
            }
        }
    }
}

impl<K, V> FusedIterator for Iter<'_, K, V> {}

impl<K, V> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}
