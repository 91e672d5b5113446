//! [`Map`], a persistent hash map, and the types of its methods.
//!
//! How it is made:
//!
//! ```text
//!   Map ─── hasher
//!    └───── root ──► branch ──► branch ──► leaf: up to 32 entries, with a tag each      nodes: `node/mod.rs`
//!                                                                                       which node stands where: `shape.rs`
//!                                                                                       one entry in or out: `change.rs`
//!                                                                                       two maps: `combine.rs`, `diff.rs`
//! ```

mod change;
mod combine;
mod compact;
mod diff;
mod entry;
mod flat;
mod hash;
mod in_place;
#[cfg(all(any(test, not(feature = "std")), not(polder_loom)))]
mod key;
mod leaves;
mod lookup;
mod node;
#[cfg(feature = "rayon")]
mod parallel;
mod place;
mod shape;
mod state;
#[cfg(all(test, not(polder_loom)))]
mod tests;
mod traits;
mod two;
mod walk;
mod wide;

pub(crate) use self::flat::Row;
use self::node::Link;
#[cfg(feature = "rayon")]
pub use self::parallel::ParIter;
pub use self::{
    diff::Diff,
    entry::{Entry, OccupiedEntry, VacantEntry},
    state::{FastProcessState, ProcessState},
    walk::{IntoIter, Iter, IterMut, Keys, Values, ValuesMut},
};

/// A hash map that is a value: a clone is one count, changes leave other versions what they are, and versions share what they have in common.
///
/// For maps that are passed around, kept (undo, snapshots) or compared and merged. One that many threads change at once is
/// a [`Dict`](crate::Dict); one that is made once and only read is better flat.
///
/// # Complexity
///
/// `n` entries; `c` of them in leaves that two maps do not share, which for versions with `d` changes between them are at most about
/// `32 d`. The trie is about `log₁₆(n / 22)` branches deep: 3 for a hundred thousand entries, 4 for a million; 16 at most.
///
/// | operation | time | note |
/// |---|---|---|
/// | `clone`, `len`, `ptr_eq` | O(1) | |
/// | `get`, `contains_key` | O(log n) | a line of each branch, the leaf's tags, the entry; no atomic instruction |
/// | `insert`, `remove` | O(log n) | copies branches of 144 bytes and one leaf: about 900 bytes at a hundred thousand small entries |
/// | `insert_mut`, `remove_mut`, `get_mut` | O(log n) | in place as far as no other version has the nodes, else as above |
/// | `iter` and its kind | O(n) | |
/// | `==`, `diff`, `union`, `intersection`, `difference`, `symmetric_difference`, `merge_with` | O(c) | and what is only in one map and has to be visited; O(n) if the hashers differ |
/// | `FromIterator` | O(n log n) | sorts hashes, and builds exact nodes from below; clones nothing |
/// | `compact`, `compact_mut` | O(n) | into one allocation; clones no entry that owns something |
/// | `footprint` | O(nodes) | |
/// | drop | O(nodes that no other version has) | not deeper than the trie; of the last of a compact version, O(1) if entries are small and own nothing, else O(n) |
///
/// Memory: 18 to 22 bytes an entry of 16 bytes. Entries of up to 32 bytes that own nothing are in the leaves; others have an allocation each, which
/// versions share: keys and values that own something are not cloned when nodes are copied.
///
/// # Compact versions
///
/// [`compact`](Self::compact) copies a version into one piece of memory with one count. That is for a version that stays: it has no allocations of nodes to free, its nodes are near each
/// other, and threads that derive versions from it and drop them count at one place, once for each branch that is copied. It is given up as a whole: the smallest version
/// that still shares a node keeps all of it. [`footprint`](Self::footprint) says how much that is, and `compact` of that version ends it.
/// For a map that is only read, [`to_frozen`](Self::to_frozen) makes a flat one, which is faster to look into, and has no versions.
///
/// # Shape
///
/// The trie is a function of the hashes in it alone: equal maps with the same hasher look the same inside, whatever their histories. That is
/// what makes comparing and merging maps cheap that share nothing but contents, too.
///
/// # Hashers
///
/// The default one, [`ProcessState`], has one random key for all of the process, so that any two maps are compared and merged by their
/// structure. Maps whose hashers differ are compared and merged entry by entry. Two hashers of one type are taken for the same if
/// the type has no state, or if two fixed numbers have the same hashes by both: so a hasher of your own whose states differ should hash nearly
/// everything differently.
///
/// # Foreign code
///
/// `Hash`, `Eq`, `Clone`, `Drop` and closures may panic: other versions are not touched, and this one is as before the call or as after
/// it (of an operation on many entries, such as `extend`, some are done). If they lie, entries are lost or found twice; memory stays safe.
/// Small entries that own nothing are cloned by their `Clone` when their leaf is copied, large ones only where two versions come to differ in
/// them. A value that changes through `&` (a `Cell`) is in one version or in several, then: do not rely on either.
///
/// # Threads
///
/// A map is `Send` and `Sync` if keys, values and hasher are both. Versions may be cloned, changed and dropped by different threads: lookups are
/// wait-free and write nothing; a drop in one thread happens before a change in place or the freeing of the same nodes by another.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::Map;
///
/// let one: Map<&str, u32> = Map::from([("a", 1), ("b", 2)]);
/// let two = one.insert("c", 3);
/// assert_eq!((one.len(), two.len()), (2, 3));
/// assert_eq!(two.get("c"), Some(&3));
///
/// let mut three = two.clone();
/// three.insert_mut("a", 10);
/// assert_eq!(two["a"], 1);
/// assert_eq!(two.diff(&three).count(), 1);
/// ```
///
/// What is shared between threads must be fit for it:
///
/// ```compile_fail,E0277
/// let map = polder_collections::persistent::Map::from([(1, std::rc::Rc::new(1))]);
/// std::thread::spawn(move || map.len());
/// ```
/// ```
/// let map = polder_collections::persistent::Map::from([(1, std::sync::Arc::new(1))]);
/// std::thread::spawn(move || map.len());
/// ```
pub struct Map<K, V, S = ProcessState> {
    root: Link<K, V>,
    hasher: S,
}

impl<K, V> Map<K, V> {
    /// An empty map with the hasher of this process. Allocates nothing.
    pub const fn new() -> Self {
        Self::with_hasher(ProcessState::new())
    }
}

impl<K, V, S> Map<K, V, S> {
    /// An empty map with this hasher. Allocates nothing.
    ///
    /// Maps are merged and compared by structure if their hashers are clones of one, or of a type without state.
    pub const fn with_hasher(hasher: S) -> Self {
        Self { root: Link::EMPTY, hasher }
    }

    /// The hasher.
    pub const fn hasher(&self) -> &S {
        &self.hasher
    }

    /// How many entries there are. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.root.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Whether both are one version: they share everything, or are empty. O(1).
    ///
    /// Equal maps may still be apart: [`==`](PartialEq) looks at what they do not share.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.root.ptr_eq(&other.root)
    }

    /// The entries, in no particular order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.root)
    }

    /// The keys, in no particular order.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys(self.iter())
    }

    /// The values, in no particular order.
    pub fn values(&self) -> Values<'_, K, V> {
        Values(self.iter())
    }

    /// The same hasher, another trie.
    fn with_root(&self, root: Link<K, V>) -> Self
    where
        S: Clone,
    {
        Self { root, hasher: self.hasher.clone() }
    }
}

/// O(1): both share everything until one of them is changed.
impl<K, V, S: Clone> Clone for Map<K, V, S> {
    fn clone(&self) -> Self {
        self.with_root(self.root.clone())
    }
}
