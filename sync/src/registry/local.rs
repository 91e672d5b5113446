//! The way from a thread to its node: one thread-local pointer.

use std::{cell::Cell, ops::Deref, ptr};

use super::{Node, Owner, REGISTRY};
use crate::{fence, primitive::per_thread, reclaim};

per_thread! {
    /// The thread's node, as a [`Way`]. Has no destructor, so it can always be read.
    static CURRENT: Cell<Way> = Cell::new(Way::NOWHERE);
}

per_thread! {
    /// Ends the registration when the thread ends.
    static LEAVE: Leave = Leave(Cell::new(ptr::null()));
}

/// The duty to give the node back.
struct Leave(Cell<*const Node>);

/// A pointer to a node, odd if readers must run a full fence; or the odd null, before a thread's first use and after its
/// last. So one test tells whether the short way is open.
#[derive(Clone, Copy)]
struct Way(*const Node);

impl Way {
    const NOWHERE: Self = Self(ptr::without_provenance(1));

    /// The way to a node, in the mode of the process.
    fn to(node: &'static Node, mode: fence::Mode) -> Self {
        Self(ptr::from_ref(node).map_addr(|address| address | usize::from(mode == fence::Mode::Symmetric)))
    }

    /// The node, if readers need no fence.
    #[inline]
    fn short(self) -> Option<&'static Node> {
        // SAFETY: even, so a node's address as it is; nodes are not freed (N1).
        self.0.addr().is_multiple_of(2).then(|| unsafe { &*self.0 })
    }

    /// The node, if there is one.
    fn any(self) -> Option<&'static Node> {
        let node = self.0.map_addr(|address| address & !1);
        // SAFETY: null, or a node; nodes are not freed (N1).
        unsafe { node.as_ref() }
    }
}

/// The calling thread's node, if it has one and in this process readers need no fence but [`fence::compiler`].
#[inline]
pub(crate) fn current_asymmetric() -> Option<&'static Node> {
    CURRENT.with(Cell::get).short()
}

/// The calling thread's node; `None` when the thread is ending and has given its node back.
#[inline]
pub(crate) fn current() -> Option<&'static Node> {
    current_asymmetric().or_else(current_fenced)
}

/// Where readers must run a fence, or the thread has no node yet, or has none any more.
#[inline(never)]
fn current_fenced() -> Option<&'static Node> {
    CURRENT.with(Cell::get).any().or_else(enter)
}

/// Registers the calling thread, unless it is ending.
#[cold]
fn enter() -> Option<&'static Node> {
    LEAVE
        .try_with(|leave| {
            let node = REGISTRY.acquire(Owner::Thread);
            leave.0.set(node);
            CURRENT.with(|current| current.set(Way::to(node, fence::prepare())));
            node
        })
        .ok()
}

impl Leave {
    fn leave(&self) {
        // SAFETY: null, or this thread's node; nodes are not freed (N1).
        let Some(node) = (unsafe { self.0.replace(ptr::null()).as_ref() }) else { return };
        // From here on `current` finds nothing: what still runs on this thread takes the other paths.
        CURRENT.with(|current| current.set(Way::NOWHERE));
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
    match CURRENT.with(Cell::get).any() {
        Some(node) => Standing::Member(node),
        None if LEAVE.try_with(|_| ()).is_ok() => Standing::Stranger,
        None => Standing::Leaving,
    }
}
