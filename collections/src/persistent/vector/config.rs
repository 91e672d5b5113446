//! The widths of a vector's nodes.

/// Nodes of the crate's own unit tests, and under Miri, are narrow, so that few elements make a deep tree.
const NARROW: bool = cfg!(any(test, miri));

/// Bits of an index that choose an element of a leaf. A wider leaf makes iteration and lookups cheaper, and the persistent push dearer, which copies the
/// last leaf.
pub(super) const LEAF_BITS: u32 = if NARROW { 2 } else { 5 };

/// Bits of an index that choose a child of a branch. A copy of a branch counts each of its children once more, which is what wider ones would pay for.
pub(super) const FAN_BITS: u32 = if NARROW { 2 } else { 5 };

/// Elements that a leaf has room for.
pub(super) const LEAF: usize = 1 << LEAF_BITS;

/// Elements that a leaf of the tree has at least.
pub(super) const LEAF_MIN: usize = LEAF / 2;

/// Children that a branch has room for.
pub(super) const FAN: usize = 1 << FAN_BITS;

/// Children that a branch has at least, unless it is the first or the last of its level.
pub(super) const FAN_MIN: usize = FAN / 2;

/// Elements that a vector may have when a buffer goes into the tree, and after a join: what the new buffers then take stays below `isize::MAX`.
/// Versions joined with themselves get there without filling any memory.
pub(super) const LEN_MAX: usize = isize::MAX as usize - 2 * LEAF;

/// More levels than a tree of [`LEN_MAX`] elements can have: each but the highest multiplies them by [`FAN_MIN`] at least.
pub(super) const LEVELS_MAX: usize = 66;
