//! The set of entries.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hash},
};

use equivalent::Equivalent;

use super::{
    Dict,
    set_iter::{SetIntoIter, SetIter, SetRef, SetRemoved},
};
use crate::dict::{
    DictBuilder,
    builder::{Build, Plan, sealed::Sealed},
};

/// A concurrent hash set: a [`Dict`] without values, whose page says what holds for consistency, progress, panics, memory and
/// bounds. For words of up to eight bytes, [`WordSet`](crate::WordSet) is faster and smaller.
///
/// # Examples
///
/// ```
/// use polder_collections::DictSet;
///
/// let seen = DictSet::new();
/// assert!(seen.insert("a".to_owned()));
/// assert!(!seen.insert("a".to_owned()));
/// assert!(seen.contains("a"));
/// ```
pub struct DictSet<T, S = RandomState> {
    dict: Dict<T, (), S>,
}

impl<T> DictSet<T> {
    /// An empty set. Allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { dict: Dict::new() }
    }

    /// With room for so many items: [`Dict::with_capacity`].
    ///
    /// # Panics
    ///
    /// If that is more than can be had ("capacity overflow").
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { dict: Dict::with_capacity(capacity) }
    }

    /// All that can be chosen: [`Dict::builder`].
    pub fn builder() -> DictBuilder<Self> {
        DictBuilder::new()
    }
}

impl<T, S> DictSet<T, S> {
    /// An empty set with this hasher. Allocates nothing.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self { dict: Dict::with_hasher(hasher) }
    }

    /// With room for so many items, and this hasher.
    ///
    /// # Panics
    ///
    /// If that is more than can be had ("capacity overflow").
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self { dict: Dict::with_capacity_and_hasher(capacity, hasher) }
    }

    /// The dict that it is, with `()` for values: for room ([`Dict::reserve`]), garbage ([`Dict::flush`]), pins ([`Dict::pin`]),
    /// bindings ([`Dict::raw`]).
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a", "b"]);
    /// let pinned = set.as_dict().pin();
    /// assert_eq!(pinned.keys().count(), 2);
    /// ```
    pub fn as_dict(&self) -> &Dict<T, (), S> {
        &self.dict
    }

    /// How many items there are: [`Dict::len`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.dict.len()
    }

    /// Whether there are none: [`Dict::is_empty`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dict.is_empty()
    }

    /// The hasher.
    pub fn hasher(&self) -> &S {
        self.dict.hasher()
    }

    /// All items, in no order, weakly consistent: [`Dict::iter`].
    pub fn iter(&self) -> SetIter<'_, T> {
        SetIter(self.dict.iter())
    }

    /// Takes all items out: [`Dict::clear`].
    pub fn clear(&self) {
        self.dict.clear();
    }

    /// Takes all items out and gives them out: [`Dict::drain`].
    pub fn drain(&self) -> impl Iterator<Item = SetRemoved<'_, T>> {
        self.dict.drain().map(SetRemoved)
    }

    /// Takes the items out of which `f` says `false`: [`Dict::retain`].
    pub fn retain(&self, mut f: impl FnMut(&T) -> bool) {
        self.dict.retain(|item, ()| f(item));
    }

    /// All items as they are at one moment, cloned: [`Dict::snapshot`].
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a"]);
    /// assert_eq!(set.to_vec(), ["a"]);
    /// ```
    #[must_use]
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.dict.snapshot().into_iter().map(|(item, ())| item).collect()
    }
}

