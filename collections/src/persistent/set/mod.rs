//! [`Set`], a persistent hash set, and the types of its methods.

mod compact;
#[cfg(feature = "rayon")]
mod parallel;
mod traits;

use core::{
    fmt,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
};

use equivalent::Equivalent;

#[cfg(feature = "rayon")]
pub use self::parallel::ParIter;
use super::{
    Change, Map, Patch, ProcessState,
    map::{self, Keys},
    sets::set_operations,
};

/// A hash set that is a value: a [`Map`] without values, which see for complexity, hashers and panics.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::Set;
///
/// let one: Set<u32> = Set::from([1, 2, 3]);
/// let two = one.insert(4).remove(&1);
/// assert_eq!(one.intersection(&two), Set::from([2, 3]));
/// assert_eq!(one.len(), 3);
/// ```
pub struct Set<T, S = ProcessState> {
    pub(super) map: Map<T, (), S>,
}

impl<T> Set<T> {
    /// An empty set with the hasher of this process. Allocates nothing.
    pub const fn new() -> Self {
        Self { map: Map::new() }
    }
}

impl<T, S> Set<T, S> {
    /// An empty set with this hasher. Allocates nothing.
    pub const fn with_hasher(hasher: S) -> Self {
        Self { map: Map::with_hasher(hasher) }
    }

    pub(crate) const fn from_map(map: Map<T, (), S>) -> Self {
        Self { map }
    }

    pub(crate) const fn as_map(&self) -> &Map<T, (), S> {
        &self.map
    }

    pub(crate) fn into_map(self) -> Map<T, (), S> {
        self.map
    }

    /// The hasher.
    pub const fn hasher(&self) -> &S {
        self.map.hasher()
    }

    /// How many items there are. O(1).
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether both are one version: they share everything, or are empty. O(1).
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.map.ptr_eq(&other.map)
    }

    /// The items, in no particular order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.map.keys())
    }

    /// Removes all items.
    pub fn clear_mut(&mut self) {
        self.map.clear_mut();
    }
}

impl<T, S: BuildHasher> Set<T, S> {
    /// Whether there is such an item, or one that this is [`Equivalent`] to.
    pub fn contains<Q: Hash + Equivalent<T> + ?Sized>(&self, item: &Q) -> bool {
        self.map.contains_key(item)
    }

    /// The item that is equal to this.
    pub fn get<Q: Hash + Equivalent<T> + ?Sized>(&self, item: &Q) -> Option<&T> {
        self.map.get_key_value(item).map(|(item, ())| item)
    }
}

impl<T: Hash + Eq, S: BuildHasher> Set<T, S> {
    /// The items of one of both sets that the other has not, as what has to be done to this set to make it the other one. It is found
    /// as it is asked for; nodes that both sets have are passed over.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::{Change, Set};
    ///
    /// let old: Set<u32> = (0..1000).collect();
    /// let new = old.insert(1000);
    /// assert_eq!(old.diff(&new).collect::<Vec<_>>(), [Change::Added(&1000, &())]);
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a, T, S> {
        self.map.diff(&other.map)
    }

    /// Whether the other set has all items of this one.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && !self.diff(other).any(|change| matches!(change, Change::Removed(..)))
    }

    /// Whether this set has all items of the other one.
    pub fn is_superset(&self, other: &Self) -> bool {
        other.is_subset(self)
    }

    /// Whether no item is in both. O(n) of the smaller set.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let (small, large) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        !small.iter().any(|item| large.contains(item))
    }
}

impl<T: Hash + Eq + Clone, S: BuildHasher> Set<T, S> {
    /// Inserts an item. Whether there was no equal one; that would be replaced.
    pub fn insert_mut(&mut self, item: T) -> bool {
        self.map.insert_mut(item, ()).is_none()
    }

    /// Removes an item. Whether it was there.
    pub fn remove_mut<Q: Hash + Equivalent<T> + ?Sized>(&mut self, item: &Q) -> bool {
        self.map.remove_mut(item).is_some()
    }

    /// Removes an item, which is the result.
    pub fn take_mut<Q: Hash + Equivalent<T> + ?Sized>(&mut self, item: &Q) -> Option<T> {
        self.map.remove_entry_mut(item).map(|(item, ())| item)
    }

    /// Does the changes of a patch, one after the other, as [`apply`](Self::apply).
    pub fn apply_mut(&mut self, patch: &Patch<T, ()>) {
        self.map.apply_mut(patch);
    }

    /// Removes all items but those for which the closure says yes. If that panics, nothing is removed.
    pub fn retain_mut(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.map.retain_mut(|item, ()| keep(item));
    }
}

impl<T: Hash + Eq + Clone, S: BuildHasher + Clone> Set<T, S> {
    /// The set with this item, in the place of an equal one, if there is one.
    #[must_use = "the new version is the result"]
    pub fn insert(&self, item: T) -> Self {
        Self { map: self.map.insert(item, ()) }
    }

    /// The set without this item; the same version, if it is not there.
    #[must_use = "the new version is the result"]
    pub fn remove<Q: Hash + Equivalent<T> + ?Sized>(&self, item: &Q) -> Self {
        Self { map: self.map.remove(item) }
    }

    /// The set of those items alone for which the closure says yes.
    #[must_use = "the new version is the result"]
    pub fn retain(&self, mut keep: impl FnMut(&T) -> bool) -> Self {
        Self { map: self.map.retain(|item, ()| keep(item)) }
    }
}

set_operations! {
    Set<T, S> where T: Hash + Eq + Clone, S: BuildHasher + Clone
}

/// What two sets differ in: of [`diff`](Set::diff). Never [`Change::Changed`].
pub type Diff<'a, T, S> = map::Diff<'a, T, (), S>;

/// The items of a [`Set`], in no particular order: of [`iter`](Set::iter).
pub struct Iter<'a, T>(Keys<'a, T, ()>);

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, f: F) -> B {
        self.0.fold(init, f)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T> FusedIterator for Iter<'_, T> {}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The items of a [`Set`] that is used up: of `into_iter`. What other versions have too is cloned.
pub struct IntoIter<T>(map::IntoIter<T, ()>);

impl<T: Clone> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next().map(|(item, ())| item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: Clone> FusedIterator for IntoIter<T> {}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
