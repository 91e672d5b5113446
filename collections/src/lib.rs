//! Collections that threads share.

mod dict;
mod edge;
mod primitive;

pub use dict::{
    Build, CompareError, Computed, ComputedRef, Dict, DictBuilder, DictSet, Drain, FastState, Growth, HalfWord,
    IntegerWord, IntoIter, Iter, OccupiedError, Op, OwnedPinned, Pinned, PinnedIter, Pinning, Ref, Removed,
    SetIntoIter, SetIter, SetRef, SetRemoved, Snapshot, SnapshotIntoIter, SnapshotIter, UnequalError, Word, WordDict,
    WordDrain, WordIntoIter, WordIter, WordKey, WordKeys, WordSet, WordSetDrain, WordSetIntoIter, WordSetIter,
    WordTransaction, WordValues, raw,
};
#[cfg(feature = "rayon")]
pub use dict::{PinnedParIter, WordParIter};
pub use equivalent::Equivalent;
