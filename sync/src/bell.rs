//! A word for each thread to sleep on, which outlives whatever it waits for.
//!
//! A thread that waits on its own stack for another one must not be touched after that one has said that it is done: the frame
//! may be gone. So who is done changes a state in the frame, as its last access there, and then rings the bell, which is in the
//! thread's registry node and is never freed. A bell may ring for what is over already: whoever sleeps looks at its state again.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `bell_ring` | `ring`, Release | `silence` | the state, before it is looked at again | argument: the table's lock orders the two in every model that sleeps; without it a ring that is silenced unseen would be slept through |
//! | `bell_silence` | `ring` | `silence`, Acquire | the same | argument: the same |
//!
//! A ring that comes after the silence is seen by the sleep (P1 of the parker); one that comes before it is read by it, so that the
//! next look at the state finds what was written before the ring.

use crate::{
    edge::edge,
    parker::{Parking, Wake},
    primitive::AtomicU32,
    registry::{self, Node, Owner, Visit},
};

/// The word.
pub(crate) struct Bell(AtomicU32);

impl Bell {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Wakes who sleeps, or keeps it from falling asleep.
    pub(crate) fn ring<P: Parking>(&self) {
        // Release: the state that says that it is over.
        self.0.store(1, edge!("bell_ring", Release, weaker Relaxed));
        P::wake_one(&self.0);
    }

    /// Forgets what has rung so far. By the thread that will sleep, before it says so.
    pub(crate) fn silence(&self) {
        // Acquire: what was written before the ring that is forgotten.
        self.0.swap(0, edge!("bell_silence", Acquire, weaker Relaxed));
    }

    /// Sleeps until the bell rings, until `deadline`, or for no time at all. A look at the state must follow.
    pub(crate) fn sleep<P: Parking>(&self, deadline: Option<P::Deadline>) -> Wake {
        let wake = P::wait(&self.0, 0, deadline);
        self.silence();
        wake
    }
}

/// Where a bell for the calling thread is: its node, or one for the time being if the thread is ending and has none.
pub(crate) enum Room {
    /// The thread's node.
    Own(&'static Node),
    /// Somebody else's, for now.
    Hired(Visit),
}

impl Room {
    /// A room with a bell that nobody else sleeps on, until it is dropped.
    pub(crate) fn of_this_thread() -> Self {
        registry::current().map_or_else(|| Self::Hired(Visit::new(Owner::Operation)), Self::Own)
    }

    /// The node.
    pub(crate) fn node(&self) -> &'static Node {
        match self {
            Self::Own(node) => node,
            Self::Hired(visit) => visit.node(),
        }
    }
}
