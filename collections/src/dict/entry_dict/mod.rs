//! The dict of entries.
//!
//! # What & when not
//!
//! Keys and values of any type, as entries on the heap; lookups give references out, and nothing that they give out locks
//! anything. Words of up to eight bytes are better off in a `WordDict`, which has them in place.
//!
//! # Representation
//!
//! ```text
//!   Dict ─── hasher
//!     └───── Store ─── Table<EntryBin>      bins of one cache line: tags, and six pointers ──► Entry { hash, key, value }
//!              └────── Domain<OwnedEntry>   entries that left the table, and may be being read
//! ```
//! An entry never changes. To replace a value is to replace the entry; so key and value that are read belong together, and
//! what was read stays what it is.
//!
//! # Invariants
//!
//! - **E1, pinned.** Whoever has an item from the table had a pin before it looked (`Under` is the proof), so the entry is
//!   there until that pin ends. An address is another entry's only after that: under a pin, the same pointer is the same entry.
//! - **E2, taken out once.** Who clears or overwrites an entry's slot, with the bin claimed, makes the one `Removed` of it, which
//!   retires it once.
//! - **E3, no foreign code under a claim.** `Hash`, `Eq`, `Clone`, `Drop` and closures run with nothing locked. So what they said is
//!   compared by pointer under the claim: is the entry that was found to be equal still there; is each entry with the same
//!   hash one that was found to be different? If not, all begins again.
//! - **E4, whole at every panic point.** An entry has an owner at each moment: the caller, an `OwnedEntry`, the table, a `Removed`, the
//!   domain. Foreign code runs only between those steps.
//!
//! # Protocols
//!
//! *Write.* (1) hash; (2) pin; (3) find, comparing keys; (4) claim the bin; (5) look whether (3) still holds, by pointers; (6) change
//! one slot; (7) let go of the claim, count, grow or shrink; (8) let go of the pin; (9) retire what was taken out, when the
//! caller drops it. If (5) fails: again from (3).
//!
//! *Look without a pin*, for comparisons that may take long (`raw`): (1) pin, find a candidate; (2) announce it in a hazard slot; (3) find it
//! again, by its pointer: it was not unlinked before (2), so no scan that comes after its retirement misses the slot; (4) end the pin,
//! compare; (5) pin, and begin again with that answer known: while the slot holds the entry, the same pointer is the same entry.
//!
//! # Orderings
//!
//! None of its own: those of the engine (D1 to D9) and of `polder_sync::reclaim` (F, R2, R3).
//!
//! # Checked by
//!
//! `tests/dict.rs`, `tests/dict_panics.rs`, `tests/dict_raw.rs`, `tests/dict_regressions.rs`, natively and under Miri;
//! `tests/loom_dict.rs`, writers beside readers with the entries themselves (E1, E2, E3). What must not compile: the examples at [`Dict`].

mod batch;
mod bulk;
mod change;
mod entry;
mod guard;
mod iter;
mod make;
mod once;
mod owned;
mod panics;
#[cfg(feature = "rayon")]
mod parallel;
mod pinned;
pub mod raw;
mod read;
#[cfg(feature = "serde")]
mod serial;
mod set;
mod set_iter;
mod store;
mod traits;
mod transact;
mod write;

use std::collections::hash_map::RandomState;

#[cfg(feature = "rayon")]
pub use self::parallel::PinnedParIter;
use self::store::Store;
pub use self::{
    bulk::Drain,
    change::{ComputedRef, UnequalError},
    guard::{Ref, Removed},
    iter::Iter,
    owned::IntoIter,
    pinned::{OwnedPinned, Pinned, PinnedIter, Pinning},
    set::DictSet,
    set_iter::{SetIntoIter, SetIter, SetRef, SetRemoved},
    transact::Transaction,
};
use super::builder::Growth;

