//! serde: a dict is a map, of one moment.

use std::{fmt, hash::BuildHasher, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use super::WordDict;
use crate::dict::word::{Word, WordKey};

/// The entries of one moment.
impl<K: WordKey + Serialize, V: Word + Serialize, S: BuildHasher> Serialize for WordDict<K, V, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self.to_vec())
    }
}

/// Of keys that come twice, the last value stays.
impl<'de, K, V, S> Deserialize<'de> for WordDict<K, V, S>
where
    K: WordKey + Deserialize<'de>,
    V: Word + Deserialize<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<D>(PhantomData<D>);

impl<'de, K, V, S> Visitor<'de> for Entries<WordDict<K, V, S>>
where
    K: WordKey + Deserialize<'de>,
    V: Word + Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = WordDict<K, V, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        // What the input says of its length is not to be believed, so the dict grows as entries come.
        let dict = WordDict::default();
        while let Some((key, value)) = entries.next_entry()? {
            dict.insert(key, value);
        }
        Ok(dict)
    }
}
