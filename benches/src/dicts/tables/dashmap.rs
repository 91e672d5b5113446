//! dashmap: 6 with its own number of shards and with 64, and the release candidate of 7.

use dashmap::DashMap as Seven;
use dashmap_6::DashMap as Six;

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

/// Shards of the row that has more of them than the default gives a small machine.
const SHARDS: usize = 64;

/// Contenders, each with the map and how it is made.
macro_rules! dashmaps {
    ($($(#[$doc:meta])* $name:ident, $seat:ident($map:ident, $make:expr);)+) => {$(
        $(#[$doc])*
        pub(in crate::dicts) struct $name<K>($map<K, u64, Hasher>);

        pub(in crate::dicts) struct $seat<'a, K>(&'a $map<K, u64, Hasher>);

        impl<K: Key> Table<K> for $name<K> {
            type Seat<'a> = $seat<'a, K>;

            fn new(capacity: usize) -> Self {
                Self($make(capacity))
            }

            fn seat(&self) -> $seat<'_, K> {
                $seat(&self.0)
            }

            fn len(&self) -> usize {
                self.0.len()
            }
        }

        impl<K: Key> Seat<K> for $seat<'_, K> {
            #[inline]
            fn get(&mut self, key: &K) -> Option<u64> {
                self.0.get(key).map(|value| *value)
            }

            #[inline]
            fn insert(&mut self, key: K, value: u64) -> Option<u64> {
                self.0.insert(key, value)
            }

            #[inline]
            fn remove(&mut self, key: &K) -> Option<u64> {
                self.0.remove(key).map(|(_, value)| value)
            }

            #[inline]
            fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
                let Some(mut value) = self.0.get_mut(key) else { return false };
                *value = change(*value);
                true
            }
        }

        impl<K: Key> Iterate<K> for $name<K> {
            fn walk(&self) -> (u64, u64) {
                total(self.0.iter().map(|entry| *entry.value()))
            }
        }
    )+};
}

dashmaps! {
    /// As it comes.
    DashMap, DashSeat(Six, |capacity| Six::with_capacity_and_hasher(capacity, hasher()));
    /// With 64 shards.
    DashMap64, DashSeat64(Six, |capacity| Six::with_capacity_and_hasher_and_shard_amount(capacity, hasher(), SHARDS));
    /// The next version, as it comes.
    DashMap7, DashSeat7(Seven, |capacity| Seven::with_capacity_and_hasher(capacity, hasher()));
}
