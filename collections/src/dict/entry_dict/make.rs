//! Making a dict.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

use polder_sync::reclaim::DropPolicy;

use super::{Dict, store::Store};
use crate::dict::{
    DictBuilder,
    builder::{Build, Growth, Plan, sealed::Sealed},
    engine::Options,
};

/// Entries to three bins of six each, so that few bins spill.
const TO_THREE_BINS: u128 = 14;

/// The bins that so many entries ask for.
pub(super) fn bins_for(capacity: usize) -> u64 {
    u64::try_from((capacity as u128 * 3).div_ceil(TO_THREE_BINS)).expect("a part of a number of 64 bits")
}

/// The entries that so many bins are made for.
pub(super) fn capacity_of(bins: u64) -> usize {
    usize::try_from(u128::from(bins) * TO_THREE_BINS / 3).unwrap_or(usize::MAX)
}

impl<K, V> Dict<K, V> {
    /// An empty dict. Allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::new();
    /// dict.insert("key", "value");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(RandomState::new())
    }

    /// With room for so many entries, which it keeps until [`shrink_to_fit`](Self::shrink_to_fit) is called.
    ///
    /// # Panics
    ///
    /// If that is more than can be had ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::Dict::<String, String>::with_capacity(100);
    /// assert!(dict.capacity() >= 100);
    /// ```
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity_and_hasher(capacity, RandomState::new())
    }

    /// A dict to be: capacity, hasher, growth, huge pages, who frees what was removed.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{Dict, Growth};
    ///
    /// let dict = Dict::<String, u64>::builder().capacity(1000).growth(Growth::Fixed).build();
    /// dict.insert("key".to_owned(), 1);
    /// ```
    pub fn builder() -> DictBuilder<Self> {
        DictBuilder::new()
    }
}

impl<K, V, S> Dict<K, V, S> {
    /// An empty dict with this hasher. Allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let dict = Dict::with_hasher(BuildHasherDefault::<DefaultHasher>::default());
    /// dict.insert("key", "value");
    /// ```
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_capacity_and_hasher(0, hasher)
    }

    /// With room for so many entries, which it keeps until [`shrink_to_fit`](Self::shrink_to_fit) is called.
    ///
    /// # Panics
    ///
    /// If that is more than can be had ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use std::hash::RandomState;
    ///
    /// let dict = Dict::<u64, String, _>::with_capacity_and_hasher(100, RandomState::new());
    /// assert!(dict.capacity() >= 100);
    /// ```
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self::planned(Plan::new(capacity), hasher)
    }

    /// How it was made.
    pub(super) fn plan(&self) -> Plan {
        let Self { growth, huge_pages, .. } = *self;
        Plan { growth, huge_pages, drop_policy: self.drop_policy(), ..Plan::new(0) }
    }

    pub(super) fn planned(plan: Plan, hasher: S) -> Self {
        let Plan { capacity, growth, huge_pages, drop_policy } = plan;
        let options = Options { bins: bins_for(capacity), grows: growth == Growth::Automatic, huge_pages };
        Self { store: Store::new(options, drop_policy), hasher, growth, huge_pages }
    }
}

impl<K, V, S: Default> Default for Dict<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K, V, S> Sealed for Dict<K, V, S> {}

impl<K, V, S> Build for Dict<K, V, S> {
    type With<T> = Dict<K, V, T>;

    fn build<T: BuildHasher>(plan: Plan, hasher: T) -> Dict<K, V, T> {
        Dict::planned(plan, hasher)
    }
}

impl<K, V, R, S: BuildHasher> DictBuilder<Dict<K, V, R>, S> {
    /// Who frees what was removed or replaced, and when: by default, whoever gives up a later entry.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use polder_sync::reclaim::DropPolicy;
    ///
    /// let dict = Dict::<u64, String>::builder().drop_policy(DropPolicy::Deferred).build();
    /// assert_eq!(dict.drop_policy(), DropPolicy::Deferred);
    /// ```
    pub fn drop_policy(self, policy: DropPolicy) -> Self {
        self.with_plan(|plan| Plan { drop_policy: policy, ..plan })
    }
}
