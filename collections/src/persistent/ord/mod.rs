//! Ordered maps and sets: a B+tree whose nodes versions share.
//!
//! # Representation
//!
//! ```text
//!   OrdMap ──► Branch { len, height, keys:      │  20   │  57   │  83   │ }
//!                              children: │   ▼   │   ▼   │   ▼   │   ▼   │
//!                                            Leaf { keys:   │ 20 │ 31 │ 40 │ 44 │ }
//!                                                   values: │ d  │ e  │ f  │ g  │
//! ```
//!
//! All entries are in leaves, all leaves on one level. Keys and values stand apart, so that a search reads keys only. An empty map is no node
//! at all. Every node is behind a counted pointer: a version that changes an entry has its own copy of the nodes above, and the rest in common.
//!
//! # Invariants
//!
//! - **I1, order.** Keys ascend in a leaf; `keys[i]` of a branch is above all keys below `children[i]`, and not above any key below
//!   `children[i + 1]`. It need not be a key that is still there.
//! - **I2, size.** A leaf has `LEAF_MIN..=LEAF` entries, a branch `FAN_MIN..=FAN` children, the root from one entry or two children on.
//! - **I3, counts.** The `len` of a branch is the number of entries below it; `height` is the number of branches on the way to a leaf, from it.
//! - **I4, the owner changes.** A node is changed by `Shared::make_own` only, so it is copied first if another version has it.
//!
//! With an `Ord` that is not a total order I1 says nothing; then lookups may miss, and nothing worse happens. A panic of foreign code (`Ord`,
//! `Clone`, `Drop`) in the middle of a removal may leave a root with one child, which the next removal puts right.
//!
//! # Protocols
//!
//! *Insertion* goes down to the leaf and comes back with a node, where one was divided. *Removal* fills small children up on its way down.
//! *Joining* two trees hangs the lower one in at its height. *Splitting* takes the children on each side off each branch on the way, and joins
//! them. *Whatever takes two maps* walks both at once: subtrees that both share, and such as have nothing beside them in the other map, are
//! passed over or taken whole; what comes out is put together by joining.
//!
//! # Checked by
//!
//! `tests.rs` (the invariants, after calls at random), `collections/tests/persistent_ord*.rs` (against std's maps; panics; sharing).

mod config;
mod diff;
mod entry;
mod iter;
mod map;
mod merge;
mod node;
#[cfg(feature = "rayon")]
mod parallel;
mod set;
#[cfg(all(test, not(polder_loom)))]
mod tests;
mod traits;
mod walk;

pub mod ord_map {
    //! [`OrdMap`], a persistent ordered map, and the types of its methods.

    #[cfg(feature = "rayon")]
    pub use super::parallel::ParIter;
    pub use super::{
        diff::Diff,
        entry::{Entry, OccupiedEntry, VacantEntry},
        iter::{IntoIter, IntoKeys, IntoValues, Iter, IterMut, Keys, Range, RangeMut, Values, ValuesMut},
        map::OrdMap,
    };
}

pub mod ord_set {
    //! [`OrdSet`], a persistent ordered set, and the types of its methods.

    #[cfg(feature = "rayon")]
    pub use super::set::ParIter;
    pub use super::set::{Diff, IntoIter, Iter, OrdSet, Range};
}
