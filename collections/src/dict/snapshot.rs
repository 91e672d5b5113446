//! What a dict held at one moment.

use std::{
    borrow::Borrow,
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
    slice,
    sync::OnceLock,
    vec,
};

/// All entries of a dict as they were at one moment: a copy, which nothing changes.
///
/// It needs no more memory than the entries, until it is first asked for one by its key: then it makes itself an index, of
/// sixteen bytes to an entry. Entries come in no order.
///
/// # Examples
///
/// ```
/// use polder_collections::WordDict;
///
/// let dict = WordDict::from([(1, 10), (2, 20)]);
/// let snapshot = dict.snapshot();
/// dict.remove(&1);
/// assert_eq!(snapshot.len(), 2);
/// assert_eq!(snapshot.get(&1), Some(&10));
/// assert_eq!(snapshot.iter().map(|(_, value)| value).sum::<i32>(), 30);
/// ```
pub struct Snapshot<K, V> {
    entries: Vec<(K, V)>,
    index: OnceLock<Index>,
}

/// The places of entries, in the order of their hashes.
struct Index {
    hasher: RandomState,
    places: Vec<(u64, usize)>,
}

impl<K, V> Snapshot<K, V> {
    /// Entries with different keys.
    pub(crate) fn new(entries: Vec<(K, V)>) -> Self {
        Self { entries, index: OnceLock::new() }
    }

    /// How many entries there are, exactly.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries.
    pub fn iter(&self) -> SnapshotIter<'_, K, V> {
        SnapshotIter { entries: self.entries.iter() }
    }

    /// All keys.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + FusedIterator + Clone {
        self.entries.iter().map(|(key, _)| key)
    }

    /// All values.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> + FusedIterator + Clone {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The entries as they are.
    #[must_use]
    pub fn as_slice(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The entries, in no order.
    #[must_use]
    pub fn into_vec(self) -> Vec<(K, V)> {
        self.entries
    }
}

impl<K: Hash + Eq, V> Snapshot<K, V> {
    /// The value of a key. O(log n), but for the first time O(n log n); blocks while another thread makes the index.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Index { hasher, places } = self.index.get_or_init(|| self.make_index());
        let hash = hasher.hash_one(key);
        let first = places.partition_point(|&(other, _)| other < hash);
        let same = places[first..].iter().take_while(|&&(other, _)| other == hash);
        let mut entries = same.map(|&(_, place)| &self.entries[place]);
        entries.find(|(other, _)| other.borrow() == key).map(|(_, value)| value)
    }

    /// Whether there is an entry. As [`get`](Self::get).
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(key).is_some()
    }

    fn make_index(&self) -> Index {
        let hasher = RandomState::new();
        let hashes = self.entries.iter().map(|(key, _)| hasher.hash_one(key));
        let mut places: Vec<_> = hashes.zip(0..).collect();
        places.sort_unstable();
        Index { hasher, places }
    }
}

impl<K, V> Default for Snapshot<K, V> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<K: Clone, V: Clone> Clone for Snapshot<K, V> {
    fn clone(&self) -> Self {
        Self::new(self.entries.clone())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Snapshot<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// The same entries, in whatever order.
impl<K: Hash + Eq, V: PartialEq> PartialEq for Snapshot<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Hash + Eq, V: Eq> Eq for Snapshot<K, V> {}

impl<K, V> IntoIterator for Snapshot<K, V> {
    type Item = (K, V);
    type IntoIter = SnapshotIntoIter<K, V>;

    fn into_iter(self) -> SnapshotIntoIter<K, V> {
        SnapshotIntoIter { entries: self.entries.into_iter() }
    }
}

impl<'a, K, V> IntoIterator for &'a Snapshot<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = SnapshotIter<'a, K, V>;

    fn into_iter(self) -> SnapshotIter<'a, K, V> {
        self.iter()
    }
}

/// The entries of a [`Snapshot`]: of [`Snapshot::iter`].
#[derive(Debug)]
pub struct SnapshotIter<'a, K, V> {
    entries: slice::Iter<'a, (K, V)>,
}

impl<K, V> Clone for SnapshotIter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone() }
    }
}

impl<'a, K, V> Iterator for SnapshotIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        self.entries.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<K, V> ExactSizeIterator for SnapshotIter<'_, K, V> {}
impl<K, V> FusedIterator for SnapshotIter<'_, K, V> {}

/// The entries that a [`Snapshot`] had.
#[derive(Clone, Debug)]
pub struct SnapshotIntoIter<K, V> {
    entries: vec::IntoIter<(K, V)>,
}

impl<K, V> Iterator for SnapshotIntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        self.entries.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<K, V> ExactSizeIterator for SnapshotIntoIter<K, V> {}
impl<K, V> FusedIterator for SnapshotIntoIter<K, V> {}
