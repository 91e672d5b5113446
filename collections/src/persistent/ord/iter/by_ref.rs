//! Iteration by reference.

use core::{fmt, iter::FusedIterator};

use super::Entries;
use crate::persistent::OrdMap;

/// The entries of an [`OrdMap`] in the order of their keys: of [`iter`](OrdMap::iter).
pub struct Iter<'a, K, V> {
    entries: Entries<'a, K, V>,
    len: usize,
}

/// The entries of an [`OrdMap`] in a range of keys: of [`range`](OrdMap::range).
pub struct Range<'a, K, V>(pub(in super::super) Entries<'a, K, V>);

/// The keys of an [`OrdMap`] in their order: of [`keys`](OrdMap::keys).
pub struct Keys<'a, K, V>(pub(in super::super) Iter<'a, K, V>);

/// The values of an [`OrdMap`] in the order of their keys: of [`values`](OrdMap::values).
pub struct Values<'a, K, V>(pub(in super::super) Iter<'a, K, V>);

impl<'a, K, V> Iter<'a, K, V> {
    pub(in super::super) fn new(map: &'a OrdMap<K, V>) -> Self {
        let entries = map.root.as_ref().map_or_else(Entries::empty, |root| Entries::all(root.by_ref()));
        Self { entries, len: map.len() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.len -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }

    fn count(self) -> usize {
        self.len
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, f: F) -> B {
        self.entries.fold(init, f)
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next_back()?;
        self.len -= 1;
        Some(entry)
    }
}

impl<'a, K, V> Iterator for Range<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, f: F) -> B {
        self.0.fold(init, f)
    }
}

impl<K, V> DoubleEndedIterator for Range<'_, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

/// An iterator over one half of the entries of another.
macro_rules! half {
    ($name:ident, $half:ident, $entry:pat => $result:expr) => {
        impl<'a, K, V> Iterator for $name<'a, K, V> {
            type Item = &'a $half;

            #[inline]
            fn next(&mut self) -> Option<Self::Item> {
                self.0.next().map(|$entry| $result)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }

            fn count(self) -> usize {
                self.0.len
            }

            fn last(mut self) -> Option<Self::Item> {
                self.next_back()
            }

            #[inline]
            fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
                self.0.fold(init, |folded, $entry| f(folded, $result))
            }
        }

        impl<K, V> DoubleEndedIterator for $name<'_, K, V> {
            #[inline]
            fn next_back(&mut self) -> Option<Self::Item> {
                self.0.next_back().map(|$entry| $result)
            }
        }

        impl<K, V> ExactSizeIterator for $name<'_, K, V> {}
        impl<K, V> FusedIterator for $name<'_, K, V> {}

        impl<K, V> Clone for $name<'_, K, V> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<K, V> Default for $name<'_, K, V> {
            fn default() -> Self {
                Self(Iter::default())
            }
        }

        impl<K, V> fmt::Debug for $name<'_, K, V>
        where
            $half: fmt::Debug,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    };
}

half!(Keys, K, (key, _) => key);
half!(Values, V, (_, value) => value);

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}
impl<K, V> FusedIterator for Iter<'_, K, V> {}
impl<K, V> FusedIterator for Range<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), len: self.len }
    }
}

impl<K, V> Clone for Range<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Iter<'_, K, V> {
    fn default() -> Self {
        Self { entries: Entries::empty(), len: 0 }
    }
}

impl<K, V> Default for Range<'_, K, V> {
    fn default() -> Self {
        Self(Entries::empty())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Range<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
