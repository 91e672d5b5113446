//! The map: construction and lookups.

use alloc::{boxed::Box, vec::Vec};
use core::{
    array,
    hash::{BuildHasher, Hash},
    mem::needs_drop,
    ops::BitOr,
};

use equivalent::Equivalent;

use super::{DuplicateError, Iter, Keys, ProcessState, Values, build::Order, index::Index};

/// Maps with no more entries, whose keys are short, are looked through.
const FEW: usize = 8;

/// A map that is built once, and then read.
///
/// See the [module](super) for what it costs, and for when to take it.
///
/// # Examples
///
/// ```
/// use polder_collections::frozen::Map;
///
/// let map = Map::from([("one".to_owned(), 1), ("two".to_owned(), 2)]);
/// assert_eq!(map.get("two"), Some(&2));
/// assert_eq!(map["one"], 1);
/// assert_eq!(map.get("three"), None);
/// ```
pub struct Map<K, V, S = ProcessState> {
    /// In the order of their hashes.
    pub(super) entries: Box<[(K, V)]>,
    pub(super) index: Index,
    pub(super) hasher: S,
}

impl<K, V> Map<K, V> {
    /// An empty map, with the default hasher. Allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<K, V, S> Map<K, V, S> {
    /// Keys that are compared in no time: all of a few are compared at once, without a branch, sooner than one is hashed.
    const IS_SHORT: bool = size_of::<K>() <= 8 && !needs_drop::<K>();

