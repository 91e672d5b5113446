//! Versions in one piece of memory.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{
    Map,
    node::{Kind, Link},
};
use crate::persistent::Footprint;

impl<K: Clone, V: Clone, S: Clone> Map<K, V, S> {
    /// The same map in one piece of memory of its own, with one count: a *compact* version. O(n); O(1) if it is one already.
    ///
    /// Of a compact version, nothing is counted but handles and what newer versions share with it, all at one place: what copies a path adds once for each
    /// copied node, however many children that has. Dropping the last of those frees one allocation, without a look at what is in it, unless entries
    /// are larger than 32 bytes or own something: these keep their own counts, and are dropped one by one. What is read follows each other in memory.
    ///
    /// A compact version is never changed in place, as if it were always shared: changes copy paths, and go on in place in the copies.
    ///
    /// The price is that all of it stays as long as anything of it is used, by however small a version that was made from it: see
    /// [`footprint`](Self::footprint). Making that one compact frees it from the old one. Nothing is made compact by itself.
    ///
    /// Entries are cloned as where a node is copied: small ones that own nothing; others are shared. Equality, `diff`, `union` and
    /// the like go by what is shared as ever; but a compact version shares no nodes with the one it was made of.
    ///
    /// # Panics
    ///
    /// If a `Clone` does: nothing has changed. The same if the map is larger than memory can be.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let base: Map<u32, u32> = (0..1000).map(|n| (n, n * n)).collect::<Map<_, _>>().compact();
    /// assert!(base.is_compact());
    /// let next = base.insert(1000, 0);
    /// assert!(!next.is_compact());
    /// assert_eq!(base.diff(&next).count(), 1);
    /// ```
    #[must_use = "the compact version is the result"]
    pub fn compact(&self) -> Self {
        self.with_root(self.root.to_unit())
    }
}

impl<K: Clone, V: Clone, S> Map<K, V, S> {
    /// Makes this version [`compact`](Self::compact): entries that no other version has are moved.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let mut names: Map<u32, String> = (0..100).map(|n| (n, n.to_string())).collect();
    /// names.compact_mut();
    /// assert!(names.is_compact());
    /// ```
    pub fn compact_mut(&mut self) {
        self.root.become_unit();
    }
}

impl<K, V, S> Map<K, V, S> {
    /// Whether this is all of a [`compact`](Self::compact) version, or empty. O(1).
    #[must_use]
    pub fn is_compact(&self) -> bool {
        self.root.is_unit()
    }

    /// How much memory this version needs, and how much it keeps from being freed. Looks at all nodes, not at entries.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::Map;
    ///
    /// let base: Map<u32, u32> = (0..1000).map(|n| (n, n)).collect::<Map<_, _>>().compact();
    /// let mut next = base.clone();
    /// next.extend((0..100).map(|n| (n, 0)));
    /// let footprint = next.footprint();
    /// if footprint.kept > footprint.used + footprint.used / 4 {
    ///     next.compact_mut();
    /// }
    /// assert!(next.is_compact() && next.footprint().kept < footprint.kept);
    /// ```
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        let mut footprint = Footprint::default();
        let (mut links, mut units): (Vec<&Link<K, V>>, _) = ([&self.root].into(), BTreeSet::new());
        let mut last = None;
        while let Some(link) = links.pop() {
            let (size, unit) = (link.size(), link.unit_size());
            footprint.used += size;
            match unit {
                None => footprint.kept = footprint.kept.saturating_add(size),
                // Mostly it is the same again.
                Some((unit, size)) if last.replace(unit) != Some(unit) && units.insert(unit) => {
                    // Entries that several units have may be counted until they are more than memory can have.
                    footprint.kept = footprint.kept.saturating_add(size);
                }
                Some(_) => {}
            }
            if let Kind::Branch(branch) = link.kind() {
                let mut next = 0;
                while let Some((child, after)) = branch.next(next) {
                    links.push(child);
                    next = after;
                }
            }
        }
        footprint
    }
}
