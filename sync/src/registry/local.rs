//! The way from a thread to its node: one thread-local pointer.

use std::{cell::Cell, ops::Deref, ptr};

use super::{Node, Owner, REGISTRY};
use crate::{primitive::per_thread, reclaim};

per_thread! {
    /// The thread's node; null before the first use and after the last. Has no destructor, so it can always be read.
    static CURRENT: Cell<*const Node> = Cell::new(ptr::null());
}

per_thread! {
    /// Ends the registration when the thread ends.
    static LEAVE: Leave = Leave(Cell::new(ptr::null()));
}

/// The duty to give the node back.
struct Leave(Cell<*const Node>);

/// The calling thread's node; `None` when the thread is ending and has given its node back.
#[inline]
pub(crate) fn current() -> Option<&'static Node> {
    let node = CURRENT.with(Cell::get);
    // SAFETY: null, or this thread's node; nodes are not freed (N1).
    match unsafe { node.as_ref() } {
        Some(node) => Some(node),
        None => enter(),
    }
}

/// Registers the calling thread, unless it is ending.
#[cold]
fn enter() -> Option<&'static Node> {
    LEAVE
        .try_with(|leave| {
            let node = REGISTRY.acquire(Owner::Thread);
            leave.0.set(node);
            CURRENT.with(|current| current.set(node));
            node
        })
        .ok()
}

impl Leave {
    fn leave(&self) {
        // SAFETY: null, or this thread's node; nodes are not freed (N1).
        let Some(node) = (unsafe { self.0.replace(ptr::null()).as_ref() }) else { return };
        // From here on `current` finds nothing: what still runs on this thread takes the other paths.
        CURRENT.with(|current| current.set(ptr::null()));
        // What it had retired stays in the node, for whoever scans next, or owns it next.
        // SAFETY: the node is still this thread's (N2).
        unsafe { reclaim::tell(node) };
        REGISTRY.release(node);
    }
}

#[cfg(not(polder_loom))]
impl Drop for Leave {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What the end of a thread does. A model's threads call it last: loom's statics end when the first thread does, before
/// the thread-local variables of the others.
#[cfg(polder_loom)]
pub fn leave() {
    LEAVE.with(Leave::leave);
}

/// A node that belongs to a value or an operation and not to a thread.
#[derive(Debug)]
pub(crate) struct Visit(&'static Node);

impl Visit {
    /// A node for the caller alone. Linear in the number of nodes.
    pub(crate) fn new(owner: Owner) -> Self {
        Self(REGISTRY.acquire(owner))
    }

    /// The node, for as long as the visit lasts.
    pub(crate) fn node(&self) -> &'static Node {
        self.0
    }
}

impl Deref for Visit {
    type Target = Node;

    fn deref(&self) -> &Node {
        self.0
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        REGISTRY.release(self.0);
    }
}

/// What a thread is to the registry.
#[cfg(all(unix, not(polder_loom)))]
pub(super) enum Standing {
    /// It has no guards.
    Stranger,
    /// It has this node, and all its guards are in there.
    Member(&'static Node),
    /// It has given its node back. Its guards, if any, are in nodes that are nobody's by now.
    Leaving,
}

/// What the calling thread is to the registry.
#[cfg(all(unix, not(polder_loom)))]
pub(super) fn standing() -> Standing {
    // SAFETY: null, or this thread's node; nodes are not freed (N1).
    match unsafe { CURRENT.with(Cell::get).as_ref() } {
        Some(node) => Standing::Member(node),
        None if LEAVE.try_with(|_| ()).is_ok() => Standing::Stranger,
        None => Standing::Leaving,
    }
}
