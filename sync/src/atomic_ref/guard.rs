//! Guards: what `load` gives.

use std::{fmt, marker::PhantomData, ops::Deref};

use super::{ArcLike, raw::Loaded};
use crate::primitive::Arc;

/// The value of a cell, as it was when it was loaded; made by `load`. Derefs to the value.
///
/// The value stays alive while the guard lives, whatever is stored meanwhile. A guard borrows the cell and stays on its thread:
/// across `.await`, and to keep the value beyond the cell, take [`into_counted`](Self::into_counted) or `load_full`.
///
/// A thread has eight slots for guards. More guards at a time work as well, each by a count of its own, at the price of
/// `load_full`. A guard that is forgotten (`mem::forget`) costs a slot for ever and keeps its value alive (and
/// later values, should they come to lie at the same address).
#[must_use = "the value is protected only while the guard lives"]
pub struct RefGuard<'c, T, A: ArcLike<Target = T> = Arc<T>> {
    loaded: Loaded<A>,
    /// Borrows the cell; and stays on its thread, for the slot is one of the thread's node.
    cell: PhantomData<(&'c A, *mut ())>,
}

// SAFETY: a shared guard shows the reference and the value, both `Sync` (`ArcLike`, and `T` as the target of a `Sync`
// reference); the slot is used by the owner alone.
unsafe impl<T: Sync, A: ArcLike<Target = T>> Sync for RefGuard<'_, T, A> {}

impl<T, A: ArcLike<Target = T>> RefGuard<'_, T, A> {
    pub(super) fn new(loaded: Loaded<A>) -> Self {
        Self { loaded, cell: PhantomData }
    }

    pub(super) fn into_loaded(this: Self) -> Loaded<A> {
        this.loaded
    }

    /// The reference itself, `Arc<T>` for most. To clone it is to take a count.
    ///
    /// ```
    /// # use polder_sync::{AtomicRef, RefGuard};
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(5));
    /// let five: Arc<i32> = Arc::clone(RefGuard::reference(&cell.load()));
    /// # assert_eq!(*five, 5);
    /// ```
    #[inline]
    pub fn reference(this: &Self) -> &A {
        this.loaded.reference()
    }

    /// Turns the guard into a reference of its own. Wait-free.
    ///
    /// ```
    /// # use polder_sync::{AtomicRef, RefGuard};
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(5));
    /// let five: Arc<i32> = RefGuard::into_counted(cell.load());
    /// # drop(cell);
    /// # assert_eq!(*five, 5);
    /// ```
    pub fn into_counted(this: Self) -> A {
        this.loaded.into_counted()
    }

    /// Whether the guard has a count of its own, for want of a slot.
    pub fn is_counted(this: &Self) -> bool {
        this.loaded.is_counted()
    }
}

impl<'c, T: Send + Sync + 'static> RefGuard<'c, T> {
    /// A guard of a part of the value.
    ///
    /// ```
    /// # use polder_sync::{AtomicRef, RefGuard};
    /// # use std::sync::Arc;
    /// struct Config { name: String, port: u16 }
    /// let cell = AtomicRef::new(Arc::new(Config { name: "north".into(), port: 80 }));
    /// let name = RefGuard::map(cell.load(), |config| config.name.as_str());
    /// assert_eq!(&*name, "north");
    /// # assert_eq!(cell.load().port, 80);
    /// ```
    pub fn map<U: ?Sized>(this: Self, part: impl FnOnce(&T) -> &U) -> MappedRefGuard<'c, T, U> {
        // `Arc`s only: what other references show may lie in the reference itself, and so move with the guard.
        let part: *const U = part(&this);
        MappedRefGuard { guard: this, part }
    }
}

impl<T, A: ArcLike<Target = T>> Deref for RefGuard<'_, T, A> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.loaded.reference().target()
    }
}

impl<T: fmt::Debug, A: ArcLike<Target = T>> fmt::Debug for RefGuard<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display, A: ArcLike<Target = T>> fmt::Display for RefGuard<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A part of the value of a cell; made by [`RefGuard::map`]. Derefs to the part.
#[must_use = "the value is protected only while the guard lives"]
pub struct MappedRefGuard<'c, T: Send + Sync + 'static, U: ?Sized> {
    guard: RefGuard<'c, T>,
    /// In the guard's value, which does not move or change while it is shared.
    part: *const U,
}

// SAFETY: a shared guard shows the part and nothing else.
unsafe impl<T: Send + Sync, U: ?Sized + Sync> Sync for MappedRefGuard<'_, T, U> {}

impl<'c, T: Send + Sync, U: ?Sized> MappedRefGuard<'c, T, U> {
    /// A guard of a part of the part.
    pub fn map<V: ?Sized>(this: Self, part: impl FnOnce(&U) -> &V) -> MappedRefGuard<'c, T, V> {
        let part: *const V = part(&this);
        MappedRefGuard { guard: this.guard, part }
    }

    /// Turns the guard into a reference to the whole value. Wait-free.
    pub fn into_counted(this: Self) -> Arc<T> {
        RefGuard::into_counted(this.guard)
    }
}

impl<T: Send + Sync, U: ?Sized> Deref for MappedRefGuard<'_, T, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: borrowed from the value, which the guard keeps alive and shared.
        unsafe { &*self.part }
    }
}

impl<T: Send + Sync, U: ?Sized + fmt::Debug> fmt::Debug for MappedRefGuard<'_, T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
