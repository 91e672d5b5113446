//! Strategies for proptest: frozen collections of what other strategies give. As [those of persistent ones](crate::persistent::strategy).
//!
//! ```
//! use polder_collections::frozen::{Map, strategy};
//! use proptest::prelude::*;
//!
//! proptest! {
//!     fn what_is_there_is_found(map in strategy::map(any::<u16>(), ".*", 0..50), other: Map<u16, u8>) {
//!         prop_assert!(map.iter().all(|(key, value)| map.get(key) == Some(value)));
//!         prop_assert!(other.iter().all(|(key, value)| other.get(key) == Some(value)));
//!     }
//! }
//! # what_is_there_is_found();
//! ```

use core::hash::Hash;
use std::collections::{HashMap, HashSet};

use proptest::{
    arbitrary::{Arbitrary, any_with},
    collection::{self, SizeRange},
    strategy::{Map, Strategy},
};

use super::{Map as Table, Set};
use crate::generate::strategies;

strategies! {
    /// Maps with the hasher of this process, of keys that are different.
    map(key: K, value: V) where { Hash + Eq } -> Table, by hash_map, HashMap;
    /// Sets with the hasher of this process, of items that are different.
    set(item: T) where { Hash + Eq } -> Set, by hash_set, HashSet;
}
