//! The count at the head of every node.

use core::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::{edge, edge_fence},
    primitive::AtomicUsize,
};

/// Links that a node may have; leaves room for increments that meet at the limit.
const LIMIT: usize = isize::MAX as usize;

/// The number of links to a node (N1).
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// One more.
    #[inline]
    pub(super) fn retain(&self) {
        // Relaxed: nothing is read on the strength of it.
        if self.0.fetch_add(1, Relaxed) >= LIMIT {
            overflow();
        }
    }

    /// Whether there is one link only: of use to who has that by `&mut` or as a value.
    #[inline]
    pub(super) fn is_one(&self) -> bool {
        self.0.load(edge!("node_alone", Acquire, weaker Relaxed)) == 1
    }

    /// One less. Whether it was the last one: then the node is the caller's, to be freed; else the caller must not look at it again.
    #[inline]
    #[must_use]
    pub(super) fn release(&self) -> bool {
        // The load spares the last owner a read-modify-write, which is what dropping a whole map is made of.
        if !self.is_one() {
            if self.0.fetch_sub(1, edge!("node_release", Release, weaker Relaxed)) != 1 {
                return false;
            }
            edge_fence!("node_last", Acquire);
        }
        true
    }
}

/// Ends the process: links were forgotten until the count was full, and one more could make it wrap.
#[cold]
extern "C" fn overflow() -> ! {
    // Does not leave a function of another language's kind: aborts, with or without std.
    panic!("a node has too many owners");
}
