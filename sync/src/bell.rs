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
//! | `sleeper_ring` | `ring`, Release | `silence` | the state, before it is looked at again | killed by loom `no_notification_is_lost`: a ring that is silenced unseen is slept through |
//! | `sleeper_silence` | `ring` | `silence`, Acquire | the same | killed by the same model |
//!
//! A ring that comes after the silence is seen by the sleep (P1 of the parker); one that comes before it is read by it, so that the
//! next look at the state finds what was written before the ring.

use std::cell::Cell;

use crate::{
    edge::edge,
    parker::{Parking, Wake},
    primitive::AtomicU32,
    registry::{self, Node, Owner, Visit},
};

/// The word.
pub(crate) struct Bell {
    word: AtomicU32,
    /// Whether the owner waits for it already; then a hook that it runs meanwhile waits elsewhere. Touched by the owner only.
    taken: Cell<bool>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0), taken: Cell::new(false) }
    }

    /// Wakes who sleeps, or keeps it from falling asleep.
    pub(crate) fn ring<P: Parking>(&self) {
        // Release: the state that says that it is over. A read-modify-write like all changes of the word, so that a ring that
        // is not read by the silence comes after it.
        self.word.swap(1, edge!("sleeper_ring", Release, weaker Relaxed));
        P::wake_one(&self.word);
    }

    /// Forgets what has rung so far. By the thread that will sleep, before it says so.
    pub(crate) fn silence(&self) {
        // Acquire: what was written before the ring that is forgotten.
        self.word.swap(0, edge!("sleeper_silence", Acquire, weaker Relaxed));
    }

    /// Sleeps until the bell rings, until `deadline`, or for no time at all. A look at the state must follow.
    pub(crate) fn sleep<P: Parking>(&self, deadline: Option<P::Deadline>) -> Wake {
        let wake = P::wait(&self.word, 0, deadline);
        self.silence();
        wake
    }
}

/// Where a bell for the calling thread is: its node; or one for the time being if the thread is ending and has none, or is asleep by
/// its own and runs the hooks of that.
pub(crate) enum Room {
    /// The thread's node.
    Own(&'static Node),
    /// Somebody else's, for now.
    Hired(Visit),
}

impl Room {
    /// A room with a bell that nobody else sleeps on, until it is dropped.
    pub(crate) fn of_this_thread() -> Self {
        match registry::current() {
            Some(node) if !node.bell.taken.replace(true) => Self::Own(node),
            _ => Self::Hired(Visit::new(Owner::Operation)),
        }
    }

    /// The node.
    pub(crate) fn node(&self) -> &'static Node {
        match self {
            Self::Own(node) => node,
            Self::Hired(visit) => visit.node(),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Self::Own(node) = self {
            node.bell.taken.set(false);
        }
    }
}
