//! How many drains there are, and how many of them are searching.

use std::sync::atomic::Ordering::Relaxed;

use crate::primitive::{AtomicU32, const_fn};

/// One drain.
const DRAIN: u32 = 1 << 16;
/// One of them that searches.
const SEARCHING: u32 = 1;

/// Both counts in one word, so that they are of one moment.
pub(super) struct Drains(AtomicU32);

impl Drains {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// Counts a drain that searches, unless one is searching or there are `most`; true if the caller must begin it.
    pub(super) fn begin(&self, most: u32) -> bool {
        let mut now = self.0.load(Relaxed);
        loop {
            let (drains, searching) = (now / DRAIN, now % DRAIN);
            if searching > 0 || drains >= most {
                return false;
            }
            match self.0.compare_exchange_weak(now, now + DRAIN + SEARCHING, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
    }

    /// The drain has found something; true if nobody searches any more.
    pub(super) fn found(&self) -> bool {
        self.0.fetch_sub(SEARCHING, Relaxed) % DRAIN == 1
    }

    /// The drain searches again.
    pub(super) fn search(&self) {
        self.0.fetch_add(SEARCHING, Relaxed);
    }

    /// The drain, which searches, ends.
    pub(super) fn end(&self) {
        self.0.fetch_sub(DRAIN + SEARCHING, Relaxed);
    }
}
