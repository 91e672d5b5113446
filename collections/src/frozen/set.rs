//! The set: a map to nothing.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::{DuplicateError, Joined, Map, ProcessState, SetIter};

/// A set that is built once, and then read: a [`Map`] without values.
///
/// # Examples
///
/// ```
/// use polder_collections::frozen::Set;
///
/// let vowels = Set::from(['a', 'e', 'i', 'o', 'u']);
/// assert!(vowels.contains(&'e'));
/// assert_eq!(vowels.difference(&Set::from(['a', 'b', 'e'])), Set::from(['i', 'o', 'u']));
/// ```
pub struct Set<T, S = ProcessState> {
    pub(super) map: Map<T, (), S>,
}

impl<T> Set<T> {
    /// An empty set, with the default hasher. Allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T, S> Set<T, S> {
    /// An empty set, which has this hasher for what is made of it. Allocates nothing.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self { map: Map::with_hasher(hasher) }
    }

    /// How many items there are. O(1).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none. O(1).
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The hasher.
    #[must_use]
    pub fn hasher(&self) -> &S {
        self.map.hasher()
    }

    /// All items, in the order of their hashes.
    pub fn iter(&self) -> SetIter<'_, T> {
        SetIter::new(&self.map.entries)
    }

    /// The set as a map.
    #[must_use]
    pub fn as_map(&self) -> &Map<T, (), S> {
        &self.map
    }

    /// The map that the set is. O(1).
    #[must_use]
    pub fn into_map(self) -> Map<T, (), S> {
        self.map
    }
}

impl<T: Hash + Eq, S: BuildHasher> Set<T, S> {
    /// Of these items; of equal ones, the last one stays. As [`Map::from_vec`].
    #[must_use]
    pub fn from_vec(items: Vec<T>, hasher: S) -> Self {
        Self { map: Map::from_vec(items.into_iter().map(|item| (item, ())).collect(), hasher) }
    }

    /// As [`from_vec`](Self::from_vec), but refuses equal items.
    ///
    /// # Errors
    ///
    /// If two are equal: says where they are, and hands the items back as they were.
    pub fn try_from_vec(items: Vec<T>, hasher: S) -> Result<Self, DuplicateError<T>> {
        let refused = match Map::try_from_vec(items.into_iter().map(|item| (item, ())).collect(), hasher) {
            Ok(map) => return Ok(Self { map }),
            Err(refused) => refused,
        };
        let DuplicateError { first, second, entries } = refused;
        Err(DuplicateError { first, second, entries: entries.into_iter().map(|(item, ())| item).collect() })
    }

    /// The items of both; where both have one, this set's. O(n + m), as [`Map::merge_join`].
    #[must_use]
    pub fn union<R>(&self, other: &Set<T, R>) -> Self
    where
        T: Clone,
        S: Clone,
    {
        Self { map: self.map.union(&other.map) }
    }

    /// This set's items that the other one has too. O(n + m), as [`Map::merge_join`].
    #[must_use]
    pub fn intersection<R>(&self, other: &Set<T, R>) -> Self
    where
        T: Clone,
        S: Clone,
    {
        Self { map: self.map.intersection(&other.map) }
    }

    /// This set's items that the other one has not. O(n + m), as [`Map::merge_join`].
    #[must_use]
    pub fn difference<R>(&self, other: &Set<T, R>) -> Self
    where
        T: Clone,
        S: Clone,
    {
        Self { map: self.map.difference(&other.map) }
    }

    /// The items that one of the sets has alone. O(n + m), as [`Map::merge_join`].
    #[must_use]
    pub fn symmetric_difference<R>(&self, other: &Set<T, R>) -> Self
    where
        T: Clone,
        S: Clone,
    {
        Self { map: self.map.symmetric_difference(&other.map) }
    }

    /// Whether the other set has all of this one's items. O(n).
    #[must_use]
    pub fn is_subset<R: BuildHasher>(&self, other: &Set<T, R>) -> bool {
        self.len() <= other.len() && self.iter().all(|item| other.contains(item))
    }

    /// Whether this set has all of the other one's items. O(m).
    #[must_use]
    pub fn is_superset<R: BuildHasher>(&self, other: &Set<T, R>) -> bool {
        other.is_subset(self)
    }

    /// Whether no item is in both. O(n + m), as [`Map::merge_join`].
    #[must_use]
    pub fn is_disjoint<R>(&self, other: &Set<T, R>) -> bool {
        self.map.merge_join(&other.map).all(|joined| !matches!(joined, Joined::Both(..)))
    }
}

impl<T, S: BuildHasher> Set<T, S> {
    /// Whether there is such an item. As [`Map::get`].
    #[inline]
    #[must_use]
    pub fn contains<Q>(&self, item: &Q) -> bool
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.contains_key(item)
    }

    /// The item itself. As [`Map::get`].
    #[inline]
    #[must_use]
    pub fn get<Q>(&self, item: &Q) -> Option<&T>
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.get_key_value(item).map(|(item, ())| item)
    }
}
