//! Changes in the middle.

use super::{
    Vector,
    config::{LEAF, LEAF_MIN},
};

impl<T: Clone> Vector<T> {
    /// The version with one more element, before the one at `index`, or the last. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is greater than the length.
    #[must_use]
    #[track_caller]
    pub fn insert(&self, index: usize, value: T) -> Self {
        let mut next = self.clone();
        next.insert_mut(index, value);
        next
    }

    /// Puts an element before the one at `index`, or behind all. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is greater than the length.
    #[track_caller]
    pub fn insert_mut(&mut self, index: usize, value: T) {
        let len = self.len();
        assert!(index <= len, "cannot insert at {index} in a vector of {len} elements");
        if index == len {
            return self.push_back_mut(value);
        }
        if index == 0 {
            return self.push_front_mut(value);
        }
        if let Some((leaf, _)) = self.leaf_around(index)
            && leaf.len() == LEAF
        {
            // The leaf is divided by this, so that there is room for the next ones.
            let mut next = self.take(index);
            next.push_back_mut(value);
            next.append_mut(&self.skip(index));
            *self = next;
        } else if index < self.start {
            if let Some(head) = &mut self.head {
                head.make_own().insert(index, value);
                self.start += 1;
                self.end += 1;
            }
        } else if index < self.end {
            self.tree.change(index - self.start, |leaf, place| leaf.insert(place, value));
            self.end += 1;
        } else if let Some(tail) = &mut self.tail {
            tail.make_own().insert(index - self.end, value);
        }
    }

    /// The version without the element at `index`. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is not less than the length.
    #[must_use]
    #[track_caller]
    pub fn remove(&self, index: usize) -> Self {
        let mut next = self.clone();
        next.remove_mut(index);
        next
    }

    /// Takes out the element at `index`. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is not less than the length.
    #[track_caller]
    pub fn remove_mut(&mut self, index: usize) -> T {
        // Leaves of the tree keep their least length; buffers are given up at their last element.
        let least = if index.wrapping_sub(self.start) < self.end - self.start { LEAF_MIN } else { 1 };
        let spare = self.leaf_around(index).is_some_and(|(leaf, _)| leaf.len() > least);
        let removed = if !spare {
            None
        } else if index < self.start {
            let removed = self.head.as_mut().and_then(|head| head.make_own().pop_at(index));
            self.start -= 1;
            self.end -= 1;
            removed
        } else if index < self.end {
            let removed = self.tree.change(index - self.start, |leaf, place| leaf.remove(place));
            self.end -= 1;
            removed
        } else {
            self.tail.as_mut().and_then(|tail| tail.make_own().pop_at(index - self.end))
        };
        removed.unwrap_or_else(|| {
            let removed = self[index].clone();
            *self = self.take(index).concat(&self.skip(index + 1));
            removed
        })
    }

    /// The version with two elements in each other's places. O(log n).
    ///
    /// # Panics
    ///
    /// If one of the indices is not less than the length.
    #[must_use]
    #[track_caller]
    pub fn swap(&self, one: usize, other: usize) -> Self {
        let mut next = self.clone();
        next.swap_mut(one, other);
        next
    }

    /// Puts two elements in each other's places. O(log n); clones one of them. If a clone panics, nothing has changed.
    ///
    /// # Panics
    ///
    /// If one of the indices is not less than the length.
    #[track_caller]
    pub fn swap_mut(&mut self, one: usize, other: usize) {
        let value = self[one].clone();
        // From here on nothing is shared on the way to either, so that nothing is cloned between the two halves.
        for index in [one, other] {
            let _: &mut T = &mut self[index];
        }
        let value = self.set_mut(other, value);
        self.set_mut(one, value);
    }

    /// The version of the elements in the opposite order. O(n).
    #[must_use]
    pub fn reverse(&self) -> Self {
        self.iter().rev().cloned().collect()
    }

    /// The version of those elements for which `keep` says so. O(n); those in front of the first that is left out stay shared, those behind it are
    /// cloned.
    #[must_use]
    pub fn retain(&self, mut keep: impl FnMut(&T) -> bool) -> Self {
        let Some(first) = self.iter().position(|value| !keep(value)) else { return self.clone() };
        let mut kept = self.take(first);
        kept.extend(self.iter_of(first + 1, self.len()).filter(|value| keep(value)).cloned());
        kept
    }

    /// Removes those elements for which `keep` says no. As [`retain`](Self::retain); if `keep` or a clone panics, nothing has changed.
    pub fn retain_mut(&mut self, keep: impl FnMut(&T) -> bool) {
        *self = self.retain(keep);
    }
}
