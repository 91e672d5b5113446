//! serde: a dict is a map, a set a sequence.

use std::{
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::{Dict, DictSet};

/// The entries, weakly consistent, as [`Dict::iter`] finds them.
impl<K: Serialize, V: Serialize, S> Serialize for Dict<K, V, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self.pin().iter())
    }
}

/// Of keys that come twice, the last entry stays.
impl<'de, K, V, S> Deserialize<'de> for Dict<K, V, S>
where
    K: Eq + Hash + Deserialize<'de>,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Contents::<Self>(PhantomData))
    }
}

/// The items, weakly consistent, as [`DictSet::iter`] finds them.
impl<T: Serialize, S> Serialize for DictSet<T, S> {
    fn serialize<U: Serializer>(&self, serializer: U) -> Result<U::Ok, U::Error> {
        serializer.collect_seq(self.as_dict().pin().keys())
    }
}

impl<'de, T, S> Deserialize<'de> for DictSet<T, S>
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

impl<'de, K, V, S> Visitor<'de> for Contents<Dict<K, V, S>>
where
    K: Eq + Hash + Deserialize<'de>,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = Dict<K, V, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = Dict::default();
        while let Some((key, value)) = entries.next_entry()? {
            dict.insert(key, value);
        }
        Ok(dict)
    }
}

impl<'de, T, S> Visitor<'de> for Contents<DictSet<T, S>>
where
    T: Eq + Hash + Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = DictSet<T, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let set = DictSet::default();
        while let Some(item) = items.next_element()? {
            set.insert(item);
        }
        Ok(set)
    }
}
