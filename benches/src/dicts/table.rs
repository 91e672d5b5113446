//! What a contender must be able to do.

use super::key::Key;

/// The hasher of all contenders. Their own defaults differ, and so would the figures.
pub(super) type Hasher = foldhash::fast::FixedState;

/// Keys of one call of [`Seat::get_many`].
pub(super) const BATCH: usize = 16;

/// The same seed for all, in every run.
pub(super) fn hasher() -> Hasher {
    Hasher::with_seed(0)
}

/// A dictionary of numbers that threads share.
pub(super) trait Table<K: Key>: Send + Sync + Sized + 'static {
    /// A thread's way to it.
    type Seat<'a>: Seat<K>;

    /// An empty one, with room for so many entries; 0 asks for none.
    fn new(capacity: usize) -> Self;

    /// Takes the way to it, on the thread that will use it.
    fn seat(&self) -> Self::Seat<'_>;

    /// How many entries there are, while nobody changes it.
    fn len(&self) -> usize;

    /// Frees what was put off and nobody can see any more, as far as the contender can be told to.
    fn settle(&self) {}
}

/// What a thread does with a table.
pub(super) trait Seat<K> {
    /// The value.
    fn get(&mut self, key: &K) -> Option<u64>;

    /// The values of several keys.
    #[inline]
    fn get_many(&mut self, keys: &[K; BATCH], values: &mut [Option<u64>; BATCH]) {
        for (value, key) in values.iter_mut().zip(keys) {
            *value = self.get(key);
        }
    }

    /// Puts the value in, and gives back the one that it replaces.
    fn insert(&mut self, key: K, value: u64) -> Option<u64>;

    /// Takes the entry out.
    fn remove(&mut self, key: &K) -> Option<u64>;

    /// Replaces the value by what `change` makes of it, without losing another thread's change in between. Whether
    /// there was one.
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool;

    /// Adds to the value, and tells whether there was one: what a contender's quickest way to do so is.
    #[inline]
    fn fetch_add(&mut self, key: &K, delta: u64) -> bool {
        self.update(key, |value| value.wrapping_add(delta))
    }
}

/// Who can be walked.
pub(super) trait Iterate<K: Key>: Table<K> {
    /// The number of entries and the sum of their values, by looking at each.
    fn walk(&self) -> (u64, u64);
}

/// Adds up what an iterator gives.
#[inline]
pub(super) fn total(values: impl Iterator<Item = u64>) -> (u64, u64) {
    values.fold((0, 0), |(count, sum), value| (count + 1, sum.wrapping_add(value)))
}
