//! The default hasher.

use core::hash::BuildHasher;
use std::{
    collections::hash_map::{DefaultHasher, RandomState},
    sync::LazyLock,
};

/// The default hasher of frozen maps and sets: std's SipHash, with one random key for all of a process.
///
/// So any two maps have their entries in the same order. Who does not know the key cannot find keys that collide, however they measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessState(());

impl ProcessState {
    /// The one of this process.
    #[must_use]
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
