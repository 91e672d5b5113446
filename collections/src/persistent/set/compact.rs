//! Versions in one piece of memory.

use super::Set;
use crate::persistent::Footprint;

impl<T: Clone, S: Clone> Set<T, S> {
    /// The same set in one piece of memory of its own, with one count. As [`Map::compact`](crate::persistent::Map::compact).
    #[must_use = "the compact version is the result"]
    pub fn compact(&self) -> Self {
        Self { map: self.map.compact() }
    }
}

impl<T: Clone, S> Set<T, S> {
    /// Makes this version compact: items that no other version has are moved. As [`Map::compact`](crate::persistent::Map::compact).
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Set;
    ///
    /// let mut words: Set<&str> = Set::from(["one", "two"]);
    /// words.compact_mut();
    /// assert!(words.is_compact());
    /// ```
    pub fn compact_mut(&mut self) {
        self.map.compact_mut();
    }
}

impl<T, S> Set<T, S> {
    /// Whether this is all of a [`compact`](Self::compact) version, or empty. O(1).
    #[must_use]
    pub fn is_compact(&self) -> bool {
        self.map.is_compact()
    }

    /// How much memory this version needs, and how much it keeps from being freed. Looks at all nodes, not at items.
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        self.map.footprint()
    }
}
