//! Operations on two maps.

use core::{
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use alloc::vec::Vec;

use super::{
    Map,
    combine::{Choice, Merge},
    hash::are_alike,
    node::Link,
    shape::{self, Order, Pending},
};
use crate::persistent::{Discard, Keep, Patch, Unmatched};

/// The trie of these entries; of those with equal keys, of the last one.
pub(super) fn collect<K: Hash + Eq, V>(
    entries: impl IntoIterator<Item = (K, V)>,
    hasher: &impl BuildHasher,
) -> Link<K, V> {
    let mut entries: Vec<_> = entries.into_iter().map(|entry| Pending::new(entry, hasher)).collect();
    shape::sort(&mut entries);
    shape::build(&mut entries, 0, Order::Sorted)
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> Map<K, V, S> {
    fn merge(
        &self,
        other: &Self,
        keep_shared: bool,
        left: impl Unmatched<K, V>,
        right: impl Unmatched<K, V>,
        both: impl FnMut(&K, &V, &V) -> Choice<V>,
    ) -> Self {
        let mut merge = Merge { hasher: &self.hasher, keep_shared, left, right, both, entries: PhantomData };
        let root = if are_alike(&self.hasher, &other.hasher) {
            merge.merge(&self.root, &other.root, 0)
        } else {
            let entries = other.iter().map(|(key, value)| (key.clone(), value.clone()));
            merge.merge(&self.root, &collect(entries, &self.hasher), 0)
        };
        self.with_root(root)
    }

    /// The entries of both maps; of a key that both have, the entry of this one.
    ///
    /// Nodes that only one map has, or both share, are in the result as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let (one, two) = (Map::from([("a", 1), ("b", 1)]), Map::from([("b", 2), ("c", 2)]));
    /// assert_eq!(one.union(&two), Map::from([("a", 1), ("b", 1), ("c", 2)]));
    /// assert_eq!(two.union(&one), Map::from([("a", 1), ("b", 2), ("c", 2)]));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn union(&self, other: &Self) -> Self {
        self.merge(other, true, Keep, Keep, |_, _, _| Choice::Left)
    }

    /// The entries of this map with keys that the other one has too.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let (one, two) = (Map::from([("a", 1), ("b", 1)]), Map::from([("b", 2), ("c", 2)]));
    /// assert_eq!(one.intersection(&two), Map::from([("b", 1)]));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn intersection(&self, other: &Self) -> Self {
        self.merge(other, true, Discard, Discard, |_, _, _| Choice::Left)
    }

    /// The entries of this map with keys that the other one has not.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let (one, two) = (Map::from([("a", 1), ("b", 1)]), Map::from([("b", 2), ("c", 2)]));
    /// assert_eq!(one.difference(&two), Map::from([("a", 1)]));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn difference(&self, other: &Self) -> Self {
        self.merge(other, false, Keep, Discard, |_, _, _| Choice::Neither)
    }

    /// The entries of either map with keys that the other one has not.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let (one, two) = (Map::from([("a", 1), ("b", 1)]), Map::from([("b", 2), ("c", 2)]));
    /// assert_eq!(one.symmetric_difference(&two), Map::from([("a", 1), ("c", 2)]));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn symmetric_difference(&self, other: &Self) -> Self {
        self.merge(other, false, Keep, Keep, |_, _, _| Choice::Neither)
    }

    /// One map of both. `left` and `right` are for keys that only this map, or only the other one, has: [`Keep`], [`Discard`] or a closure that
    /// returns the value to have, or none. `both` is for keys that both have: it is given the key, the value of this map and that of the other, and
    /// returns the value to have, or none.
    ///
    /// Entries that both maps share stay as they are, and nobody is asked about them. So `both` ought to make of two equal values the same
    /// again; it may well be called with such, where they are not shared.
    ///
    /// # Panics
    ///
    /// If a closure does; neither map is changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::{Keep, Map};
    ///
    /// let base = Map::from([("a", 1), ("b", 1)]);
    /// let (mine, theirs) = (base.insert("a", 2), base.insert("a", 5).insert("c", 3));
    /// let most = mine.merge_with(&theirs, Keep, Keep, |_, mine, theirs| Some(*mine.max(theirs)));
    /// assert_eq!(most, Map::from([("a", 5), ("b", 1), ("c", 3)]));
    /// ```
    #[must_use = "the new version is the result"]
    pub fn merge_with(
        &self,
        other: &Self,
        left: impl Unmatched<K, V>,
        right: impl Unmatched<K, V>,
        mut both: impl FnMut(&K, &V, &V) -> Option<V>,
    ) -> Self {
        self.merge(other, true, left, right, |key, left, right| match both(key, left, right) {
            Some(value) => Choice::Value(value),
            None => Choice::Neither,
        })
    }

    /// The entries of both maps; of a key that both have, the value is the closure's, of that here and that there. Entries that both share stay,
    /// without a call, as for [`merge_with`](Self::merge_with).
    #[must_use = "the new version is the result"]
    pub fn union_with(&self, other: &Self, mut both: impl FnMut(&K, &V, &V) -> V) -> Self {
        self.merge(other, true, Keep, Keep, |key, left, right| Choice::Value(both(key, left, right)))
    }

    /// The entries with keys that both maps have; the value is the closure's, of that here and that there. Entries that both share stay, without a
    /// call, as for [`merge_with`](Self::merge_with).
    #[must_use = "the new version is the result"]
    pub fn intersection_with(&self, other: &Self, mut both: impl FnMut(&K, &V, &V) -> V) -> Self {
        self.merge(other, true, Discard, Discard, |key, left, right| Choice::Value(both(key, left, right)))
    }

    /// The map with the changes of a patch, whichever map that was made from: its keys have the new values, or are not there.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::{Map, Patch};
    ///
    /// let old = Map::from([("a", 1), ("b", 2)]);
    /// let new = old.insert("c", 3).remove("a");
    /// let patch: Patch<_, _> = old.diff(&new).collect();
    /// assert_eq!(patch.len(), 2);
    /// assert_eq!(old.apply(&patch), new);
    /// ```
    #[must_use = "the new version is the result"]
    pub fn apply(&self, patch: &Patch<K, V>) -> Self {
        let mut new = self.clone();
        new.apply_mut(patch);
        new
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Map<K, V, S> {
    /// Does the changes of a patch, one after the other, as [`apply`](Self::apply).
    pub fn apply_mut(&mut self, patch: &Patch<K, V>) {
        for (key, value) in patch.iter() {
            match value {
                Some(value) => drop(self.put(key.clone(), value.clone())),
                None => drop(self.take(key)),
            }
        }
    }
}
