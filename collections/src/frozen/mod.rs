//! Maps and sets that are built once, and then only read: [`Map`] and [`Set`].
//!
//! All entries stand in one slice, in the order of their hashes; an index says where in it the entries with the upper bits of a hash begin, and
//! knows seven more bits of each. Two allocations, no counts, no locks: a reference to a map is all that a thread needs to read it.
//!
//! ```
//! use polder_collections::frozen::{Map, Set};
//!
//! let prices = Map::from([("pears".to_owned(), 3), ("plums".to_owned(), 5)]);
//! assert_eq!(prices.get("plums"), Some(&5));
//!
//! // From anything that yields pairs; of equal keys, the last one stays.
//! let squares: Map<u64, u64> = (0..1000).map(|n| (n, n * n)).collect();
//! assert_eq!(squares[&30], 900);
//!
//! let (even, small) = (Set::from([2, 4, 6]), Set::from([1, 2, 3, 4]));
//! assert_eq!(even.intersection(&small), Set::from([2, 4]));
//! ```
//!
//! # Complexity
//!
//! Of a map of `n` entries and another one of `m`, with a hash function that is good in its upper bits:
//!
//! | operation | time | |
//! |---|---|---|
//! | `get`, `get_key_value`, `contains_key`, `[]` | O(1) | one line of the index, one of the entries; of most absent keys none |
//! | the same, where keys have up to 8 bytes and nothing to drop, and there are up to 8 entries | O(1) | no hash; all keys are compared at once |
//! | `get_many` | O(1) each | hashes all keys first: sooner than `get` of each with the default hasher and entries out of the caches, later else |
//! | `iter`, `keys`, `values` | O(n) | that of a slice, from both ends |
//! | `from_vec`, `try_from_vec`, `collect`, `From` | O(n) | hashes each key once; about 40 bytes an entry until it is done |
//! | `==`, `Hash` | O(n) | where the order is the same, `==` hashes nothing |
//! | `merge_join`, `merge_with`, `union`, `intersection`, `difference`, `symmetric_difference` | O(n + m) | hashes each key once |
//! | `is_subset` | O(n) | a lookup an item |
//! | `into_vec`, `into_iter` | O(1) | and none of the entries is moved |
//! | `From` a persistent map or set, `to_persistent`, and the other way | O(n) | hashes no key whose hash is known |
//! | `clone` | O(n) | put the map into an `Arc` to have several owners |
//! | drop | O(1) | two allocations, besides what keys and values do |
//!
//! Memory: the entries without a gap, and 3.2 bytes for each: 19.2 bytes for one of two `u64`.
//!
//! # The order, and bad hashes
//!
//! The order of entries is that of their hashes as numbers, so it is the same in all maps with equal hashers, whatever they were built from; where hashes
//! are equal, the entries stand as they came. Two maps in the same order are joined by going along both; where the order differs because the
//! hashers do, the other map's entries are sorted first: O(n + m log m), and the answer is the same. The default hasher has one state in the process,
//! so all maps with it have the same order ([`ProcessState`]).
//!
//! A hash function that leaves upper bits as they are, or gives many keys one hash, costs speed and memory alone: then the map keeps the hashes,
//! 8 bytes an entry, and finds a key in O(log n), and in O(k) among `k` keys with its very hash.
//!
//! # Panics and lies
//!
//! `Hash`, `Eq`, `Clone`, `Drop` and closures that panic lose and leak nothing: what was given or made is dropped once, and a map that is only
//! read stays as it was. If they lie, lookups and joins answer wrongly, and that is all.
//!
//! # Which one to take
//!
//! | what for | take |
//! |---|---|
//! | a table that is built once and read by many: configuration, symbols, what a server starts with | [`Map`] |
//! | the same, replaced as a whole now and then | [`Map`] in an `AtomicRef` |
//! | versions that differ in little, and are kept, compared or merged | a persistent map, [`compact`](crate::persistent::Map::compact) if many are made of one |
//! | entries that threads insert and remove while others read | [`Dict`](crate::Dict), [`WordDict`](crate::WordDict) |
//! | one thread, changing entries | std's `HashMap`: in the cache it finds keys somewhat faster, too |
//!
//! Next to std's `HashMap`, a frozen map is smaller, is gone through several times as fast, has an order, is compared and joined in step, and tells
//! most absent keys without looking at an entry. Lookups that are waited for take as long or less; many at once, in the first caches, take
//! longer, because its index is a step more.

mod build;
mod index;
mod iter;
mod join;
mod map;
#[cfg(feature = "rayon")]
mod parallel;
mod set;
#[cfg(feature = "proptest")]
pub mod strategy;
mod traits;
mod versions;

pub use self::{
    build::DuplicateError,
    iter::{IntoIter, Iter, Keys, SetIntoIter, SetIter, Values},
    join::{Joined, MergeJoin},
    map::Map,
    set::Set,
};
pub use crate::persistent::ProcessState;
