//! Collections as values: a clone costs as much as one of a number, and what two versions have in common is there once.
//!
//! | type | what it is | order |
//! |---|---|---|
//! | [`Map`], [`Set`] | a hash trie whose shape depends on nothing but what is in it | of the hashes |
//! | [`OrdMap`], [`OrdSet`] | a B+tree with keys and values apart | of the keys |
//! | [`Vector`] | a radix tree that joins and cuts in logarithmic time | as put in |
//!
//! The iterators and entries of each are in the module of its name in small letters: [`map`], [`set`], [`ord_map`], [`ord_set`], [`vector`].
//!
//! Looking at a version takes no lock and writes nothing, so any number of threads may do it; whoever changes one, changes his own. To hand
//! the newest version round, keep it in a cell, such as polder-sync's `AtomicRef`.
//!
//! ```
//! use polder_collections::persistent::OrdMap;
//! use std::thread;
//!
//! let ports = OrdMap::from([("http", 80), ("ssh", 22)]);
//! let more = thread::scope(|scope| {
//!     // Each thread has a version of its own, and both share what neither has changed.
//!     let more = scope.spawn(|| ports.insert("https", 443));
//!     assert_eq!(ports.get("https"), None);
//!     more.join().unwrap()
//! });
//! assert_eq!((ports.len(), more.len()), (2, 3));
//! ```
//!
//! # Two forms of every change
//!
//! | form | signature | what it does |
//! |---|---|---|
//! | persistent, plain name | `insert(&self, …) -> Self` | returns the changed version; `self` stays what it is |
//! | in place, name in `_mut` | `insert_mut(&mut self, …) -> Option<V>` | changes `self` and answers as std's method of the plain name does |
//!
//! Both copy the nodes between the root and the change where another version has them too; the form in place changes nodes that it has to
//! itself where they are. So a map that was never cloned, changed in place, costs what an ordinary one costs, and the first changes
//! after a clone pay for their copies.
//!
//! - A method that takes `&self` and returns `Self` has the plain name: `insert`, `remove`, `update`, `union`, `apply`, …
//! - A method that takes `&mut self` has the suffix: `insert_mut`, `remove_mut`, `get_mut`, `iter_mut`, `retain_mut`, `entry_mut`, … This
//!   is so where std has no suffix as well, and where there is only this form. `Extend`, `IndexMut` and such keep the names of their traits.
//! - A method that takes `self` uses it up, and works in place where it can.
//!
//! `K: Clone` and `V: Clone` are asked for by those methods alone that may have to copy a path; `Clone` itself asks for nothing.
//!
//! # Complexity
//!
//! `n` entries; `m` in the other collection; `d` nodes that the two do not share, which is some for each change that lies between them, and all where nothing is
//! shared. The logarithm is to a base of 16 or more. *Copies* is what a change makes new if another version has everything too; a form in place makes new
//! only what another version has.
//!
//! | operation | [`Map`], [`Set`] | [`OrdMap`], [`OrdSet`] | [`Vector`] | copies |
//! |---|---|---|---|---|
//! | `clone`, `len`, `ptr_eq` | O(1) | O(1) | O(1) | nothing |
//! | `get`, `contains_key`, `[]` | O(log n) | O(log n) | O(log n); by [`Focus`](vector::Focus) nearby O(1) | nothing |
//! | the first, the last | – | O(log n) | O(1); O(log n) after elements were taken there | nothing |
//! | the `n`-th, `rank` | – | O(log n) | as `get` | nothing |
//! | `range` | – | O(log n), then O(1) an entry | `slice`, below | nothing |
//! | `iter`, `keys`, `values` | O(n) | O(n) | O(n) | nothing |
//! | `insert`, `remove`, `update` or `alter`, `entry_mut`, `get_mut` | O(log n) | O(log n) | O(log n) | a path |
//! | at the ends: `push_back`, `pop_front`, …; `pop_first`, … | – | O(log n) | O(1), each 32nd time O(log n) | a leaf; a path |
//! | `iter_mut`, `values_mut`, `range_mut`, an entry | O(1) | O(1) | O(1) | what is come to |
//! | `retain`, `filter` | O(n) | O(n) | O(n) | nodes of which something goes; of a vector all behind; by `OrdMap::retain_mut` all |
//! | `union`, `intersection`, `difference`, `symmetric_difference`, `merge_with` | O(d) | O(d log n) | – | nodes that come out otherwise |
//! | `diff` to the end, `==` | O(d) | O(d log n) | `==` O(n) at most; versions O(d log n) | nothing |
//! | `is_subset`; `is_disjoint` | O(d); O(n) of the smaller | O(d log n) | – | nothing |
//! | `cmp`, `Hash` | `Hash` O(n) | O(n) | O(n) | nothing |
//! | `apply` of `k` changes | O(k log n) | O(k log n) | – | paths |
//! | `split`, `split_off_mut`, `split_at` | – | O(log n) | O(log n) | two paths |
//! | `append` of what lies behind, `concat`, `append_mut` | – | O(log n) | O(log n) | a path of each |
//! | `slice`, `take`, `skip`; `splice` of `k` | – | – | O(log n); O(log n + k) | two paths |
//! | `sort` | – | – | O(n log n) | everything |
//! | `collect`, `From` | O(n log n) | O(n); O(n log n) out of order | O(n) | – |
//! | `extend` by `k` | O(k log n) | O(k log n) | O(k) | paths |
//! | drop | O(nodes that nobody else has) | the same | the same | – |
//!
//! Dropping recurs by the height of the tree, which is a few levels, so that no collection is too large for a stack. Maps by hash whose hashers differ go entry by entry:
//! O(n + m) instead of O(d).
//!
//! # Two versions at once
//!
//! What takes two maps, `==`, `diff`, `union` and the like, passes over the parts that both share: it costs what lies between the
//! versions, not what is in them. For that, `==` and `diff` ask for values that are [`Eq`]: a value that is shared is taken to be equal to itself.
//! [`Change`] is one difference, and a [`Patch`] is many of them, to be kept and applied to another map. A `merge_with` is told what to do
//! with entries of one side by [`Keep`], [`Discard`], or a closure.
//!
//! # By features, and around
//!
//! | | what | feature |
//! |---|---|---|
//! | [`Hashed`] | a collection that knows the hash of its content, and brings it up to date by what changed | |
//! | `Versions` | versions for serde, of which what they share is written once, and shared again when it is read | `serde` |
//! | `Serialize`, `Deserialize` | each version by itself: maps as maps, sets and vectors as sequences | `serde` |
//! | `par_iter`, `collect`, `par_extend` | iteration by many threads, and building: they hash, sort and make the nodes | `rayon` |
//! | `strategy`, `any` | strategies for proptest | `proptest` |
//! | `Arbitrary` | collections out of the bytes of a fuzzer, by the crate `arbitrary` | `arbitrary` |
//!
//! # Versions that stay
//!
//! A [`Map`] or [`Set`] that many versions are made from, or that is kept for long, may be put into one allocation with one count by
//! [`compact`](Map::compact); it remains a version as any other. One that is only read from then on may become a flat
//! [`frozen::Map`](crate::frozen::Map) by [`to_frozen`](Map::to_frozen), and go back by `to_persistent`.
//!
//! # Panics
//!
//! Where foreign code (`Ord`, `Hash`, `Clone`, `Drop`, closures) panics, nothing is lost twice and nothing dangles. What a persistent form was
//! asked of is never changed; each form in place says what it leaves. Only a count that overflows, after `isize::MAX` clones were
//! forgotten, ends the process.

mod change;
mod content;
mod count;
mod footprint;
pub mod map;
mod merge;
mod ord;
#[cfg(feature = "rayon")]
mod parallel;
pub mod set;
mod sets;
mod shared;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod vector;
#[cfg(feature = "serde")]
mod versions;

pub use change::{Change, Patch};
pub(crate) use content::sum;
pub use content::{Content, Hashed};
pub use footprint::Footprint;
pub use map::{FastProcessState, Map, ProcessState};
pub use merge::{Discard, Keep, Unmatched};
pub use ord::{
    ord_map::{self, OrdMap},
    ord_set::{self, OrdSet},
};
pub use set::Set;
pub use vector::Vector;
#[cfg(feature = "serde")]
pub use versions::Versions;
