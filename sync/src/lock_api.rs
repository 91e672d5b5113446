//! The mutex for programs that are generic over `lock_api`. Feature `lock_api`.

use std::time::{Duration, Instant};

use lock_api::{GuardNoSend, RawMutexFair, RawMutexTimed};

use crate::{
    held,
    parker::{Native, Parking},
    raw_lock::RawLock,
};

/// The lock of [`Mutex`](crate::Mutex) without a value, as `lock_api` wants it.
///
/// All that is said of the mutex holds, fairness and costs included. Guards are not `Send`. Not intrusive: do not free it through a raw
/// pointer before the releasing thread's `unlock` has returned.
///
/// ```
/// type Mutex<T> = lock_api::Mutex<polder_sync::RawMutex, T>;
///
/// let mutex = Mutex::new(1);
/// *mutex.lock() += 1;
/// assert_eq!(mutex.into_inner(), 2);
/// ```
pub struct RawMutex(RawLock);

impl std::fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawMutex").field("locked", &self.0.is_locked()).finish()
    }
}

impl RawMutex {
    /// The guard's state if the lock was `taken`, which has been counted beforehand.
    fn guard(taken: bool) -> Option<GuardNoSend> {
        if !taken {
            held::leave();
        }
        taken.then_some(GuardNoSend::new())
    }
}

// SAFETY: `RawLock` is exclusive (its I1): between a successful lock and the unlock no other lock succeeds.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: Self = Self(RawLock::new());

    type Guard = GuardNoSend;

    #[inline]
    fn lock(&self) -> GuardNoSend {
        // Never refused: `unlocked` and `bump` end the process if it panics.
        held::enter_anyway();
        self.0.lock();
        GuardNoSend::new()
    }

    #[inline]
    fn try_lock(&self) -> Option<GuardNoSend> {
        held::enter();
        Self::guard(self.0.try_lock())
    }

    #[inline]
    unsafe fn unlock(&self, _: GuardNoSend) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock() };
        held::leave();
    }

    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above; the fair release is a release.
unsafe impl RawMutexFair for RawMutex {
    unsafe fn unlock_fair(&self, _: GuardNoSend) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock_fair() };
        held::leave();
    }
}

// SAFETY: as above; a wait that times out has not taken the lock.
unsafe impl RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    fn try_lock_for(&self, timeout: Duration) -> Option<GuardNoSend> {
        held::enter();
        Self::guard(self.0.lock_until(Native::after(timeout)))
    }

    fn try_lock_until(&self, deadline: Instant) -> Option<GuardNoSend> {
        held::enter();
        Self::guard(self.0.lock_until(Native::at(deadline)))
    }
}
