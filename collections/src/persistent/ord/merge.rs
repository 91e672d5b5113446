//! Maps made of two.

use core::mem;

use super::{
    node::{Builder, Node, NodeRef},
    walk::{Step, Walk},
};
use crate::persistent::{Discard, Keep, OrdMap, Patch, Unmatched};

/// What becomes of a tree with nothing beside it: taken or left out whole, or entry by entry.
fn unmatched<K: Clone, V: Clone>(
    builder: &mut Builder<K, V>,
    tree: NodeRef<'_, K, V>,
    rule: &mut impl Unmatched<K, V>,
) {
    match rule.all() {
        Some(true) => builder.node(tree),
        Some(false) => {}
        None => {
            for (key, value) in super::iter::Entries::all(tree) {
                one(builder, key, value, rule);
            }
        }
    }
}

fn one<K: Clone, V: Clone>(builder: &mut Builder<K, V>, key: &K, value: &V, rule: &mut impl Unmatched<K, V>) {
    if let Some(value) = rule.one(key, value) {
        builder.entry(key.clone(), value);
    }
}

impl<K: Ord + Clone, V: Clone> OrdMap<K, V> {
    /// Walks both, with one rule for each kind of entry; `shared` says whether what both share stays.
    fn merge(
        &self,
        other: &Self,
        shared: bool,
        mut left: impl Unmatched<K, V>,
        mut right: impl Unmatched<K, V>,
        mut both: impl FnMut(&K, &V, &V) -> Option<V>,
    ) -> Self {
        let mut builder = Builder::new();
        let mut walk = Walk::new(self.root.as_ref(), other.root.as_ref());
        while let Some(step) = walk.step(true) {
            match step {
                Step::Same(tree) => {
                    if shared {
                        builder.node(tree);
                    }
                }
                Step::LeftTree(tree) => unmatched(&mut builder, tree, &mut left),
                Step::RightTree(tree) => unmatched(&mut builder, tree, &mut right),
                Step::Left(key, value) => one(&mut builder, key, value, &mut left),
                Step::Right(key, value) => one(&mut builder, key, value, &mut right),
                Step::Both(key, one, other) => {
                    if let Some(value) = both(key, one, other) {
                        builder.entry(key.clone(), value);
                    }
                }
            }
        }
        Self { root: builder.finish() }
    }

    /// A map of what three rules make of the entries of two: one for keys that are in this map only, one for keys that are in the other
    /// only, and a closure for keys that are in both, called with the key, the value here and the value there.
    ///
    /// Entries that both maps share stay as they are, and `both` is not called for them: it should return the value when it is given one
    /// value twice. Values are never exchanged between the sides, whichever map is larger. If a closure panics, the maps are what they were.
    ///
    /// Costs what differs, and every entry for which a closure has to be called.
    ///
    /// ```
    /// use polder_collections::persistent::{Discard, Keep, OrdMap};
    ///
    /// let one = OrdMap::from([("a", 1), ("b", 2)]);
    /// let other = OrdMap::from([("b", 10), ("c", 20)]);
    /// let merged = one.merge_with(&other, Keep, |_: &_, _: &_| Some(0), |_, one, other| Some(one - other));
    /// assert_eq!(merged, OrdMap::from([("a", 1), ("b", -8), ("c", 0)]));
    /// let common = one.merge_with(&other, Discard, Discard, |_, _, other| Some(*other));
    /// assert_eq!(common, OrdMap::from([("b", 10)]));
    /// ```
    #[must_use = "the maps themselves are not changed"]
    pub fn merge_with(
        &self,
        other: &Self,
        left: impl Unmatched<K, V>,
        right: impl Unmatched<K, V>,
        both: impl FnMut(&K, &V, &V) -> Option<V>,
    ) -> Self {
        self.merge(other, true, left, right, both)
    }

    /// The entries of both; of keys that are in both, those of this map.
    ///
    /// ```
    /// # use polder_collections::persistent::OrdMap;
    /// let one = OrdMap::from([("a", 1), ("b", 2)]);
    /// let other = OrdMap::from([("b", 10), ("c", 20)]);
    /// assert_eq!(one.union(&other), OrdMap::from([("a", 1), ("b", 2), ("c", 20)]));
    /// ```
    #[must_use = "the maps themselves are not changed"]
    pub fn union(&self, other: &Self) -> Self {
        self.merge(other, true, Keep, Keep, |_, value, _| Some(value.clone()))
    }

    /// The entries of both; for keys that are in both, `f` makes the value of that here and that there. Entries that both share stay, without
    /// a call, as for [`merge_with`](Self::merge_with).
    #[must_use = "the maps themselves are not changed"]
    pub fn union_with(&self, other: &Self, mut f: impl FnMut(&K, &V, &V) -> V) -> Self {
        self.merge(other, true, Keep, Keep, |key, one, other| Some(f(key, one, other)))
    }

