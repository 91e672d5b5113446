//! `AtomicOptionRef`: a cell that may be empty.

use std::{fmt, marker::PhantomData, ptr};

use super::{
    ArcLike, RefGuard,
    raw::{Mismatch, Raw, stand_back},
};
use crate::primitive::{Arc, Backoff, const_fn};

/// An [`AtomicRef`](crate::AtomicRef) that may be empty: an atomic `Option<Arc<T>>`.
///
/// Everything said there holds here: progress, consistency, when old values are dropped. An empty cell can be a `static`.
///
/// ```
/// use polder_sync::AtomicOptionRef;
/// use std::sync::Arc;
///
/// static CURRENT: AtomicOptionRef<String> = AtomicOptionRef::none();
/// assert!(CURRENT.load().is_none());
/// CURRENT.store(Some(Arc::new("here".into())));
/// assert_eq!(*CURRENT.load().expect("not empty"), "here");
/// ```
pub struct AtomicOptionRef<T, A: ArcLike<Target = T> = Arc<T>> {
    raw: Raw<A>,
    target: PhantomData<fn(T) -> T>,
}

impl<T, A: ArcLike<Target = T>> AtomicOptionRef<T, A> {
    const_fn! {
        /// An empty cell.
        pub const fn none() -> Self {
            Self { raw: Raw::none(), target: PhantomData }
        }
    }

    /// A cell with this value, or none.
    pub fn new(value: Option<A>) -> Self {
        Self { raw: Raw::new(value), target: PhantomData }
    }

    /// The value, for reading, for as long as the guard lives. Wait-free.
    #[inline]
    pub fn load(&self) -> Option<RefGuard<'_, T, A>> {
        self.raw.load().map(RefGuard::new)
    }

    /// The value, with a count of its own. Wait-free; increments the value's count.
    #[inline]
    pub fn load_full(&self) -> Option<A> {
        self.raw.load_full()
    }

    /// Replaces the value, or empties the cell. Lock-free.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then.
    #[inline]
    pub fn store(&self, value: Option<A>) {
        self.raw.store(value);
    }

    /// Replaces the value and returns the old one. Lock-free. The old value may have a second count for a while, on
    /// behalf of readers.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then, and the old one is dropped
    /// later.
    #[inline]
    pub fn swap(&self, value: Option<A>) -> Option<A> {
        self.raw.swap(value)
    }

    /// Empties the cell and returns what it had. Lock-free; otherwise as [`swap`](Self::swap).
    #[inline]
    pub fn take(&self) -> Option<A> {
        self.swap(None)
    }

    /// Replaces the value by `new` if it is `current`, by identity (`Arc::ptr_eq`). Lock-free.
    ///
    /// # Errors
    /// What is there instead, and `new` back.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then.
    ///
    /// ```
    /// # use polder_sync::AtomicOptionRef;
    /// # use std::sync::Arc;
    /// let once = AtomicOptionRef::none();
    /// once.compare_exchange(None, Some(Arc::new(1))).expect("it was empty");
    /// let failed = once.compare_exchange(None, Some(Arc::new(2))).expect_err("it is not");
    /// assert_eq!(failed.current.as_deref(), Some(&1));
    /// assert_eq!(failed.new.as_deref(), Some(&2));
    /// ```
    pub fn compare_exchange(
        &self,
        current: Option<&A>,
        new: Option<A>,
    ) -> Result<(), CompareExchangeOptionError<'_, T, A>> {
        let current = current.map_or(ptr::null_mut(), |current| current.as_raw().as_ptr());
        self.raw.compare_exchange(current, new).map_err(|Mismatch { current, new }| CompareExchangeOptionError {
            current: current.map(RefGuard::new),
            new,
        })
    }

    /// Replaces what is there by what `next` makes of it; returns what was there. Lock-free.
    ///
    /// `next` is called again when another thread was faster: it should have no effects. If it panics, nothing has changed.
    ///
    /// # Panics
    /// If `next` does, or the destructor of a value that was replaced earlier; in the latter case the new value is in
    /// place.
    ///
    /// ```
    /// # use polder_sync::AtomicOptionRef;
    /// # use std::sync::Arc;
    /// let count = AtomicOptionRef::none();
    /// count.rcu(|n| Some(Arc::new(n.copied().unwrap_or(0) + 1)));
    /// assert_eq!(count.load().as_deref(), Some(&1));
    /// ```
    pub fn rcu(&self, mut next: impl FnMut(Option<&T>) -> Option<A>) -> Option<RefGuard<'_, T, A>> {
        let mut current = self.load();
        let backoff = Backoff::new();
        loop {
            let new = next(current.as_deref());
            match self.raw.replace(current.map(RefGuard::into_loaded), new) {
                Ok(old) => return old.map(RefGuard::new),
                Err(failed) => drop(failed),
            }
            stand_back(&backoff);
            current = self.load();
        }
    }

    /// The value, taken out of a cell that nobody shares any more. Wait-free.
    pub fn into_inner(self) -> Option<A> {
        self.raw.into_inner()
    }
}

impl<T, A: ArcLike<Target = T>> From<Option<A>> for AtomicOptionRef<T, A> {
    fn from(value: Option<A>) -> Self {
        Self::new(value)
    }
}

impl<T, A: ArcLike<Target = T>> From<A> for AtomicOptionRef<T, A> {
    fn from(value: A) -> Self {
        Self::new(Some(value))
    }
}

impl<T, A: ArcLike<Target = T>> Default for AtomicOptionRef<T, A> {
    /// An empty cell.
    fn default() -> Self {
        Self::none()
    }
}

impl<T: fmt::Debug, A: ArcLike<Target = T>> fmt::Debug for AtomicOptionRef<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtomicOptionRef").field(&self.load().as_deref()).finish()
    }
}

/// The cell had something else than what was to be replaced; error of [`AtomicOptionRef::compare_exchange`].
pub struct CompareExchangeOptionError<'c, T, A: ArcLike<Target = T> = Arc<T>> {
    /// What the cell had.
    pub current: Option<RefGuard<'c, T, A>>,
    /// What was not put in.
    pub new: Option<A>,
}

impl<T, A: ArcLike<Target = T>> fmt::Debug for CompareExchangeOptionError<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompareExchangeOptionError").finish_non_exhaustive()
    }
}

impl<T, A: ArcLike<Target = T>> fmt::Display for CompareExchangeOptionError<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cell has something else than what was expected")
    }
}

impl<T, A: ArcLike<Target = T>> std::error::Error for CompareExchangeOptionError<'_, T, A> {}
