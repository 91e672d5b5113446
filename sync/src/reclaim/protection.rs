//! Protection of one pointer by a slot of the thread's node.
//!
//! Orderings: the table of `reclaim` has the edges that stand here.

use std::{fmt, iter, marker::PhantomData, ptr::NonNull, sync::atomic::Ordering::Relaxed};

use super::pinning::{Pin, pin};
use crate::{
    config::TRIES,
    edge::edge,
    fence,
    primitive::AtomicPtr,
    registry::{self, Node, Slot},
};

/// A pointer and the slot that protects it.
pub(crate) type InSlot<T> = (NonNull<T>, &'static Slot);

/// What came of an attempt to protect the pointer in `source` by a slot.
#[must_use]
pub(crate) enum Attempt<T> {
    /// The pointer was in `source` after the slot had announced it.
    Protected(InSlot<T>),
    /// `source` was null.
    Null,
    /// No slot was free, or `source` changed each time.
    Refused,
}

/// Protects the pointer in `source`, if a slot is free and `source` stands still for a moment. The caller's node.
#[inline]
pub(crate) fn by_slot<T>(source: &AtomicPtr<T>) -> Attempt<T> {
    // The usual case is short, for it is inlined wherever something is loaded.
    match registry::current_asymmetric() {
        Some(node) => by_slot_of(node, source, fence::compiler),
        None => by_slot_fenced(source),
    }
}

/// Where readers must run a fence, or the thread has no node yet, or has none any more.
#[inline(never)]
fn by_slot_fenced<T>(source: &AtomicPtr<T>) -> Attempt<T> {
    registry::current().map_or(Attempt::Refused, |node| by_slot_of(node, source, fence::light))
}

/// With the caller's node, and with what `light` is in this process.
#[inline(always)]
fn by_slot_of<T>(node: &'static Node, source: &AtomicPtr<T>, light: fn()) -> Attempt<T> {
    let Some(slot) = node.free_slot() else { return Attempt::Refused };
    // Relaxed: a guess, which the load below confirms; nothing is read through it.
    let guess = source.load(Relaxed);
    let found = announce(slot, source, guess, light);
    if found == guess { protected(slot, found) } else { by_slot_again(slot, source, found) }
}

/// The attempts after the first.
#[cold]
#[inline(never)]
fn by_slot_again<T>(slot: &'static Slot, source: &AtomicPtr<T>, mut guess: *mut T) -> Attempt<T> {
    // One attempt was made.
    for _ in iter::repeat_n((), TRIES - 1) {
        let found = announce(slot, source, guess, fence::light);
        if found == guess {
            return protected(slot, found);
        }
        guess = found;
    }
    slot.clear();
    Attempt::Refused
}

/// Announces `guess` in the slot; returns what `source` has after that.
#[inline(always)]
fn announce<T>(slot: &Slot, source: &AtomicPtr<T>, guess: *mut T, light: fn()) -> *mut T {
    slot.publish(guess.cast());
    // F: either a scan sees the slot, or the load below sees what was unlinked before that scan.
    light();
    // Acquire, edge R1: what was written before the pointer was published. The pointer that is used is this one.
    source.load(edge!("protect_load", Acquire, weaker Relaxed))
}

/// What came of finding the announced pointer, or null, which needs no protection and leaves the slot free.
#[inline]
fn protected<T>(slot: &'static Slot, found: *mut T) -> Attempt<T> {
    NonNull::new(found).map_or(Attempt::Null, |pointer| Attempt::Protected((pointer, slot)))
}

/// Protects the pointer in `source`: what it points to is not freed while the result lives. `None` if it is null.
///
/// For one pointer, also over a long time: what such a guard holds up is this one item. Wait-free: takes a slot of the
/// thread (there are eight) and looks whether `source` still has the pointer; if it changes while it looks, or no slot is
/// free, the guard is a [`Pin`], and holds up what a pin does. No shared line is written.
///
/// ```
/// use polder_sync::reclaim;
/// use std::sync::atomic::AtomicPtr;
///
/// let head = AtomicPtr::new(Box::into_raw(Box::new(7)));
/// let seven = reclaim::protect(&head).expect("not null");
/// // SAFETY: nobody frees it while `seven` lives.
/// assert_eq!(unsafe { *seven.as_ptr() }, 7);
/// drop(seven);
/// # // SAFETY: nobody else has the pointer.
/// # drop(unsafe { Box::from_raw(head.into_inner()) });
/// ```
#[inline]
pub fn protect<T>(source: &AtomicPtr<T>) -> Option<Protected<'_, T>> {
    match by_slot(source) {
        Attempt::Protected((pointer, slot)) => return Some(Protected::new(pointer, Hold::Slot(slot))),
        Attempt::Null => return None,
        Attempt::Refused => {}
    }
    let pin = pin();
    let pointer = NonNull::new(pin.load(source))?;
    Some(Protected::new(pointer, Hold::Pin { _pin: pin }))
}

/// A protected pointer; made by [`protect`]. Stays on its thread.
#[must_use = "the protection ends when this is dropped"]
pub struct Protected<'s, T> {
    pointer: NonNull<T>,
    hold: Hold,
    source: PhantomData<(&'s AtomicPtr<T>, *mut ())>,
}

enum Hold {
    Slot(&'static Slot),
    Pin { _pin: Pin },
}

impl<T> Protected<'_, T> {
    fn new(pointer: NonNull<T>, hold: Hold) -> Self {
        Self { pointer, hold, source: PhantomData }
    }

    /// The pointer. Valid while `self` lives, provided that what it points to is retired only after `source` has lost
    /// it.
    #[inline]
    pub fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// Whether a pin protects it, and not a slot.
    pub fn is_pinned(&self) -> bool {
        matches!(self.hold, Hold::Pin { .. })
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if let Hold::Slot(slot) = self {
            slot.clear();
        }
    }
}

impl<T> fmt::Debug for Protected<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protected").field("pointer", &self.pointer).field("pinned", &self.is_pinned()).finish()
    }
}
