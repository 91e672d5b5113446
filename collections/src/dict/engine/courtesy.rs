//! How a transaction that others make fail again and again gets through.
//!
//! It asks, and others stand back before they begin: for a while only, for it runs its caller's closure, which may wait for them.
//! So this is no lock, and nobody's progress hangs on it. If the while was too short for the asker, then it asks for twice as
//! long, up to about a second. Relaxed throughout: it publishes nothing.
//!
//! Orderings: none that a proof relies on; what is shared here is a request.

use std::sync::atomic::Ordering::Relaxed;

use crate::primitive::{AtomicU64, Pace};

/// One for each table.
pub(crate) struct Courtesy {
    /// How many times others should wait while somebody asks; else zero.
    asked: AtomicU64,
}

/// Others are asked to stand back until this is dropped.
pub(crate) struct Asking<'a> {
    courtesy: &'a Courtesy,
    waits: u64,
}

impl Courtesy {
    /// Two milliseconds, about: whoever waits spins, yields, and naps five times.
    const SHORTEST: u64 = 24;
    /// From there on each nap is a millisecond.
    const LONGEST: u64 = 1000;

    pub(crate) fn new() -> Self {
        Self { asked: AtomicU64::new(0) }
    }

    /// Asks, if nobody else does.
    #[cold]
    pub(crate) fn ask(&self) -> Option<Asking<'_>> {
        let waits = Self::SHORTEST;
        self.asked.compare_exchange(0, waits, Relaxed, Relaxed).is_ok().then(|| Asking { courtesy: self, waits })
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
        let mut pace = Pace::default();
        let mut waited = 0;
        while waited < self.asked.load(Relaxed) {
            pace.wait();
            waited += 1;
        }
    }
}

impl Asking<'_> {
    /// Asks for longer.
    pub(crate) fn insist(&mut self) {
        self.waits = (self.waits * 2).min(Courtesy::LONGEST);
        self.courtesy.asked.store(self.waits, Relaxed);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.courtesy.asked.store(0, Relaxed);
    }
}