impl<T, S: BuildHasher> DictSet<T, S> {
    /// Whether there is an equal item: [`Dict::contains_key`].
    #[inline]
    pub fn contains<Q>(&self, item: &Q) -> bool
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.dict.contains_key(item)
    }

    /// The equal item that is there: [`Dict::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a".to_owned()]);
    /// assert_eq!(*set.get("a").unwrap(), "a");
    /// ```
    #[inline]
    pub fn get<Q>(&self, item: &Q) -> Option<SetRef<'_, T>>
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.dict.get(item).map(SetRef)
    }

    /// Takes the equal item out; whether there was one: [`Dict::remove`].
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a"]);
    /// assert!(set.remove("a"));
    /// assert!(!set.remove("a"));
    /// ```
    pub fn remove<Q>(&self, item: &Q) -> bool
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.dict.remove(item).is_some()
    }

    /// Takes the equal item out, and gives it out: [`Dict::remove`].
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a"]);
    /// assert_eq!(set.take("a").as_deref(), Some(&"a"));
    /// ```
    pub fn take<Q>(&self, item: &Q) -> Option<SetRemoved<'_, T>>
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.dict.remove(item).map(SetRemoved)
    }

    /// The items that are not in the other set. Item by item, as [`iter`](Self::iter): of no one moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::DictSet;
    ///
    /// let (a, b) = (DictSet::from([1, 2]), DictSet::from([2, 3]));
    /// assert_eq!(a.difference(&b).map(|item| *item).collect::<Vec<_>>(), [1]);
    /// ```
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = SetRef<'a, T>>
    where
        T: Eq + Hash,
    {
        self.iter().filter(|item| !other.contains::<T>(item))
    }

    /// The items that are in the other set too. As [`difference`](Self::difference).
    pub fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = SetRef<'a, T>>
    where
        T: Eq + Hash,
    {
        self.iter().filter(|item| other.contains::<T>(item))
    }

    /// The items of both sets; equal ones once, if nobody changes this set meanwhile. As [`difference`](Self::difference).
    pub fn union<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = SetRef<'a, T>>
    where
        T: Eq + Hash,
    {
        self.iter().chain(other.difference(self))
    }

    /// The items that are in one of the sets only. As [`difference`](Self::difference).
    pub fn symmetric_difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = SetRef<'a, T>>
    where
        T: Eq + Hash,
    {
        self.difference(other).chain(other.difference(self))
    }

    /// Whether all items are in the other set. As [`difference`](Self::difference).
    pub fn is_subset<U: BuildHasher>(&self, other: &DictSet<T, U>) -> bool
    where
        T: Eq + Hash,
    {
        self.iter().all(|item| other.contains::<T>(&item))
    }

    /// Whether all items of the other set are here. As [`difference`](Self::difference).
    pub fn is_superset<U: BuildHasher>(&self, other: &DictSet<T, U>) -> bool
    where
        T: Eq + Hash,
    {
        other.is_subset(self)
    }

    /// Whether no item is in the other set. As [`difference`](Self::difference).
    pub fn is_disjoint<U: BuildHasher>(&self, other: &DictSet<T, U>) -> bool
    where
        T: Eq + Hash,
    {
        !self.iter().any(|item| other.contains::<T>(&item))
    }
}

impl<T: Eq + Hash, S: BuildHasher> DictSet<T, S> {
    /// Puts an item in, if there is no equal one; whether it was put in: [`Dict::try_insert`].
    pub fn insert(&self, item: T) -> bool {
        self.dict.try_insert(item, ()).is_ok()
    }

    /// Puts an item in, in the place of an equal one, if there is one, which is given out: [`Dict::insert`].
    ///
    /// # Examples
    ///
    /// ```
    /// let set = polder_collections::DictSet::from(["a"]);
    /// assert_eq!(set.replace("a").as_deref(), Some(&"a"));
    /// assert!(set.replace("b").is_none());
    /// ```
    pub fn replace(&self, item: T) -> Option<SetRemoved<'_, T>> {
        self.dict.insert(item, ()).map(SetRemoved)
    }

    /// Puts items in, each in the place of an equal one; how many were new: [`Dict::insert_many`].
    pub fn insert_many(&self, items: impl IntoIterator<Item = T>) -> usize {
        self.dict.insert_many(items.into_iter().map(|item| (item, ())))
    }
}

impl<T, S: Default> Default for DictSet<T, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<T, S> Sealed for DictSet<T, S> {}

impl<T, S> Build for DictSet<T, S> {
    type With<U> = DictSet<T, U>;

    fn build<U: BuildHasher>(plan: Plan, hasher: U) -> DictSet<T, U> {
        DictSet { dict: Dict::<T, (), S>::build(plan, hasher) }
    }
}

impl<T: fmt::Debug, S> fmt::Debug for DictSet<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<T: Clone + Eq + Hash, S: Clone + BuildHasher> Clone for DictSet<T, S> {
    fn clone(&self) -> Self {
        Self { dict: self.dict.clone() }
    }
}

impl<T: Eq + Hash, S: BuildHasher, U: BuildHasher> PartialEq<DictSet<T, U>> for DictSet<T, S> {
    fn eq(&self, other: &DictSet<T, U>) -> bool {
        self.dict == other.dict
    }
}

impl<T: Eq + Hash, S: BuildHasher> Eq for DictSet<T, S> {}

impl<T: Eq + Hash, S: BuildHasher> Extend<T> for DictSet<T, S> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.insert_many(items);
    }
}

impl<T: Eq + Hash, S: BuildHasher> Extend<T> for &DictSet<T, S> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.insert_many(items);
    }
}

impl<T: Eq + Hash, S: BuildHasher + Default> FromIterator<T> for DictSet<T, S> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let set = Self::default();
        set.insert_many(items);
        set
    }
}

impl<T: Eq + Hash, const N: usize> From<[T; N]> for DictSet<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T, S> IntoIterator for DictSet<T, S> {
    type Item = T;
    type IntoIter = SetIntoIter<T>;

    fn into_iter(self) -> SetIntoIter<T> {
        SetIntoIter(self.dict.into_iter())
    }
}

impl<'a, T, S> IntoIterator for &'a DictSet<T, S> {
    type Item = SetRef<'a, T>;
    type IntoIter = SetIter<'a, T>;

    fn into_iter(self) -> SetIter<'a, T> {
        self.iter()
    }
}
