//! The drop list of an arena: the values that have a destructor.

use core::cell::Cell;
use core::ptr::NonNull;

/// Stands directly before a value that needs dropping.
#[repr(C)]
pub(super) struct Entry {
    next: Cell<Option<NonNull<Entry>>>,
    drop: DropFn,
}

/// Drops the value (or the slice) at an address.
pub(super) type DropFn = unsafe fn(NonNull<u8>);

/// Drops one `T`.
///
/// # Safety
/// `value` is an initialised `T` that nobody uses afterwards.
pub(super) unsafe fn drop_one<T>(value: NonNull<u8>) {
    // SAFETY: the caller's clause.
    unsafe { value.cast::<T>().drop_in_place() }
}

/// Drops a slice of `T`, whose length stands before its entry.
///
/// # Safety
/// `items` is a slice registered by [`DropList::push_slice`], all items initialised, and nobody uses it afterwards.
pub(super) unsafe fn drop_slice<T>(items: NonNull<u8>) {
    // SAFETY: `push_slice` made room for it.
    let len = unsafe { length_place(items) };
    // SAFETY: `push_slice` wrote the length there.
    let len = unsafe { len.read() };
    // SAFETY: the caller's clause.
    unsafe { NonNull::slice_from_raw_parts(items.cast::<T>(), len).drop_in_place() }
}

/// The entry of a value.
///
/// # Safety
/// Room for an entry stands before `value`, in the same chunk.
unsafe fn entry_place(value: NonNull<u8>) -> NonNull<Entry> {
    // SAFETY: the caller's clause.
    unsafe { value.cast::<Entry>().sub(1) }
}

/// The length of a slice with an entry.
///
/// # Safety
/// Room for a length and an entry stands before `items`, in the same chunk.
unsafe fn length_place(items: NonNull<u8>) -> NonNull<usize> {
    // SAFETY: the caller's clause.
    let entry = unsafe { entry_place(items) };
    // SAFETY: the caller's clause.
    unsafe { entry.cast::<usize>().sub(1) }
}

/// Singly linked, last registered first, both ends known.
pub(super) struct DropList {
    last: Cell<Option<NonNull<Entry>>>,
    first: Cell<Option<NonNull<Entry>>>,
}

impl DropList {
    pub(super) const fn new() -> Self {
        DropList { last: Cell::new(None), first: Cell::new(None) }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.last.get().is_none()
    }

    /// Registers a value.
    ///
    /// # Safety
    /// Room for an [`Entry`] stands before `value`, in the same chunk; `value` is what `drop` expects, and is registered
    /// once (arena invariant I4).
    #[inline]
    pub(super) unsafe fn push(&self, value: NonNull<u8>, drop: DropFn) {
        // SAFETY: the caller's clause.
        let entry = unsafe { entry_place(value) };
        // SAFETY: the place is the arena's own, inside a chunk, and aligned: values start at multiples of the grain, which
        // is a multiple of an entry's alignment, as is its size.
        unsafe { entry.write(Entry { next: Cell::new(self.last.get()), drop }) };
        self.last.set(Some(entry));
        if self.first.get().is_none() {
            self.first.set(Some(entry));
        }
    }

    /// Registers a slice of `len` items.
    ///
    /// # Safety
    /// As [`push`](Self::push), with room for a `usize` more.
    pub(super) unsafe fn push_slice(&self, items: NonNull<u8>, len: usize, drop: DropFn) {
        // SAFETY: the caller's clause.
        let place = unsafe { length_place(items) };
        // SAFETY: the arena's own room, aligned as the entry behind it.
        unsafe { place.write(len) };
        // SAFETY: the caller's clause.
        unsafe { self.push(items, drop) };
    }

    /// Moves all entries of `other`, which is empty afterwards, behind this list's. O(1).
    pub(super) fn append(&self, other: &DropList) {
        let Some(entry) = other.last.take() else { return };
        match self.first.get() {
            // SAFETY: I4, entries live as long as their arena.
            Some(end) => unsafe { end.as_ref() }.next.set(Some(entry)),
            None => self.last.set(Some(entry)),
        }
        self.first.set(other.first.take());
    }

    /// Empties the list and runs the destructor of every value whose address `condemned` accepts, last registered first.
    /// When one panics, the others still run; a second panic aborts the process (as for a `Vec`'s items).
    ///
    /// # Safety
    /// Nobody uses a condemned value afterwards.
    pub(super) unsafe fn run(&mut self, condemned: impl FnMut(NonNull<u8>) -> bool) {
        struct Rest<F: FnMut(NonNull<u8>) -> bool>(Option<NonNull<Entry>>, F);
        impl<F: FnMut(NonNull<u8>) -> bool> Rest<F> {
            fn run(&mut self) {
                while let Some(entry) = self.0 {
                    // SAFETY: I4, entries live as long as their arena.
                    let Entry { next, drop } = unsafe { entry.as_ref() };
                    self.0 = next.get();
                    // SAFETY: the value stands directly behind its entry.
                    let value = unsafe { entry.add(1) }.cast::<u8>();
                    if (self.1)(value) {
                        // SAFETY: I4; each entry is visited once, and nobody uses the value afterwards.
                        unsafe { drop(value) };
                    }
                }
            }
        }
        impl<F: FnMut(NonNull<u8>) -> bool> Drop for Rest<F> {
            fn drop(&mut self) {
                self.run();
            }
        }
        self.first.set(None);
        Rest(self.last.take(), condemned).run();
    }
}
