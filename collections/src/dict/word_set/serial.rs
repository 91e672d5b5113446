//! serde: a set is a sequence, of one moment.

use std::{fmt, hash::BuildHasher, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
};

use super::WordSet;
use crate::dict::word::WordKey;

/// The keys of one moment.
impl<K: WordKey + Serialize, S: BuildHasher> Serialize for WordSet<K, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_seq(self.to_vec())
    }
}

impl<'de, K: WordKey + Deserialize<'de>, S: BuildHasher + Default> Deserialize<'de> for WordSet<K, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Keys(PhantomData))
    }
}

struct Keys<D>(PhantomData<D>);

impl<'de, K: WordKey + Deserialize<'de>, S: BuildHasher + Default> Visitor<'de> for Keys<WordSet<K, S>> {
    type Value = WordSet<K, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut keys: A) -> Result<Self::Value, A::Error> {
        // What the input says of its length is not to be believed, so the set grows as keys come.
        let set = WordSet::default();
        while let Some(key) = keys.next_element()? {
            set.insert(key);
        }
        Ok(set)
    }
}
