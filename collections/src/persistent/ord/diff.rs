//! What is different between two maps, and whether anything is.

use core::{fmt, iter::FusedIterator};

use super::walk::{Step, Walk};
use crate::persistent::{Change, OrdMap};

/// The differences between two maps, in the order of the keys, found as they are asked for: of [`diff`](OrdMap::diff).
pub struct Diff<'a, K, V>(Walk<'a, K, V>);

impl<K: Ord, V: Eq> OrdMap<K, V> {
    /// What has to be changed to make the other map of this one. What both share is not looked into.
    ///
    /// ```
    /// use polder_collections::persistent::{Change, OrdMap};
    ///
    /// let old = OrdMap::from([(1, "one"), (2, "two")]);
    /// let new = old.remove(&1).insert(2, "zwei").insert(3, "drei");
    /// assert!(old.diff(&new).eq([
    ///     Change::Removed(&1, &"one"),
    ///     Change::Changed { key: &2, old: &"two", new: &"zwei" },
    ///     Change::Added(&3, &"drei"),
    /// ]));
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a, K, V> {
        Diff(Walk::new(self.root.as_ref(), other.root.as_ref()))
    }
}

impl<'a, K: Ord, V: Eq> Iterator for Diff<'a, K, V> {
    type Item = Change<'a, K, V>;

    fn next(&mut self) -> Option<Change<'a, K, V>> {
        loop {
            match self.0.step(false)? {
                Step::Left(key, value) => return Some(Change::Removed(key, value)),
                Step::Right(key, value) => return Some(Change::Added(key, value)),
                Step::Both(key, old, new) if old != new => return Some(Change::Changed { key, old, new }),
                Step::Both(..) | Step::Same(_) => {}
                Step::LeftTree(_) | Step::RightTree(_) => unreachable!("entries were asked for"),
            }
        }
    }
}

impl<K: Ord, V: Eq> FusedIterator for Diff<'_, K, V> {}

impl<K, V> Clone for Diff<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Ord + fmt::Debug, V: Eq + fmt::Debug> fmt::Debug for Diff<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Whether both have the same keys with equal values. What both share is not looked into, which is why values have to be [`Eq`]: equal to themselves.
impl<K: Ord, V: Eq> PartialEq for OrdMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.diff(other).next().is_none()
    }
}

impl<K: Ord, V: Eq> Eq for OrdMap<K, V> {}
