//! When readers may have their bias back: not before taking it away has become a small part of the time.
//!
//! Orderings: none that a proof relies on; the time is advice.

use std::{
    sync::{LazyLock, atomic::Ordering::Relaxed},
    time::Instant,
};

use crate::{
    config::{BIAS_PAUSE, LONGEST_PAUSE},
    primitive::{AtomicU64, const_fn},
};

/// When the bias of one lock may come back.
pub(super) struct Bias {
    /// By `now`; 0 if it never was taken away.
    not_before: AtomicU64,
}

impl Bias {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self { not_before: AtomicU64::new(0) }
        }
    }

    /// Whether a reader may bring it back. Looks at the clock only if it has been taken away before.
    pub(super) fn may_return(&self) -> bool {
        let not_before = self.not_before.load(Relaxed);
        not_before == 0 || now() >= not_before
    }

    /// It was taken away, which began at `begun` and is done.
    pub(super) fn taken(&self, begun: u64) {
        let now = now();
        // Capped, for the writer may have lost its processor meanwhile.
        let pause = (now - begun).saturating_mul(BIAS_PAUSE).min(LONGEST_PAUSE);
        self.not_before.store(now + pause, Relaxed);
    }
}

/// Nanoseconds since about the first call of the process; always 0 in a build without pauses.
pub(super) fn now() -> u64 {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    if BIAS_PAUSE == 0 {
        return 0;
    }
    // 2^64 ns are five centuries.
    EPOCH.elapsed().as_nanos() as u64
}
