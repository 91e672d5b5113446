//! A value that versions share: [`Shared`].
//!
//! # What & when not
//!
//! What the nodes of persistent collections hold each other by. As `Arc`, but without weak counts: one word less a node, and to be the only
//! owner is one load. Not for users, who have `Arc`, nor for what is in cycles, which is never freed.
//!
//! # Representation
//!
//! ```text
//!   Shared ─┐    ┌──────────────┬──────────┐
//!   Shared ─┼───►│ count: usize │ value: T │    one allocation, made and freed as a Box
//!   Shared ─┘    └──────────────┴──────────┘
//! ```
//! In this order: a node that is counted is mostly read next, or just was, from its beginning on.
//!
//! # Invariants
//!
//! - **I1, counted.** While there are `n` handles of a value, its count is at least `n`, and more only if handles were forgotten. So a count of one, seen by the owner of a handle, means that there is no other.
//! - **I2, alive.** The allocation is whole as long as there is a handle; it is freed by the handle that takes the count to zero, or that
//!   finds itself alone, and by that one once.
//! - **I3, shared is immutable.** `&mut T` is given out only for a `&mut` handle that is alone, for as long as that is borrowed: no other
//!   handle can come up meanwhile, as it could only be a clone of this one.
//!
//! # Orderings
//!
//! None of its own: those of [`Count`].
//!
//! # Panics
//!
//! A drop of the value that panics leaves the allocation freed all the same and goes on to the caller, as with a Box. The clone that
//! [`Shared::make_mut`] and [`Shared::make_own`] make may panic: then nothing has changed.
//!
//! # Checked by
//!
//! `shared/models.rs` (loom), `shared/tests.rs`, which Miri runs too.

#[cfg(all(test, polder_loom))]
mod models;
#[cfg(all(test, not(polder_loom)))]
mod tests;

use alloc::boxed::Box;
use core::{fmt, marker::PhantomData, ops::Deref, ptr::NonNull};

use super::count::Count;

/// A counted pointer to a value that is immutable while it is shared.
pub(crate) struct Shared<T> {
    /// From `Box::into_raw`, alive by I2.
    place: NonNull<Place<T>>,
    owns: PhantomData<Place<T>>,
}

#[repr(C)]
struct Place<T> {
    /// I1.
    count: Count,
    value: T,
}

/// A value with much room in it, of which it need not use all. It is copied to where the copy stays, by `clone_from` on a vacant one: what `clone` makes has to be moved
/// there, room and all.
pub(crate) trait Roomy: Clone {
    /// Such a value with nothing in it.
    fn vacant(&self) -> Self;
}

// SAFETY: a handle gives `&T` to its thread (`T: Sync`), and the last one drops or gives out the `T` there (`T: Send`); the count is atomic.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: through `&Shared` come `&T` and, by `clone`, further handles: the same as for `Send`.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Bytes that a value takes, with its count.
    pub(crate) const SIZE: usize = size_of::<Place<T>>();

    #[inline]
    pub(crate) fn new(value: T) -> Self {
        let place = Box::new(Place { count: Count::one(), value });
        Self { place: NonNull::from(Box::leak(place)), owns: PhantomData }
    }

    /// A value that is filled where it stays, not moved there with all the room in it. If that panics, it is dropped.
    #[inline]
    pub(crate) fn filled(vacant: T, fill: impl FnOnce(&mut T)) -> Self {
        let mut new = Self::new(vacant);
        if let Some(value) = new.get_mut() {
            fill(value);
        }
        new
    }

    #[inline]
    fn place(&self) -> &Place<T> {
        // SAFETY: I2: this is a handle, and by I3 nobody has the place by `&mut`.
        unsafe { self.place.as_ref() }
    }

    /// Whether both are handles of one value.
    #[inline]
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Whether there is no other handle. Of use to who has this one by `&mut` or as a value: others can come up only from this one.
    #[inline]
    fn is_unique(&self) -> bool {
        self.place().count.is_one()
    }

    /// The value, to be changed, if there is no other handle of it.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        if !self.is_unique() {
            return None;
        }
        // SAFETY: I3: alone, and borrowed by `&mut` as long as the result lives.
        let place = unsafe { self.place.as_mut() };
        Some(&mut place.value)
    }

    /// The value, to be changed; cloned first if there are other handles, which keep the old one.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut T
    where
        T: Clone,
    {
        if !self.is_unique() {
            *self = Self::new(T::clone(self));
        }
        // SAFETY: I3: alone, or the only handle of a new value, and borrowed by `&mut` as long as the result lives.
        let place = unsafe { self.place.as_mut() };
        &mut place.value
    }

    /// The same where a value is better copied to where it stays. If its `clone_from` panics, nothing has changed.
    #[inline]
    pub(crate) fn make_own(&mut self) -> &mut T
    where
        T: Roomy,
    {
        if !self.is_unique() {
            self.copy();
        }
        // SAFETY: I3: alone, or the only handle of a new value, and borrowed by `&mut` as long as the result lives.
        let place = unsafe { self.place.as_mut() };
        &mut place.value
    }

    /// Becomes the only handle of a copy.
    fn copy(&mut self)
    where
        T: Roomy,
    {
        *self = Self::filled(self.vacant(), |copy| copy.clone_from(self));
    }

    /// The value, if there is no other handle of it; else the handle again.
    #[inline]
    pub(crate) fn try_unwrap(self) -> Result<T, Self> {
        if !self.is_unique() {
            return Err(self);
        }
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: from `Box::into_raw`, freed by nobody else: alone (I2), and this handle is not dropped.
        let place = unsafe { Box::from_raw(this.place.as_ptr()) };
        Ok(place.value)
    }

    /// The value, cloned if there are other handles of it.
    #[inline]
    pub(crate) fn unwrap_or_clone(self) -> T
    where
        T: Clone,
    {
        self.try_unwrap().unwrap_or_else(|shared| T::clone(&shared))
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.place().count.retain();
        Self { place: self.place, owns: PhantomData }
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        if self.place().count.release() {
            // SAFETY: from `Box::into_raw`; I2: this handle was the last one.
            drop(unsafe { Box::from_raw(self.place.as_ptr()) });
        }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.place().value
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
