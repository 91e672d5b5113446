//! The core of every lock in this crate (header to be written).
mod board;
mod contended;
mod pace;
mod side;
mod state;

use std::ptr::NonNull;

pub(crate) use self::side::{Entry, Side};
use self::{
    contended::By,
    side::Aside,
    state::{Release, State},
};
use crate::{
    parker::{Native, Parking},
    primitive::const_fn,
};

/// Mutual exclusion without a value.
pub(crate) struct RawLock {
    state: State,
    aside: Aside,
}

impl RawLock {
    const_fn! {
        /// A free lock.
        pub(crate) const fn new() -> Self {
            Self { state: State::new(), aside: Aside::new() }
        }
    }

    /// Takes the lock if it is free. Wait-free.
    #[inline]
    pub(crate) fn try_lock(&self) -> bool {
        self.state.take_free()
    }

    /// Takes the lock.
    #[inline]
    pub(crate) fn lock(&self) {
        if !self.state.take_free() {
            let taken = contended::acquire::<Native>(&self.state, None);
            debug_assert!(taken, "only a deadline ends the wait without the lock");
        }
    }

    /// Takes the lock until `deadline`; without one as [`lock`](Self::lock).
    #[inline]
    pub(crate) fn lock_until(&self, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        self.state.take_free() || contended::acquire::<Native>(&self.state, deadline)
    }

    /// Releases the lock.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        match self.state.release_quietly() {
            Release::Done => {}
            // SAFETY: the clause above.
            Release::Undone => unsafe { contended::release::<Native>(self, By::Thread) },
            Release::Unseen => self.unlocked_unseen(),
        }
    }

    #[cold]
    fn unlocked_unseen(&self) {
        if contended::look_around::<Native>(&self.state) {
            // SAFETY: `look_around` says that the caller holds the lock again.
            unsafe { contended::release::<Native>(self, By::Thread) }
        }
    }

    /// Releases the lock to somebody who waits for it, if anybody does.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    pub(crate) unsafe fn unlock_fair(&self) {
        // SAFETY: the clause above.
        unsafe { contended::release::<Native>(self, By::Entry) }
    }

    /// Whether the lock is not to be had at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.state.owner_now() != state::Owner::Nobody
    }

    /// Takes the lock for `entry` if it is free; else puts the entry in the queue, and its `grant` will be called, perhaps
    /// before this returns.
    ///
    /// # Safety
    /// - The entry is in no queue. If the result is false, it stays where it is until its `grant` is called.
    pub(crate) unsafe fn lock_entry(&self, entry: NonNull<Entry>) -> bool {
        if self.state.take_free() {
            return true;
        }
        // SAFETY: the clause above.
        unsafe { self.side().push(entry) };
        self.state.announce_entries();
        if self.state.take_free() {
            // SAFETY: just taken.
            unsafe { contended::release::<Native>(self, By::Thread) };
        }
        false
    }

    /// Releases the lock that an entry was given.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    pub(crate) unsafe fn unlock_entry(&self) {
        // SAFETY: the clause above.
        unsafe { contended::release::<Native>(self, By::Entry) }
    }

    /// The rest of the lock.
    pub(crate) fn side(&self) -> &Side {
        self.aside.get_or_make()
    }
}
