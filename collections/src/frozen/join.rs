//! Two maps at once, in the order of their hashes.

use alloc::vec::{self, Vec};
use core::{
    fmt,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
};

use super::Map;

/// What two maps have under one key: of [`Map::merge_join`].
#[derive(Debug, PartialEq, Eq)]
pub enum Joined<'l, 'r, K, V, W = V> {
    /// An entry that only the left map has.
    Left(&'l K, &'l V),
    /// An entry that only the right map has.
    Right(&'r K, &'r W),
    /// The left map's key, and both values.
    Both(&'l K, &'l V, &'r W),
}

impl<K, V, W> Clone for Joined<'_, '_, K, V, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, W> Copy for Joined<'_, '_, K, V, W> {}

/// The entries of two maps, side by side: of [`Map::merge_join`].
///
/// A panic of a key's `Eq` leaves out some of the entries whose hash it is about.
pub struct MergeJoin<'l, 'r, K, V, W = V> {
    left: Hashed<'l, K, V>,
    right: Hashed<'r, K, W>,
    /// The rest of those whose hash both maps have, the next one last.
    pending: Vec<(u64, Joined<'l, 'r, K, V, W>)>,
}

/// Entries with their hashes, in order.
type Hashed<'a, K, V> = vec::IntoIter<(u64, &'a (K, V))>;

/// The entries with their hashes, in the order of those. Linear, if they are in that order already.
fn hashed<'a, K: Hash, V>(entries: &'a [(K, V)], hasher: &impl BuildHasher) -> Hashed<'a, K, V> {
    let mut hashed: Vec<_> = entries.iter().map(|entry| (hasher.hash_one(&entry.0), entry)).collect();
    hashed.sort_by_key(|(hash, _)| *hash);
    hashed.into_iter()
}

/// Takes those with this hash.
fn take_run<'a, K, V>(entries: &mut Hashed<'a, K, V>, hash: u64) -> Vec<&'a (K, V)> {
    let len = entries.as_slice().iter().take_while(|(other, _)| *other == hash).count();
    entries.take(len).map(|(_, entry)| entry).collect()
}

impl<'l, 'r, K: Eq, V, W> MergeJoin<'l, 'r, K, V, W> {
    /// The next ones, with their hash by the left map's hasher.
    pub(super) fn next_hashed(&mut self) -> Option<(u64, Joined<'l, 'r, K, V, W>)> {
        if let Some(joined) = self.pending.pop() {
            return Some(joined);
        }
        let ends = (self.left.as_slice().first().copied(), self.right.as_slice().first().copied());
        let (hash, joined) = match ends {
            (None, None) => return None,
            (Some((hash, (key, value))), right) if right.is_none_or(|(other, _)| hash < other) => {
                self.left.next();
                (hash, Joined::Left(key, value))
            }
            (left, Some((hash, (key, value)))) if left.is_none_or(|(other, _)| hash < other) => {
                self.right.next();
                (hash, Joined::Right(key, value))
            }
            (Some((hash, left)), Some((_, right))) => {
                let is_last = |next: Option<u64>| next != Some(hash);
                let alone = is_last(self.left.as_slice().get(1).map(|next| next.0))
                    && is_last(self.right.as_slice().get(1).map(|next| next.0));
                if !alone || left.0 != right.0 {
                    return self.join_run(hash);
                }
                self.left.next();
                self.right.next();
                (hash, Joined::Both(&left.0, &left.1, &right.1))
            }
            (Some(_), None) | (None, Some(_)) => unreachable!("one side alone was taken above"),
        };
        Some((hash, joined))
    }

    /// Entries whose hashes are equal: compared one by one.
    #[cold]
    fn join_run(&mut self, hash: u64) -> Option<(u64, Joined<'l, 'r, K, V, W>)> {
        let left = take_run(&mut self.left, hash);
        let mut right = take_run(&mut self.right, hash);
        for (key, value) in left {
            let same = right.iter().position(|(other, _)| other == key);
            let joined = match same {
                Some(place) => Joined::Both(key, value, &right.remove(place).1),
                None => Joined::Left(key, value),
            };
            self.pending.push((hash, joined));
        }
        self.pending.extend(right.into_iter().map(|(key, value)| (hash, Joined::Right(key, value))));
        self.pending.reverse();
        self.pending.pop()
    }
}

