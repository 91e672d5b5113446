//! The process-wide domain: counts that reference cells have given up, in a list for each thread.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    garbage::{Garbage, Readers, Retired},
    pace::{Due, Pace, limit},
    stack::Stack,
};
use crate::{
    config::DROPS_PER_RETIREMENT,
    primitive::shared_static,
    registry::{self, Node, REGISTRY},
};

shared_static! {
    /// What ended threads left behind. Whoever scans next takes it over.
    static ORPHANS: Stack<Count> = Stack::new();
}

/// A count of a shared value, to be given back when no slot protects the value.
pub(crate) struct Count {
    value: *mut (),
    give_back: unsafe fn(*mut ()),
}

// SAFETY: counts are those of values that are `Send + Sync`: any thread may give one back (`retire_count`).
unsafe impl Send for Count {}

impl Drop for Count {
    fn drop(&mut self) {
        // SAFETY: the count is this object's, and given back once (clauses of `retire_count`).
        unsafe { (self.give_back)(self.value) }
    }
}

impl Retired for Count {
    #[inline]
    fn address(&self) -> *const () {
        self.value
    }
}

/// What a thread keeps in its node for itself.
pub(crate) struct Own {
    garbage: Garbage<Count>,
    pace: Pace,
    /// A destructor runs: what it retires is dropped by the loop that runs it.
    is_dropping: bool,
}

impl Own {
    pub(crate) const fn new() -> Self {
        Self { garbage: Garbage::new(), pace: Pace::new(), is_dropping: false }
    }

    fn scan(&mut self) {
        for orphan in ORPHANS.take() {
            self.garbage.push(orphan);
        }
        self.garbage.scan(Readers::OfCells);
        self.pace.restart();
    }
}

/// Gives back a count of `value` by `give_back`, as soon as no reader of a reference cell can be using it without a
/// count. `weight` says how much memory that may free.
///
/// Lock-free, but for what the destructors of values do that run in here: some that became free earlier.
///
/// # Safety
/// - `give_back(value)` is sound once, at any later time, on any thread.
/// - No reference cell holds the value on the strength of this count any more.
#[inline]
pub(crate) unsafe fn retire_count(value: *mut (), give_back: unsafe fn(*mut ()), weight: usize) {
    let count = Count { value, give_back };
    let Some(node) = registry::current() else { return ORPHANS.push(count) };
    // SAFETY: this thread's node, and the closure runs nothing foreign.
    let due = unsafe {
        node.with_own(|own| {
            own.garbage.push(count);
            own.pace.add(weight)
        })
    };
    if due == Due::Nothing {
        drop_free(node, DROPS_PER_RETIREMENT);
    } else {
        scan_and_drop(node, due);
    }
}

#[cold]
fn scan_and_drop(node: &Node, due: Due) {
    // SAFETY: the caller's node, and the closure runs nothing foreign.
    let free = unsafe {
        node.with_own(|own| {
            own.scan();
            own.garbage.free_len()
        })
    };
    tell(node);
    // In batches the dropping is spread over the retirements to come: memory comes back at the pace at which the thread
    // takes it, and nobody waits for sixty destructors. What is beyond a batch goes now, or it would pile up.
    let now = if due == Due::Eager { free } else { DROPS_PER_RETIREMENT.max(free.saturating_sub(limit())) };
    drop_free(node, now);
}

/// Drops up to `at_most` free items of the caller's node; none if this is called from such a drop.
#[inline]
fn drop_free(node: &Node, at_most: usize) {
    for _ in 0..at_most {
        // SAFETY: the caller's node, and the closure runs nothing foreign.
        let free = unsafe {
            node.with_own(|own| {
                if own.is_dropping {
                    return None;
                }
                let free = own.garbage.pop_free();
                own.is_dropping = free.is_some();
                free
            })
        };
        let Some(count) = free else { return };
        // Also if the destructor panics; the others stay in the list and are dropped later.
        let _dropped = Dropped(node);
        drop(count);
    }
}

/// Ends the state of dropping.
struct Dropped<'a>(&'a Node);

impl Drop for Dropped<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the node of the thread that made this, which has not left it; the closure runs nothing foreign.
        unsafe { self.0.with_own(|own| own.is_dropping = false) }
    }
}

/// Makes known how much the node keeps.
fn tell(node: &Node) {
    // SAFETY: the caller's node, and the closure runs nothing foreign.
    let kept = unsafe { node.with_own(|own| own.garbage.len()) };
    node.kept.store(kept, Relaxed);
}

/// Drops the values that this thread's stores have replaced, and what ended threads left behind, as far as no reader can
/// be using them.
///
/// One heavy fence if there is anything. What readers still use stays; other threads' values are theirs to flush. Does
/// nothing from within a value's destructor, or on a thread that is ending.
///
/// # Panics
/// If a destructor does. The other values stay, and are dropped later.
///
/// ```
/// use polder_sync::{AtomicRef, reclaim};
/// use std::sync::Arc;
///
/// let cell = AtomicRef::new(Arc::new("old"));
/// let old = cell.load_full();
/// cell.store(Arc::new("new"));
/// reclaim::flush();
/// assert_eq!(Arc::strong_count(&old), 1);
/// ```
pub fn flush() {
    let Some(node) = registry::current() else { return };
    // SAFETY: this thread's node, and the closure runs nothing foreign.
    unsafe { node.with_own(Own::scan) };
    drop_free(node, usize::MAX);
    tell(node);
}

/// Leaves what the node's owner has retired to whoever scans next.
///
/// # Safety
/// - The caller owns the node, as a thread that is ending.
pub(crate) unsafe fn hand_over(node: &Node) {
    // No destructor runs here: it could meet thread-local variables that are gone, and a panic would end the process.
    // SAFETY: the caller's node, and the closure runs nothing foreign.
    unsafe {
        node.with_own(|own| {
            own.garbage.take_all().for_each(|count| ORPHANS.push(count));
            own.pace.restart();
            // Set still if a destructor has ended the process.
            own.is_dropping = false;
        });
    }
    node.kept.store(0, Relaxed);
}

/// How much memory's return is outstanding in the process-wide domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Replaced values that are not dropped yet, by the counts that each thread published at its last scan.
    pub kept: usize,
    /// Of these, values that ended threads left, and that nobody has taken over.
    pub orphaned: usize,
    /// Nodes: threads that used the crate at the same time, owned pins, and forgotten guards.
    pub nodes: usize,
    /// Heavy fences so far.
    pub heavy_fences: u64,
}

/// How things stand. Linear in the number of nodes; each figure is of some moment during the call.
pub fn stats() -> Stats {
    let orphaned = ORPHANS.len();
    Stats {
        // Relaxed: figures.
        kept: orphaned + REGISTRY.nodes().map(|node| node.kept.load(Relaxed)).sum::<usize>(),
        orphaned,
        nodes: REGISTRY.len(),
        heavy_fences: crate::fence::heavy_count(),
    }
}
