//! Ordered sets: maps without values.

mod iter;
#[cfg(feature = "rayon")]
mod parallel;
mod traits;

use core::ops::RangeBounds;

use equivalent::Comparable;
pub use iter::{IntoIter, Iter, Range};
#[cfg(feature = "rayon")]
pub use parallel::ParIter;

use super::walk::{Step, Walk};
use crate::persistent::{OrdMap, Patch, ord_map, sets::set_operations};

/// What two sets differ in, in the order of the items: of [`diff`](OrdSet::diff). Never [`Change::Changed`](crate::persistent::Change::Changed).
pub type Diff<'a, T> = ord_map::Diff<'a, T, ()>;

/// A set in the order of its items, of which versions are values: what [`OrdMap`] is for entries, with the same costs.
///
/// ```
/// use polder_collections::persistent::OrdSet;
///
/// let old = OrdSet::from(["a", "c"]);
/// let new = old.insert("b");
/// assert_eq!((old.len(), new.len()), (2, 3));
/// assert!(new.range("b"..).eq(&["b", "c"]));
/// assert!(old.is_subset(&new));
/// ```
pub struct OrdSet<T> {
    pub(in crate::persistent) map: OrdMap<T, ()>,
}

impl<T> OrdSet<T> {
    /// An empty set, which allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { map: OrdMap::new() }
    }

    /// How many items there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether both are one version, as [`OrdMap::ptr_eq`].
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.map.ptr_eq(&other.map)
    }

    /// Whether the item is there.
    #[inline]
    pub fn contains<Q: ?Sized + Comparable<T>>(&self, item: &Q) -> bool {
        self.map.contains_key(item)
    }

    /// The item in the set that is equal.
    #[inline]
    pub fn get<Q: ?Sized + Comparable<T>>(&self, item: &Q) -> Option<&T> {
        self.map.get_key_value(item).map(|(item, ())| item)
    }

    /// The smallest item.
    pub fn first(&self) -> Option<&T> {
        self.map.first_key_value().map(|(item, ())| item)
    }

    /// The largest item.
    pub fn last(&self) -> Option<&T> {
        self.map.last_key_value().map(|(item, ())| item)
    }

    /// The item with this many before it.
    pub fn get_index(&self, index: usize) -> Option<&T> {
        self.map.get_index(index).map(|(item, ())| item)
    }

    /// How many items are before this one: `Ok` if it is there, `Err` if not.
    pub fn rank<Q: ?Sized + Comparable<T>>(&self, item: &Q) -> Result<usize, usize> {
        self.map.rank(item)
    }

    /// The items in their order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.map.keys())
    }

    /// The items in the range, in their order; empty if the range ends before it starts.
    pub fn range<Q: ?Sized + Comparable<T>>(&self, range: impl RangeBounds<Q>) -> Range<'_, T> {
        Range(self.map.range(range))
    }

    /// Forgets all items.
    pub fn clear_mut(&mut self) {
        self.map.clear_mut();
    }
}

impl<T: Clone> OrdSet<T> {
    /// This set without the item; the same version if it is not there.
    #[must_use = "the set itself is not changed"]
    pub fn remove<Q: ?Sized + Comparable<T>>(&self, item: &Q) -> Self {
        Self { map: self.map.remove(item) }
    }

    /// Takes out the item; whether it was there.
    pub fn remove_mut<Q: ?Sized + Comparable<T>>(&mut self, item: &Q) -> bool {
        self.map.remove_mut(item).is_some()
    }

    /// Takes out the item and returns it.
    pub fn take_mut<Q: ?Sized + Comparable<T>>(&mut self, item: &Q) -> Option<T> {
        self.map.remove_entry_mut(item).map(|(item, ())| item)
    }

    /// The items before this one, this one, and those after it.
    #[must_use = "the set itself is not changed"]
    pub fn split<Q: ?Sized + Comparable<T>>(&self, item: &Q) -> (Self, Option<T>, Self) {
        let (below, at, above) = self.map.split(item);
        (Self { map: below }, at.map(|(item, ())| item), Self { map: above })
    }

    /// Takes out the items from this one on, as [`OrdMap::split_off_mut`].
    pub fn split_off_mut<Q: ?Sized + Comparable<T>>(&mut self, item: &Q) -> Self {
        Self { map: self.map.split_off_mut(item) }
    }

    /// A set of those items for which `f` returns true.
    #[must_use = "the set itself is not changed"]
    pub fn filter(&self, mut f: impl FnMut(&T) -> bool) -> Self {
        Self { map: self.map.filter(|item, ()| f(item)) }
    }

    /// Takes out the items for which `f` returns false. If `f` or a clone panics, nothing has changed.
    pub fn retain_mut(&mut self, f: impl FnMut(&T) -> bool) {
        *self = self.filter(f);
    }
}

impl<T: Ord + Clone> OrdSet<T> {
    /// This set with the item; an equal one that is there already stays.
    #[must_use = "the set itself is not changed"]
    pub fn insert(&self, item: T) -> Self {
        let mut set = self.clone();
        set.insert_mut(item);
        set
    }

    /// Adds the item, unless an equal one is there; whether it was added.
    pub fn insert_mut(&mut self, item: T) -> bool {
        self.map.insert_mut(item, ()).is_none()
    }

    /// The smallest item and the set without it.
    #[must_use = "the set itself is not changed"]
    pub fn pop_first(&self) -> Option<(T, Self)> {
        let mut rest = self.clone();
        Some((rest.pop_first_mut()?, rest))
    }

    /// The largest item and the set without it.
    #[must_use = "the set itself is not changed"]
    pub fn pop_last(&self) -> Option<(T, Self)> {
        let mut rest = self.clone();
        Some((rest.pop_last_mut()?, rest))
    }

    /// Takes out the smallest item.
    pub fn pop_first_mut(&mut self) -> Option<T> {
        self.map.pop_first_mut().map(|(item, ())| item)
    }

    /// Takes out the largest item.
    pub fn pop_last_mut(&mut self) -> Option<T> {
        self.map.pop_last_mut().map(|(item, ())| item)
    }

    /// Takes over the items of the other set. If a clone or an `Ord` panics, nothing has changed.
    pub fn append_mut(&mut self, other: &Self) {
        *self = self.union(other);
    }

    /// Makes the changes. If there is a panic, some are made.
    pub fn apply_mut(&mut self, patch: &Patch<T, ()>) {
        self.map.apply_mut(patch);
    }
}

set_operations! {
    OrdSet<T> where T: Ord + Clone
}

impl<T: Ord> OrdSet<T> {
    fn walk<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Step<'a, T, ()>> {
        let mut walk = Walk::new(self.map.root.as_ref(), other.map.root.as_ref());
        core::iter::from_fn(move || walk.step(true))
    }

    /// Which items have to be added and removed to make the other set of this one.
    ///
    /// ```
    /// use polder_collections::persistent::{Change, OrdSet};
    ///
    /// let old = OrdSet::from([1, 2]);
    /// let new = OrdSet::from([2, 3]);
    /// assert!(old.diff(&new).eq([Change::Removed(&1, &()), Change::Added(&3, &())]));
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a, T> {
        self.map.diff(&other.map)
    }

    /// Whether all items are in the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && self.walk(other).all(|step| !matches!(step, Step::Left(..) | Step::LeftTree(_)))
    }

    /// Whether all items of the other set are here.
    pub fn is_superset(&self, other: &Self) -> bool {
        other.is_subset(self)
    }

    /// Whether no item is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.walk(other).all(|step| !matches!(step, Step::Both(..) | Step::Same(_)))
    }
}
