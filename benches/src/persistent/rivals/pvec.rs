//! pvec: vectors, always as trees (its `PVec` is a `Vec` until it is first cloned).

use pvec::core::RrbVec;

use super::super::kinds::{Cut, Sequence, sum};

pub(in crate::persistent) type PVec = RrbVec<u64>;

impl Sequence for PVec {
    fn collect(count: u64) -> Self {
        let mut vector = Self::new();
        for element in 0..count {
            vector.push(element);
        }
        vector
    }

    fn empty() -> Self {
        Self::new()
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn find(&self, index: usize) -> Option<u64> {
        self.get(index).copied()
    }

    /// By index: it has no iterator but one that takes a vector apart.
    fn walk(&self) -> (u64, u64) {
        sum((0..self.len()).filter_map(|index| self.get(index).copied()))
    }

    #[inline]
    fn put(&mut self, value: u64) {
        self.push(value);
    }
}

impl Cut for PVec {
    fn concat(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.append(&mut other.clone());
        joined
    }

    fn slice(&self, start: usize, end: usize) -> Self {
        let mut right = self.clone().split_off(start);
        drop(right.split_off(end - start));
        right
    }
}
