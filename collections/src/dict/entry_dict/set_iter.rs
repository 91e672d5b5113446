//! What sets give out.

use std::{fmt, iter::FusedIterator, ops::Deref};

use super::{IntoIter, Iter, Ref, Removed};

/// An item of a [`DictSet`](crate::DictSet), as it was found: a [`Ref`] to it.
pub struct SetRef<'a, T>(pub(super) Ref<'a, T, ()>);

/// An item that was taken out of a [`DictSet`](crate::DictSet), or replaced: a [`Removed`] one.
pub struct SetRemoved<'a, T>(pub(super) Removed<'a, T, ()>);

macro_rules! derefs_to_item {
    ($($name:ident),*) => {$(
        impl<T> Deref for $name<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                self.0.key()
            }
        }

        impl<T> AsRef<T> for $name<'_, T> {
            fn as_ref(&self) -> &T {
                self.0.key()
            }
        }

        impl<T: fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.key().fmt(f)
            }
        }

        impl<T: fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.key().fmt(f)
            }
        }
    )*};
}

derefs_to_item!(SetRef, SetRemoved);

/// All items of a [`DictSet`](crate::DictSet): of [`DictSet::iter`](crate::DictSet::iter). Stays on its thread.
#[derive(Debug)]
pub struct SetIter<'a, T>(pub(super) Iter<'a, T, ()>);

impl<'a, T> Iterator for SetIter<'a, T> {
    type Item = SetRef<'a, T>;

    fn next(&mut self) -> Option<SetRef<'a, T>> {
        self.0.next().map(SetRef)
    }
}

impl<T> FusedIterator for SetIter<'_, T> {}

/// The items that a [`DictSet`](crate::DictSet) had.
#[derive(Debug)]
pub struct SetIntoIter<T>(pub(super) IntoIter<T, ()>);

impl<T> Iterator for SetIntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next().map(|(item, ())| item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> ExactSizeIterator for SetIntoIter<T> {}
impl<T> FusedIterator for SetIntoIter<T> {}
