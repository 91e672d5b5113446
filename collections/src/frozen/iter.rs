//! Iteration.

use alloc::vec;
use core::{fmt, iter::FusedIterator, slice};

use super::{Map, Set};

macro_rules! iterators {
    ($($(#[$meta:meta])* $name:ident<$life:lifetime, $($param:ident),*>: $item:ty, $entry:pat => $part:expr;)*) => { $(
        $(#[$meta])*
        pub struct $name<$life, $($param),*> {
            entries: slice::Iter<$life, iterators!(@entry $($param)*)>,
        }

        impl<$life, $($param),*> $name<$life, $($param),*> {
            pub(super) fn new(entries: &$life [iterators!(@entry $($param)*)]) -> Self {
                Self { entries: entries.iter() }
            }
        }

        impl<$($param),*> Clone for $name<'_, $($param),*> {
            fn clone(&self) -> Self {
                Self { entries: self.entries.clone() }
            }
        }

        impl<$($param: fmt::Debug),*> fmt::Debug for $name<'_, $($param),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }

        impl<$life, $($param),*> Iterator for $name<$life, $($param),*> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.entries.next().map(|$entry| $part)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.entries.size_hint()
            }

            #[inline]
            fn nth(&mut self, n: usize) -> Option<$item> {
                self.entries.nth(n).map(|$entry| $part)
            }

            #[inline]
            fn fold<A, F: FnMut(A, $item) -> A>(self, start: A, mut f: F) -> A {
                self.entries.fold(start, |state, $entry| f(state, $part))
            }
        }

        impl<$($param),*> DoubleEndedIterator for $name<'_, $($param),*> {
            #[inline]
            fn next_back(&mut self) -> Option<Self::Item> {
                self.entries.next_back().map(|$entry| $part)
            }
        }

        impl<$($param),*> ExactSizeIterator for $name<'_, $($param),*> {}
        impl<$($param),*> FusedIterator for $name<'_, $($param),*> {}
    )* };
    (@entry $key:ident $value:ident) => { ($key, $value) };
    (@entry $item:ident) => { ($item, ()) };
}

iterators! {
    /// The entries of a [`Map`], in the order of their hashes: of [`Map::iter`].
    Iter<'a, K, V>: (&'a K, &'a V), (key, value) => (key, value);
    /// The keys of a [`Map`], in the order of their hashes: of [`Map::keys`].
    Keys<'a, K, V>: &'a K, (key, _) => key;
    /// The values of a [`Map`], in the order of their keys' hashes: of [`Map::values`].
    Values<'a, K, V>: &'a V, (_, value) => value;
    /// The items of a [`Set`], in the order of their hashes: of [`Set::iter`].
    SetIter<'a, T>: &'a T, (item, _) => item;
}

/// The entries that a [`Map`] had, in the order of their hashes.
#[derive(Clone, Debug)]
pub struct IntoIter<K, V> {
    entries: vec::IntoIter<(K, V)>,
}

/// The items that a [`Set`] had, in the order of their hashes.
#[derive(Clone, Debug)]
pub struct SetIntoIter<T> {
    entries: vec::IntoIter<(T, ())>,
}

macro_rules! owning_iterators {
    ($($name:ident<$($param:ident),*>: $item:ty, $part:expr;)*) => { $(
        impl<$($param),*> Iterator for $name<$($param),*> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                self.entries.next().map($part)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.entries.size_hint()
            }
        }

        impl<$($param),*> DoubleEndedIterator for $name<$($param),*> {
            fn next_back(&mut self) -> Option<$item> {
                self.entries.next_back().map($part)
            }
        }

        impl<$($param),*> ExactSizeIterator for $name<$($param),*> {}
        impl<$($param),*> FusedIterator for $name<$($param),*> {}
    )* };
}

owning_iterators! {
    IntoIter<K, V>: (K, V), |entry| entry;
    SetIntoIter<T>: T, |(item, ())| item;
}

impl<K, V, S> IntoIterator for Map<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter { entries: self.into_vec().into_iter() }
    }
}

impl<'a, K, V, S> IntoIterator for &'a Map<K, V, S> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<T, S> IntoIterator for Set<T, S> {
    type Item = T;
    type IntoIter = SetIntoIter<T>;

    fn into_iter(self) -> SetIntoIter<T> {
        SetIntoIter { entries: self.into_map().into_vec().into_iter() }
    }
}

impl<'a, T, S> IntoIterator for &'a Set<T, S> {
    type Item = &'a T;
    type IntoIter = SetIter<'a, T>;

    fn into_iter(self) -> SetIter<'a, T> {
        self.iter()
    }
}
