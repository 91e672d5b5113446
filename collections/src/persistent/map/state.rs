//! The default hashers. Both take their state from the process: from the system where there is `std`, else from `key.rs`.

#[cfg(not(feature = "std"))]
use super::key;

/// The default hasher of persistent and frozen collections: SipHash, with one random key for all of a process.
///
/// So any two maps hash alike, are compared and merged by their structure, and have the same order where that is by hash. Who does not know the key cannot find keys that
/// collide, however they measure.
///
/// # Without `std`
///
/// With the crate's feature `std` the system draws the key. Without it there is nobody to ask: unless [`seed`](Self::seed) is called first, the key is made from addresses
/// of code, data and stack. Those are as hard to guess as the system that loaded the program makes them; a program that runs from where it was linked, as
/// firmware does, has the same key at each start, and who has its image can compute keys that collide, of which a map is as slow as a list. So give it
/// a random number, or let strangers choose no keys.
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

    /// Makes these 128 bits the key of this process, of [`FastProcessState`] too. Answers whether they are the key now: not if another one has been used
    /// or given before, and never with the feature `std`, where the system draws the key.
    ///
    /// For programs without `std`, early in `main`, with random numbers of the hardware. Wait-free; synchronises nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::ProcessState;
    ///
    /// // With `std` the system has seen to it.
    /// assert!(!ProcessState::seed([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]));
    /// ```
    pub fn seed(key: [u64; 2]) -> bool {
        #[cfg(feature = "std")]
        let given = {
            let _ = key;
            false
        };
        #[cfg(not(feature = "std"))]
        let given = key::PROCESS.give(key);
        given
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

#[cfg(feature = "std")]
mod with_std {
    use core::hash::BuildHasher;
    use std::{
        collections::hash_map::{DefaultHasher, RandomState},
        sync::LazyLock,
    };

    use super::{FastProcessState, ProcessState};

    impl BuildHasher for ProcessState {
        type Hasher = DefaultHasher;

        #[inline]
        fn build_hasher(&self) -> DefaultHasher {
            static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
            STATE.build_hasher()
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
}

#[cfg(not(feature = "std"))]
mod without_std {
    use core::hash::BuildHasher;
    #[expect(deprecated, reason = "std's stands in for it, where there is std")]
    use core::hash::SipHasher;

    use super::{FastProcessState, ProcessState, key};

    impl BuildHasher for ProcessState {
        #[expect(deprecated, reason = "as above")]
        type Hasher = SipHasher;

        #[inline]
        #[expect(deprecated, reason = "as above")]
        fn build_hasher(&self) -> SipHasher {
            let [one, other] = key::PROCESS.get();
            SipHasher::new_with_keys(one, other)
        }
    }

    impl BuildHasher for FastProcessState {
        type Hasher = foldhash::fast::FoldHasher<'static>;

        #[inline]
        fn build_hasher(&self) -> Self::Hasher {
            let [one, other] = key::PROCESS.get();
            foldhash::fast::FixedState::with_seed(one ^ other.rotate_left(32)).build_hasher()
        }
    }
}
