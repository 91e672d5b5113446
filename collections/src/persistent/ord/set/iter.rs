//! Iteration over sets: that over the keys of their maps.

use core::{fmt, iter::FusedIterator};

use crate::persistent::ord_map;

/// The items of an [`OrdSet`](super::OrdSet) in their order: of [`iter`](super::OrdSet::iter).
pub struct Iter<'a, T>(pub(super) ord_map::Keys<'a, T, ()>);

/// The items of an [`OrdSet`](super::OrdSet) in a range: of [`range`](super::OrdSet::range).
pub struct Range<'a, T>(pub(super) ord_map::Range<'a, T, ()>);

/// The items of an [`OrdSet`](super::OrdSet), by value: of its [`into_iter`](IntoIterator::into_iter).
pub struct IntoIter<T>(pub(super) ord_map::IntoKeys<T, ()>);

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    fn count(self) -> usize {
        self.0.count()
    }

    fn last(mut self) -> Option<&'a T> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, f: F) -> B {
        self.0.fold(init, f)
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl<'a, T> Iterator for Range<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|(item, ())| item)
    }

    fn last(mut self) -> Option<&'a T> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |folded, (item, ())| f(folded, item))
    }
}

impl<T> DoubleEndedIterator for Range<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(item, ())| item)
    }
}

impl<T: Clone> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: Clone> DoubleEndedIterator for IntoIter<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        self.0.next_back()
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T: Clone> ExactSizeIterator for IntoIter<T> {}
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for Range<'_, T> {}
impl<T: Clone> FusedIterator for IntoIter<T> {}

/// What iterators by reference have in common.
macro_rules! by_ref {
    ($($name:ident<T: $bound:path>;)*) => {$(
        impl<T> Clone for $name<'_, T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T: $bound> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    )*};
}

by_ref! {
    Iter<T: fmt::Debug>;
    Range<T: fmt::Debug>;
}

impl<T> Default for Iter<'_, T> {
    fn default() -> Self {
        Self(ord_map::Keys::default())
    }
}

impl<T> Default for Range<'_, T> {
    fn default() -> Self {
        Self(ord_map::Range::default())
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIter").field(&self.0).finish()
    }
}
