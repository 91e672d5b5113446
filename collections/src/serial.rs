//! serde: persistent and frozen maps are maps, sets and vectors are sequences. What versions share is written once for each.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use alloc::vec::Vec;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use crate::{frozen, persistent};

/// The entries of a map, in the order in which they come.
fn entries<'de, K: Deserialize<'de>, V: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(K, V)>, D::Error> {
    struct Entries<K, V>(PhantomData<(K, V)>);

    impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
        type Value = Vec<(K, V)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            // What the input says of its length is not to be believed.
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries(PhantomData))
}

macro_rules! serde {
    ($($type:path, as $collect:ident, from $read:path;
        <$($param:ident),*> write { $($write:tt)* } read { $($bound:tt)* })*) => { $(
        impl<$($param),*> Serialize for $type
        where
            $($write)*
        {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.$collect(self)
            }
        }

        /// In whatever order they come; of equal keys or items, those count that count for `FromIterator`.
        impl<'de, $($param),*> Deserialize<'de> for $type
        where
            $($bound)*
        {
            fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
                Ok($read(deserializer)?.into_iter().collect())
            }
        }
    )* };
}

serde! {
    persistent::Map<K, V, S>, as collect_map, from entries; <K, V, S>
        write { K: Serialize, V: Serialize }
        read { K: Deserialize<'de> + Hash + Eq, V: Deserialize<'de>, S: BuildHasher + Default }
    persistent::Set<T, S>, as collect_seq, from Vec::<T>::deserialize; <T, S>
        write { T: Serialize }
        read { T: Deserialize<'de> + Hash + Eq, S: BuildHasher + Default }
    persistent::OrdMap<K, V>, as collect_map, from entries; <K, V>
        write { K: Serialize, V: Serialize }
        read { K: Deserialize<'de> + Ord + Clone, V: Deserialize<'de> }
    persistent::OrdSet<T>, as collect_seq, from Vec::<T>::deserialize; <T>
        write { T: Serialize }
        read { T: Deserialize<'de> + Ord + Clone }
    persistent::Vector<T>, as collect_seq, from Vec::<T>::deserialize; <T>
        write { T: Serialize }
        read { T: Deserialize<'de> }
    frozen::Map<K, V, S>, as collect_map, from entries; <K, V, S>
        write { K: Serialize, V: Serialize }
        read { K: Deserialize<'de> + Hash + Eq, V: Deserialize<'de>, S: BuildHasher + Default }
    frozen::Set<T, S>, as collect_seq, from Vec::<T>::deserialize; <T, S>
        write { T: Serialize }
        read { T: Deserialize<'de> + Hash + Eq, S: BuildHasher + Default }
}
