//! hashbrown behind one lock, and hashbrown alone, which is a limit.

use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard};

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

type Map<K> = HashMap<K, u64, Hasher>;

fn map<K>(capacity: usize) -> Map<K> {
    HashMap::with_capacity_and_hasher(capacity, hasher())
}

/// Replaces a value in place.
#[inline]
fn change<K: Key>(map: &mut Map<K>, key: &K, change: impl Fn(u64) -> u64) -> bool {
    let Some(value) = map.get_mut(key) else { return false };
    *value = change(*value);
    true
}

/// One parking_lot mutex around everything.
pub(in crate::dicts) struct OneMutex<K>(Mutex<Map<K>>);

pub(in crate::dicts) struct MutexSeat<'a, K>(&'a Mutex<Map<K>>);

impl<K: Key> Table<K> for OneMutex<K> {
    type Seat<'a> = MutexSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(Mutex::new(map(capacity)))
    }

    fn seat(&self) -> MutexSeat<'_, K> {
        MutexSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl<K: Key> Seat<K> for MutexSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.lock().get(key).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.lock().insert(key, value)
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.lock().remove(key)
    }

    #[inline]
    fn update(&mut self, key: &K, by: impl Fn(u64) -> u64) -> bool {
        change(&mut self.0.lock(), key, by)
    }
}

impl<K: Key> Iterate<K> for OneMutex<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.lock().values().copied())
    }
}

/// hashbrown alone: a seat has it for itself for as long as it lasts, so that nothing is paid per operation. For one
/// thread.
pub(in crate::dicts) struct Bare<K>(Mutex<Map<K>>);

pub(in crate::dicts) struct BareSeat<'a, K>(MutexGuard<'a, Map<K>>);

impl<K: Key> Table<K> for Bare<K> {
    type Seat<'a> = BareSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(Mutex::new(map(capacity)))
    }

    fn seat(&self) -> BareSeat<'_, K> {
        BareSeat(self.0.lock())
    }

    fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl<K: Key> Seat<K> for BareSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.get(key).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.insert(key, value)
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.remove(key)
    }

    #[inline]
    fn update(&mut self, key: &K, by: impl Fn(u64) -> u64) -> bool {
        change(&mut self.0, key, by)
    }
}

impl<K: Key> Iterate<K> for Bare<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.lock().values().copied())
    }
}
