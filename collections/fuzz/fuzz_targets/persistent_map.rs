//! Bytes as calls, put to versions of a persistent hash map and to std's. The first byte chooses the hash function and what the values are.
#![no_main]

#[path = "../../tests/support/hashers.rs"]
mod hashers;

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
    mem,
};

use foldhash::fast::FixedState;
use hashers::{Clustered, Constant, Four, Identity};
use libfuzzer_sys::fuzz_target;
use polder_collections::persistent::{Discard, Keep, Map, Patch};

/// Values that stand in the leaves, or behind pointers of their own.
trait Value: Clone + Debug + Eq + Hash + Ord {
    fn of(byte: u8) -> Self;
}

impl Value for u64 {
    fn of(byte: u8) -> Self {
        byte.into()
    }
}

impl Value for Box<u8> {
    fn of(byte: u8) -> Self {
        Box::new(byte)
    }
}

/// A version, and what it ought to hold.
#[derive(Clone)]
struct Version<V, S> {
    map: Map<u64, V, S>,
    model: HashMap<u64, V>,
}

impl<V: Value, S: BuildHasher + Clone + Default> Version<V, S> {
    fn is_right(&self) {
        let Self { map, model } = self;
        assert_eq!(map.len(), model.len());
        let mut count = 0;
        for (key, value) in map {
            assert_eq!(model.get(key), Some(value));
            count += 1;
        }
        assert_eq!(count, model.len());
        assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)));
    }

    /// A change of one version, in one of its forms.
    fn change(&mut self, what: u8, key: u64, byte: u8) {
        let (Self { map, model }, value) = (self, V::of(byte));
        match what % 12 {
            0 => assert_eq!(map.insert_mut(key, value.clone()), model.insert(key, value)),
            1 => {
                *map = map.insert(key, value.clone());
                model.insert(key, value);
            }
            2 => assert_eq!(map.remove_mut(&key), model.remove(&key)),
            3 => {
                *map = map.remove(&key);
                model.remove(&key);
            }
            4 => {
                // Up if it is low, else away.
                let next = |old: Option<&V>| old.is_none_or(|old| *old < value).then(|| value.clone());
                *map = map.update(key, next);
                match next(model.get(&key)) {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            5 => {
                let entry = map.entry_mut(key).and_modify(|old| *old = value.clone()).or_insert(value.clone());
                assert_eq!(*entry, value);
                model.insert(key, value);
            }
            6 | 7 => {
                for key in key..key + u64::from(byte) {
                    map.insert_mut(key, value.clone());
                    model.insert(key, value.clone());
                }
            }
            8 => {
                for key in key..key + u64::from(byte) {
                    assert_eq!(map.remove_mut(&key), model.remove(&key));
                }
            }
            9 => {
                let keep = |key: &u64, old: &V| key % 3 != u64::from(byte % 3) || *old > value;
                map.retain_mut(keep);
                model.retain(|key, old| keep(key, old));
            }
            10 => {
                for (key, old) in map.iter_mut() {
                    if key % 5 == 0 {
                        *old = value.clone();
                    }
                }
                model.iter_mut().filter(|(key, _)| *key % 5 == 0).for_each(|(_, old)| *old = value.clone());
            }
            _ => {
                let slot = (map.get_mut(&key), model.get_mut(&key));
                match slot {
                    (Some(one), Some(other)) => (*one, *other) = (value.clone(), value),
                    slot => assert_eq!(slot.0, slot.1),
                }
            }
        }
    }

    /// What two versions make.
    fn with(&self, other: &Self, what: u8, byte: u8) -> Self {
        let (one, two) = (&self.model, &other.model);
        let only = |one: &HashMap<u64, V>, two: &HashMap<u64, V>| -> HashMap<u64, V> {
            one.iter().filter(|(key, _)| !two.contains_key(key)).map(|(key, value)| (*key, value.clone())).collect()
        };
        // Of two equal values it makes the same again, as it must.
        let higher = |_: &u64, one: &V, two: &V| one.max(two).clone();
        let both = || one.iter().filter_map(|(key, value)| Some((*key, value, two.get(key)?)));
        let (map, model) = match what % 9 {
            0 => {
                (self.map.union(&other.map), two.iter().chain(one).map(|(key, value)| (*key, value.clone())).collect())
            }
            1 => (self.map.intersection(&other.map), both().map(|(key, value, _)| (key, value.clone())).collect()),
            2 => (self.map.difference(&other.map), only(one, two)),
            3 => {
                let model = only(one, two).into_iter().chain(only(two, one)).collect();
                (self.map.symmetric_difference(&other.map), model)
            }
            4 => {
                let mut model: HashMap<_, _> = only(one, two).into_iter().chain(only(two, one)).collect();
                model.extend(both().map(|(key, one, two)| (key, higher(&key, one, two))));
                (self.map.union_with(&other.map, higher), model)
            }
            5 => {
                let model = both().map(|(key, one, two)| (key, higher(&key, one, two))).collect();
                (self.map.intersection_with(&other.map, higher), model)
            }
            6 => {
                // One side by a closure that changes and drops, and of both what is higher, if it is odd or equal.
                let left = |key: &u64, _: &V| (key % 4 != 0).then(|| V::of(byte));
                let mid = |key: &u64, one: &V, two: &V| (one == two || key % 2 == 1).then(|| higher(key, one, two));
                let mut model: HashMap<_, _> =
                    only(one, two).into_iter().filter_map(|(key, value)| Some((key, left(&key, &value)?))).collect();
                model.extend(both().filter_map(|(key, one, two)| Some((key, mid(&key, one, two)?))));
                (self.map.merge_with(&other.map, left, Discard, mid), model)
            }
            7 => {
                let mut model = only(two, one);
                model.extend(both().filter(|(_, one, two)| one == two).map(|(key, one, _)| (key, one.clone())));
                let same = |_: &u64, one: &V, two: &V| (one == two).then(|| one.clone());
                (self.map.merge_with(&other.map, Discard, Keep, same), model)
            }
            _ => {
                let patch: Patch<u64, V> = self.map.diff(&other.map).collect();
                let expected = one.keys().filter(|key| one.get(key) != two.get(key)).count();
                assert_eq!(patch.len(), expected + two.keys().filter(|key| !one.contains_key(key)).count());
                (self.map.apply(&patch), two.clone())
            }
        };
        Self { map, model }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn walk<V: Value, S: BuildHasher + Clone + Default>(bytes: &[u8]) {
    let mut versions = vec![Version::<V, S> { map: Map::default(), model: HashMap::new() }; 4];
    for &[what, who, key, byte] in bytes.as_chunks().0 {
        let (first, second, third) = (usize::from(who % 4), usize::from(who / 4 % 4), usize::from(who / 16 % 4));
        // Near each other and far apart.
        let key = if who & 0x40 == 0 { u64::from(key) } else { u64::from(key).reverse_bits() };
        let new = if what & 0x80 == 0 {
            // What the version has to itself is changed where it is, unless a copy is kept.
            let mut new = if who & 0x80 == 0 {
                let empty = Version { map: Map::default(), model: HashMap::new() };
                mem::replace(&mut versions[first], empty)
            } else {
                versions[first].clone()
            };
            // A range of keys must not overflow.
            new.change(what, key & !(0xff << 56) | key & 0x7f << 56, byte);
            new
        } else {
            versions[first].with(&versions[second], what, byte)
        };
        new.is_right();
        let other = &versions[second];
        assert_eq!(new.map == other.map, new.model == other.model);
        if new.map == other.map {
            assert_eq!(hash(&new.map), hash(&other.map));
        }
        versions[third] = new;
    }
    versions.iter().for_each(Version::is_right);
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, calls)) = bytes.split_first() else { return };
    match choice % 10 {
        0 => walk::<u64, FixedState>(calls),
        1 => walk::<u64, Identity>(calls),
        2 => walk::<u64, Clustered>(calls),
        3 => walk::<u64, Four>(calls),
        4 => walk::<u64, Constant>(calls),
        5 => walk::<Box<u8>, FixedState>(calls),
        6 => walk::<Box<u8>, Identity>(calls),
        7 => walk::<Box<u8>, Clustered>(calls),
        8 => walk::<Box<u8>, Four>(calls),
        _ => walk::<Box<u8>, Constant>(calls),
    }
});
