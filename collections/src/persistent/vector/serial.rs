//! serde: a vector is a sequence.

use core::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
};

use super::{Vector, config::LEAF, tree::Leaf};
use crate::persistent::shared::Shared;

impl<T: Serialize> Serialize for Vector<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Vector<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Vector<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vector<T>, A::Error> {
        let mut all = Vector::new();
        loop {
            let mut leaf = Leaf::new();
            while leaf.len() < LEAF
                && let Some(value) = elements.next_element()?
            {
                leaf.push(value);
            }
            let last = leaf.len() < LEAF;
            if !leaf.is_empty() {
                all.push_leaf(Shared::new(leaf));
            }
            if last {
                return Ok(all);
            }
        }
    }
}
