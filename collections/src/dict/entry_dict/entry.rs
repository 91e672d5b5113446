//! Entries: what slots point to, who owns one, and the proof that one may be looked at.

use std::{marker::PhantomData, mem, ptr::NonNull};

use polder_sync::reclaim::{OwnedPin, Pin};

use crate::dict::engine::Hashed;

/// A key, its hash and its value. Nothing of it changes as long as a table has it.
pub(super) struct Entry<K, V> {
    pub(super) hash: Hashed,
    pub(super) key: K,
    pub(super) value: V,
}

impl<K, V> Entry<K, V> {
    /// As slots hold it. For comparisons.
    #[inline(always)]
    pub(super) fn item(&self) -> *mut () {
        NonNull::from(self).as_ptr().cast()
    }
}

/// Whether the caller is pinned, and for how long: `'p` is the borrow of a pin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Under<'p>(PhantomData<&'p ()>);

impl<'p> Under<'p> {
    #[inline(always)]
    pub(super) fn pin(_: &'p Pin) -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub(super) fn owned_pin(_: &'p OwnedPin) -> Self {
        Self(PhantomData)
    }

    /// The entry behind an item.
    ///
    /// # Safety
    /// - A table whose items are entries of this type had the item at some moment of the pin.
    #[inline(always)]
    pub(super) unsafe fn entry<K, V>(self, item: *mut ()) -> &'p Entry<K, V> {
        // SAFETY: the caller's clause; and an entry is retired after its table has lost it, so not freed before the pin ends.
        unsafe { &*item.cast::<Entry<K, V>>() }
    }
}

/// An entry on the heap, and the right to free it. In a table it is an item, with that right left to the table.
pub(super) struct OwnedEntry<K, V>(NonNull<Entry<K, V>>);

// SAFETY: the domain that has it belongs to a `Store`, and so do all its users: `Store` says for which keys and values threads may
// share one, or hand it over.
unsafe impl<K, V> Send for OwnedEntry<K, V> {}

impl<K, V> OwnedEntry<K, V> {
    pub(super) fn new(hash: Hashed, key: K, value: V) -> Self {
        Self(NonNull::from(Box::leak(Box::new(Entry { hash, key, value }))))
    }

    /// Takes over an entry.
    ///
    /// # Safety
    /// - It is from [`publish`](Self::publish), of this type, and nobody else takes it over.
    /// - Whoever drops the result waits until nobody reads the entry.
    #[inline(always)]
    pub(super) unsafe fn take_over(item: *mut ()) -> Self {
        // SAFETY: an item is the address of an entry.
        Self(unsafe { NonNull::new_unchecked(item.cast()) })
    }

    /// As a slot holds it.
    #[inline(always)]
    pub(super) fn item(&self) -> *mut () {
        self.0.as_ptr().cast()
    }

    /// The entry, for a table. It is not freed before somebody takes it over.
    #[inline(always)]
    pub(super) fn publish(self) -> *mut () {
        let item = self.item();
        mem::forget(self);
        item
    }

    #[inline(always)]
    pub(super) fn get(&self) -> &Entry<K, V> {
        // SAFETY: it is there as long as this owner.
        unsafe { self.0.as_ref() }
    }

    /// The key and the value, of an entry that nobody else reads.
    pub(super) fn into_parts(self) -> (K, V) {
        // SAFETY: from `Box::leak`, and this was the owner.
        let entry = unsafe { Box::from_raw(self.publish().cast::<Entry<K, V>>()) };
        let Entry { key, value, .. } = *entry;
        (key, value)
    }
}

impl<K, V> Drop for OwnedEntry<K, V> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: from `Box::leak`, and this is the owner.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