    /// An empty map, which has this hasher for what is made of it. Allocates nothing.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self { entries: Box::default(), index: Index::default(), hasher }
    }

    /// How many entries there are. O(1).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none. O(1).
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The hasher.
    #[must_use]
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// All entries, in the order of their hashes.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.entries)
    }

    /// All keys, in the order of their hashes.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys::new(&self.entries)
    }

    /// All values, in the order of their keys' hashes.
    pub fn values(&self) -> Values<'_, K, V> {
        Values::new(&self.entries)
    }

    /// The entries as they are: in the order of their hashes.
    #[must_use]
    pub fn as_slice(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The entries, in the order of their hashes. O(1).
    #[must_use]
    pub fn into_vec(self) -> Vec<(K, V)> {
        self.entries.into_vec()
    }

    /// Of entries in the order of their hashes, which are these, and with different keys. O(n), runs no foreign code.
    pub(crate) fn from_hashed(entries: Vec<(K, V)>, hashes: Vec<u64>, hasher: S) -> Self {
        debug_assert_eq!(entries.len(), hashes.len());
        let mut map = Self { entries: entries.into(), index: Index::default(), hasher };
        if !map.is_looked_through() {
            map.index = Index::new(hashes);
        }
        map
    }

    /// Of entries with these hashes, and with different keys. O(n) if the hashes are even; runs no foreign code.
    pub(super) fn from_unordered(entries: Vec<(K, V)>, hashes: Vec<u64>, hasher: S) -> Self {
        let (entries, hashes) = Order::new(hashes).arrange(entries, |_, _| false);
        Self::from_hashed(entries, hashes, hasher)
    }

    /// Whether there is no index, as the entries are few and their keys short.
    #[inline]
    fn is_looked_through(&self) -> bool {
        Self::IS_SHORT && self.entries.len() <= FEW
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// Of these entries; of those with equal keys, the last one stays, and the others are dropped.
    ///
    /// O(n) with a hash function that is good in its upper bits, O(n log n) with another; entries whose hashes are equal are compared with each other.
    ///
    /// # Panics
    ///
    /// If `Hash` or `Eq` of a key does: then all entries are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{FastState, frozen::Map};
    ///
    /// let map = Map::from_vec(vec![(1, 'a'), (2, 'b'), (1, 'c')], FastState::default());
    /// assert_eq!(map.len(), 2);
    /// assert_eq!(map[&1], 'c');
    /// ```
    #[must_use]
    pub fn from_vec(entries: Vec<(K, V)>, hasher: S) -> Self {
        let order = Order::new(entries.iter().map(|(key, _)| hasher.hash_one(key)).collect());
        Self::arranged(entries, order, hasher)
    }

    /// As [`from_vec`](Self::from_vec), but refuses equal keys.
    ///
    /// # Errors
    ///
    /// If two entries have equal keys: says where they are, and hands the entries back as they were.
    ///
    /// # Panics
    ///
    /// If `Hash` or `Eq` of a key does: then all entries are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{FastState, frozen::Map};
    ///
    /// let error = Map::try_from_vec(vec![(1, 'a'), (2, 'b'), (1, 'c')], FastState::default()).unwrap_err();
    /// assert_eq!((error.first, error.second), (0, 2));
    /// assert_eq!(error.entries.len(), 3);
    /// ```
    pub fn try_from_vec(entries: Vec<(K, V)>, hasher: S) -> Result<Self, DuplicateError<(K, V)>> {
        let order = Order::new(entries.iter().map(|(key, _)| hasher.hash_one(key)).collect());
        match order.duplicate(&entries, is_same) {
            None => Ok(Self::arranged(entries, order, hasher)),
            Some((first, second)) => Err(DuplicateError { first, second, entries }),
        }
    }

    pub(super) fn arranged(entries: Vec<(K, V)>, order: Order, hasher: S) -> Self {
        let (entries, hashes) = order.arrange(entries, is_same);
        Self::from_hashed(entries, hashes, hasher)
    }
}

fn is_same<K: Eq, V>((left, _): &(K, V), (right, _): &(K, V)) -> bool {
    left == right
}

impl<K, V, S: BuildHasher> Map<K, V, S> {
    /// The value of a key. O(1) with a hash function that is good in its upper bits, O(log n) with another; where hashes are equal, the keys are
    /// compared one by one. Wait-free.
    ///
    /// ```
    /// let map = polder_collections::frozen::Map::from([(1, 'a')]);
    /// assert_eq!((map.get(&1), map.get(&2)), (Some(&'a'), None));
    /// ```
    #[inline]
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).map(|(_, value)| value)
    }

    /// The entry of a key. As [`get`](Self::get).
    #[inline]
    #[must_use]
    pub fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).map(|(key, value)| (key, value))
    }

    /// Whether there is an entry. As [`get`](Self::get).
    #[inline]
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).is_some()
    }

    /// The values of several keys. As [`get`](Self::get) of each, but all keys are hashed first, and then several entries are on their way
    /// at a time: sooner where hashing takes long (the default hasher) and the entries are not in the caches, later elsewhere.
    ///
    /// ```
    /// let map = polder_collections::frozen::Map::from([(1, 'a'), (2, 'b')]);
    /// assert_eq!(map.get_many([&2, &3, &1]), [Some(&'b'), None, Some(&'a')]);
    /// ```
    #[inline]
    #[must_use]
    pub fn get_many<Q, const N: usize>(&self, keys: [&Q; N]) -> [Option<&V>; N]
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        if self.is_looked_through() {
            return keys.map(|key| self.get(key));
        }
        let hashes = keys.map(|key| self.hasher.hash_one(key));
        array::from_fn(|place| self.find_hashed(hashes[place], keys[place]).map(|(_, value)| value))
    }

    #[inline(always)]
    fn find<Q>(&self, key: &Q) -> Option<&(K, V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        if self.is_looked_through() {
            // A bit for each entry, as no loop is left early: a branch that depends on the key would be mispredicted more often than not.
            let equal = |(place, entry): (usize, &(K, V))| u32::from(key.equivalent(&entry.0)) << place;
            let equal = self.entries.iter().enumerate().map(equal).fold(0, BitOr::bitor);
            return self.entries.get(equal.trailing_zeros() as usize);
        }
        self.find_hashed(self.hasher.hash_one(key), key)
    }

    #[inline(always)]
    fn find_hashed<Q>(&self, hash: u64, key: &Q) -> Option<&(K, V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.index.find(&self.entries, hash, |(other, _)| key.equivalent(other))
    }
}

impl<K, V, S: Default> Default for Map<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}
