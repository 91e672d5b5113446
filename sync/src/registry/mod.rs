//! The thread registry.

#[cfg(all(unix, not(polder_loom)))]
mod fork;
mod local;
mod node;

use std::{fmt, ptr, sync::atomic::Ordering::Relaxed};

#[cfg(polder_loom)]
pub use self::local::leave;
pub(crate) use self::{
    local::{Visit, current},
    node::{Node, Owner, Sequence, Slot, Stamp},
};
use crate::{
    edge::edge,
    fence,
    primitive::{AtomicPtr, AtomicUsize, shared_static},
};

shared_static! {
    /// All nodes of the process.
    pub(crate) static REGISTRY: Registry = Registry::new();
}

/// A list of nodes that only grows.
pub(crate) struct Registry {
    head: AtomicPtr<Node>,
    len: AtomicUsize,
}

impl Registry {
    crate::primitive::const_fn! {
        const fn new() -> Self {
            Self { head: AtomicPtr::new(ptr::null_mut()), len: AtomicUsize::new(0) }
        }
    }

    /// A node for the caller alone: an idle one if there is one, else a new one. Linear in the number of nodes.
    fn acquire(&self, owner: Owner) -> &'static Node {
        prepare();
        if let Some(node) = self.nodes().find(|node| node.try_own(owner)) {
            return node;
        }
        let node: &'static Node = Box::leak(Box::new(Node::new(owner)));
        self.len.fetch_add(1, Relaxed);
        let mut head = self.head.load(Relaxed);
        loop {
            node.set_next(head);
            // Release, edge N-push: the node is whole before it can be found.
            let order = edge!("node_push", Release, weaker Relaxed);
            match self.head.compare_exchange_weak(head, ptr::from_ref(node).cast_mut(), order, Relaxed) {
                Ok(_) => return node,
                Err(now) => head = now,
            }
        }
    }

    /// Ends the ownership of a node that [`acquire`](Self::acquire) gave.
    fn release(&self, node: &Node) {
        node.disown();
    }

    /// Every node that there was when the call began, newest first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &'static Node> {
        // Acquire, edge N-push; it covers the older nodes too, for each push is a read-modify-write of the same word and so
        // continues the release sequences of those before it.
        let mut next = self.head.load(edge!("node_list", Acquire, weaker Relaxed));
        std::iter::from_fn(move || {
            // SAFETY: null, or a node that was pushed whole (N-push), and nodes are not freed (N1).
            let node = unsafe { next.as_ref() }?;
            next = node.next();
            Some(node)
        })
    }

    /// How many nodes there are: at most as many as owners existed at a time, and forgotten guards.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: advice for the size of batches.
        self.len.load(Relaxed)
    }
}

/// Fixes what must be fixed before any node exists.
fn prepare() {
    fence::prepare();
    #[cfg(all(unix, not(polder_loom)))]
    {
        static ARRANGED: std::sync::Once = std::sync::Once::new();
        ARRANGED.call_once(fork::arrange);
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("number", &self.number()).finish_non_exhaustive()
    }
}

/// With loom the statics of an execution end with it.
#[cfg(polder_loom)]
impl Drop for Registry {
    fn drop(&mut self) {
        let mut next = self.head.load(Relaxed);
        while !next.is_null() {
            // SAFETY: from `Box::leak` in `acquire`, and the execution is over.
            let node = unsafe { Box::from_raw(next) };
            next = node.next();
        }
    }
}
