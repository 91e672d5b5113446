//! How a transaction that others make fail again and again gets through.
//!
//! It asks, and others stand back before they begin: for a while only, for it runs its caller's closure, which may wait for them.
//! So this is no lock, and nobody's progress hangs on it. Relaxed throughout: it publishes nothing.

use std::sync::atomic::Ordering::Relaxed;

use crate::primitive::{AtomicU64, Pace};

/// One for each table.
pub(crate) struct Courtesy {
    /// One while somebody asks.
    asked: AtomicU64,
}

/// Others are asked to stand back until this is dropped.
pub(crate) struct Asking<'a>(&'a Courtesy);

impl Courtesy {
    pub(crate) fn new() -> Self {
        Self { asked: AtomicU64::new(0) }
    }

    /// Asks, if nobody else does.
    #[cold]
    pub(crate) fn ask(&self) -> Option<Asking<'_>> {
        self.asked.compare_exchange(0, 1, Relaxed, Relaxed).is_ok().then(|| Asking(self))
    }

    /// Stands back if asked to.
    #[inline]
    pub(crate) fn heed(&self) {
        if self.asked.load(Relaxed) != 0 {
            self.stand_back();
        }
    }

    #[cold]
    fn stand_back(&self) {
        /// Two milliseconds, about: it spins, yields, and naps five times.
        const WAITS: u32 = 24;
        let mut pace = Pace::default();
        for _ in 0..WAITS {
            pace.wait();
            if self.asked.load(Relaxed) == 0 {
                return;
            }
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asked.store(0, Relaxed);
    }
}
