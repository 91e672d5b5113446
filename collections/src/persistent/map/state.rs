//! The default hashers.

use core::hash::BuildHasher;
use std::{
    collections::hash_map::{DefaultHasher, RandomState},
    sync::LazyLock,
};

/// The default hasher of persistent and frozen collections: std's SipHash, with one random key for all of a process.
///
/// So any two maps hash alike, are compared and merged by their structure, and have the same order where that is by hash. Who does not know the key cannot find keys that
/// collide, however they measure.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::{Map, ProcessState};
///
/// let map: Map<u32, u32, ProcessState> = Map::new();
/// assert_eq!(map, Map::with_hasher(ProcessState::new()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessState(());

impl ProcessState {
    /// The one of this process.
    pub const fn new() -> Self {
        Self(())
    }
}

impl BuildHasher for ProcessState {
    type Hasher = DefaultHasher;

    #[inline]
    fn build_hasher(&self) -> DefaultHasher {
        static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        STATE.build_hasher()
    }
}

/// A hasher that is several times as fast as [`ProcessState`], with one random state for all of a process as well.
///
/// For keys that nobody chooses with intent: somebody who can choose keys and measure how long operations take may find ones that
/// collide.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::{FastProcessState, Map};
///
/// let map: Map<_, _, FastProcessState> = [(1, "one")].into_iter().collect();
/// assert_eq!(map[&1], "one");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FastProcessState(());

impl FastProcessState {
    /// The one of this process.
    pub const fn new() -> Self {
        Self(())
    }
}

impl BuildHasher for FastProcessState {
    type Hasher = foldhash::fast::FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        static STATE: LazyLock<foldhash::fast::FixedState> =
            LazyLock::new(|| foldhash::fast::FixedState::with_seed(RandomState::new().hash_one(0_u8)));
        STATE.build_hasher()
    }
}
