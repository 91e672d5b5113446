//! Maps and sets: what is removed, and what is put.

use core::hash::{BuildHasher, Hash};

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Invalid, Read, Write};
use crate::persistent::{Change, Map, OrdMap, OrdSet, Set};

/// Two lists, as an entry without value would look like a value that is nothing in some formats.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference<K, E> {
    removed: Vec<K>,
    put: Vec<E>,
}

impl<'a, K, E> Difference<&'a K, E> {
    /// Nothing, if there are more changes than this.
    fn new<V: 'a>(
        changes: impl Iterator<Item = Change<'a, K, V>>,
        most: usize,
        entry: impl Fn(&'a K, &'a V) -> E,
    ) -> Option<Self> {
        let mut difference = Self { removed: Vec::new(), put: Vec::new() };
        for change in changes {
            match change.after() {
                Some(value) => difference.put.push(entry(change.key(), value)),
                None => difference.removed.push(change.key()),
            }
            if difference.removed.len() + difference.put.len() > most {
                return None;
            }
        }
        Some(difference)
    }
}

impl<T> Difference<T, T> {
    /// That of the map that a set is.
    fn into_entries(self) -> Difference<T, (T, ())> {
        Difference { removed: self.removed, put: self.put.into_iter().map(|item| (item, ())).collect() }
    }
}

macro_rules! write {
    ($([$($param:tt)*] $type:ty: $key:ty => $entry:ty, $put:expr;)*) => { $(
        impl<$($param)*> Write for $type {
            type Change<'a>
                = Difference<$key, $entry>
            where
                Self: 'a;

            fn whole(&self) -> Self::Change<'_> {
                Difference { removed: Vec::new(), put: self.iter().collect() }
            }

            fn change<'a>(&'a self, from: &'a Self) -> Option<Self::Change<'a>> {
                Difference::new(from.diff(self), self.len(), $put)
            }
        }
    )* };
}

write! {
    [K: Serialize + Hash + Eq, V: Serialize + Eq, S: BuildHasher] Map<K, V, S>: &'a K => (&'a K, &'a V), |key, value| (key, value);
    [K: Serialize + Ord, V: Serialize + Eq] OrdMap<K, V>: &'a K => (&'a K, &'a V), |key, value| (key, value);
    [T: Serialize + Hash + Eq, S: BuildHasher] Set<T, S>: &'a T => &'a T, |item, ()| item;
    [T: Serialize + Ord] OrdSet<T>: &'a T => &'a T, |item, ()| item;
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone + Default> Read for Map<K, V, S> {
    type Change = Difference<K, (K, V)>;

    fn changed(mut self, change: Self::Change) -> Result<Self, Invalid> {
        let count = change.put.len();
        let put = Self::from_entries(change.put, self.hasher().clone());
        if put.len() != count || change.removed.iter().any(|key| put.contains_key(key)) {
            return Err(Invalid::Duplicate);
        }
        for key in change.removed {
            self.remove_mut(&key).ok_or(Invalid::Missing)?;
        }
        Ok(put.union(&self))
    }
}

impl<T: Hash + Eq + Clone, S: BuildHasher + Clone + Default> Read for Set<T, S> {
    type Change = Difference<T, T>;

    fn changed(self, change: Self::Change) -> Result<Self, Invalid> {
        Ok(Self { map: self.map.changed(change.into_entries())? })
    }
}

impl<K: Ord + Clone, V: Clone> Read for OrdMap<K, V> {
    type Change = Difference<K, (K, V)>;

    fn changed(mut self, Difference { removed, put }: Self::Change) -> Result<Self, Invalid> {
        if !removed.is_sorted_by(|one, other| one < other) || !put.is_sorted_by(|one, other| one.0 < other.0) {
            return Err(Invalid::Order);
        }
        for key in removed {
            if put.binary_search_by(|(other, _)| other.cmp(&key)).is_ok() {
                return Err(Invalid::Duplicate);
            }
            self.remove_mut(&key).ok_or(Invalid::Missing)?;
        }
        if self.is_empty() {
            return Ok(put.into_iter().collect());
        }
        self.extend(put);
        Ok(self)
    }
}

impl<T: Ord + Clone> Read for OrdSet<T> {
    type Change = Difference<T, T>;

    fn changed(self, change: Self::Change) -> Result<Self, Invalid> {
        Ok(Self { map: self.map.changed(change.into_entries())? })
    }
}