/// A concurrent hash map: any number of threads read and change it through a shared reference.
///
/// Lookups write nothing that others read, and give out references: by a guard for each ([`get`](Self::get), [`Ref`]), by a
/// closure ([`read`](Self::read)), or many under one pin ([`pin`](Self::pin), [`Pinned`]). No guard, pin, iterator or closure locks
/// anything: whatever is done with the dict while they exist, in whatever order, by whatever thread, cannot deadlock.
///
/// Keys are hashed by `S`, and found by anything that is [`Equivalent`](crate::Equivalent) to them, as `str` is to `String`.
/// For keys and values that are plain words of up to eight bytes, [`WordDict`](crate::WordDict) is faster and smaller.
///
/// # Consistency
///
/// | methods | |
/// |---|---|
/// | `get`, `read`, `contains_key`, `insert`, `remove` and all others on one key | linearizable: as if at one moment between call and return |
/// | `snapshot` | all entries at one moment |
/// | `iter`, `retain`, `drain`, `clear`, `clone`, `==` | weakly consistent: what is there throughout is met once; what comes or goes meanwhile, once or not at all |
/// | `len`, `is_empty` | a sum of counts that are read one after the other |
///
/// Whatever a thread did before it put an entry in, has happened before whatever another does after it has found the entry.
///
/// An entry never changes: to change a value is to replace the entry, and who has found the old one keeps it.
///
/// **Progress.** Reading is lock-free. Writing takes one bin for a few instructions, in which no foreign code runs; a
/// writer that meets another one there waits for that long.
///
/// **Foreign code** is hashers, `Hash`, `Eq`, `Clone`, `Drop` and closures. It runs with nothing locked, so it may use the dict, whatever for.
/// If it panics, the dict is as it was before the call or as it is after it, and as usable as ever.
///
/// **Memory.** An entry that was removed or replaced is dropped when no pin that began before is left: by
/// a thread that gives up some later entry, or by [`flush`](Self::flush), or at the latest with the dict. So a pin (a [`Ref`], a
/// [`Pinned`], an iterator) that lives long keeps much. Bins come and go one at a time with the entries.
///
/// # Bounds
///
/// What a thread puts in, others read and drop: to share a dict, keys and values must be `Send + Sync`. A dict that stays on a
/// thread holds anything, also what is borrowed.
///
/// ```
/// use polder_collections::Dict;
///
/// let text = String::from("one two one");
/// let counts = Dict::new();
/// std::thread::scope(|scope| {
///     for word in text.split(' ') {
///         let counts = &counts;
///         scope.spawn(move || {
///             counts.get_or_insert(word, 0);
///             counts.update(word, |count| count + 1);
///         });
///     }
/// });
/// assert_eq!(*counts.get("one").unwrap(), 2);
/// ```
///
/// Values that threads may not share do not go into a dict that they do share (an `AtomicU32` in the place of the `Cell` does):
///
/// ```compile_fail,E0277
/// let dict = polder_collections::Dict::from([(1, std::cell::Cell::new(1))]);
/// std::thread::scope(|scope| {
///     scope.spawn(|| dict.len());
/// });
/// ```
/// ```
/// let dict = polder_collections::Dict::from([(1, std::sync::atomic::AtomicU32::new(1))]);
/// std::thread::scope(|scope| {
///     scope.spawn(|| dict.len());
/// });
/// ```
///
/// The same for keys (`Arc` in the place of `Rc`), and for a dict that moves to another thread:
///
/// ```compile_fail,E0277
/// let dict = polder_collections::Dict::from([(std::rc::Rc::new(1), 1)]);
/// std::thread::spawn(move || dict.len());
/// ```
/// ```
/// let dict = polder_collections::Dict::from([(std::sync::Arc::new(1), 1)]);
/// std::thread::spawn(move || dict.len());
/// ```
///
/// What a key or a value borrows has to outlive the dict (it does if `text` comes first):
///
/// ```compile_fail,E0597
/// let dict = polder_collections::Dict::new();
/// let text = String::from("text");
/// dict.insert(text.as_str(), 1);
/// ```
/// ```
/// let text = String::from("text");
/// let dict = polder_collections::Dict::new();
/// dict.insert(text.as_str(), 1);
/// ```
///
/// And a dict of long-lived references is not one of short-lived ones too (it is one from the beginning, if nobody says `'static`):
///
/// ```compile_fail,E0597
/// use polder_collections::Dict;
///
/// fn put<'a>(dict: &Dict<u32, &'a str>, text: &'a str) {
///     dict.insert(1, text);
/// }
/// let dict: Dict<u32, &'static str> = Dict::new();
/// let text = String::from("text");
/// put(&dict, &text);
/// ```
/// ```
/// use polder_collections::Dict;
///
/// fn put<'a>(dict: &Dict<u32, &'a str>, text: &'a str) {
///     dict.insert(1, text);
/// }
/// let text = String::from("text");
/// let dict: Dict<u32, &str> = Dict::new();
/// put(&dict, &text);
/// ```
pub struct Dict<K, V, S = RandomState> {
    store: Store<K, V>,
    hasher: S,
    growth: Growth,
    huge_pages: bool,
}
