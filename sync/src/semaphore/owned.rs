//! The ways to permits that keep their semaphore alive.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Semaphore,
    error::{Closed, TryAcquireError},
    permit::OwnedPermit,
};

impl Semaphore {
    /// As [`acquire`](Self::acquire), with a permit that may outlive the borrow. Clones the handle once it has the permit.
    ///
    /// # Errors
    ///
    /// [`Closed`].
    ///
    /// ```
    /// use polder_sync::Semaphore;
    /// use std::{sync::Arc, thread};
    ///
    /// let slots = Arc::new(Semaphore::new(2));
    /// let workers: Vec<_> = (0..4)
    ///     .map(|n| {
    ///         let permit = slots.acquire_owned().expect("nobody closes it");
    ///         thread::spawn(move || {
    ///             let _permit = permit; // two of these run at a time
    ///             n * n
    ///         })
    ///     })
    ///     .collect();
    /// let sum: i32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    /// assert_eq!(sum, 14);
    /// ```
    pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, Closed> {
        self.acquire_many_owned(1)
    }

    /// As [`acquire_many`](Self::acquire_many), with permits that may outlive the borrow.
    ///
    /// # Errors
    ///
    /// [`Closed`].
    ///
    /// # Panics
    ///
    /// As `acquire_many`.
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, permits: usize) -> Result<OwnedPermit, Closed> {
        self.take_or_wait(permits)?;
        Ok(OwnedPermit::new_taken(Arc::clone(self), permits))
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that may outlive the borrow.
    ///
    /// # Errors
    ///
    /// As `try_acquire`.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As [`try_acquire_many`](Self::try_acquire_many), with permits that may outlive the borrow.
    ///
    /// # Errors
    ///
    /// As `try_acquire_many`.
    ///
    /// # Panics
    ///
    /// As `try_acquire_many`.
    #[track_caller]
    pub fn try_acquire_many_owned(self: &Arc<Self>, permits: usize) -> Result<OwnedPermit, TryAcquireError> {
        self.take(permits)?;
        Ok(OwnedPermit::new_taken(Arc::clone(self), permits))
    }

    /// As [`try_acquire_many_for`](Self::try_acquire_many_for), with permits that may outlive the borrow.
    ///
    /// # Errors
    ///
    /// As `try_acquire_many_for`.
    ///
    /// # Panics
    ///
    /// As `try_acquire_many_for`.
    #[track_caller]
    pub fn try_acquire_many_owned_for(
        self: &Arc<Self>,
        permits: usize,
        timeout: Duration,
    ) -> Result<OwnedPermit, TryAcquireError> {
        self.take_for(permits, timeout)?;
        Ok(OwnedPermit::new_taken(Arc::clone(self), permits))
    }

    /// As [`try_acquire_many_until`](Self::try_acquire_many_until), with permits that may outlive the borrow.
    ///
    /// # Errors
    ///
    /// As `try_acquire_many_until`.
    ///
    /// # Panics
    ///
    /// As `try_acquire_many_until`.
    #[track_caller]
    pub fn try_acquire_many_owned_until(
        self: &Arc<Self>,
        permits: usize,
        deadline: Instant,
    ) -> Result<OwnedPermit, TryAcquireError> {
        self.take_until(permits, deadline)?;
        Ok(OwnedPermit::new_taken(Arc::clone(self), permits))
    }
}
