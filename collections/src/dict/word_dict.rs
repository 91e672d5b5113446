//! The dict of words.

use std::{collections::hash_map::RandomState, hash::BuildHasher, marker::PhantomData};

use super::{
    engine::{Claim, Hashed, Options, Place, Table, WordBin},
    word::{Word, WordKey},
};

/// A concurrent dict of plain words.
pub struct WordDict<K, V, S = RandomState> {
    table: Table<WordBin>,
    hasher: S,
    entries: PhantomData<(K, V)>,
}

impl<K: WordKey, V: Word> WordDict<K, V> {
    /// An empty dict.
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(RandomState::new())
    }

    /// With room for so many entries.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity_and_hasher(capacity, RandomState::new())
    }
}

impl<K: WordKey, V: Word> Default for WordDict<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// An empty dict.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_capacity_and_hasher(0, hasher)
    }

    /// With room for so many entries.
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        /// Entries to a bin of seven, so that few bins spill.
        const DENSITY: f64 = 5.5;
        let bins = if capacity == 0 { 0 } else { (capacity as f64 / DENSITY).ceil() as u64 };
        let table = Table::new(Options { bins, grows: true, huge_pages: true });
        Self { table, hasher, entries: PhantomData }
    }

    #[inline(always)]
    fn hash(&self, key: K) -> Hashed {
        Hashed::new(self.hasher.hash_one(key))
    }

    fn hash_item(&self) -> impl Fn((u64, u64)) -> Hashed {
        |(key, _)| self.hash(K::from_bits(key))
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &K) -> Option<V> {
        let bits = key.to_bits();
        self.table.find(self.hash(*key), move |(key, _)| key == bits).map(|(_, value)| V::from_bits(value))
    }

    /// Whether there is an entry.
    #[inline]
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Takes the bin of a key, and finds its entry there.
    #[inline(always)]
    fn claim(&self, hash: Hashed, key: u64) -> (Claim<'_, WordBin>, Option<(Place, u64)>) {
        let claim = self.table.claim(hash);
        let found = claim.find(hash, move |(other, _)| other == key).map(|(place, (_, value))| (place, value));
        (claim, found)
    }

    /// Ends an insertion.
    #[inline]
    fn inserted(&self, mut claim: Claim<'_, WordBin>, hash: Hashed, key: u64, value: u64) {
        let crowding = claim.insert(hash.tag(), (key, value));
        drop(claim);
        self.table.count(1);
        self.table.grow_sometimes(hash, crowding, self.hash_item());
    }

    /// Sets the value of a key; returns the old one.
    #[inline]
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        let (hash, bits) = (self.hash(key), key.to_bits());
        let (mut claim, found) = self.claim(hash, bits);
        match found {
            Some((place, old)) => {
                claim.replace(place, (bits, value.to_bits()));
                Some(V::from_bits(old))
            }
            None => {
                self.inserted(claim, hash, bits, value.to_bits());
                None
            }
        }
    }

    /// Takes an entry out.
    #[inline]
    pub fn remove(&self, key: &K) -> Option<V> {
        let (hash, bits) = (self.hash(*key), key.to_bits());
        let mut claim = self.table.claim_if_present(hash)?;
        let (place, (_, old)) = claim.find(hash, move |(key, _)| key == bits)?;
        let left = claim.remove(place);
        drop(claim);
        self.table.count(-1);
        self.table.shrink_sometimes(left);
        Some(V::from_bits(old))
    }

    /// Changes a value.
    #[inline]
    pub fn update(&self, key: &K, mut change: impl FnMut(V) -> V) -> Option<V> {
        let (hash, bits) = (self.hash(*key), key.to_bits());
        let (_, mut seen) = self.table.find(hash, move |(key, _)| key == bits)?;
        loop {
            let new = change(V::from_bits(seen));
            let (mut claim, found) = self.claim(hash, bits);
            let (place, now) = found?;
            if now == seen {
                claim.replace(place, (bits, new.to_bits()));
                return Some(new);
            }
            seen = now;
        }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries, class by class.
    pub fn for_each(&self, mut f: impl FnMut(K, V)) {
        let mut walk = self.table.walk();
        let mut items = Vec::new();
        while self.table.next_class(&mut walk, &mut items, self.hash_item()) {
            for &(key, value) in &items {
                f(K::from_bits(key), V::from_bits(value));
            }
        }
    }

    /// All at one moment.
    pub fn to_vec(&self) -> Vec<(K, V)> {
        self.table.snapshot().into_iter().map(|(key, value)| (K::from_bits(key), V::from_bits(value))).collect()
    }
}

impl<K, V, S> std::fmt::Debug for WordDict<K, V, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordDict").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_come_and_go_with_the_entries() {
        const MANY: u64 = if cfg!(miri) { 500 } else { 100_000 };
        let dict = WordDict::<u64, u64, _>::with_hasher(foldhash::fast::FixedState::default());
        (0..MANY).for_each(|key| assert_eq!(dict.insert(key, key), None));
        let most = dict.table.end();
        assert!(most > MANY / 12 && most < MANY / 2, "{most}");
        (0..MANY).for_each(|key| assert_eq!(dict.remove(&key), Some(key)));
        assert_eq!(dict.table.end(), 2);
    }
}
