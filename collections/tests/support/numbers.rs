//! The dicts under the same few names, for numbers.

use std::hash::BuildHasher;

use polder_collections::{Dict, WordDict};

/// A dict of numbers by number. What is returned is what was there before.
pub(crate) trait Numbers: Sync {
    fn value(&self, key: u64) -> Option<u64>;
    fn put(&self, key: u64, value: u64) -> Option<u64>;
    /// Whether the key was absent and now has the value.
    fn put_new(&self, key: u64, value: u64) -> bool;
    fn take(&self, key: u64) -> Option<u64>;
    fn change(&self, key: u64, change: impl Fn(u64) -> u64) -> Option<u64>;
    fn add(&self, key: u64, delta: u64) -> Option<u64>;
    fn entries(&self) -> Vec<(u64, u64)>;
    fn length(&self) -> usize;
    fn shrink(&self);
}
