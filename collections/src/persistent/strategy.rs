//! Strategies for proptest: persistent collections of what other strategies give.
//!
//! Each has as many entries as the size says, and shrinks as std's collections do in proptest. A collection of anything that has proptest's
//! [`Arbitrary`] has it too, for `any`.
//!
//! ```
//! use polder_collections::persistent::{Map, strategy};
//! use proptest::prelude::*;
//!
//! proptest! {
//!     fn a_union_has_the_entries_of_both(one in strategy::map(0..100_u8, ".*", 0..50), other: Map<u8, String>) {
//!         let union = one.union(&other);
//!         prop_assert!(one.keys().chain(other.keys()).all(|key| union.contains_key(key)));
//!     }
//! }
//! # a_union_has_the_entries_of_both();
//! ```

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::hash::Hash;
use std::collections::{HashMap, HashSet};

use proptest::{
    arbitrary::{Arbitrary, any_with},
    collection::{self, SizeRange},
    strategy::{Map, Strategy},
};

use super::{Map as HashTrie, OrdMap, OrdSet, Set, Vector};
use crate::generate::strategies;

strategies! {
    /// Maps with the hasher of this process, of keys that are different.
    map(key: K, value: V) where { Hash + Eq } -> HashTrie, by hash_map, HashMap;
    /// Sets with the hasher of this process, of items that are different.
    set(item: T) where { Hash + Eq } -> Set, by hash_set, HashSet;
    /// Ordered maps, of keys that are different.
    ord_map(key: K, value: V) where { Ord + Clone } -> OrdMap, by btree_map, BTreeMap;
    /// Ordered sets, of items that are different.
    ord_set(item: T) where { Ord + Clone } -> OrdSet, by btree_set, BTreeSet;
    /// Vectors.
    vector(element: T) where { Sized } -> Vector, by vec, Vec;
}
