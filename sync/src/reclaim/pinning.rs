//! Pins: nothing that is found while pinned is freed before the pin ends.

use std::{fmt, marker::PhantomData};

use crate::{
    edge::edge,
    fence,
    primitive::AtomicPtr,
    registry::{self, Node, Owner, Visit},
};

/// Pins the calling thread: nothing retired from now on in any [`Domain`](super::Domain) is freed while the pin lives.
///
/// For traversals. Wait-free: two stores and, where there are asymmetric fences, no fence; no shared line is written.
/// Pins nest, and inner ones cost a counter. The first use on a thread registers it.
///
/// **What it holds up.** Everything that is retired in any domain while the pin lives is kept, without bound. A long
/// traversal calls [`Pin::repin`] now and then; a guard that is kept across waiting should be a
/// [`protect`](super::protect).
///
/// ```
/// use polder_sync::reclaim;
/// use std::sync::atomic::AtomicPtr;
///
/// let head = AtomicPtr::new(Box::into_raw(Box::new(7)));
/// let pin = reclaim::pin();
/// let found = pin.load(&head);
/// // SAFETY: not null, and nobody frees it while the pin lives.
/// assert_eq!(unsafe { *found }, 7);
/// drop(pin);
/// # // SAFETY: nobody else has the pointer.
/// # drop(unsafe { Box::from_raw(head.into_inner()) });
/// ```
#[inline]
pub fn pin() -> Pin {
    match registry::current_asymmetric() {
        Some(node) => Pin::enter(node, fence::compiler),
        None => pin_fenced(),
    }
}

/// Where readers must run a fence, or the thread has no node yet, or has none any more.
#[inline(never)]
fn pin_fenced() -> Pin {
    match registry::current() {
        Some(node) => Pin::enter(node, fence::light),
        None => pin_at_the_end(),
    }
}

/// A pin of a thread that has given its node back.
#[cold]
fn pin_at_the_end() -> Pin {
    let visit = Visit::new(Owner::Operation);
    let mut pin = Pin::enter(visit.node(), fence::light);
    pin.visit = Some(visit);
    pin
}

/// What keeps a thread pinned; made by [`pin`]. Stays on its thread; [`OwnedPin`] can move.
#[must_use = "the pin ends when this is dropped"]
pub struct Pin {
    node: &'static Node,
    /// The node, if it is only borrowed for this pin. Given back after the pin has ended.
    visit: Option<Visit>,
    stays_on_its_thread: PhantomData<*mut ()>,
}

impl Pin {
    /// With the caller's node, and with what `light` is in this process.
    #[inline(always)]
    fn enter(node: &'static Node, light: fn()) -> Self {
        // SAFETY: the node is the caller's.
        if unsafe { node.change_depth(1) } == 1 {
            node.pin.begin();
            // F: either a scan sees the odd number, or the loads below see what was unlinked before that scan.
            light();
        }
        Self { node, visit: None, stays_on_its_thread: PhantomData }
    }

    fn depth(&self) -> usize {
        // SAFETY: this is a pin of the node.
        unsafe { self.node.change_depth(0) }
    }

    /// Loads a pointer. What it points to is not freed while the pin lives, provided that it is retired only after it
    /// can be found no more. Wait-free.
    #[inline]
    pub fn load<T>(&self, source: &AtomicPtr<T>) -> *mut T {
        // Acquire, edge R1: what was written before the pointer was published.
        source.load(edge!("pin_load", Acquire, weaker Relaxed))
    }

    /// Ends the pin and begins a new one: pointers loaded before may be freed. Within another pin of the same thread it
    /// does nothing. Wait-free.
    ///
    /// Returns whether it was done.
    ///
    /// ```
    /// let mut outer = polder_sync::reclaim::pin();
    /// let mut inner = polder_sync::reclaim::pin();
    /// assert!(!inner.repin(), "what `outer` found must stay");
    /// drop(inner);
    /// assert!(outer.repin());
    /// ```
    pub fn repin(&mut self) -> bool {
        let outermost = self.depth() == 1;
        if outermost {
            self.node.pin.renew();
            // F: as in `enter`.
            fence::light();
        }
        outermost
    }
}

impl Drop for Pin {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this is a pin of the node.
        if unsafe { self.node.change_depth(-1) } == 0 {
            self.node.pin.end();
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin").field("depth", &self.depth()).finish_non_exhaustive()
    }
}

/// A pin that belongs to a value and not to a thread: it can be sent, kept in a structure, held across `.await`.
///
/// A pin that is forgotten (`mem::forget`), of either kind, holds everything up for ever.
///
/// Has a node of its own, so making one costs a search among the nodes of the process, linear in their number. Otherwise
/// as [`Pin`]; what it holds up is the same, and it is easier to forget.
///
/// ```
/// let mut pin = polder_sync::reclaim::OwnedPin::new();
/// std::thread::spawn(move || pin.repin()).join().unwrap();
/// ```
#[must_use = "the pin ends when this is dropped"]
#[derive(Debug)]
pub struct OwnedPin(Visit);

impl OwnedPin {
    /// Pins. Lock-free; linear in the number of nodes.
    #[expect(clippy::new_without_default, reason = "a pin is an act, not a default value")]
    pub fn new() -> Self {
        let visit = Visit::new(Owner::Value);
        visit.pin.begin();
        // F: as in `Pin::enter`.
        fence::light();
        Self(visit)
    }

    /// As [`Pin::load`].
    #[inline]
    pub fn load<T>(&self, source: &AtomicPtr<T>) -> *mut T {
        // Acquire, edge R1: as in `Pin::load`.
        source.load(edge!("pin_load", Acquire, weaker Relaxed))
    }

    /// Ends the pin and begins a new one: pointers loaded before may be freed. Wait-free.
    pub fn repin(&mut self) {
        self.0.pin.renew();
        // F: as in `Pin::enter`.
        fence::light();
    }
}

impl Drop for OwnedPin {
    fn drop(&mut self) {
        self.0.pin.end();
    }
}
