//! leapfrog: a table of plain words without locks. Keys and values are copied in and out and never freed, so that it
//! needs no reclamation; two values are its own.

use ::leapfrog::LeapMap;

use super::super::table::{Hasher, Iterate, Seat, Table, hasher, total};

type Map = LeapMap<u64, u64, Hasher>;

/// What it is made with when nothing is known.
const ROOM: usize = 8;

/// The map, for keys that can be copied.
pub(in crate::dicts) struct Leapfrog(Map);

pub(in crate::dicts) struct LeapfrogSeat<'a>(&'a Map);

impl Table<u64> for Leapfrog {
    type Seat<'a> = LeapfrogSeat<'a>;

    fn new(capacity: usize) -> Self {
        Self(LeapMap::with_capacity_and_hasher(capacity.max(ROOM), hasher()))
    }

    fn seat(&self) -> LeapfrogSeat<'_> {
        LeapfrogSeat(&self.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Seat<u64> for LeapfrogSeat<'_> {
    #[inline]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get(key)?.value()
    }

    #[inline]
    fn insert(&mut self, key: u64, value: u64) -> Option<u64> {
        self.0.insert(key, value)
    }

    #[inline]
    fn remove(&mut self, key: &u64) -> Option<u64> {
        self.0.remove(key)
    }

    #[inline]
    fn update(&mut self, key: &u64, change: impl Fn(u64) -> u64) -> bool {
        let Some(mut value) = self.0.get_mut(key) else { return false };
        value.update(|value| *value = change(*value)).is_some()
    }
}

impl Iterate<u64> for Leapfrog {
    fn walk(&self) -> (u64, u64) {
        total(self.0.iter().filter_map(|mut entry| entry.value()))
    }
}