    /// The entries of this map whose keys are in both.
    #[must_use = "the maps themselves are not changed"]
    pub fn intersection(&self, other: &Self) -> Self {
        self.merge(other, true, Discard, Discard, |_, value, _| Some(value.clone()))
    }

    /// For each key that is in both, the value that `f` makes of that here and that there. Entries that both share stay, without a call, as for
    /// [`merge_with`](Self::merge_with).
    #[must_use = "the maps themselves are not changed"]
    pub fn intersection_with(&self, other: &Self, mut f: impl FnMut(&K, &V, &V) -> V) -> Self {
        self.merge(other, true, Discard, Discard, |key, one, other| Some(f(key, one, other)))
    }

    /// The entries of this map whose keys are not in the other.
    #[must_use = "the maps themselves are not changed"]
    pub fn difference(&self, other: &Self) -> Self {
        self.merge(other, false, Keep, Discard, |_, _, _| None)
    }

    /// The entries whose keys are in one of the maps only.
    #[must_use = "the maps themselves are not changed"]
    pub fn symmetric_difference(&self, other: &Self) -> Self {
        self.merge(other, false, Keep, Keep, |_, _, _| None)
    }

    /// The entries of both; of keys that are in both, those of the other map: what setting all its entries here would make.
    ///
    /// Takes logarithmic time if all keys of one are before all keys of the other.
    ///
    /// ```
    /// # use polder_collections::persistent::OrdMap;
    /// let one = OrdMap::from([(1, "one"), (2, "two")]);
    /// let other = OrdMap::from([(2, "zwei"), (3, "drei")]);
    /// assert!(one.append(&other).values().eq(&["one", "zwei", "drei"]));
    /// ```
    #[must_use = "the maps themselves are not changed"]
    pub fn append(&self, other: &Self) -> Self {
        self.merge(other, true, Keep, Keep, |_, _, value| Some(value.clone()))
    }

    /// Takes over the entries of the other map, as [`append`](Self::append). If a clone or an `Ord` panics, nothing has changed.
    pub fn append_mut(&mut self, other: &Self) {
        *self = self.append(other);
    }

    /// This map with the changes made: linear in their number, times the logarithm of the size.
    #[must_use = "the map itself is not changed"]
    pub fn apply(&self, patch: &Patch<K, V>) -> Self {
        let mut map = self.clone();
        map.apply_mut(patch);
        map
    }

    /// Makes the changes. If there is a panic, some are made.
    pub fn apply_mut(&mut self, patch: &Patch<K, V>) {
        for (key, value) in patch.iter() {
            match value {
                Some(value) => drop(self.insert_mut(key.clone(), value.clone())),
                None => drop(self.remove_mut(key)),
            }
        }
    }
}

impl<K: Clone, V: Clone> OrdMap<K, V> {
    /// A map of those entries for which `f` returns true. Leaves of which all entries stay are shared.
    ///
    /// ```
    /// # use polder_collections::persistent::OrdMap;
    /// let map: OrdMap<_, _> = (0..10).map(|n| (n, n)).collect();
    /// assert!(map.filter(|key, _| key % 4 == 0).keys().eq(&[0, 4, 8]));
    /// ```
    #[must_use = "the map itself is not changed"]
    pub fn filter(&self, mut f: impl FnMut(&K, &V) -> bool) -> Self {
        let mut builder = Builder::new();
        let mut pending: alloc::vec::Vec<_> = self.root.iter().map(Node::by_ref).collect();
        while let Some(node) = pending.pop() {
            match node {
                NodeRef::Branch(branch) => pending.extend(branch.children.iter().rev()),
                NodeRef::Leaf(leaf) => {
                    let stays: arrayvec::ArrayVec<_, { super::config::LEAF }> =
                        leaf.keys.iter().zip(&leaf.values).map(|(key, value)| f(key, value)).collect();
                    if stays.iter().all(|stays| *stays) {
                        builder.node(node);
                        continue;
                    }
                    for (index, _) in stays.iter().enumerate().filter(|(_, stays)| **stays) {
                        let (key, value) = leaf.entry(index);
                        builder.entry(key.clone(), value.clone());
                    }
                }
            }
        }
        Self { root: builder.finish() }
    }

    /// Takes out the entries for which `f` returns false; it may change the values of those that stay.
    ///
    /// If `f`, a clone or a drop panics, the map is empty afterwards.
    pub fn retain_mut(&mut self, mut f: impl FnMut(&K, &mut V) -> bool) {
        let mut builder = Builder::new();
        for (key, mut value) in mem::take(self) {
            if f(&key, &mut value) {
                builder.entry(key, value);
            }
        }
        self.root = builder.finish();
    }
}
