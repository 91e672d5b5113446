//! How much memory a version needs, and how much it keeps.

/// The memory of a version: of [`Map::footprint`](super::Map::footprint) and [`Set::footprint`](super::Set::footprint).
///
/// In bytes asked of the allocator, without what keys and values own themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Of what the version consists of. Parts that it shares with others are in this, too.
    pub used: usize,
    /// Of what cannot be freed as long as the version is there: at least what it uses, and of compact versions that it has parts of, all. An entry with an
    /// allocation of its own is counted in each of them that has it, and once more if a node outside of them has it too, so this may be too much, never too little.
    pub kept: usize,
}
