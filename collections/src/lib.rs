//! Collections that threads share: dicts whose lookups write nothing, and which nobody can lock; and collections that are values.
//!
//! | type | keys and values | a lookup gives | kept in |
//! |---|---|---|---|
//! | [`WordDict`], [`WordSet`] | plain words of up to eight bytes: integers, `char`, floats as values | the value | bins of 128 bytes, seven entries each |
//! | [`Dict`], [`DictSet`] | anything; keys are found by what they are [`Equivalent`] to | a guard, or under a pin a reference | bins of 64 bytes, six pointers each |
//! | [`persistent::Map`], [`Set`](persistent::Set), [`OrdMap`](persistent::OrdMap), [`OrdSet`](persistent::OrdSet) | the same, as values: each change makes a version | a reference | trees, of which versions share the nodes |
//! | [`frozen::Map`], [`frozen::Set`] | the same; nothing changes any more | a reference | one slice, in the order of hashes |
//!
//! ```
//! use polder_collections::{Dict, WordDict};
//! use std::thread;
//!
//! let words = Dict::from([("one".to_owned(), 1), ("two".to_owned(), 2)]);
//! let hits = WordDict::new();
//! thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| {
//!             // A guard holds nothing that others wait for, so this cannot deadlock.
//!             let one = words.get("one").unwrap();
//!             words.insert("one".to_owned(), *one);
//!             hits.add_or_insert(*one, 1_u64);
//!         });
//!     }
//! });
//! assert_eq!(hits.get(&1), Some(4));
//! ```
//!
//! - **Lookups** are reads: no lock, no shared line is written, and they do not wait; only while a snapshot is being made does one that
//!   comes to a bin under change wait for that change.
//! - **Writers** have one bin to themselves for some instructions, in which no code of yours runs. So no closure, `Hash`, `Eq` or `Drop`
//!   can deadlock by calling back; if one panics, nothing is lost.
//! - **Growth and shrinking** go by a few bins at a time: no operation ever pays for the whole table, and there is never a second one. Memory
//!   comes back with the entries.
//! - **All at once**: [`snapshot`](WordDict::snapshot) is the dict at one moment; [`transact`](WordDict::transact) reads and
//!   writes several keys as one.
//!
//! [`consistency`] says for each method what others can see of it, who waits for whom, and what happens on panics. How the table works is told in
//! the source, `dict/engine/mod.rs`; every ordering that its proof relies on has a name and is weakened by a test.
//!
//! [`persistent`] has collections of the other kind: values, of which each thread has its own version, and which share what they have in common.
//!
//! # Which one to take
//!
//! | what for | take | what it costs elsewhere |
//! |---|---|---|
//! | numbers and the like for numbers, changed by many threads | [`WordDict`], [`WordSet`] | a value is what fits a word; a lookup copies it |
//! | any keys and values, changed by many threads while others read | [`Dict`], [`DictSet`] | an allocation an entry; there are no versions, but [`snapshot`](Dict::snapshot) |
//! | a table that is built once, or replaced as a whole, and read by all | [`frozen::Map`], [`frozen::Set`] | no changes |
//! | versions: passed on, kept for undo, compared, merged, sent as a difference | [`persistent::Map`], [`persistent::Set`] | a change copies a path; no order but that of hashes |
//! | the same in the order of keys: ranges, the first, the `n`-th, parts and joins; keys without a hash | [`persistent::OrdMap`], [`persistent::OrdSet`] | a lookup compares keys on each level |
//! | the same as a sequence: by index, at both ends, cut and joined anywhere | [`persistent::Vector`] | an index is looked up in O(log n) |
//! | one thread, and no older version is wanted | std's `HashMap`, `BTreeMap`, `Vec` | a clone copies everything |
//!
//! They turn into each other: a [`Snapshot`] into a [`frozen::Map`], and all of them from iterators. What each operation costs is in a table at
//! [`persistent`], at [`frozen`], and at the types.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `std`, on by default | the dicts, and what belongs to std's types |
//! | `serde` | `Serialize` and `Deserialize` of all collections, and `persistent::Versions`, which writes once what versions share |
//! | `rayon` | parallel iterators; persistent and frozen collections are built by many threads too |
//! | `proptest` | strategies and proptest's `Arbitrary` of persistent and frozen collections: `persistent::strategy`, `frozen::strategy` |
//! | `arbitrary` | `Arbitrary` of the crate of that name, of the same collections |
//!
//! # Without `std`
//!
//! With `default-features = false` the crate is `no_std` and needs `alloc`: [`persistent`] and [`frozen`] are there, the dicts, which need threads, are not. See
//! [`persistent::ProcessState`] for where hash keys come from then. All other features but `serde` bring `std`.
//!
//! # Hashers
//!
//! The default hasher is std's, which nobody who does not know its keys can outwit; [`FastState`] is several times as fast, for keys
//! that nobody chooses with intent.

#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

#[cfg(feature = "std")]
mod dict;
mod edge;
pub mod frozen;
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
mod generate;
pub mod persistent;
mod primitive;
#[cfg(feature = "serde")]
mod serial;

#[cfg(all(doc, feature = "std"))]
#[doc = include_str!("../docs/consistency.md")]
pub mod consistency {}

#[cfg(feature = "std")]
pub use dict::{
    Build, CompareError, Computed, ComputedRef, Dict, DictBuilder, DictSet, Drain, FastState, Growth, HalfWord,
    IntegerWord, IntoIter, Iter, OccupiedError, Op, OwnedPinned, Pinned, PinnedIter, Pinning, Ref, Removed,
    SetIntoIter, SetIter, SetRef, SetRemoved, Snapshot, SnapshotIntoIter, SnapshotIter, Transaction, UnequalError,
    Word, WordDict, WordDrain, WordIntoIter, WordIter, WordKey, WordKeys, WordSet, WordSetDrain, WordSetIntoIter,
    WordSetIter, WordTransaction, WordValues, raw,
};
#[cfg(feature = "rayon")]
pub use dict::{PinnedParIter, WordParIter};
pub use equivalent::Equivalent;
