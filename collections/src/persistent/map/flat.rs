//! From a trie to a row of entries and back, for frozen maps. No key is hashed whose hash is known.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use super::{
    Map,
    hash::Hashed,
    node::{Item, Kind, Link},
    shape::{self, Order, Pending},
};

/// Entries with different keys, what the hasher makes of each key, and the hasher.
pub(crate) struct Row<K, V, S> {
    pub(crate) entries: Vec<(K, V)>,
    pub(crate) hashes: Vec<u64>,
    pub(crate) hasher: S,
}

impl<K, V, S> Row<K, V, S> {
    fn new(len: usize, hasher: S) -> Self {
        Self { entries: Vec::with_capacity(len), hashes: Vec::with_capacity(len), hasher }
    }
}

impl<K: Hash + Clone, V: Clone, S: BuildHasher> Map<K, V, S> {
    /// All entries; those that other versions have too are cloned. O(n).
    pub(crate) fn into_row(self) -> Row<K, V, S> {
        let Self { root, hasher } = self;
        let mut row = Row::new(root.len(), hasher);
        let mut links = Vec::from([root]);
        while let Some(link) = links.pop() {
            let add = |item: Item<K, V>| {
                let known = item.hash().map(|bits| Hashed::again(bits).plain());
                row.hashes.push(known.unwrap_or_else(|| row.hasher.hash_one(item.key())));
                row.entries.push(item.into_pair());
            };
            link.take_apart(|link| links.push(link), add);
        }
        row
    }

    /// Clones of all entries. O(n).
    pub(crate) fn to_row(&self) -> Row<K, V, S>
    where
        S: Clone,
    {
        let mut row = Row::new(self.len(), self.hasher.clone());
        let mut links: Vec<&Link<K, V>> = [&self.root].into();
        while let Some(link) = links.pop() {
            match link.kind() {
                Kind::Empty => {}
                Kind::Branch(branch) => {
                    let mut next = 0;
                    while let Some((child, after)) = branch.next(next) {
                        links.push(child);
                        next = after;
                    }
                }
                Kind::Leaf(leaf) => {
                    for index in 0..leaf.len() {
                        let (key, value) = leaf.pair(index);
                        let known = leaf.hash(index).map(|bits| Hashed::again(bits).plain());
                        row.hashes.push(known.unwrap_or_else(|| self.hasher.hash_one(key)));
                        row.entries.push((key.clone(), value.clone()));
                    }
                }
            }
        }
        row
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// Of entries with different keys, some first of which may come with what the hasher makes of their keys. Sorts hashes; nodes are of exact size.
    pub(crate) fn from_row(
        entries: impl IntoIterator<Item = (K, V)>,
        known: impl IntoIterator<Item = u64>,
        hasher: S,
    ) -> Self {
        let mut known = known.into_iter();
        let pend = |(key, value)| {
            let hash = known.next().map_or_else(|| Hashed::of(&hasher, &key), Hashed::spread);
            Pending { hash, item: Some(Item::new(hash.bits(), key, value)) }
        };
        let mut entries: Vec<_> = entries.into_iter().map(pend).collect();
        shape::sort(&mut entries);
        Self { root: shape::build(&mut entries, 0, Order::Sorted), hasher }
    }
}
