//! Iteration by reference.

use core::{fmt, iter::FusedIterator, slice};

use super::Vector;

impl<T> Vector<T> {
    /// The elements in order. A step is that of a slice; at each leaf, O(log n).
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T> {
        self.iter_of(0, self.len())
    }

    /// The elements from index `low` on, up to `high`, which are in order and not behind the length.
    pub(super) fn iter_of(&self, low: usize, high: usize) -> Iter<'_, T> {
        Iter { front: [].iter(), chunks: Chunks { vector: self, low, high }, back: [].iter() }
    }

    /// The elements in order, in slices of those that lie side by side: 16 to 32 each, but for the first and the last.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let all: Vector<u64> = (0..1000).collect();
    /// assert_eq!(all.chunks().map(|chunk| chunk.iter().sum::<u64>()).sum::<u64>(), 499_500);
    /// ```
    #[must_use]
    pub fn chunks(&self) -> Chunks<'_, T> {
        Chunks { vector: self, low: 0, high: self.len() }
    }
}

/// Slices of a vector's elements, in order: of [`chunks`](Vector::chunks).
pub struct Chunks<'a, T> {
    vector: &'a Vector<T>,
    /// What is left: indices from `low` on, up to `high`.
    low: usize,
    high: usize,
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = &'a [T];

    #[inline]
    fn next(&mut self) -> Option<&'a [T]> {
        if self.low == self.high {
            return None;
        }
        let (chunk, place) = self.vector.chunk_around(self.low);
        let chunk = &chunk[place..];
        let chunk = &chunk[..chunk.len().min(self.high - self.low)];
        self.low += chunk.len();
        Some(chunk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.low < self.high), Some(self.high - self.low))
    }
}

impl<'a, T> DoubleEndedIterator for Chunks<'a, T> {
    #[inline]
    fn next_back(&mut self) -> Option<&'a [T]> {
        if self.low == self.high {
            return None;
        }
        let (chunk, place) = self.vector.chunk_around(self.high - 1);
        let left = self.high - self.low;
        let chunk = &chunk[(place + 1).saturating_sub(left)..=place];
        self.high -= chunk.len();
        Some(chunk)
    }
}

impl<T> FusedIterator for Chunks<'_, T> {}

impl<T> Clone for Chunks<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T: fmt::Debug> fmt::Debug for Chunks<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// References to a vector's elements, in order: of [`iter`](Vector::iter).
pub struct Iter<'a, T> {
    front: slice::Iter<'a, T>,
    chunks: Chunks<'a, T>,
    back: slice::Iter<'a, T>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(value) = self.front.next() {
                return Some(value);
            }
            match self.chunks.next() {
                Some(chunk) => self.front = chunk.iter(),
                None => return self.back.next(),
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.front.len() + (self.chunks.high - self.chunks.low) + self.back.len();
        (left, Some(left))
    }

    /// O(log n).
    fn nth(&mut self, mut n: usize) -> Option<&'a T> {
        if n < self.front.len() {
            return self.front.nth(n);
        }
        n -= self.front.len();
        self.front = [].iter();
        let between = self.chunks.high - self.chunks.low;
        if n < between {
            self.chunks.low += n;
            return self.next();
        }
        self.chunks.low = self.chunks.high;
        self.back.nth(n - between)
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(self, initial: B, mut f: F) -> B {
        let so_far = self.front.fold(initial, &mut f);
        let so_far = self.chunks.fold(so_far, |so_far, chunk| chunk.iter().fold(so_far, &mut f));
        self.back.fold(so_far, f)
    }

    fn count(self) -> usize {
        self.len()
    }

    fn last(mut self) -> Option<&'a T> {
        self.next_back()
    }
}

impl<'a, T> DoubleEndedIterator for Iter<'a, T> {
    #[inline]
    fn next_back(&mut self) -> Option<&'a T> {
        loop {
            if let Some(value) = self.back.next_back() {
                return Some(value);
            }
            match self.chunks.next_back() {
                Some(chunk) => self.back = chunk.iter(),
                None => return self.front.next_back(),
            }
        }
    }

    /// O(log n).
    fn nth_back(&mut self, mut n: usize) -> Option<&'a T> {
        if n < self.back.len() {
            return self.back.nth_back(n);
        }
        n -= self.back.len();
        self.back = [].iter();
        let between = self.chunks.high - self.chunks.low;
        if n < between {
            self.chunks.high -= n;
            return self.next_back();
        }
        self.chunks.high = self.chunks.low;
        self.front.nth_back(n - between)
    }

    fn rfold<B, F: FnMut(B, &'a T) -> B>(self, initial: B, mut f: F) -> B {
        let so_far = self.back.rfold(initial, &mut f);
        let so_far = self.chunks.rfold(so_far, |so_far, chunk| chunk.iter().rfold(so_far, &mut f));
        self.front.rfold(so_far, f)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> FusedIterator for Iter<'_, T> {}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { front: self.front.clone(), chunks: self.chunks.clone(), back: self.back.clone() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, T> IntoIterator for &'a Vector<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
