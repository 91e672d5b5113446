//! Locks that combine: who has the lock also does the work of those who wait for it, on its own thread, so that the
//! value stays in one core's cache. They take the work as a closure that may run elsewhere, and a closure must not take
//! another lock of the kind: they meet the others wherever there is one lock, and not in the bank.

use polder_sync::Mutex;

use super::backends::Lock;

/// polder's mutex, which combines if it is asked to.
pub(super) struct Combining<T>(Mutex<T>);

impl<T: Send + 'static> Lock<T> for Combining<T> {
    const COMBINES: bool = true;

    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    #[inline]
    fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U {
        self.0.combine(work)
    }
}

#[cfg(target_os = "linux")]
impl<T: Send + 'static> Lock<T> for lamlock::Lock<T> {
    const COMBINES: bool = true;

    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U {
        self.run(work).expect("nothing panics under it")
    }
}
