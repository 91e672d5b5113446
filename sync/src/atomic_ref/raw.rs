//! The cell itself: a pointer that may be null, with one count of what it points to.
//!
//! Orderings: the table of `reclaim` has the edges that stand here.

use std::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
};

use super::ArcLike;
use crate::{
    config::{BYTES_PER_WEIGHT, LOST_RACE_SPINS},
    edge::edge,
    fence,
    primitive::{AtomicPtr, Backoff},
    reclaim::{Attempt, by_slot, drop_later, is_unread, retire_count},
    registry::{self, Node, Owner, Slot, Visit},
};

/// An atomic `Option<A>`.
pub(super) struct Raw<A: ArcLike> {
    pointer: AtomicPtr<()>,
    /// Goes in and out through a shared borrow, so neither a subtype nor a supertype will do.
    count: PhantomData<fn(A) -> A>,
}

/// What a guard holds: a reference, and what keeps its value alive.
pub(super) struct Loaded<A: ArcLike> {
    /// By a count of its own if `slot` is `None`.
    reference: ManuallyDrop<A>,
    slot: Option<&'static Slot>,
}

/// The value to be put in was not, because the cell had this instead.
pub(super) struct Mismatch<A: ArcLike> {
    pub(super) current: Option<Loaded<A>>,
    pub(super) new: Option<A>,
}

fn raw<A: ArcLike>(value: Option<A>) -> *mut () {
    value.map_or(ptr::null_mut(), |value| value.into_raw().as_ptr())
}

/// # Safety
/// - The clauses of [`ArcLike::from_raw`], unless `raw` is null.
unsafe fn counted<A: ArcLike>(raw: *mut ()) -> Option<A> {
    // SAFETY: the caller's clauses.
    NonNull::new(raw).map(|raw| unsafe { A::from_raw(raw) })
}

/// # Safety
/// - The clauses of [`ArcLike::from_raw`]; `raw` is not null.
unsafe fn give_back<A: ArcLike>(raw: *mut ()) {
    // SAFETY: the caller's clauses.
    drop(unsafe { counted::<A>(raw) });
}

/// Lets a thread that was faster go on for a while: it has the lines. Two threads that take turns at each operation pay for
/// the lines each time. What is loaded after that is not old yet.
pub(super) fn stand_back(backoff: &Backoff) {
    for _ in 0..LOST_RACE_SPINS {
        backoff.spin();
    }
}

impl<A: ArcLike> Raw<A> {
    crate::primitive::const_fn! {
        pub(super) const fn none() -> Self {
            Self { pointer: AtomicPtr::new(ptr::null_mut()), count: PhantomData }
        }
    }

    pub(super) fn new(value: Option<A>) -> Self {
        Self { pointer: AtomicPtr::new(raw(value)), count: PhantomData }
    }

    /// The fast path: a slot of the thread's node, and no count.
    #[inline]
    pub(super) fn load(&self) -> Option<Loaded<A>> {
        match by_slot(&self.pointer) {
            Attempt::Protected((raw, slot)) => {
                // SAFETY: the cell's count, or the one that its replacement has retired, stays while the slot has
                // the pointer (P1), and the guard that clears the slot does not drop the reference.
                let reference = ManuallyDrop::new(unsafe { A::from_raw(raw) });
                return Some(Loaded { reference, slot: Some(slot) });
            }
            Attempt::Null => return None,
            Attempt::Refused => {}
        }
        self.load_counted()
    }

    #[cold]
    fn load_counted(&self) -> Option<Loaded<A>> {
        let reference = ManuallyDrop::new(self.load_full()?);
        Some(Loaded { reference, slot: None })
    }

    /// A count of the value, under a reservation.
    #[inline]
    pub(super) fn load_full(&self) -> Option<A> {
        match registry::current() {
            Some(node) => self.load_on(node),
            None => self.load_on(Visit::new(Owner::Operation).node()),
        }
    }

