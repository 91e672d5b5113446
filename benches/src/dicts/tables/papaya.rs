//! papaya, in its default mode, which resizes step by step.

use std::sync::atomic::{AtomicU64, Ordering};

use papaya::{Guard, HashMap, LocalGuard};

use super::super::key::Key;
use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

/// Operations for which the row with a held guard keeps one.
const HELD: u32 = 256;

/// A guard for each operation: what its documentation shows.
pub(in crate::dicts) struct Papaya<K>(HashMap<K, u64, Hasher>);
/// A guard for many operations.
pub(in crate::dicts) struct PapayaHeld<K>(HashMap<K, u64, Hasher>);
/// Atomic numbers for values, so that they are changed in place.
pub(in crate::dicts) struct PapayaAtomic<K>(HashMap<K, AtomicU64, Hasher>);

pub(in crate::dicts) struct PinEach<'a, K>(&'a HashMap<K, u64, Hasher>);

impl<K: Key> Table<K> for Papaya<K> {
    type Seat<'a> = PinEach<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> PinEach<'_, K> {
        PinEach(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        self.0.guard().flush();
    }
}

impl<K: Key> Seat<K> for PinEach<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.pin().get(key).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.pin().insert(key, value).copied()
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.pin().remove(key).copied()
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        self.0.pin().update(key.clone(), |value| change(*value)).is_some()
    }
}

impl<K: Key> Iterate<K> for Papaya<K> {
    fn walk(&self) -> (u64, u64) {
        total(self.0.pin().values().copied())
    }
}

pub(in crate::dicts) struct PinMany<'a, K> {
    map: &'a HashMap<K, u64, Hasher>,
    guard: LocalGuard<'a>,
    left: u32,
}

impl<K: Key> Table<K> for PapayaHeld<K> {
    type Seat<'a> = PinMany<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> PinMany<'_, K> {
        PinMany { map: &self.0, guard: self.0.guard(), left: HELD }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        self.0.guard().flush();
    }
}

impl<'a, K: Key> PinMany<'a, K> {
    /// The map, and the guard that it is used under.
    #[inline]
    fn held(&mut self) -> (&'a HashMap<K, u64, Hasher>, &LocalGuard<'a>) {
        self.left -= 1;
        if self.left == 0 {
            self.left = HELD;
            self.guard.refresh();
        }
        (self.map, &self.guard)
    }
}

impl<K: Key> Seat<K> for PinMany<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        let (map, guard) = self.held();
        map.get(key, guard).copied()
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        let (map, guard) = self.held();
        map.insert(key, value, guard).copied()
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        let (map, guard) = self.held();
        map.remove(key, guard).copied()
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        let (map, guard) = self.held();
        map.update(key.clone(), |value| change(*value), guard).is_some()
    }
}

pub(in crate::dicts) struct PinAtomic<'a, K>(&'a HashMap<K, AtomicU64, Hasher>);

impl<K: Key> Table<K> for PapayaAtomic<K> {
    type Seat<'a> = PinAtomic<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> PinAtomic<'_, K> {
        PinAtomic(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn settle(&self) {
        self.0.guard().flush();
    }
}

// Relaxed throughout: nothing is read on the strength of these numbers.
impl<K: Key> Seat<K> for PinAtomic<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        self.0.pin().get(key).map(|value| value.load(Ordering::Relaxed))
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        self.0.pin().insert(key, AtomicU64::new(value)).map(|value| value.load(Ordering::Relaxed))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        self.0.pin().remove(key).map(|value| value.load(Ordering::Relaxed))
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        let map = self.0.pin();
        let Some(value) = map.get(key) else { return false };
        // It always succeeds in the end, as the closure never gives up.
        value.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| Some(change(old))).is_ok()
    }

    #[inline]
    fn fetch_add(&mut self, key: &K, delta: u64) -> bool {
        self.0.pin().get(key).map(|value| value.fetch_add(delta, Ordering::Relaxed)).is_some()
    }
}
