//! The process-wide domain: counts that reference cells have given up, in a list for each node.
//!
//! Orderings: the table of `reclaim` has the edges that stand here.

use std::{ptr, sync::atomic::Ordering::Relaxed};

use super::{
    dropping::{drop_one, is_dropping},
    garbage::{Garbage, Readers, Retired},
    pace::{Due, Pace, limit},
};
use crate::registry::{self, Node, Owner, REGISTRY, Slot, Visit};

/// A count of a shared value, to be given back when no slot protects the value.
pub(crate) struct Count {
    value: *mut (),
    give_back: unsafe fn(*mut ()),
}

// SAFETY: counts are those of values that are `Send + Sync`: any thread may give one back (`retire_count`).
unsafe impl Send for Count {}

impl Drop for Count {
    #[inline]
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

    fn is_spare_beside(&self, other: &Self) -> bool {
        self.value == other.value && ptr::fn_addr_eq(self.give_back, other.give_back)
    }
}

/// What the owner of a node keeps in it for itself. It stays there when the owner leaves.
pub(crate) struct Own {
    garbage: Garbage<Count>,
    pace: Pace,
}

impl Own {
    pub(crate) const fn new() -> Self {
        Self { garbage: Garbage::new(), pace: Pace::new() }
    }

    /// Takes over what was left in nodes without owners, and scans.
    fn scan(&mut self) {
        for node in REGISTRY.left_behind() {
            // SAFETY: the node is claimed, which makes `own` this call's.
            unsafe { node.with_own(|left| self.garbage.adopt_all(&mut left.garbage)) };
            node.kept.store(0, Relaxed);
            node.disown();
        }
        self.garbage.scan(Readers::OfCells);
        self.pace.restart();
    }
}

/// Gives back a count of `value` by `give_back`, as soon as no reader of a reference cell can be using it without a
/// count: at once, if no other thread can. `weight` says how much memory that may free.
///
/// Lock-free, but for what the destructors of values do that run in here: this one, or some that became free.
///
/// # Safety
/// - `give_back(value)` is sound once, at any later time, on any thread.
/// - A reference cell has just lost the value, by an exchange of this thread, together with this count.
#[inline]
pub(crate) unsafe fn retire_count(value: *mut (), give_back: unsafe fn(*mut ()), weight: usize) {
    let count = Count { value, give_back };
    let Some(node) = registry::current() else { return retire_as_visitor(count, weight) };
    if node.is_busy() {
        return retire_as_visitor(count, weight);
    }
    if !is_dropping() && is_unread_on(node, value, None) {
        return drop_one(count);
    }
    retire_on(node, count, weight);
}

/// Puts a count in the list of the caller's node, which is not busy, and drops what is due.
#[inline]
fn retire_on(node: &Node, count: Count, weight: usize) {
    // SAFETY: the caller's node.
    let Some((free, due)) = (unsafe {
        node.with_own(|own| {
            let free = own.garbage.exchange(count);
            let may_drop = !is_dropping();
            let free = free.and_then(|free| if may_drop { Some(free) } else { own.garbage.push_free(free) });
            (free, own.pace.add(weight))
        })
    }) else {
        unreachable!("the caller has looked")
    };
    if let Some(free) = free {
        drop_one(free);
    }
    if due != Due::Nothing {
        scan_and_drop(node, due);
    }
}

/// For a thread that is ending, and for an allocator that retires while its thread allocates for a list: with a node for
/// the occasion, in which what is not free stays.
#[cold]
fn retire_as_visitor(count: Count, weight: usize) {
    let visit = Visit::new(Owner::Operation);
    retire_on(visit.node(), count, weight);
    // SAFETY: the visit's node.
    unsafe { tell(visit.node()) };
}

/// Gives back a count of `value` by `give_back`, not now, but with what this thread or another one drops later.
///
/// # Safety
/// - `give_back(value)` is sound once, at any later time, on any thread.
#[cold]
pub(crate) unsafe fn drop_later(value: *mut (), give_back: unsafe fn(*mut ())) {
    let count = Count { value, give_back };
    let visit = Visit::new(Owner::Operation);
    // SAFETY: the visit's node.
    unsafe { visit.with_own(|own| own.garbage.push_free(count)) };
    // SAFETY: the visit's node.
    unsafe { tell(visit.node()) };
}

