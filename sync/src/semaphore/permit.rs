//! Permits that are out: the evidence that the semaphore has given them, and what gives them back.

use std::{fmt, mem, ops::Deref, sync::Arc};

use super::Semaphore;

/// Permits of the semaphore that `S` leads to, which go back when this is dropped (I1).
struct Held<S: Deref<Target = Semaphore>> {
    semaphore: S,
    permits: usize,
}

impl<S: Deref<Target = Semaphore>> Held<S> {
    fn forget(mut self) {
        let permits = mem::take(&mut self.permits);
        self.semaphore.unmake(permits);
    }

    fn split(&mut self, permits: usize) -> Option<Self>
    where
        S: Clone,
    {
        let left = self.permits.checked_sub(permits)?;
        // Before anything changes: cloning an `Arc` may abort, but not unwind.
        let semaphore = self.semaphore.clone();
        self.permits = left;
        Some(Self { semaphore, permits })
    }

    #[track_caller]
    fn merge(&mut self, mut other: Self) {
        assert!(
            std::ptr::eq(&*self.semaphore, &*other.semaphore),
            "permits of two semaphores cannot be merged into one guard"
        );
        // No overflow: both numbers are of permits that exist at one time (I1).
        self.permits += mem::take(&mut other.permits);
    }
}

impl<S: Deref<Target = Semaphore>> Drop for Held<S> {
    #[inline]
    fn drop(&mut self) {
        if self.permits != 0 {
            self.semaphore.give_back(self.permits);
        }
    }
}

/// Permits of a [`Semaphore`], which go back when this is dropped.
///
/// Made by [`Semaphore::acquire`] and its relatives. Dropping it is one read-modify-write, also while a panic unwinds, and
/// if threads wait what it takes to serve them: then it may block briefly, as
/// [`add_permits`](Semaphore::add_permits). It may be dropped on another thread. Forgetting it with `mem::forget` keeps
/// the permits out for ever; [`forget`](Self::forget) is the way to use them up.
#[must_use = "the permits go back at once if they are not kept"]
#[clippy::has_significant_drop]
pub struct Permit<'a>(Held<&'a Semaphore>);

impl<'a> Permit<'a> {
    /// The caller has just taken so many permits (I1).
    #[inline]
    pub(super) fn new_taken(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self(Held { semaphore, permits })
    }

    /// How many permits these are.
    pub fn permits(&self) -> usize {
        self.0.permits
    }

    /// The semaphore that they belong to.
    pub fn semaphore(&self) -> &'a Semaphore {
        self.0.semaphore
    }

    /// Uses the permits up: they exist no more, unless [`add_permits`](Semaphore::add_permits) makes others.
    ///
    /// ```
    /// let semaphore = polder_sync::Semaphore::new(2);
    /// semaphore.try_acquire()?.forget();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # Ok::<(), polder_sync::TryAcquireError>(())
    /// ```
    pub fn forget(self) {
        self.0.forget();
    }

    /// Takes `permits` of them into a guard of their own; `None`, and nothing changes, if there are not so many.
    ///
    /// ```
    /// let semaphore = polder_sync::Semaphore::new(5);
    /// let mut five = semaphore.try_acquire_many(5)?;
    /// let two = five.split(2).expect("two of five");
    /// assert_eq!((five.permits(), two.permits()), (3, 2));
    /// drop(two);
    /// assert_eq!(semaphore.available_permits(), 2);
    /// # Ok::<(), polder_sync::TryAcquireError>(())
    /// ```
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }

    /// Takes the permits of `other` in.
    ///
    /// # Panics
    ///
    /// If they belong to another semaphore; those of `other` go back to it then.
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("permits", &self.0.permits).finish_non_exhaustive()
    }
}

/// Permits of a [`Semaphore`] that is kept alive by them, and so may go wherever values go: into a thread, into a struct.
///
/// Made by [`Semaphore::acquire_owned`] and its relatives; otherwise as [`Permit`]. The handle of the semaphore goes after
/// the permits have been given back.
#[must_use = "the permits go back at once if they are not kept"]
#[clippy::has_significant_drop]
pub struct OwnedPermit(Held<Arc<Semaphore>>);

impl OwnedPermit {
    /// The caller has just taken so many permits (I1).
    pub(super) fn new_taken(semaphore: Arc<Semaphore>, permits: usize) -> Self {
        Self(Held { semaphore, permits })
    }

    /// How many permits these are.
    pub fn permits(&self) -> usize {
        self.0.permits
    }

    /// The semaphore that they belong to.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.0.semaphore
    }

    /// Uses the permits up, as [`Permit::forget`].
    pub fn forget(self) {
        self.0.forget();
    }

    /// Takes `permits` of them into a guard of their own; `None`, and nothing changes, if there are not so many.
    pub fn split(&mut self, permits: usize) -> Option<Self> {
        self.0.split(permits).map(Self)
    }

    /// Takes the permits of `other` in.
    ///
    /// # Panics
    ///
    /// If they belong to another semaphore; those of `other` go back to it then.
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

impl fmt::Debug for OwnedPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("permits", &self.0.permits).finish_non_exhaustive()
    }
}
