//! How many drains there are, how many of them are searching, and who has to begin another one.
//!
//! # States
//!
//! One word of two counts, so that both are of one moment: the drains that are there, and those of them that search.
//!
//! # Transitions
//!
//! | step | word | then | by |
//! |---|---|---|---|
//! | `pushed` | – | fence, *begin* | who has put something into the queue |
//! | *begin* | a drain more, which searches; unless one is searching or there are as many as may be | begins the drain | who sees that there is something |
//! | `found` | one less that searches | if it was the last: fence, look at the queue, *begin* if there is something | a drain that has popped something |
//! | `search` | one more that searches | pops | a drain that popped nothing after it had run something |
//! | `end` | a drain less, which searched | fence, look at the queue, *begin* if there is something | a drain that searched in vain |
//!
//! # Proof sketch: nothing is forgotten
//!
//! Take something that has been pushed and that nobody pops. Call *departures* the steps `end`, and those steps `found`
//! after which nobody searches: only by them does the second count become 0.
//!
//! **(a)** A departure that comes later in the order of the word than what the submitter saw is followed by a look that
//! sees the push: one of the two fences is the first, and if it were that of the departure, the submitter would have
//! seen the departure.
//!
//! **(b)** Who sees the push, the submitter or somebody after a departure, then sees a value of the word that is no older
//! than its own step. It begins a drain, which pops later. Or somebody is searching by that value: then a departure comes
//! later, which by (a) is followed by a look that sees the push, and by (b) once more; there are only so many steps. Or
//! as many as may be have found something: whichever of them searches next pops, or departs later, as before.
//!
//! With something that blocks the last case is one in which all threads of the pool are blocked.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `drain_submitted`, `drain_found` | push, or `found`; fence | fence; the word, or the queue | store buffering: one of the two sees the other, (a) | killed by loom `a_drain_that_finds_something_leaves_nothing_behind` |
//! | `drain_submitted`, `drain_ended` | push, or `end`; fence | fence; the word, or the queue | the same | killed by loom `a_drain_that_ends_leaves_nothing_behind` |
//! | – | the word, Relaxed | – | nothing | argument: it is changed by read-modify-writes, which have one order; the queue publishes the behaviours |

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::edge_fence,
    primitive::{AtomicU32, const_fn},
};

/// One drain.
const DRAIN: u32 = 1 << 16;
/// One of them that searches.
const SEARCHING: u32 = 1;

/// Both counts. Where the result is a `bool`, it says whether the caller must begin a drain, which has been counted.
pub(super) struct Drains(AtomicU32);

impl Drains {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// There is something more in the queue.
    pub(super) fn pushed(&self, most: impl FnOnce() -> u32) -> bool {
        // This thread sees that nobody searches any more, or who stops sees what has been pushed.
        edge_fence!("drain_submitted", SeqCst);
        self.begin(most())
    }

    /// A drain that searches has popped something.
    pub(super) fn found(&self, queue_is_empty: impl FnOnce() -> bool, most: impl FnOnce() -> u32) -> bool {
        if self.0.fetch_sub(SEARCHING, Relaxed) % DRAIN != SEARCHING {
            return false;
        }
        // See `pushed`. What has been popped may block.
        edge_fence!("drain_found", SeqCst);
        !queue_is_empty() && self.begin(most())
    }

    /// A drain that has found something searches again.
    pub(super) fn search(&self) {
        self.0.fetch_add(SEARCHING, Relaxed);
    }

    /// A drain that searches is there no more.
    pub(super) fn end(&self, queue_is_empty: impl FnOnce() -> bool, most: impl FnOnce() -> u32) -> bool {
        self.0.fetch_sub(DRAIN + SEARCHING, Relaxed);
        // See `pushed`.
        edge_fence!("drain_ended", SeqCst);
        !queue_is_empty() && self.begin(most())
    }

    /// Counts a drain that searches, unless one is searching or there are `most`.
    fn begin(&self, most: u32) -> bool {
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
}
