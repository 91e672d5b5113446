//! scc: `HashMap`, which locks a bucket for each operation, and `HashIndex`, whose readers do not.

use ::scc::hash_index::Entry;
use ::scc::{Guard, HashIndex, HashMap};

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

/// The map.
pub(in crate::dicts) struct SccMap<K: Key>(HashMap<K, u64, Hasher>);

pub(in crate::dicts) struct MapSeat<'a, K: Key>(&'a HashMap<K, u64, Hasher>);

impl<K: Key> Table<K> for SccMap<K> {
    type Seat<'a> = MapSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> MapSeat<'_, K> {
        MapSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        Guard::new().accelerate();
    }
}

impl<K: Key> Seat<K> for MapSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.read_sync(key, |_, value| *value)
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.upsert_sync(key, value)
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.remove_sync(key).map(|(_, value)| value)
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        self.0.update_sync(key, |_, value| *value = change(*value)).is_some()
    }
}

impl<K: Key> Iterate<K> for SccMap<K> {
    fn walk(&self) -> (u64, u64) {
        let (mut count, mut sum) = (0u64, 0u64);
        self.0.iter_sync(|_, value| {
            count += 1;
            sum = sum.wrapping_add(*value);
            true
        });
        (count, sum)
    }
}

/// The index. Values are not changed in place: an update puts a new entry beside the old one.
pub(in crate::dicts) struct SccIndex<K: Key>(HashIndex<K, u64, Hasher>);

pub(in crate::dicts) struct IndexSeat<'a, K: Key>(&'a HashIndex<K, u64, Hasher>);

impl<K: Key> Table<K> for SccIndex<K> {
    type Seat<'a> = IndexSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashIndex::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> IndexSeat<'_, K> {
        IndexSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        Guard::new().accelerate();
    }
}

impl<K: Key> Seat<K> for IndexSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.peek_with(key, |_, value| *value)
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        match self.0.entry_sync(key) {
            Entry::Occupied(mut entry) => {
                let old = *entry.get();
                entry.update(value);
                Some(old)
            }
            Entry::Vacant(entry) => {
                entry.insert_entry(value);
                None
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        let entry = self.0.get_sync(key)?;
        let old = *entry.get();
        entry.remove_entry();
        Some(old)
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        let Some(mut entry) = self.0.get_sync(key) else { return false };
        let new = change(*entry.get());
        entry.update(new);
        true
    }
}

impl<K: Key> Iterate<K> for SccIndex<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.iter(&Guard::new()).map(|(_, value)| *value))
    }
}
