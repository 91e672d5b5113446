//! The nodes of the hash trie: all the unsafe code of [`Map`](super::Map) is in here.
//!
//! # What & when not
//!
//! Nodes of two kinds, held by [`Link`]s, which count. What a trie looks like (which prefix is a leaf, how wide a branch is) is decided outside,
//! in safe code: nothing here relies on hashes, on `Eq`, or on the shape.
//!
//! # Representation
//!
//! ```text
//!   Link: one word          null: nothing is there
//!   ┌────────────────┬───┬───┐
//!   │ address, by 16 │ u │ w │ w = 0: a leaf      w = 1..=4: a branch of 2^w slots      u: the node is in a unit
//!   └────────────────┴───┴───┘
//!
//!   Leaf    ┌───────┬─────┬─────┬─────────────────────────────┬──────────────────────┐
//!           │ owner │ len │ cap │ tags: 16 bytes a group      │ cells: cap of them   │
//!           └───────┴─────┴─────┴─────────────────────────────┴──────────────────────┘
//!                                  tag i ──────────────────────► cell i, for i < len; tags from len on are zero
//!
//!   Branch  ┌───────┬─────┬──────┬──────┬──────┬──────┬ ─ ─ ─ ┐
//!           │ owner │ len │ slot │ slot │ slot │ slot │         2^w slots, found by the next w bits of the hash
//!           └───────┴─────┴──┼───┴──┼───┴──────┴──┼───┴ ─ ─ ─ ┘
//!                            └──┬───┘             ▼
//!                               ▼ a run: a leaf for both, counted once
//!
//!   owner: of a node by itself its count, of one in a unit how far it is from the unit's head
//!
//!   Unit    ┌───────┬──────┬────────┬─────┬─────────┬──────┬ ─ ─ ─ ┬────────┬──────┬──────┬ ─ ─ ─ ┐
//!           │ count │ size │ leaves │ end │ entries │ root │        │ branch │ leaf │ leaf │        one allocation
//!           └───▲───┴──────┴────────┴─────┴─────────┴──▲───┴ ─ ─ ─ ┴───▲────┴──────┴──────┴ ─ ─ ─ ┘
//!               │ the number of links from outside:    │               │
//!               ├── of handles ────────────────────────┘               │
//!               └── in slots of newer branches ────────────────────────┘    those from within are not counted
//! ```
//! A lookup reads one line of each branch (the slot: its width is in the link), the tags of the leaf, and the entry. There is no bitmap, so no
//! count of bits, which the default target of x86 emulates.
//!
//! A *cell* is an entry in place, if it is small and needs no drop, else a counted pointer to it ([`Form`]). So to copy a leaf copies no
//! keys that are large or own something. Entries in place are copied by their `Clone`: a type without drop glue is not for that one whose bits may be doubled.
//!
//! # Why 32 entries and 16 slots
//!
//! To copy a branch is to count each child up, and to drop the old one is to count each down: two locked instructions for each, about 10
//! ns. The leaf's cells in place are copied as memory is. So the wide part of the trie is to be the leaf, and the branches narrow: a further level costs
//! a get one line that is mostly in the cache, as the last level of slots is as large as before. Simulated for entries of 16 bytes, exact
//! leaves (bytes an entry, bytes copied by a persistent update, children counted by it, branches above a leaf):
//!
//! | entries | leaf 32, 64 slots | leaf 32, **16 slots** | leaf 32, 8 slots | leaf 64, 16 slots |
//! |---|---|---|---|---|
//! | 1 k | 18.6, 973, 63, 1.0 | **18.9, 632, 18, 2.0** | 18.8, 605, 14, 2.0 | 17.8, 1023, 15, 1.4 |
//! | 100 k | 18.4, 1508, 126, 2.1 | **18.5, 884, 45, 3.1** | 18.6, 772, 28, 4.1 | 17.7, 1251, 38, 3.0 |
//! | 1 M | 18.6, 1647, 141, 3.0 | **18.6, 1023, 60, 4.0** | 18.7, 862, 35, 5.4 | – |
//!
//! Where a cell is a pointer or large, a leaf has at most 16: of pointers each has to be counted too.
//!
//! # Units
//!
//! Made of a whole version: a walk adds up sizes, another copies the nodes, the branches first. What is read next is near, and what is never freed by itself has no
//! allocation of its own. Lookups do not know of units: they mask the bit with the width. To copy a branch from or into a unit adds to its count once, by the number of its children
//! ([`Batch`](unit::Batch)), and to free such a branch takes as much away at once; whether a child is of the same unit as the one before is seen by its address.
//! The unit is freed as a whole; of entries in place nothing is looked at for that, counted ones are dropped row by row.
//!
//! Counted entries keep allocations and counts of their own: a version may share some with the one that the unit was made of.
//!
//! # Invariants
//!
//! - **N1, counted.** A node's count is the number of links to it, where a run counts as one; more only if links were forgotten. A unit's count is likewise
//!   the number of links to its nodes that are not in its own slots; those are never dropped.
//! - **N2, alive.** A node is whole as long as there is a link to it. The link that takes the count to zero, or that finds itself alone, frees it: the node, or
//!   the unit with all of its nodes.
//! - **N3, shared is immutable.** Except for counts, a node changes only through a `&mut Link` to it that is alone, for as long as that is
//!   borrowed; of the root this is by the borrow alone, of a node below by that and by every branch above being alone as well.
//! - **N4, leaf.** Cells below `len` hold entries, each owned by the cell; `len ≤ cap`; `cap` is what the leaf was allocated for. Tags below `len` are
//!   those of the entries and not zero; others, up to the next multiple of 16 from `cap`, are zero.
//! - **N5, branch.** `w` of every link to it is what it was allocated for. Each slot is null or holds a link. Slots with the same address that
//!   fill an aligned block of 2, 4, 8 … are one link (a run). [`BranchMut::put`] and [`BranchMut::replace`] alone write slots, whole blocks at once.
//! - **N6, width of a borrow.** Pointers to a node come from its allocation or from a link, never from a reference to its head, which would not
//!   cover what lies behind. A link to a node of a unit may go wherever the unit's allocation is.
//! - **N7, units.** The bit `u` of every link to a node says whether that is in a unit. A unit is one allocation; `owner` of each of its nodes is how many bytes
//!   it is behind the head; `size` is that of all, the leaves are those from `leaves` to `end`, one right behind the other with `cap` as their `len` (one
//!   at least), and hold `entries` entries. The branches lead to nodes of the same unit only. From when a link leads in, nothing in it changes but the count: so no link to it
//!   is ever alone (N3), and changes copy.
//!
//! # Panics
//!
//! Foreign code that runs in here is `Clone` of entries, before anything is changed, and `Drop` of entries. If that panics while a node or a unit is freed, the rest of
//! it is dropped all the same and its memory freed; a second panic aborts, as it does for a `Vec`. A unit that is being made when a `Clone` panics is given up: entries
//! that were to move are in place, and still where they were.
//!
//! # Orderings
//!
//! None of its own: those of [`Count`](crate::persistent::count::Count).
//!
//! # Checked by
//!
//! `node/tests.rs`, `tests/persistent_map*.rs` and `tests/persistent_compact.rs`, natively and under Miri; `node/models.rs` (loom).

mod branch;
mod form;
mod leaf;
mod link;
mod memory;
#[cfg(all(test, polder_loom))]
mod models;
mod mutable;
mod tags;
#[cfg(all(test, not(polder_loom)))]
mod tests;
mod unit;

pub(super) use self::{
    branch::{BranchMut, BranchRef, Run},
    form::{Form, Item},
    leaf::{LeafMut, LeafRef},
    link::{Kind, Link},
    mutable::{EntriesMut, LeavesMut},
};

/// How many bits of the hash a branch goes by, at most.
pub(super) const MAX_WIDTH: u32 = 4;

/// The hash is used up by whole branches, so that a branch never wants more bits than are left.
const _: () = assert!(64 % MAX_WIDTH == 0);
