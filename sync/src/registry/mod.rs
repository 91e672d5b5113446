//! The thread registry: a node for each thread, and everything per-thread hangs on it.
//!
//! # What & when not
//!
//! A process-wide list of nodes that only grows. A thread has one node from its first use of the crate to its end; then the
//! next thread gets it. Owners write their own node with plain stores, and whoever must know about all threads walks the
//! list. Not for data of one structure: that belongs to the structure.
//!
//! # Representation
//!
//! ```text
//!   REGISTRY.head ──► Node ──► Node ──► Node ──► ∅          pushed at the front, never taken out
//!                      ▲
//!   CURRENT ───────────┘  (a thread-local pointer; no destructor)
//!
//!   Node, 128 bytes aligned
//!   ┌ line 0 ┬ slots[8]                     pointers that the owner protects, or null
//!   ├ line 1 ┼ all, pin                     numbers: odd while the owner reads
//!   │        ├ pin_depth, kept, owner, next
//!   ├ line 2 ┼ own                          the owner's retired counts
//!   └ …      ┴ cells                        the owner's cells of all counters
//! ```
//!
//! # States
//!
//! | `owner` | the node belongs to | given back by |
//! |---|---|---|
//! | `Nobody` | nobody; guards of an earlier owner may linger | – |
//! | `Thread` | the thread whose `CURRENT` points to it | the end of the thread |
//! | `Value` | an owned pin, which may be sent | its drop |
//! | `Operation` | an operation of a thread that has given its node back | the end of the operation |
//!
//! # Transitions
//!
//! ```text
//!   acquire     Nobody, idle → an owner        idle: no slot in use, `pin` even
//!   release     an owner → Nobody
//!   abandon     any but Value → Nobody         in a forked child, for threads that it does not have
//! ```
//!
//! # Invariants
//!
//! - **N1, nodes stay.** A node is never freed, so a `&'static Node` is good for ever. There are as many nodes as there were
//!   owners at a time, and one more for each guard that was forgotten.
//! - **N2, one owner.** Between `acquire` and `release` the owner alone touches `pin_depth` and `own`, and alone writes
//!   slots, numbers and cells; others read those. A thread is the owner on that thread only.
//! - **N3, guards outlast owners.** A guard that lives when its thread gives the node back (it sits in another
//!   thread-local variable) still clears its slot or ends its pin, on the same thread. Until it has, the node is not idle and
//!   nobody acquires it.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `slots`, `all`, `pin` | written by the owner and its guards, read by scans | N2, N3 |
//! | `pin_depth` | the owner, and its pins | N2, N3 |
//! | `own` | the owner | N2 |
//! | `cells`, `kept` | written by the owner, read by anybody | N2 |
//! | `owner` | exchange by `acquire`, store by the owner | N2 |
//! | `next` | written before the push | never again |
//!
//! # Protocols
//!
//! *A thread's first use* finds `CURRENT` null, touches a second thread-local variable, which has a destructor, and acquires a
//! node. *Its end* runs that destructor: what it had retired goes to a list of orphans, `CURRENT` becomes null, the node is
//! released. No destructor of users runs in it, nothing waits. *After that*, on the same thread, the second variable
//! cannot be touched any more, so `current` gives `None`: pins and loads borrow a node for the operation, retired items go
//! to the orphans, counters add to a shared cell.
//!
//! *Acquire*: walk the list; take the first node that is `Nobody`'s by an exchange; if a guard lingers in it, put it back and go
//! on. Else make a node and push it. Lock-free; linear in the number of nodes.
//!
//! *Fork.* A child has one thread. Before `fork` returns there, a handler makes the nodes of all other threads idle; what they had
//! retired is forgotten and not dropped, for they may have been in the middle of changing it. Owned pins are values, and
//! stay.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | N-push: `node_push`, `node_list` | `acquire`, Release exchange | `nodes`, Acquire | the making of a node before its use | killed by loom `a_guard_keeps_its_value`, either side Relaxed |
//! | N-own: `node_disown`, `node_own` | `disown`, Release | `try_own`, Acquire exchange | one owner's use of its part before the next one's | killed by loom `a_node_is_used_again`, either side Relaxed |
//! | N-idle: `node_idle` | the end of a guard, Release (R2, R3) | `is_idle`, Acquire | a lingering guard's last access before the next owner's first | killed by loom `a_pin_that_outlives_its_thread_keeps_the_node` |
//! | R2, R3 | slots and numbers | scans | see `reclaim` | see `reclaim` |
//! | – | the owner | the owner, Relaxed | nothing: program order | argument: one thread |
//! | – | – | `len`, `kept`, the first look at `owner`, Relaxed | nothing | argument: advice, decided by the exchange or not at all |
//!
//! # Checked by
//!
//! `tests/loom_reclaim.rs` (models named above), `tests/registry.rs` (ends of threads), `tests/fork.rs`, `tests/churn.rs`
//! (memory stays flat over 100 000 threads), Miri and the sanitizers on all of them.
//!
//! # Sources
//!
//! The list of reused hazard records of M. Michael, *Hazard Pointers* (2004). Deviations: 1) one node for all purposes;
//! 2) guards may outlive the owner.

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
