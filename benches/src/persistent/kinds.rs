//! What a contender must be able to do, for each kind of collection.

use std::mem;

use super::key::{Key, value};

/// The hasher of all contenders that take one. Their own defaults differ, and so would the figures.
pub(super) type Hasher = foldhash::fast::FixedState;

/// What keys are looked up in.
pub(super) trait Lookup<K: Key>: Sized + Send + 'static {
    /// One of these entries, whose keys differ and are in no order: by the quickest way there is.
    fn collect(entries: Vec<(K, u64)>) -> Self;

    /// How many entries there are.
    fn count(&self) -> usize;

    /// The value of a key.
    fn find(&self, key: &K) -> Option<u64>;

    /// The number of entries and a sum over keys and values, by looking at each.
    fn walk(&self) -> (u64, u64);
}

/// A map that can be changed in place.
pub(super) trait Map<K: Key>: Lookup<K> {
    /// One without entries.
    fn empty() -> Self;

    /// Puts an entry in, in place.
    fn put(&mut self, key: K, value: u64);

    /// Takes an entry out, in place. Whether there was one.
    fn cut(&mut self, key: &K) -> bool;
}

/// A map whose versions share what they have in common.
pub(super) trait Persistent<K: Key>: Map<K> + Clone + Sync {
    /// A version with one more entry.
    fn plus(&self, key: K, value: u64) -> Self;

    /// A version without the entry.
    fn minus(&self, key: &K) -> Self;

    /// The entries of both; where they differ, of either.
    fn joined(&self, other: &Self) -> Self;

    /// How many keys have been added, removed or given another value on the way to `newer`.
    fn changes(&self, newer: &Self) -> u64;

    /// Whether both have the same entries.
    fn is_same(&self, other: &Self) -> bool;
}

/// A vector of numbers, each being its index.
pub(super) trait Sequence: Clone + Send + Sync + 'static {
    /// One of so many elements: by the quickest way there is.
    fn collect(count: u64) -> Self;

    /// One without elements.
    fn empty() -> Self;

    /// How many elements there are.
    fn count(&self) -> usize;

    /// The element of this index.
    fn find(&self, index: usize) -> Option<u64>;

    /// The number of elements and their sum, by looking at each.
    fn walk(&self) -> (u64, u64);

    /// Puts an element at the end, in place.
    fn put(&mut self, value: u64);

    /// A version with one more element at the end.
    fn plus(&self, value: u64) -> Self {
        let mut longer = self.clone();
        longer.put(value);
        longer
    }
}

/// A vector with two ends.
pub(super) trait Fronted: Sequence {
    /// Puts an element at the front, in place.
    fn put_front(&mut self, value: u64);
}

/// A vector that is cut and joined.
pub(super) trait Cut: Sequence {
    /// The elements of both.
    fn concat(&self, other: &Self) -> Self;

    /// The elements from `start` until `end`.
    fn slice(&self, start: usize, end: usize) -> Self;
}

/// The entries of the numbers below `size`.
pub(super) fn entries<K: Key>(size: u64) -> Vec<(K, u64)> {
    (0..size).map(|number| (K::new(number), value(number))).collect()
}

/// A map of the numbers below `size` that has grown one by one, as most maps have.
pub(super) fn grown<K: Key, M: Map<K>>(size: u64) -> M {
    let mut map = M::empty();
    for number in 0..size {
        map.put(K::new(number), value(number));
    }
    map
}

/// What a walk over the numbers below `size` comes to.
pub(super) fn expected<K: Key>(size: u64) -> (u64, u64) {
    let sum = |sum: u64, number| sum.wrapping_add(K::new(number).word()).wrapping_add(value(number));
    (size, (0..size).fold(0, sum))
}

/// Adds up the entries that an iterator gives.
#[inline]
pub(super) fn total<'a, K: Key>(entries: impl Iterator<Item = (&'a K, &'a u64)>) -> (u64, u64) {
    entries.fold((0, 0), |(count, sum), (key, value)| (count + 1, sum.wrapping_add(key.word()).wrapping_add(*value)))
}

/// Adds up the elements that an iterator gives.
#[inline]
pub(super) fn sum(elements: impl Iterator<Item = u64>) -> (u64, u64) {
    elements.fold((0, 0), |(count, sum), element| (count + 1, sum.wrapping_add(element)))
}

/// For those who have no `diff`: looks every entry of `newer` up. Keys that were removed are looked for only if the numbers of
/// entries say that there are any.
pub(super) fn by_lookup<'a, K: Key, M: Lookup<K>>(
    [older, newer]: [&'a M; 2],
    older_entries: impl Iterator<Item = (&'a K, &'a u64)>,
    newer_entries: impl Iterator<Item = (&'a K, &'a u64)>,
) -> u64 {
    let (mut added, mut changed) = (0, 0);
    newer_entries.for_each(|(key, value)| match older.find(key) {
        None => added += 1,
        Some(old) => changed += u64::from(old != *value),
    });
    let mut removed = older.count() as u64 + added - newer.count() as u64;
    if removed > 0 {
        removed = older_entries.filter(|(key, _)| newer.find(key).is_none()).count() as u64;
    }
    added + changed + removed
}

/// For those whose entries are in order and who have no `diff`: goes along both.
pub(super) fn in_step<'a, K: Key>(
    mut older: impl Iterator<Item = (&'a K, &'a u64)>,
    mut newer: impl Iterator<Item = (&'a K, &'a u64)>,
) -> u64 {
    let (mut left, mut right) = (older.next(), newer.next());
    let mut changes = 0;
    while let (Some((old, was)), Some((new, is))) = (left, right) {
        match old.cmp(new) {
            std::cmp::Ordering::Equal => {
                changes += u64::from(was != is);
                (left, right) = (older.next(), newer.next());
            }
            std::cmp::Ordering::Less => {
                changes += 1;
                left = older.next();
            }
            std::cmp::Ordering::Greater => {
                changes += 1;
                right = newer.next();
            }
        }
    }
    let rest = u64::from(left.is_some()) + u64::from(right.is_some());
    changes + rest + older.count() as u64 + newer.count() as u64
}

/// The last versions, which stay alive for a while, as old versions do.
pub(super) struct Past<T, const N: usize> {
    versions: [Option<T>; N],
    next: usize,
}

impl<T, const N: usize> Past<T, N> {
    pub(super) fn new() -> Self {
        Self { versions: [const { None }; N], next: 0 }
    }

    /// Puts `newer` in the place of `last`, keeps that, and drops the oldest one that was kept.
    #[inline]
    pub(super) fn step(&mut self, last: &mut T, newer: T) {
        self.versions[self.next % N] = Some(mem::replace(last, newer));
        self.next += 1;
    }
}
