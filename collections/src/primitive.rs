//! The one door to atomics: std's in an ordinary build, loom's under `--cfg polder_loom`. Both twins export the same names.
//!
//! Where they differ on purpose: `Pace` stands back at once in a model, which has no clock and ends a wait only when the one
//! waited for gets its turn; outside it spins, then yields, then sleeps.

pub(crate) use twin::*;

/// What needs neither threads nor a system: all that the persistent collections use.
#[cfg(not(any(feature = "std", polder_loom)))]
mod twin {
    pub(crate) use core::sync::atomic::{AtomicUsize, fence};
}

#[cfg(all(feature = "std", not(polder_loom)))]
mod twin {
    pub(crate) use std::{
        sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, fence},
        thread::ThreadId,
    };
    use std::{thread, time::Duration};

    use polder_sync::Backoff;

    /// The calling thread.
    pub(crate) fn this_thread() -> ThreadId {
        thread::current().id()
    }

    /// How somebody waits for a few instructions of another thread, which may not be running.
    #[derive(Default)]
    pub(crate) struct Pace {
        backoff: Backoff,
        naps: u32,
    }

    impl Pace {
        /// Waits a little: spins, then yields, then sleeps, 50 microseconds at first and a millisecond at most.
        #[cold]
        pub(crate) fn wait(&mut self) {
            const YIELDS: u32 = 8;
            const SHORTEST: Duration = Duration::from_micros(50);
            const LONGEST: Duration = Duration::from_millis(1);
            if !self.backoff.is_completed() {
                return self.backoff.snooze();
            }
            self.naps += 1;
            match self.naps.checked_sub(YIELDS) {
                None => thread::yield_now(),
                Some(nap) => thread::sleep(LONGEST.min(SHORTEST * (1 << nap.min(5)))),
            }
        }
    }
}

#[cfg(polder_loom)]
mod twin {
    pub(crate) use loom::{
        sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, fence},
        thread::ThreadId,
    };

    pub(crate) fn this_thread() -> ThreadId {
        loom::thread::current().id()
    }

    #[derive(Default)]
    pub(crate) struct Pace(());

    impl Pace {
        pub(crate) fn wait(&mut self) {
            loom::thread::yield_now();
        }
    }
}
