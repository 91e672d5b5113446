//! serde: a map is a map, a set a sequence.

use alloc::vec::Vec;
use core::{
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::{Map, Set};

/// The entries, in the order of their hashes.
impl<K: Serialize, V: Serialize, S> Serialize for Map<K, V, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self)
    }
}

/// Of keys that come twice, the last entry stays.
impl<'de, K, V, S> Deserialize<'de> for Map<K, V, S>
where
    K: Eq + Hash + Deserialize<'de>,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Contents::<Self>(PhantomData))
    }
}

/// The items, in the order of their hashes.
impl<T: Serialize, S> Serialize for Set<T, S> {
    fn serialize<U: Serializer>(&self, serializer: U) -> Result<U::Ok, U::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T, S> Deserialize<'de> for Set<T, S>
where
    T: Eq + Hash + Deserialize<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Contents::<Self>(PhantomData))
    }
}

struct Contents<D>(PhantomData<D>);

// What the input says of its length is not to be believed, so both grow as entries come.

impl<'de, K, V, S> Visitor<'de> for Contents<Map<K, V, S>>
where
    K: Eq + Hash + Deserialize<'de>,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = Map<K, V, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut vec = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            vec.push(entry);
        }
        Ok(Map::from(vec))
    }
}

impl<'de, T, S> Visitor<'de> for Contents<Set<T, S>>
where
    T: Eq + Hash + Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = Set<T, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut vec = Vec::new();
        while let Some(item) = items.next_element()? {
            vec.push(item);
        }
        Ok(Set::from(vec))
    }
}
