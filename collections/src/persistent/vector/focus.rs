//! A place in a vector.

use core::fmt;

use super::Vector;

impl<T> Vector<T> {
    /// A reader that remembers the leaf that it read last. See [`Focus`].
    #[must_use]
    pub fn focus(&self) -> Focus<'_, T> {
        Focus { vector: self, chunk: &[], start: 0 }
    }
}

/// Reads a vector by indices that are near each other, as a loop over a window does: of [`focus`](Vector::focus).
///
/// ```
/// use polder_collections::persistent::Vector;
///
/// let squares: Vector<usize> = (0..1000).map(|n| n * n).collect();
/// let mut focus = squares.focus();
/// for n in 1..999 {
///     assert_eq!(focus.get(n + 1).unwrap() - focus.get(n - 1).unwrap(), 4 * n);
/// }
/// assert_eq!(focus.get(1000), None);
/// ```
pub struct Focus<'a, T> {
    vector: &'a Vector<T>,
    /// The leaf read last.
    chunk: &'a [T],
    /// The index of its first element.
    start: usize,
}

impl<'a, T> Focus<'a, T> {
    /// The element at `index`, if there is one. O(1) in the leaf of the last call, else O(log n).
    #[inline]
    pub fn get(&mut self, index: usize) -> Option<&'a T> {
        match self.chunk.get(index.wrapping_sub(self.start)) {
            Some(value) => Some(value),
            None => self.refocus(index),
        }
    }

    /// The elements that lie side by side with the one at `index`, and its place among them. None, and 0, if there is no such element.
    #[inline]
    pub fn chunk(&mut self, index: usize) -> (&'a [T], usize) {
        match self.get(index) {
            Some(_) => (self.chunk, index - self.start),
            None => (&[], 0),
        }
    }

    fn refocus(&mut self, index: usize) -> Option<&'a T> {
        let (chunk, place) = self.vector.chunk_around(index);
        let value = chunk.get(place)?;
        (self.chunk, self.start) = (chunk, index - place);
        Some(value)
    }
}

impl<T> Clone for Focus<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T> fmt::Debug for Focus<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Focus").field("start", &self.start).field("len", &self.chunk.len()).finish_non_exhaustive()
    }
}
