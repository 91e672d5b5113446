//! What needs std: the hasher of the process, and std's maps.

use std::{
    collections::hash_map::{DefaultHasher, RandomState},
    hash::BuildHasher,
    sync::OnceLock,
};

/// The default hasher of frozen maps and sets: std's, with keys that are drawn at random once for the process.
///
/// Who does not know the keys cannot choose keys that collide, though they choose them with intent and measure times; and any two maps have their
/// entries in the same order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessState;

impl BuildHasher for ProcessState {
    type Hasher = DefaultHasher;

    #[inline]
    fn build_hasher(&self) -> DefaultHasher {
        static STATE: OnceLock<RandomState> = OnceLock::new();
        STATE.get_or_init(RandomState::new).build_hasher()
    }
}
