//! What is different between two versions.

use alloc::{boxed::Box, vec::Vec};

/// One difference between an old map and a new one: what the `diff` of a map yields.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Change<'a, K, V> {
    /// The key is in the new map only.
    Added(&'a K, &'a V),
    /// The key is in the old map only.
    Removed(&'a K, &'a V),
    /// The key is in both, with values that are not equal.
    Changed {
        /// The key in the old map.
        key: &'a K,
        /// The value in the old map.
        old: &'a V,
        /// The value in the new map.
        new: &'a V,
    },
}

impl<'a, K, V> Change<'a, K, V> {
    /// The key.
    pub fn key(&self) -> &'a K {
        match self {
            Self::Added(key, _) | Self::Removed(key, _) | Self::Changed { key, .. } => key,
        }
    }

    /// The value in the old map, if the key is there.
    pub fn before(&self) -> Option<&'a V> {
        match self {
            Self::Added(..) => None,
            Self::Removed(_, old) | Self::Changed { old, .. } => Some(old),
        }
    }

    /// The value in the new map, if the key is there.
    pub fn after(&self) -> Option<&'a V> {
        match self {
            Self::Removed(..) => None,
            Self::Added(_, new) | Self::Changed { new, .. } => Some(new),
        }
    }
}

/// Changes that can be kept, sent and applied to a map: for some keys the value to have, or none.
///
/// Made by collecting a `diff`, or by hand. Applied to the old map it makes the new one; applied to another map it sets and removes the
/// same keys there, whatever is there now.
///
/// ```
/// use polder_collections::persistent::{OrdMap, Patch};
///
/// let old = OrdMap::from([(1, "one"), (2, "two")]);
/// let new = old.remove(&1).insert(3, "three");
/// let patch: Patch<_, _> = old.diff(&new).collect();
/// assert_eq!(old.apply(&patch), new);
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Patch<K, V> {
    changes: Box<[(K, Option<V>)]>,
}

impl<K, V> Patch<K, V> {
    /// The keys and what they are to have, in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, Option<&V>)> + DoubleEndedIterator {
        self.changes.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// How many keys are set or removed, each as often as it came.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl<K, V> Default for Patch<K, V> {
    fn default() -> Self {
        Self { changes: Vec::new().into() }
    }
}

/// Of a key that comes twice, the last one counts.
impl<K, V> FromIterator<(K, Option<V>)> for Patch<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, Option<V>)>>(changes: I) -> Self {
        Self { changes: changes.into_iter().collect() }
    }
}

/// What makes the new map of the old one.
impl<'a, K: Clone, V: Clone> FromIterator<Change<'a, K, V>> for Patch<K, V> {
    fn from_iter<I: IntoIterator<Item = Change<'a, K, V>>>(changes: I) -> Self {
        changes.into_iter().map(|change| (change.key().clone(), change.after().cloned())).collect()
    }
}