/// Whether nobody but the caller can be reading `value`, which a cell has just lost by an exchange of this thread: no
/// other thread has begun to read anything, and no guard of this one has the value but perhaps the one in `except`.
///
/// Also false while something is left from busier times, so that it goes by and by, and not where a destructor's panic
/// would meet the caller with the last count of a value in hand.
#[inline]
pub(crate) fn is_unread(value: *mut (), except: Option<&Slot>) -> bool {
    registry::current().is_some_and(|node| is_unread_on(node, value, except))
}

/// As [`is_unread`], with the caller's node.
#[inline]
fn is_unread_on(node: &Node, value: *mut (), except: Option<&Slot>) -> bool {
    // SAFETY: the caller's node.
    let is_tidy = || unsafe { node.with_own(|own| own.garbage.is_empty()) } == Some(true) && !REGISTRY.has_left();
    REGISTRY.is_alone() && !node.protects(value, except) && is_tidy()
}

#[cold]
fn scan_and_drop(node: &Node, due: Due) {
    // SAFETY: the caller's node.
    let at_most = unsafe {
        node.with_own(|own| {
            let is_large = own.garbage.fresh_len() < limit();
            own.scan();
            // After a batch the dropping is spread over the retirements to come: memory comes back at the pace at which
            // the thread takes it, and nobody waits for hundreds of destructors. What is beyond a batch goes now, or it
            // would pile up; and so does a batch of few, large values, and everything if this thread is alone and has no
            // need of a list.
            let free = own.garbage.free_len();
            let all = due == Due::Eager || is_large || REGISTRY.live() == 1;
            if all { free } else { free.saturating_sub(limit()) }
        })
    };
    // SAFETY: the caller's node.
    unsafe { tell(node) };
    drop_free(node, at_most.unwrap_or(0));
}

/// Drops up to `at_most` free items of the caller's node; none if this is called from such a drop.
fn drop_free(node: &Node, at_most: usize) {
    for _ in 0..at_most {
        if is_dropping() {
            return;
        }
        // SAFETY: the caller's node.
        let Some(Some(free)) = (unsafe { node.with_own(|own| own.garbage.pop_free()) }) else { return };
        drop_one(free);
    }
}

/// Makes known how much the node keeps.
///
/// # Safety
/// - The caller owns the node.
pub(crate) unsafe fn tell(node: &Node) {
    // SAFETY: the caller's clause.
    if let Some(kept) = unsafe { node.with_own(|own| own.garbage.len()) } {
        node.kept.store(kept, Relaxed);
    }
}

/// Drops the values that this thread's stores have replaced, and what ended threads left behind, as far as no reader can
/// be using them.
///
/// One heavy fence if there is anything. What readers still use stays; other threads' values are theirs to flush. Does
/// nothing from within a value's destructor.
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
    match registry::current() {
        Some(node) => flush_on(node),
        None => flush_on(Visit::new(Owner::Operation).node()),
    }
}

/// With the caller's node.
fn flush_on(node: &Node) {
    /// Tells also if a destructor panics.
    struct Told<'a>(&'a Node);

    impl Drop for Told<'_> {
        fn drop(&mut self) {
            // SAFETY: the node of whoever made this, who has not left it.
            unsafe { tell(self.0) };
        }
    }

    let told = Told(node);
    // SAFETY: the caller's node.
    unsafe { node.with_own(Own::scan) };
    drop_free(told.0, usize::MAX);
}

/// How much memory's return is outstanding in the process-wide domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Replaced values that are not dropped yet, by the counts that each thread published at its last scan or its end.
    pub kept: usize,
    /// Nodes: threads that used the crate at the same time, owned pins, and forgotten guards.
    pub nodes: usize,
    /// Nodes in which threads may be reading now; owned pins do not count.
    pub live: usize,
    /// Heavy fences so far.
    pub heavy_fences: u64,
}

/// How things stand. Linear in the number of nodes; each figure is of some moment during the call.
pub fn stats() -> Stats {
    Stats {
        // Relaxed: figures.
        kept: REGISTRY.nodes().map(|node| node.kept.load(Relaxed)).sum(),
        nodes: REGISTRY.len(),
        live: REGISTRY.live(),
        heavy_fences: crate::fence::heavy_count(),
    }
}
