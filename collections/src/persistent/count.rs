//! How many owners a node has: [`Count`], of [`Shared`](super::shared::Shared) and of the nodes of [`Map`](super::Map), and of units of those.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `count_release` | `release`, Release | the two below | the last look of each former owner, before the node changes or is freed | killed by loom `the_last_one_frees_after_all_looks` |
//! | `count_last` | `release`, Release | fence of `release`, Acquire | the same, for who takes the count to zero | killed by the same |
//! | `count_alone` | `release`, Release | `is`, Acquire | the same, for who finds itself alone | killed by loom `who_is_alone_changes_after_all_looks` |
//! | – | – | `retain`, Relaxed | nothing: who adds an owner is one already, and passes it on by means that order | argument |
//!
//! `release` and `retain` stand for those of several owners, too. Decrements are read-modify-writes, so each carries on the release of those before it, and one load of as
//! many as the caller has, or one fence, is enough for all.
//!
//! # Checked by
//!
//! `shared/models.rs`, and `map/node/models.rs` for versions that share nodes (loom).

use core::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::{edge, edge_fence},
    primitive::AtomicUsize,
};

/// Owners that a node may have: as many as `Arc`'s. Leaves room for increments that meet at the limit.
const LIMIT: usize = isize::MAX as usize;

/// The number of owners of a node. Never above `LIMIT` by more than the threads that are on their way to abort.
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// One more.
    #[inline]
    pub(super) fn retain(&self) {
        self.retain_many(1);
    }

    /// So many more: a few.
    #[inline]
    pub(super) fn retain_many(&self, owners: usize) {
        // Relaxed: nothing is read on the strength of it.
        if self.0.fetch_add(owners, Relaxed) >= LIMIT {
            overflow();
        }
    }

    /// Whether there is one owner only: of use to who is that by `&mut` or as a value, for others can come only from it.
    #[inline]
    pub(super) fn is_one(&self) -> bool {
        self.is(1)
    }

    #[inline]
    fn is(&self, owners: usize) -> bool {
        self.0.load(edge!("count_alone", Acquire, weaker Relaxed)) == owners
    }

    /// One less. Whether it was the last one: then the node is the caller's, to be freed; else the caller must not look at it again.
    #[inline]
    #[must_use]
    pub(super) fn release(&self) -> bool {
        self.release_many(1)
    }

    /// So many less, all of them the caller's. Whether they were the last ones, as for one.
    #[inline]
    #[must_use]
    pub(super) fn release_many(&self, owners: usize) -> bool {
        // The load spares the last owner a read-modify-write, which is what dropping a whole collection is made of.
        if !self.is(owners) {
            if self.0.fetch_sub(owners, edge!("count_release", Release, weaker Relaxed)) != owners {
                return false;
            }
            edge_fence!("count_last", Acquire);
        }
        true
    }
}

/// Ends the process: owners were forgotten until the count was full, and one more could make it wrap.
#[cold]
extern "C" fn overflow() -> ! {
    // Does not leave a function of another language's kind: aborts, with or without std.
    panic!("a node has too many owners");
}
