//! hashbrown in 64 shards, each behind a reader-writer lock of parking_lot: what programs write that want no crate for
//! it.

use std::hash::BuildHasher;
use std::mem;

use crossbeam_utils::CachePadded;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::RwLock;

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

/// The logarithm of the number of shards.
const BITS: u32 = 6;
/// The topmost bits of a hash, which hashbrown compares before it looks at a key: no use to tell shards apart.
const TAG: u32 = 7;

/// A shard, on cache lines of its own.
type Shard<K> = CachePadded<RwLock<HashTable<(K, u64)>>>;

/// The shards. A key is hashed once: for the shard and for the place in it.
pub(in crate::dicts) struct Sharded<K> {
    shards: Box<[Shard<K>]>,
    hasher: Hasher,
}

pub(in crate::dicts) struct ShardedSeat<'a, K>(&'a Sharded<K>);

impl<K: Key> Sharded<K> {
    #[inline]
    fn shard(&self, key: &K) -> (&Shard<K>, u64) {
        let hash = self.hasher.hash_one(key);
        (&self.shards[(hash << TAG >> (u64::BITS - BITS)) as usize], hash)
    }
}

impl<K: Key> Table<K> for Sharded<K> {
    type Seat<'a> = ShardedSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        let room = capacity.div_ceil(1 << BITS);
        let shard = || CachePadded::new(RwLock::new(HashTable::with_capacity(room)));
        Self { shards: (0..1 << BITS).map(|_| shard()).collect(), hasher: hasher() }
    }

    fn seat(&self) -> ShardedSeat<'_, K> {
        ShardedSeat(self)
    }

    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }
}

impl<K: Key> Seat<K> for ShardedSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        let (shard, hash) = self.0.shard(key);
        shard.read().find(hash, |(found, _)| found == key).map(|(_, value)| *value)
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        let (shard, hash) = self.0.shard(&key);
        let mut shard = shard.write();
        match shard.entry(hash, |(found, _)| *found == key, |(key, _)| self.0.hasher.hash_one(key)) {
            Entry::Occupied(mut entry) => Some(mem::replace(&mut entry.get_mut().1, value)),
            Entry::Vacant(entry) => {
                entry.insert((key, value));
                None
            }
        }
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        let (shard, hash) = self.0.shard(key);
        let mut shard = shard.write();
        let entry = shard.find_entry(hash, |(found, _)| found == key).ok()?;
        let ((_, value), _) = entry.remove();
        Some(value)
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        let (shard, hash) = self.0.shard(key);
        let mut shard = shard.write();
        let Some((_, value)) = shard.find_mut(hash, |(found, _)| found == key) else { return false };
        *value = change(*value);
        true
    }
}

impl<K: Key> Iterate<K> for Sharded<K> {
    fn walk(&self) -> (u64, u64) {
        self.shards.iter().fold((0, 0), |(count, sum), shard| {
            let (more, values) = total(shard.read().iter().map(|(_, value)| *value));
            (count + more, sum.wrapping_add(values))
        })
    }
}
