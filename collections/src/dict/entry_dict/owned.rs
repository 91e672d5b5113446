//! Taking a dict apart.

use std::{fmt, iter::FusedIterator};

use super::{Dict, store::Store};

impl<K, V, S> IntoIterator for Dict<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    /// The keys and values themselves, in no order.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::from([(1, "one".to_owned())]);
    /// assert_eq!(dict.into_iter().next(), Some((1, "one".to_owned())));
    /// ```
    fn into_iter(self) -> IntoIter<K, V> {
        let left = self.len();
        let Self { store, hasher, .. } = self;
        let entries = IntoIter { store, left };
        // Foreign code: with the entries already on their way out, a panic would leave them behind.
        drop(hasher);
        entries
    }
}

/// The keys and values that a [`Dict`] had.
pub struct IntoIter<K, V> {
    store: Store<K, V>,
    left: usize,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let entry = self.store.next_owned()?;
        self.left -= 1;
        Some(entry.into_parts())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}
impl<K, V> FusedIterator for IntoIter<K, V> {}

impl<K, V> fmt::Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("left", &self.left).finish_non_exhaustive()
    }
}
