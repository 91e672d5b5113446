//! How large the nodes are.
//!
//! A change copies one leaf and the branches above it. Copying a leaf is copying memory in one piece, so leaves are large; copying a
//! branch counts one more owner of each child, which is a write to a cache line of each, so branches are narrower; with much narrower ones
//! the tree is higher, and lookups are slower.
//!
//! A node is only ever a quarter full, not half, before it is filled up from its neighbour: so a full one can be divided with three
//! quarters on one side, which is what keys that come in order leave behind.

/// Entries of a leaf, at most. Small under Miri, so that small trees are high.
pub(super) const LEAF: usize = if cfg!(miri) { 8 } else { 32 };
/// Entries of a leaf that is not the root, at least.
pub(super) const LEAF_MIN: usize = LEAF / 4;
/// Children of a branch, at most.
pub(super) const FAN: usize = if cfg!(miri) { 8 } else { 24 };
/// Children of a branch that is not the root, at least.
pub(super) const FAN_MIN: usize = FAN / 4;
/// Separators of a branch, at most.
pub(super) const SEPARATORS: usize = FAN - 1;
/// Branches above a leaf, at most: with so many, at a quarter each, there are more leaves than addresses.
pub(super) const HEIGHT: usize = usize::BITS as usize / FAN_MIN.ilog2() as usize;

// Two nodes of the smallest size fit into one, and the halves of more than one are large enough.
const _: () = assert!(2 * LEAF_MIN <= LEAF && 2 * FAN_MIN <= FAN && LEAF_MIN >= 1 && FAN_MIN >= 2);
