//! Order: sorting and searching.

use alloc::vec::Vec;
use core::{cmp::Ordering, mem};

use super::Vector;

impl<T> Vector<T> {
    /// Whether an element is there. O(n).
    #[must_use]
    pub fn contains(&self, value: &T) -> bool
    where
        T: PartialEq,
    {
        self.chunks().any(|chunk| chunk.contains(value))
    }

    /// Where an element is in a vector in order, or where it would have to be inserted. O(log n) comparisons, each after a lookup.
    ///
    /// # Errors
    ///
    /// If the element is not there.
    pub fn binary_search(&self, value: &T) -> Result<usize, usize>
    where
        T: Ord,
    {
        self.binary_search_by(|other| other.cmp(value))
    }

    /// As [`binary_search`](Self::binary_search), where `compare` says how an element compares to what is sought.
    ///
    /// # Errors
    ///
    /// If no element is equal to what is sought.
    pub fn binary_search_by(&self, mut compare: impl FnMut(&T) -> Ordering) -> Result<usize, usize> {
        let place = self.partition_point(|value| compare(value) == Ordering::Less);
        match self.get(place).map(compare) {
            Some(Ordering::Equal) => Ok(place),
            _ => Err(place),
        }
    }

    /// As [`binary_search`](Self::binary_search), in a vector in the order of keys.
    ///
    /// # Errors
    ///
    /// If no element has the key.
    pub fn binary_search_by_key<K: Ord>(&self, key: &K, mut of: impl FnMut(&T) -> K) -> Result<usize, usize> {
        self.binary_search_by(|value| of(value).cmp(key))
    }

    /// How many elements there are at the start for which `first` holds, if there are none behind one for which it does not. O(log n) calls, each after
    /// a lookup.
    #[must_use]
    pub fn partition_point(&self, mut first: impl FnMut(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            // The last element of the chunk in the middle decides about the whole chunk, so that the rest is sought where it lies side by side.
            let (chunk, place) = self.chunk_around(low + (high - low) / 2);
            let start = low + (high - low) / 2 - place;
            let chunk = &chunk[low.saturating_sub(start)..chunk.len().min(high - start)];
            let start = start.max(low);
            let (Some(least), Some(most)) = (chunk.first(), chunk.last()) else { break };
            if first(most) {
                low = start + chunk.len();
            } else if first(least) {
                return start + chunk.partition_point(first);
            } else {
                high = start;
            }
        }
        low
    }
}

impl<T: Clone> Vector<T> {
    /// The version in order. Stable; O(n log n).
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// assert_eq!(Vector::from([3, 1, 2]).sort(), Vector::from([1, 2, 3]));
    /// ```
    #[must_use]
    pub fn sort(&self) -> Self
    where
        T: Ord,
    {
        self.sort_by(T::cmp)
    }

    /// Puts the elements in order. Stable; O(n log n). Uses memory for a second copy meanwhile.
    ///
    /// If a comparison panics, all elements are there still, in some order.
    pub fn sort_mut(&mut self)
    where
        T: Ord,
    {
        self.sort_by_mut(T::cmp);
    }

    /// As [`sort`](Self::sort), in the order that `compare` tells.
    #[must_use]
    pub fn sort_by(&self, compare: impl FnMut(&T, &T) -> Ordering) -> Self {
        let mut next = self.clone();
        next.sort_by_mut(compare);
        next
    }

    /// As [`sort_mut`](Self::sort_mut), in the order that `compare` tells.
    pub fn sort_by_mut(&mut self, compare: impl FnMut(&T, &T) -> Ordering) {
        // What other versions have too is cloned where it is: a clone that panics finds everything in its place. From then on all is moved.
        self.iter_mut().for_each(|_| ());
        let items = mem::take(self).into_iter().collect();
        Loose { items, target: self }.items.sort_by(compare);
    }

    /// As [`sort`](Self::sort), in the order of keys.
    #[must_use]
    pub fn sort_by_key<K: Ord>(&self, mut key: impl FnMut(&T) -> K) -> Self {
        self.sort_by(|one, other| key(one).cmp(&key(other)))
    }

    /// As [`sort_mut`](Self::sort_mut), in the order of keys.
    pub fn sort_by_key_mut<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.sort_by_mut(|one, other| key(one).cmp(&key(other)));
    }
}

/// Elements on their way into a vector again, which was theirs and is empty: also when a panic passes by.
struct Loose<'a, T: Clone> {
    items: Vec<T>,
    target: &'a mut Vector<T>,
}

impl<T: Clone> Drop for Loose<'_, T> {
    fn drop(&mut self) {
        *self.target = mem::take(&mut self.items).into();
    }
}
