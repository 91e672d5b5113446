//! Collections that threads share.

mod dict;
mod edge;
mod primitive;

#[cfg(feature = "rayon")]
pub use dict::WordParIter;
pub use dict::{
    Build, CompareError, Computed, DictBuilder, FastState, Growth, HalfWord, IntegerWord, OccupiedError, Op, Snapshot,
    SnapshotIntoIter, SnapshotIter, Word, WordDict, WordDrain, WordIntoIter, WordIter, WordKey, WordKeys, WordSet,
    WordSetDrain, WordSetIntoIter, WordSetIter, WordValues,
};
