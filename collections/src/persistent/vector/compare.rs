//! Comparison by sharing.
//!
//! Two vectors are walked side by side. Where a subtree of one starts at the same index as a subtree of the other, and they are one node, it is passed over
//! as a whole; so it takes versions that differ in few places O(log n) for each of these, times the width of a node.

use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    ptr,
};

use arrayvec::ArrayVec;

use super::{
    Vector,
    config::LEVELS_MAX,
    tree::{Branch, Kids},
};

impl<T> Vector<T> {
    /// Calls `look` with parts of both vectors that have the same indices and one length, and the first of these, in order, until it gives something. Parts
    /// that both share are left out, and what is behind the end of the shorter.
    pub(in crate::persistent) fn walk<R>(
        &self,
        other: &Self,
        mut look: impl FnMut(usize, &[T], &[T]) -> Option<R>,
    ) -> Option<R> {
        let len = self.len().min(other.len());
        let mut index = 0;
        while index < len {
            let shared = self.shared_from(other, index);
            if shared > 0 {
                index += shared;
                continue;
            }
            let ((one, one_place), (two, two_place)) = (self.chunk_around(index), other.chunk_around(index));
            let (one, two) = (&one[one_place..], &two[two_place..]);
            let common = one.len().min(two.len());
            if let Some(found) = look(index, &one[..common], &two[..common]) {
                return Some(found);
            }
            index += common;
        }
        None
    }

    /// How many elements from `index` on, which both have, are in a node that both share; 0 if there is no such node, or if it is not found.
    fn shared_from(&self, other: &Self, index: usize) -> usize {
        let (one, two) = (index.wrapping_sub(self.start), index.wrapping_sub(other.start));
        if one < self.end - self.start && two < other.end - other.start {
            let mut starting: ArrayVec<&Branch<T>, LEVELS_MAX> = ArrayVec::new();
            self.starting_at(one, |branch| {
                starting.push(branch);
                false
            });
            let mut found = 0;
            other.starting_at(two, |branch| {
                let same = starting.iter().any(|other| ptr::eq(*other, branch));
                if same {
                    found = branch.len();
                }
                same
            });
            if found > 0 {
                return found;
            }
        }
        match (self.leaf_around(index), other.leaf_around(index)) {
            (Some((one, place)), Some((two, other_place))) if one.ptr_eq(two) && place == other_place => {
                one.len() - place
            }
            _ => 0,
        }
    }

    /// Calls `look` with the branches that start at an index of the tree, from above, until it says so.
    fn starting_at<'a>(&'a self, mut index: usize, mut look: impl FnMut(&'a Branch<T>) -> bool) {
        let mut next = self.tree.root();
        while let Some(branch) = next {
            if index == 0 && look(branch) {
                return;
            }
            let (slot, rest) = branch.locate(index);
            index = rest;
            next = match branch.kids() {
                Kids::Branches(branches) => branches.get(slot),
                Kids::Leaves(_) => None,
            };
        }
    }
}

/// O(n) at most; what both share is not looked at, which is why this takes `T: Eq`.
impl<T: Eq> PartialEq for Vector<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && (self.ptr_eq(other) || self.walk(other, |_, one, two| (one != two).then_some(())).is_none())
    }
}

impl<T: Eq> Eq for Vector<T> {}

impl<T: Ord> PartialOrd for Vector<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As with slices: by the first elements that differ, else by length. What both share is not looked at.
impl<T: Ord> Ord for Vector<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.walk(other, |_, one, two| Some(one.cmp(two)).filter(|order| order.is_ne()))
            .unwrap_or_else(|| self.len().cmp(&other.len()))
    }
}

/// O(n). Does not depend on how the elements are divided into leaves.
impl<T: Hash> Hash for Vector<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        // One by one: what `hash_slice` feeds the hasher with may depend on where slices end.
        self.iter().for_each(|value| value.hash(state));
    }
}