impl<'l, 'r, K: Eq, V, W> Iterator for MergeJoin<'l, 'r, K, V, W> {
    type Item = Joined<'l, 'r, K, V, W>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_hashed().map(|(_, joined)| joined)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (left, right, pending) = (self.left.len(), self.right.len(), self.pending.len());
        (left.max(right) + pending, Some(left + right + pending))
    }
}

impl<K: Eq, V, W> FusedIterator for MergeJoin<'_, '_, K, V, W> {}

impl<K, V, W> Clone for MergeJoin<'_, '_, K, V, W> {
    fn clone(&self) -> Self {
        Self { left: self.left.clone(), right: self.right.clone(), pending: self.pending.clone() }
    }
}

impl<K: Eq + fmt::Debug, V: fmt::Debug, W: fmt::Debug> fmt::Debug for MergeJoin<'_, '_, K, V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// What both maps have under each key, in the order of this map's hashes.
    ///
    /// O(n + m) if the hashers of both are equal, whatever they are by type; else O(n + m log m). All keys are hashed before this returns, which
    /// takes 16 bytes an entry until the iterator is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::frozen::{Joined, Map};
    ///
    /// let (old, new) = (Map::from([(1, 'a'), (2, 'b')]), Map::from([(2, 'c'), (3, 'd')]));
    /// let mut changes: Vec<_> = old.merge_join(&new).collect();
    /// changes.sort_by_key(|joined| match joined {
    ///     Joined::Left(key, _) | Joined::Right(key, _) | Joined::Both(key, ..) => **key,
    /// });
    /// assert_eq!(changes, [Joined::Left(&1, &'a'), Joined::Both(&2, &'b', &'c'), Joined::Right(&3, &'d')]);
    /// ```
    pub fn merge_join<'l, 'r, W, R>(&'l self, other: &'r Map<K, W, R>) -> MergeJoin<'l, 'r, K, V, W> {
        let (left, right) = (hashed(&self.entries, &self.hasher), hashed(&other.entries, &self.hasher));
        MergeJoin { left, right, pending: Vec::new() }
    }

    /// A new map of what `choose` makes of each key that one of the maps has, or both.
    ///
    /// Runs in O(n + m), as [`merge_join`](Self::merge_join). If `choose` panics, all that it made so far is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::frozen::{Joined, Map};
    ///
    /// let (stock, sold) = (Map::from([("pears", 5), ("plums", 3)]), Map::from([("plums", 3), ("pears", 1)]));
    /// let rest = stock.merge_with(&sold, |joined| match joined {
    ///     Joined::Left(_, n) => Some(*n),
    ///     Joined::Both(_, n, m) if n > m => Some(n - m),
    ///     Joined::Both(..) | Joined::Right(..) => None,
    /// });
    /// assert_eq!(rest, Map::from([("pears", 4)]));
    /// ```
    #[must_use]
    pub fn merge_with<W, X, R>(
        &self,
        other: &Map<K, W, R>,
        mut choose: impl FnMut(Joined<'_, '_, K, V, W>) -> Option<X>,
    ) -> Map<K, X, S>
    where
        K: Clone,
        S: Clone,
    {
        let mut join = self.merge_join(other);
        let (mut entries, mut hashes) = (Vec::new(), Vec::new());
        while let Some((hash, joined)) = join.next_hashed() {
            let Some(value) = choose(joined) else { continue };
            let (Joined::Left(key, _) | Joined::Right(key, _) | Joined::Both(key, ..)) = joined;
            entries.push((key.clone(), value));
            hashes.push(hash);
        }
        Map::from_hashed(entries, hashes, self.hasher.clone())
    }

    /// The entries of both; where both have a key, this map's entry. O(n + m), as [`merge_join`](Self::merge_join).
    ///
    /// ```
    /// use polder_collections::frozen::Map;
    ///
    /// let union = Map::from([(1, 'a'), (2, 'b')]).union(&Map::from([(2, 'c'), (3, 'd')]));
    /// assert_eq!(union, Map::from([(1, 'a'), (2, 'b'), (3, 'd')]));
    /// ```
    #[must_use]
    pub fn union<R>(&self, other: &Map<K, V, R>) -> Self
    where
        K: Clone,
        V: Clone,
        S: Clone,
    {
        self.union_with(other, |_, value, _| value.clone())
    }

    /// The entries of both; where both have a key, with what `merge` makes of this map's value and the other one's, in that order.
    ///
    /// O(n + m), as [`merge_join`](Self::merge_join). If `merge` panics, all that was made so far is dropped.
    #[must_use]
    pub fn union_with<R>(&self, other: &Map<K, V, R>, mut merge: impl FnMut(&K, &V, &V) -> V) -> Self
    where
        K: Clone,
        V: Clone,
        S: Clone,
    {
        self.merge_with(other, |joined| match joined {
            Joined::Left(_, value) | Joined::Right(_, value) => Some(value.clone()),
            Joined::Both(key, value, other) => Some(merge(key, value, other)),
        })
    }

    /// This map's entries whose keys the other map has too. O(n + m), as [`merge_join`](Self::merge_join).
    ///
    /// ```
    /// use polder_collections::frozen::Map;
    ///
    /// let both = Map::from([(1, 'a'), (2, 'b')]).intersection(&Map::from([(2, 'c'), (3, 'd')]));
    /// assert_eq!(both, Map::from([(2, 'b')]));
    /// ```
    #[must_use]
    pub fn intersection<W, R>(&self, other: &Map<K, W, R>) -> Self
    where
        K: Clone,
        V: Clone,
        S: Clone,
    {
        self.intersection_with(other, |_, value, _| value.clone())
    }

    /// The keys that both maps have, with what `merge` makes of this map's value and the other one's, in that order.
    ///
    /// O(n + m), as [`merge_join`](Self::merge_join). If `merge` panics, all that was made so far is dropped.
    #[must_use]
    pub fn intersection_with<W, X, R>(
        &self,
        other: &Map<K, W, R>,
        mut merge: impl FnMut(&K, &V, &W) -> X,
    ) -> Map<K, X, S>
    where
        K: Clone,
        S: Clone,
    {
        self.merge_with(other, |joined| match joined {
            Joined::Both(key, value, other) => Some(merge(key, value, other)),
            Joined::Left(..) | Joined::Right(..) => None,
        })
    }

    /// This map's entries whose keys the other map does not have. O(n + m), as [`merge_join`](Self::merge_join).
    ///
    /// ```
    /// use polder_collections::frozen::Map;
    ///
    /// let rest = Map::from([(1, 'a'), (2, 'b')]).difference(&Map::from([(2, 'c'), (3, 'd')]));
    /// assert_eq!(rest, Map::from([(1, 'a')]));
    /// ```
    #[must_use]
    pub fn difference<W, R>(&self, other: &Map<K, W, R>) -> Self
    where
        K: Clone,
        V: Clone,
        S: Clone,
    {
        self.merge_with(other, |joined| match joined {
            Joined::Left(_, value) => Some(value.clone()),
            Joined::Right(..) | Joined::Both(..) => None,
        })
    }

    /// The entries whose keys only one of the maps has. O(n + m), as [`merge_join`](Self::merge_join).
    #[must_use]
    pub fn symmetric_difference<R>(&self, other: &Map<K, V, R>) -> Self
    where
        K: Clone,
        V: Clone,
        S: Clone,
    {
        self.merge_with(other, |joined| match joined {
            Joined::Left(_, value) | Joined::Right(_, value) => Some(value.clone()),
            Joined::Both(..) => None,
        })
    }
}
