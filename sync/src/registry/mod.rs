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
//!   │        ├ pin_depth, kept, owner, next, …
//!   ├ line 2 ┼ reads[8]                     locks that the owner reads under, or null
//!   ├ line 3 ┼ own                          the owner's retired counts
//!   └ …      ┴ cells                        the owner's cells of all counters
//! ```
//! Beside the list, `live` counts the nodes in which somebody may be reading.
//!
//! # States
//!
//! | `owner` | the node belongs to | given back by |
//! |---|---|---|
//! | `Nobody` | nobody; guards of an earlier owner may linger | – |
//! | `Thread` | the thread whose `CURRENT` points to it | the end of the thread |
//! | `Value` | an owned pin, which may be sent | its drop |
//! | `Operation` | an operation of a thread that has given its node back | the end of the operation |
//! | `Candidate` | whoever looks whether it can be had, or takes out what was left in it | that thread, in a few steps |
//!
//! # Transitions
//!
//! ```text
//!   acquire     Nobody → Candidate → an owner    if idle: no slot of either kind in use, `pin` even
//!                      Candidate → Nobody        if not
//!   claim       Nobody → Candidate → Nobody      for what was left in it
//!   release     an owner → Nobody
//!   abandon     any but Value → Nobody           in a forked child, for threads that it does not have
//! ```
//!
//! # Invariants
//!
//! - **N1, nodes stay.** A node is never freed, so a `&'static Node` is good for ever. There are at
//!   most twice as many nodes as there were owners at a time, and a few more: those in which something waits for the next
//!   scan, and those that many threads, looking for one at once, made because they stood in each other's way. And one more for
//!   each guard that was forgotten.
//! - **N2, one owner.** Between `acquire` and `release` the owner alone touches `pin_depth`, `own` and the flags, and alone
//!   writes slots, numbers and cells; others read those. A thread is the owner on that thread only. Whoever has claimed a
//!   node touches `own` alone.
//! - **N3, guards outlast owners.** A guard that lives when its thread gives the node back (it sits in another
//!   thread-local variable) still clears its slot or ends its pin, on the same thread. Until it has, the node is not idle and
//!   nobody acquires it.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `slots`, `reads`, `all`, `pin` | written by the owner and its guards, read by scans | N2, N3 |
//! | `pin_depth` | the owner, and its pins | N2, N3 |
//! | `own` | the owner, one call at a time (`busy`); between owners whoever has claimed it | N2 |
//! | `cells`, `kept` | written by the owner, read by anybody | N2 |
//! | `owner` | exchange by `acquire`, store by the owner | N2 |
//! | `next` | written before the push | never again |
//!
//! # Protocols
//!
//! *A thread's first use* finds `CURRENT` null, touches a second thread-local variable, which has a destructor, and acquires a
//! node. *Its end* runs that destructor: `CURRENT` becomes null, the node is released. What it had retired stays in the
//! node, for whoever scans next; until then new owners take other nodes, if they are not too many. No destructor of users runs in it, nothing waits. *After that*, on
//! the same thread, the second variable cannot be touched any more, so `current` gives `None`: pins, loads and retirements
//! borrow a node for the operation, counters add to a shared cell.
//!
//! *Acquire*: walk the list; claim the first node that is `Nobody`'s by an exchange; if a guard lingers in it, put it back and
//! go on. Else make a node and push it. Then count it as live, and fence. Lock-free; linear in the number of nodes.
//!
//! *Alone.* A thread that has exchanged a pointer in a cell, with a full fence after, and then finds `live` to be 1, its own
//! node, knows that no other thread has the old pointer or will find it: see the proof.
//!
//! *Fork.* A child has one thread. Before `fork` returns there, a handler makes the nodes of all other threads idle; what they had
//! retired is forgotten and not dropped, for they may have been in the middle of changing it. Owned pins are values, and
//! stay. So what a child's thread had borrowed from another thread's guard must not be used in the child. If another thread was just using the crate for the very first time in the process, the child may wait for it
//! for ever, as at any `std::sync::Once`.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | N-push: `node_push`, `node_list` | `acquire`, Release exchange | `nodes`, Acquire | the making of a node before its use | killed by loom `a_guard_keeps_its_value`, either side Relaxed |
//! | N-own: `node_disown`, `node_own` | `disown`, Release | `try_own`, Acquire exchange | one owner's use of its part before the next one's | killed by loom `a_node_is_used_again`, either side Relaxed |
//! | N-idle: `node_idle` | the end of a guard, Release (R2, R3) | `is_idle`, Acquire | a lingering guard's last access before the next owner's first | masked by A1's fence in `acquire`, which comes before the new owner's first step; loom `a_pin_that_outlives_its_thread_keeps_the_node` fails without both |
//! | A1: `node_enter`, `fence_after_exchange` | `acquire`, fence after counting | `is_alone`, fence before looking | either the count is seen, or the owner's loads see the exchange | `fence_after_exchange` killed by loom `whoever_is_alone_drops_at_once`; `node_enter` masked there by `light`, which is a full fence in that build: `ci/litmus.sh` |
//! | A2: `node_leave`, `node_alone` | `release`, Release | `is_alone`, Acquire | what an owner read before what the lonely thread drops | killed by loom `whoever_is_alone_drops_at_once`, either side Relaxed |
//! | R2, R3 | slots and numbers | scans | see `reclaim` | see `reclaim` |
//! | W2: `read_slot_scan` | read slots | writers of a lock | see `rwlock` | see `rwlock` |
//! | – | the owner | the owner, Relaxed | nothing: program order | argument: one thread |
//! | – | – | `len`, `kept`, the first look at `owner`, Relaxed | nothing | argument: advice, decided by the exchange or not at all |
//!
//! # Proof sketch, alone
//!
//! Events of the lonely thread: **X** exchanges *p* for another pointer; **G** a full fence (on x86 X is one); **Y** reads `live` as 1. Of
//! any other thread that is ever an owner: **C** counts its node; **N** a full fence; **B** loads a cell; **D** gives the count back.
//! If N comes before G in the order of fences, Y sees C; as it reads 1, it sees D as well, and by A2 what the thread read
//! comes before what Y allows (a node in which a guard lingers is not given back, so it is still counted). If G comes
//! before N, B sees X, and finds *p* only if it was put in again, with another count.
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