    /// With a node of the caller's.
    #[inline]
    fn load_on(&self, node: &Node) -> Option<A> {
        node.all.begin();
        // F: either a scan sees the odd number, or the load below sees what was unlinked before that scan.
        fence::light();
        // Acquire, edge R1: what was written before the pointer was published.
        let found = self.pointer.load(edge!("ref_load_full", Acquire, weaker Relaxed));
        if let Some(raw) = NonNull::new(found) {
            // SAFETY: the cell's count, or the one that its replacement has retired, stays while the number is odd (P2).
            unsafe { A::increment(raw) };
        }
        node.all.end();
        // SAFETY: the count that was added.
        unsafe { counted(found) }
    }

    /// Gives the cell's count of `old` back when no reader can be using it.
    ///
    /// # Safety
    /// - `old` came out of the cell by an exchange, with the cell's count of it.
    #[inline]
    unsafe fn retire(&self, old: NonNull<()>) {
        let weight = const { 1 + size_of::<A::Target>() / BYTES_PER_WEIGHT };
        // SAFETY: `A` is `Send + Sync + 'static`, so the count may be given back anywhere and at any time; the cell has
        // lost it.
        unsafe { retire_count(old.as_ptr(), give_back::<A>, weight) };
    }

    /// Puts `new` in, and takes the old value out with the cell's count.
    #[inline]
    fn exchange(&self, new: Option<A>) -> Option<NonNull<()>> {
        // AcqRel: Release, edge R1, publishes the new value; Acquire, edge R5, orders the making of the old value before
        // its end.
        let order = edge!("ref_swap_publish", AcqRel, weaker Acquire, "ref_swap_take", weaker Release);
        NonNull::new(self.pointer.swap(raw(new), order))
    }

    #[inline]
    pub(super) fn store(&self, value: Option<A>) {
        if let Some(old) = self.exchange(value) {
            // SAFETY: from the exchange.
            unsafe { self.retire(old) };
        }
    }

    #[inline]
    pub(super) fn swap(&self, value: Option<A>) -> Option<A> {
        let old = self.exchange(value)?;
        let is_unread = is_unread(old.as_ptr(), None);
        if !is_unread {
            // SAFETY: the cell's count is this call's now. Readers may rely on it, so it is retired; the caller gets another.
            unsafe { A::increment(old) };
        }
        // SAFETY: the count that was added, or the cell's, on which nobody relies.
        let reference = ManuallyDrop::new(unsafe { A::from_raw(old) });
        let returned = Loaded { reference, slot: None };
        if is_unread {
            return Some(returned.into_counted());
        }
        let returned = InHand(Some(returned));
        // SAFETY: from the exchange.
        unsafe { self.retire(old) };
        returned.take().map(Loaded::into_counted)
    }

    /// Puts `new` in if the cell has `current`, by pointer.
    #[inline]
    pub(super) fn compare_exchange(&self, current: *mut (), new: Option<A>) -> Result<(), Mismatch<A>> {
        if let Some(old) = self.exchange_if(current, new)? {
            // SAFETY: from the exchange.
            unsafe { self.retire(old) };
        }
        Ok(())
    }

    /// Puts `new` in if the cell still has `current`, by pointer; gives `current` back as the old value.
    #[inline]
    pub(super) fn replace(&self, current: Option<Loaded<A>>, new: Option<A>) -> Result<Option<Loaded<A>>, Mismatch<A>> {
        let Some(old) = self.exchange_if(current.as_ref().map_or(ptr::null_mut(), Loaded::raw), new)? else {
            return Ok(None);
        };
        let slot = current.as_ref().and_then(|current| current.slot);
        if slot.is_some() && is_unread(old.as_ptr(), slot) {
            // SAFETY: the cell's count, on which nobody relies but `current`, which ends here.
            let reference = ManuallyDrop::new(unsafe { A::from_raw(old) });
            drop(current);
            return Ok(Some(Loaded { reference, slot: None }));
        }
        let current = InHand(current);
        // SAFETY: from the exchange.
        unsafe { self.retire(old) };
        Ok(current.take())
    }

