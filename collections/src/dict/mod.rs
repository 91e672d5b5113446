//! Concurrent dicts.

mod builder;
mod engine;
mod entry_dict;
mod error;
mod once;
mod op;
mod snapshot;
mod transact;
mod word;
mod word_dict;
mod word_set;

pub use self::{
    builder::{Build, DictBuilder, Growth},
    entry_dict::{
        ComputedRef, Dict, DictSet, Drain, IntoIter, Iter, OwnedPinned, Pinned, PinnedIter, Pinning, Ref, Removed,
        SetIntoIter, SetIter, SetRef, SetRemoved, Transaction, UnequalError, raw,
    },
    error::{CompareError, OccupiedError},
    op::{Computed, Op},
    snapshot::{Snapshot, SnapshotIntoIter, SnapshotIter},
    transact::WordTransaction,
    word::{HalfWord, IntegerWord, Word, WordKey},
    word_dict::{WordDict, WordDrain, WordIntoIter, WordIter, WordKeys, WordValues},
    word_set::{WordSet, WordSetDrain, WordSetIntoIter, WordSetIter},
};
#[cfg(feature = "rayon")]
pub use self::{entry_dict::PinnedParIter, word_dict::WordParIter};

/// A hasher that is several times as fast as the default one, for keys that nobody chooses with intent.
///
/// It begins with a random state, so that hashes cannot be told from the source code; but somebody who can choose keys and measure how
/// long operations take may find keys that collide. The default, std's `RandomState` (SipHash), withstands that: its
/// hashes are unpredictable to who does not know the state, however many times they measure.
pub type FastState = foldhash::fast::RandomState;
