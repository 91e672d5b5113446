//! What lookups and removals give out.

use std::{fmt, marker::PhantomData, mem::ManuallyDrop, ops::Deref, ptr::NonNull};

use polder_sync::reclaim::Pin;

use super::{
    entry::{Entry, OwnedEntry},
    store::Store,
};

/// An entry of a [`Dict`](crate::Dict), as it was found: a reference to its value that also knows the key.
///
/// Nothing is locked, so whatever else is done with the dict meanwhile, by this thread or others, goes on; the entry may be
/// removed or replaced, and this one stays what it is. A thread may have any number of these. Each is a
/// [pin](polder_sync::reclaim::pin): what is removed while it lives, from any dict, is not freed before it ends, so keep it for
/// moments. It stays on its thread, and should not be held across `.await`: see [`Dict::pin_owned`](crate::Dict::pin_owned).
///
/// ```
/// let dict = polder_collections::Dict::from([("key", 1)]);
/// let one = dict.get("key").unwrap();
/// dict.insert("key", 2);
/// dict.remove("key");
/// assert_eq!((*one.key(), *one), ("key", 1));
/// ```
pub struct Ref<'a, K, V> {
    entry: NonNull<Entry<K, V>>,
    /// Began before the entry was found in the dict.
    _pin: Pin,
    dict: PhantomData<&'a Entry<K, V>>,
}

// SAFETY: another thread gets references to the key and the value from a shared `Ref`, and cannot get at the pin.
unsafe impl<K: Sync, V: Sync> Sync for Ref<'_, K, V> {}

impl<'a, K, V> Ref<'a, K, V> {
    /// # Safety
    /// - The entry was in a table under this pin; the store is borrowed for `'a`.
    #[inline(always)]
    pub(super) unsafe fn new(entry: NonNull<Entry<K, V>>, pin: Pin) -> Self {
        Self { entry, _pin: pin, dict: PhantomData }
    }

    #[inline(always)]
    pub(super) fn entry(&self) -> &Entry<K, V> {
        // SAFETY: it was found under the pin, which lives as long as this.
        unsafe { self.entry.as_ref() }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &K {
        &self.entry().key
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> &V {
        &self.entry().value
    }
}

/// An entry that was taken out of a [`Dict`](crate::Dict), or replaced. Others may still be reading it.
///
/// Given up when dropped: then it is freed as soon as nobody reads it, and with
/// [`DropPolicy::Inline`](polder_sync::reclaim::DropPolicy::Inline) some entries that were given up earlier are freed there and
/// then. No pin: it holds nothing else up, for however long it is kept; it can be sent, and held across `.await`. If it is
/// forgotten, its memory is lost.
///
/// ```
/// let dict = polder_collections::Dict::from([("key", 1)]);
/// let old = dict.insert("key", 2).unwrap();
/// assert_eq!((*old.key(), *old), ("key", 1));
/// ```
pub struct Removed<'a, K, V> {
    store: &'a Store<K, V>,
    /// Not to be dropped, but retired.
    entry: ManuallyDrop<OwnedEntry<K, V>>,
}

// SAFETY: key and value are read and later dropped on the other thread, while this one, or another that still reads them, may do
// the same with the store: as the store's own `Sync` wants it.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for Removed<'_, K, V> {}
// SAFETY: shared, it gives out references to the key and the value.
unsafe impl<K: Sync, V: Sync> Sync for Removed<'_, K, V> {}

impl<'a, K, V> Removed<'a, K, V> {
    /// # Safety
    /// - The caller has taken the item out of this store's table, and makes one of these of it.
    #[inline(always)]
    pub(super) unsafe fn new(store: &'a Store<K, V>, item: *mut ()) -> Self {
        // SAFETY: what the table had was published; it is the caller's alone; dropped by the domain, which waits.
        let entry = unsafe { OwnedEntry::take_over(item) };
        Self { store, entry: ManuallyDrop::new(entry) }
    }

    /// Gives the entry up; as slots held it.
    #[inline]
    pub(super) fn retire(self) -> *mut () {
        self.entry.item()
    }

    #[inline(always)]
    fn entry(&self) -> &Entry<K, V> {
        self.entry.get()
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &K {
        &self.entry().key
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> &V {
        &self.entry().value
    }
}

impl<K, V> Drop for Removed<'_, K, V> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken here alone, and not used after that.
        let entry = unsafe { ManuallyDrop::take(&mut self.entry) };
        // SAFETY: unlinked, so nobody finds it by a later pin or protection; earlier ones end before the store, which they
        // borrow; retired here alone; and the store is shared only if its keys and values may be dropped anywhere.
        unsafe { self.store.garbage.retire(entry.item().cast_const(), entry) };
    }
}

macro_rules! derefs_to_value {
    ($($name:ident),*) => {$(
        impl<K, V> Deref for $name<'_, K, V> {
            type Target = V;

            #[inline]
            fn deref(&self) -> &V {
                self.value()
            }
        }

        impl<K, V> AsRef<V> for $name<'_, K, V> {
            fn as_ref(&self) -> &V {
                self.value()
            }
        }

        impl<K, V: fmt::Debug> fmt::Debug for $name<'_, K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.value().fmt(f)
            }
        }

        impl<K, V: fmt::Display> fmt::Display for $name<'_, K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.value().fmt(f)
            }
        }
    )*};
}

derefs_to_value!(Ref, Removed);