    /// Puts `new` in if the cell has `current`, by pointer; takes the old value out with the cell's count.
    #[inline]
    fn exchange_if(&self, current: *mut (), new: Option<A>) -> Result<Option<NonNull<()>>, Mismatch<A>> {
        let new = raw(new);
        loop {
            // Release, edge R1: as in `exchange`. Nothing is acquired: the caller has `current`, or a guard of it. Relaxed
            // on failure: the value is loaded anew.
            let order = edge!("ref_exchange_publish", Release, weaker Relaxed);
            match self.pointer.compare_exchange(current, new, order, Relaxed) {
                Ok(old) => return Ok(NonNull::new(old)),
                Err(_) => {
                    let found = self.load();
                    if found.as_ref().map_or(ptr::null_mut(), Loaded::raw) != current {
                        // SAFETY: the count that `raw` took out of `new`, which the cell did not get.
                        let new = unsafe { counted(new) };
                        return Err(Mismatch { current: found, new });
                    }
                    // It is `current` again: not a mismatch that could be told.
                }
            }
        }
    }

    pub(super) fn into_inner(self) -> Option<A> {
        let this = ManuallyDrop::new(self);
        // SAFETY: as in `drop`, which does not run.
        unsafe { this.take_last() }
    }

    /// The cell's value, with its count.
    ///
    /// # Safety
    /// - The caller has the cell exclusively, and it is not used again.
    unsafe fn take_last(&self) -> Option<A> {
        // Relaxed: exclusive access comes after every other.
        let raw = self.pointer.load(Relaxed);
        // SAFETY: the cell's count. No guard relies on it: guards borrow the cell.
        unsafe { counted(raw) }
    }
}

impl<A: ArcLike> Drop for Raw<A> {
    fn drop(&mut self) {
        // SAFETY: exclusive, and the end.
        drop(unsafe { self.take_last() });
    }
}

/// A reference that its holder means to return, while destructors of other values run. If one of them panics, this one is not
/// dropped before the panic has been caught: a second panic meanwhile would end the process.
struct InHand<A: ArcLike>(Option<Loaded<A>>);

impl<A: ArcLike> InHand<A> {
    fn take(mut self) -> Option<Loaded<A>> {
        self.0.take()
    }
}

impl<A: ArcLike> Drop for InHand<A> {
    fn drop(&mut self) {
        if let Some(loaded) = self.0.take_if(|loaded| loaded.is_counted()) {
            let raw = loaded.into_counted().into_raw();
            // SAFETY: `A` is `Send + Sync + 'static`, so the count, which is this call's, may be given back anywhere and at
            // any time.
            unsafe { drop_later(raw.as_ptr(), give_back::<A>) };
        }
    }
}

impl<A: ArcLike> Loaded<A> {
    #[inline]
    pub(super) fn reference(&self) -> &A {
        &self.reference
    }

    pub(super) fn raw(&self) -> *mut () {
        self.reference.as_raw().as_ptr()
    }

    /// A count of its own for the value; the guard's if it has one.
    pub(super) fn into_counted(self) -> A {
        let mut this = ManuallyDrop::new(self);
        if let Some(slot) = this.slot {
            // SAFETY: the slot still has the pointer, so a count stays (P1).
            unsafe { A::increment(this.reference.as_raw()) };
            slot.clear();
        }
        // SAFETY: the guard's drop does not run, and the reference is backed by a count of its own now.
        unsafe { ManuallyDrop::take(&mut this.reference) }
    }

    pub(super) fn is_counted(&self) -> bool {
        self.slot.is_none()
    }
}

impl<A: ArcLike> Drop for Loaded<A> {
    #[inline]
    fn drop(&mut self) {
        match self.slot {
            Some(slot) => slot.clear(),
            // SAFETY: without a slot the reference is backed by a count of its own, and this is its end.
            None => unsafe { ManuallyDrop::drop(&mut self.reference) },
        }
    }
}
