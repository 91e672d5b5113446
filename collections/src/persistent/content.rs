//! [`Hashed`]: a collection that knows the hash of its content.

use core::{
    convert::Infallible,
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    ops::Deref,
};

use super::{Change, Map, OrdMap, OrdSet, ProcessState, Set, Vector};

/// A collection of which the hash of the content changes along with the content, and is not computed again.
///
/// The hash is the sum of those of the entries, modulo 2⁶⁴; of a vector, of its elements with their indices. After a change, what lies between the
/// two versions is taken off and added: entries that both share are not looked at. A collection that is not wrapped pays nothing.
///
/// | operation | time |
/// |---|---|
/// | [`content_hash`](Self::content_hash), [`Hash`] | O(1) |
/// | `==` of what is different | O(1), but for one pair of contents in 2⁶⁴ |
/// | `==` of what is equal | that of the collection: what both share is passed over |
/// | [`new`](Self::new) | O(n) |
/// | [`change`](Self::change), [`change_mut`](Self::change_mut) | the change, and a `diff` between before and after |
///
/// Of vectors, elements that get to another index count as changed: a push at the back costs one leaf, one at the front costs O(n).
///
/// So it is for versions that are looked up or compared often and changed rarely: as keys of a map, in a table of versions that were seen before.
///
/// # Adversaries
///
/// The hash of an entry is that of [`ProcessState`], whose random key is good for one process: it means nothing in another one, and who does not know the key
/// cannot choose contents that have one hash. Nor would much be gained: `==` compares contents wherever the hashes are equal.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::{Hashed, Map};
/// use std::collections::HashSet;
///
/// let start = Hashed::new(Map::from([("a", 1), ("b", 2)]));
/// let other = start.change(|map| map.insert("b", 3));
/// let back = other.change(|map| map.insert("b", 2));
/// assert_eq!(start.content_hash(), back.content_hash());
///
/// // States that were met before are found in O(1).
/// let seen: HashSet<_> = [start, other].into();
/// assert!(seen.contains(&back));
/// // It is the collection for whoever only reads it.
/// assert_eq!((back.len(), back["b"]), (2, 2));
/// ```
#[derive(Clone)]
pub struct Hashed<C> {
    collection: C,
    hash: u64,
}

/// A collection whose content has a hash that can be told from that of another version and from what lies between the two.
///
/// For [`Hashed`]. Equal collections must have equal hashes, by either of the methods.
pub trait Content: Clone {
    /// The hash, computed from everything. O(n).
    fn content_hash(&self) -> u64;

    /// The same, where another version has this hash. Costs what `diff` costs.
    fn content_hash_after(&self, before: &Self, hash: u64) -> u64;
}

impl<C: Content> Hashed<C> {
    /// Computes the hash: O(n).
    pub fn new(collection: C) -> Self {
        let hash = collection.content_hash();
        Self { collection, hash }
    }

    /// What the closure makes of the collection, with its hash.
    #[must_use = "the new version is the result"]
    pub fn change(&self, change: impl FnOnce(&C) -> C) -> Self {
        let collection = change(&self.collection);
        let hash = collection.content_hash_after(&self.collection, self.hash);
        Self { collection, hash }
    }

    /// Changes the collection in place. The version before is kept until all is done: so do many changes by one call, of which the first ones copy nodes.
    ///
    /// # Panics
    ///
    /// If the closure panics, or foreign code that hashes and compares: then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::{Hashed, OrdSet};
    ///
    /// let mut set = Hashed::new(OrdSet::from([1, 2, 3]));
    /// let was_there = set.change_mut(|set| set.remove_mut(&2) && !set.insert_mut(3));
    /// assert!(was_there);
    /// assert_eq!(set, Hashed::new(OrdSet::from([1, 3])));
    /// ```
    pub fn change_mut<R>(&mut self, change: impl FnOnce(&mut C) -> R) -> R {
        let mut collection = self.collection.clone();
        let result = change(&mut collection);
        let hash = collection.content_hash_after(&self.collection, self.hash);
        *self = Self { collection, hash };
        result
    }
}

impl<C> Hashed<C> {
    /// The hash of the content: of equal collections the same, whatever their histories and their hashers, in this process. O(1).
    pub fn content_hash(&self) -> u64 {
        self.hash
    }

    /// The collection without its hash.
    pub fn into_inner(self) -> C {
        self.collection
    }
}

impl<C> Deref for Hashed<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.collection
    }
}

impl<C: Content + Default> Default for Hashed<C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<C: Content> From<C> for Hashed<C> {
    fn from(collection: C) -> Self {
        Self::new(collection)
    }
}

impl<A, C: Content + FromIterator<A>> FromIterator<A> for Hashed<C> {
    fn from_iter<I: IntoIterator<Item = A>>(items: I) -> Self {
        Self::new(items.into_iter().collect())
    }
}

impl<C: fmt::Debug> fmt::Debug for Hashed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.collection.fmt(f)
    }
}

/// Contents are compared where the hashes are equal only.
impl<C: PartialEq> PartialEq for Hashed<C> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.collection == other.collection
    }
}

impl<C: Eq> Eq for Hashed<C> {}

/// One word. O(1).
impl<C> Hash for Hashed<C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// The sum of the hashes of entries, in whatever order they come.
pub(crate) fn sum<E: Hash>(entries: impl Iterator<Item = E>) -> u64 {
    let hasher = ProcessState::new();
    entries.fold(0, |sum, entry| sum.wrapping_add(hasher.hash_one(entry)))
}

fn sum_after<'a, K: Hash + 'a, V: Hash + 'a>(changes: impl Iterator<Item = Change<'a, K, V>>, hash: u64) -> u64 {
    let hasher = ProcessState::new();
    let of = |key, value: Option<&V>| value.map_or(0, |value| hasher.hash_one((key, value)));
    changes.fold(hash, |sum, change| {
        let key = change.key();
        sum.wrapping_sub(of(key, change.before())).wrapping_add(of(key, change.after()))
    })
}

macro_rules! content {
    ($([$($param:tt)*] $type:ty: $entry:pat => $hashed:expr;)*) => { $(
        impl<$($param)*> Content for $type {
            fn content_hash(&self) -> u64 {
                sum(self.iter().map(|$entry| $hashed))
            }

            fn content_hash_after(&self, before: &Self, hash: u64) -> u64 {
                sum_after(before.diff(self), hash)
            }
        }
    )* };
}

content! {
    [K: Hash + Eq, V: Hash + Eq, S: BuildHasher + Clone] Map<K, V, S>: entry => entry;
    [K: Hash + Ord, V: Hash + Eq] OrdMap<K, V>: entry => entry;
    [T: Hash + Eq, S: BuildHasher + Clone] Set<T, S>: item => (item, ());
    [T: Hash + Ord] OrdSet<T>: item => (item, ());
}

impl<T: Hash + Eq> Content for Vector<T> {
    fn content_hash(&self) -> u64 {
        sum(self.iter().enumerate())
    }

    fn content_hash_after(&self, before: &Self, hash: u64) -> u64 {
        let common = before.len().min(self.len());
        let [mut old, mut new] = [before, self].map(|vector| sum((common..).zip(vector.iter().skip(common))));
        let _: Option<Infallible> = before.walk(self, |start, before, after| {
            old = old.wrapping_add(sum((start..).zip(before)));
            new = new.wrapping_add(sum((start..).zip(after)));
            None
        });
        hash.wrapping_sub(old).wrapping_add(new)
    }
}