use crossbeam_utils::CachePadded;

#[cfg(polder_loom)]
pub use self::local::leave;
pub(crate) use self::{
    local::{Visit, current, current_asymmetric},
    node::{Node, Owner, Sequence, Slot, Stamp},
};
use crate::{
    config::SPARE_NODES,
    edge::{edge, edge_fence},
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
    /// Nodes in which somebody may be reading: those with an owner, and those in which guards linger.
    live: AtomicUsize,
    /// Whether a node may have been left with something in it since somebody looked: 0 or 1. On a line of its own, for
    /// lonely threads look at `live` in each store.
    left: CachePadded<AtomicUsize>,
}

impl Registry {
    crate::primitive::const_fn! {
        const fn new() -> Self {
            Self {
                head: AtomicPtr::new(ptr::null_mut()),
                len: AtomicUsize::new(0),
                live: AtomicUsize::new(0),
                left: CachePadded::new(AtomicUsize::new(0)),
            }
        }
    }

    /// A node for the caller alone: an idle one if there is one, else a new one. Linear in the number of nodes.
    fn acquire(&self, owner: Owner) -> &'static Node {
        prepare();
        let node = self.find(owner).unwrap_or_else(|| self.push(owner));
        // An owned pin finds no cell's value, so it is no reader of cells.
        if owner != Owner::Value && !node.count(true) {
            self.live.fetch_add(1, Relaxed);
        }
        // A1: whoever looks at `live` after an exchange and does not see this owner has made the exchange visible to it.
        edge_fence!("node_enter", SeqCst);
        node
    }

    /// Makes `owner` the owner of an idle node, if there is one.
    fn find(&self, owner: Owner) -> Option<&'static Node> {
        let is_empty = |node: &Node| node.kept.load(Relaxed) == 0;
        let take = |node: &&Node, accept: &dyn Fn(&Node) -> bool| {
            if !accept(node) || !node.try_claim() {
                return false;
            }
            let good = node.is_idle() && accept(node);
            if good {
                node.own_claimed(owner);
            } else {
                self.give_up(node);
            }
            good
        };
        // What was left in a node is for whoever scans, and the next owner may never do that. But if nobody else does either,
        // nodes must not become ever more.
        self.nodes().find(|node| take(node, &is_empty)).or_else(|| {
            let crowded = self.len() > 2 * self.live() + SPARE_NODES;
            self.nodes().find(|node| crowded && take(node, &|_| true))
        })
    }

    /// Ends a claim or an ownership.
    fn give_up(&self, node: &Node) {
        let kept = node.kept.load(Relaxed);
        node.disown();
        if kept > 0 {
            // After the node can be claimed, or a scan could miss it and clear this.
            self.note_left();
        }
    }

    /// A new node.
    fn push(&self, owner: Owner) -> &'static Node {
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
        // A node in which a guard lingers stays counted, until its next owner gives it back.
        if node.is_idle() && node.count(false) {
            // Release, edge A2: what this owner has read comes before what a thread does that finds itself alone.
            self.live.fetch_sub(1, edge!("node_leave", Release, weaker Relaxed));
        }
        self.give_up(node);
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

    /// Whether the caller, who owns a node and has just exchanged a pointer, is the only one who may have found the old
    /// pointer: nobody else owns a node, and whoever will from now on finds the new one.
    #[inline]
    pub(crate) fn is_alone(&self) -> bool {
        // A1: see `acquire`.
        fence::after_exchange();
        // Acquire, edge A2: see `release`. Each change is a read-modify-write and so continues the release sequences of
        // those before it.
        self.live.load(edge!("node_alone", Acquire, weaker Relaxed)) == 1
    }

    /// Corrects the number of live nodes, when this process has one thread.
    #[cfg(all(unix, not(polder_loom)))]
    fn set_live(&self, live: usize) {
        self.live.store(live, Relaxed);
    }

    /// Nodes in which somebody may be reading.
    pub(crate) fn live(&self) -> usize {
        // Relaxed: advice for the size of batches.
        self.live.load(Relaxed)
    }

    /// Nodes that their owners have left with retired items in them, for the caller to take them out. The caller gives each
    /// back by [`Node::disown`].
    pub(crate) fn left_behind(&self) -> impl Iterator<Item = &'static Node> {
        if self.has_left() {
            // Relaxed: advice; the claim orders. Before the walk, so that what is left behind during it is seen next time.
            self.left.store(0, Relaxed);
        }
        self.nodes().filter(|node| {
            if node.kept.load(Relaxed) == 0 {
                return false;
            }
            let claimed = node.try_claim();
            if !claimed && node.is_of(Owner::Candidate) {
                // Somebody else is about to give it up, or to take it.
                self.note_left();
            }
            claimed
        })
    }

    /// Notes that something may have been left behind.
    fn note_left(&self) {
        // Relaxed: advice.
        self.left.store(1, Relaxed);
    }

    /// Whether [`left_behind`](Self::left_behind) may find something.
    #[inline]
    pub(crate) fn has_left(&self) -> bool {
        self.left.load(Relaxed) != 0
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: a figure.
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
