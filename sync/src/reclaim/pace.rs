//! When to scan: at once while that is seldom, else in batches.
//!
//! Orderings: none that a proof relies on; what is shared here is advice.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use crate::{
    config::{BATCH, EAGER_INTERVAL, LONGEST_PAUSE, SLOTS},
    registry::REGISTRY,
};

/// When the next eager scan of the process may be, by `now`.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// A scan, because a batch is full.
    Batch,
    /// A scan, because there was none for a while: items are few, and can be dropped at once.
    Eager,
}

/// What was retired since the last scan.
pub(super) struct Pace {
    /// In items, and more for large ones.
    weight: usize,
    /// The weight at which to think.
    next: usize,
    /// When the last scan was, by `now`.
    last: u64,
    /// When an eager scan began that is not over, or 0.
    began: u64,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { weight: 0, next: 1, last: 0, began: 0 }
    }

    /// Counts an item of this weight.
    #[inline]
    pub(super) fn add(&mut self, weight: usize) -> Due {
        self.weight += weight;
        if self.weight < self.next { Due::Nothing } else { self.think() }
    }

    /// Starts afresh, after a scan.
    pub(super) fn restart(&mut self) {
        let now = now();
        if self.began > 0 {
            // Scans are linear in the nodes: seldom enough that they take a small part of the time, however many.
            // Capped, for it may have lost its processor meanwhile.
            NEXT.fetch_max(now + (16 * (now - self.began)).min(LONGEST_PAUSE), Relaxed);
        }
        *self = Self { last: now, ..Self::new() };
    }

    #[cold]
    fn think(&mut self) -> Due {
        let limit = limit();
        if self.weight >= limit {
            return Due::Batch;
        }
        // The first, the fourth, the sixteenth …: a look at the clock would be a sixth of a store.
        self.next = (self.next * 4).min(limit);
        let now = now();
        if now < self.last + EAGER_INTERVAL || !may_be_eager(now) {
            return Due::Nothing;
        }
        self.began = now;
        Due::Eager
    }
}

/// The weight of a batch. At most half of it can be protected by slots, so a scan frees at least as much.
pub(super) fn limit() -> usize {
    BATCH.max(2 * SLOTS * REGISTRY.live())
}

/// Nanoseconds since about the first scan of the process, beginning with one interval.
fn now() -> u64 {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    if EAGER_INTERVAL == 0 {
        return 0;
    }
    // 2^64 ns are five centuries.
    EAGER_INTERVAL + EPOCH.elapsed().as_nanos() as u64
}

/// Whether the last eager scan of the process is long enough ago; if so, this is the next one.
fn may_be_eager(now: u64) -> bool {
    #[cfg(polder_loom)]
    if LAZY.get() {
        return false;
    }
    // Relaxed: decides about pace only; the exchange makes one of several threads the one.
    let next = NEXT.load(Relaxed);
    now >= next && NEXT.compare_exchange(next, now + EAGER_INTERVAL, Relaxed, Relaxed).is_ok()
}

#[cfg(polder_loom)]
std::thread_local! {
    /// Whether the models of this thread scan in batches only. Of the real thread: loom runs a whole model on one.
    static LAZY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Makes the models that the calling test runs scan in batches only: a scan's fence would hide missing orderings.
#[cfg(polder_loom)]
pub fn scan_in_batches_only() {
    LAZY.set(true);
}
