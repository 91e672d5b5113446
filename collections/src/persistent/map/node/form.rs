//! How entries stand in the cells of a leaf, and entries on their way from one to another.

use core::{alloc::Layout, marker::PhantomData, mem, ptr};

use self::Repr::{Counted, InPlace};
use crate::persistent::shared::Shared;

/// An entry that stands by itself.
#[derive(Clone)]
struct Pair<K, V> {
    /// What the trie goes by, so that the key need not be hashed again.
    hash: u64,
    key: K,
    value: V,
}

/// An entry outside of any leaf.
pub(in super::super) struct Item<K, V>(Repr<K, V>);

/// Which of the two it is, is decided by the types alone ([`Form::IN_PLACE`]): who makes one keeps to that.
enum Repr<K, V> {
    InPlace(K, V),
    Counted(Shared<Pair<K, V>>),
}

impl<K, V> Item<K, V> {
    #[inline]
    pub(in super::super) fn new(hash: u64, key: K, value: V) -> Self {
        if Form::<K, V>::IN_PLACE {
            Self(InPlace(key, value))
        } else {
            Self(Counted(Shared::new(Pair { hash, key, value })))
        }
    }

    #[inline]
    pub(in super::super) fn key(&self) -> &K {
        match &self.0 {
            InPlace(key, _) => key,
            Counted(pair) => &pair.key,
        }
    }

    /// The hash, if it is kept.
    #[inline]
    pub(in super::super) fn hash(&self) -> Option<u64> {
        match &self.0 {
            InPlace(..) => None,
            Counted(pair) => Some(pair.hash),
        }
    }

    /// Key and value, cloned if others have them too.
    #[inline]
    pub(in super::super) fn into_pair(self) -> (K, V)
    where
        K: Clone,
        V: Clone,
    {
        match self.0 {
            InPlace(key, value) => (key, value),
            Counted(pair) => {
                let Pair { key, value, .. } = pair.unwrap_or_clone();
                (key, value)
            }
        }
    }

    /// The value; it alone is cloned if others have the entry too.
    #[inline]
    pub(in super::super) fn into_value(self) -> V
    where
        V: Clone,
    {
        match self.0 {
            InPlace(_, value) => value,
            Counted(pair) => pair.try_unwrap().map_or_else(|pair| pair.value.clone(), |pair| pair.value),
        }
    }
}

/// What the types of an entry say of its cell.
pub(in super::super) struct Form<K, V>(PhantomData<(K, V)>);

impl<K, V> Form<K, V> {
    /// Whether entries are in the cells. Those with destructors are not, so that to free such a leaf is to free its memory.
    pub(super) const IN_PLACE: bool =
        size_of::<(K, V)>() <= 32 && align_of::<(K, V)>() <= Self::ALIGN && !mem::needs_drop::<(K, V)>();

    /// Of cells, at most.
    pub(super) const ALIGN: usize = 16;

    pub(super) const CELL: Layout =
        if Self::IN_PLACE { Layout::new::<(K, V)>() } else { Layout::new::<Shared<Pair<K, V>>>() };

    /// Bytes that an entry takes besides its cell.
    pub(super) const APART: usize = if Self::IN_PLACE { 0 } else { Shared::<Pair<K, V>>::SIZE };

    /// Entries that a leaf has at most, unless their hashes are the same.
    pub(in super::super) const MOST: usize = if Self::IN_PLACE && Self::CELL.size() <= 16 { 32 } else { 16 };

    /// The entry in a cell.
    ///
    /// # Safety
    ///
    /// - There is an entry in the cell,
    /// - which nobody changes, takes or drops while `'a` lasts.
    #[inline(always)]
    pub(super) unsafe fn pair<'a>(cell: *const u8) -> (&'a K, &'a V) {
        if Self::IN_PLACE {
            // SAFETY: the caller has an entry there, in place, that stays.
            let (key, value) = unsafe { &*cell.cast::<(K, V)>() };
            (key, value)
        } else {
            // SAFETY: the caller has an entry there, by pointer, that stays.
            let pair: &'a Pair<K, V> = unsafe { &*cell.cast::<Shared<Pair<K, V>>>() };
            (&pair.key, &pair.value)
        }
    }

    /// The hash of the entry in a cell, if it is kept.
    ///
    /// # Safety
    ///
    /// As for [`pair`](Self::pair), during the call.
    #[inline]
    pub(super) unsafe fn hash(cell: *const u8) -> Option<u64> {
        if Self::IN_PLACE {
            return None;
        }
        // SAFETY: the caller has an entry there, by pointer.
        let pair = unsafe { &*cell.cast::<Shared<Pair<K, V>>>() };
        Some(pair.hash)
    }

    /// The same as in the cell, once more: a clone of what is in place, another owner of what is counted.
    ///
    /// # Safety
    ///
    /// As for [`pair`](Self::pair), during the call.
    #[inline]
    pub(super) unsafe fn share(cell: *const u8) -> Item<K, V>
    where
        K: Clone,
        V: Clone,
    {
        if Self::IN_PLACE {
            // SAFETY: the caller has an entry there, in place.
            let (key, value) = unsafe { &*cell.cast::<(K, V)>() };
            Item(InPlace(key.clone(), value.clone()))
        } else {
            // SAFETY: the caller has an entry there, by pointer.
            let pair = unsafe { &*cell.cast::<Shared<Pair<K, V>>>() };
            Item(Counted(pair.clone()))
        }
    }

    /// Key and value, the latter to be changed: a counted entry is cloned first if others have it.
    ///
    /// # Safety
    ///
    /// - There is an entry in the cell,
    /// - to which nobody else comes while `'a` lasts.
    #[inline]
    pub(super) unsafe fn pair_mut<'a>(cell: *mut u8) -> (&'a K, &'a mut V)
    where
        K: Clone,
        V: Clone,
    {
        if Self::IN_PLACE {
            // SAFETY: the caller has an entry there, in place and for itself.
            let (key, value) = unsafe { &mut *cell.cast::<(K, V)>() };
            (key, value)
        } else {
            // SAFETY: the caller has an entry there, by pointer, and the cell for itself.
            let pair = unsafe { &mut *cell.cast::<Shared<Pair<K, V>>>() };
            let Pair { key, value, .. } = pair.make_mut();
            (key, value)
        }
    }

    /// Puts an entry into a cell.
    ///
    /// # Safety
    ///
    /// The cell is the caller's, and nothing is in it.
    #[inline]
    pub(super) unsafe fn write(cell: *mut u8, item: Item<K, V>) {
        match item.0 {
            // SAFETY: the caller's cell, which is laid out for this (`CELL`).
            InPlace(key, value) => unsafe { cell.cast::<(K, V)>().write((key, value)) },
            // SAFETY: the caller's cell, likewise laid out for a counted pair.
            Counted(pair) => unsafe { cell.cast::<Shared<Pair<K, V>>>().write(pair) },
        }
    }

    /// Takes an entry out of a cell.
    ///
    /// # Safety
    ///
    /// There is an entry in the cell, and nobody takes or drops it after this.
    #[inline]
    pub(super) unsafe fn read(cell: *mut u8) -> Item<K, V> {
        if Self::IN_PLACE {
            // SAFETY: the caller has an entry there, in place, and gives it away.
            let (key, value) = unsafe { cell.cast::<(K, V)>().read() };
            Item(InPlace(key, value))
        } else {
            // SAFETY: the caller has an entry there, by pointer, and gives it away.
            Item(Counted(unsafe { cell.cast::<Shared<Pair<K, V>>>().read() }))
        }
    }

    /// Puts what is in the first `len` cells of one row, once more, into the first cells of another.
    ///
    /// # Safety
    ///
    /// - In the first row there are so many entries, as for [`share`](Self::share);
    /// - the second has room for as many, is the caller's, and nothing is in it.
    #[inline]
    pub(super) unsafe fn share_all(from: *const u8, to: *mut u8, len: usize)
    where
        K: Clone,
        V: Clone,
    {
        if Self::IN_PLACE {
            // SAFETY: the caller has so many entries there, in place.
            let entries = unsafe { core::slice::from_raw_parts(from.cast::<(K, V)>(), len) };
            for (index, (key, value)) in entries.iter().enumerate() {
                // What was written before a panic needs no drop.
                let entry = (key.clone(), value.clone());
                // SAFETY: the caller's room for so many.
                let cell = unsafe { to.cast::<(K, V)>().add(index) };
                // SAFETY: as above, and empty.
                unsafe { cell.write(entry) };
            }
        } else {
            // SAFETY: the caller has so many entries there, by pointer.
            let pairs = unsafe { core::slice::from_raw_parts(from.cast::<Shared<Pair<K, V>>>(), len) };
            for pair in pairs {
                // Counting does not panic, so none of these is lost.
                mem::forget(pair.clone());
            }
            // SAFETY: the caller's rooms, which are different ones; each pointer that is copied was counted once more.
            unsafe { ptr::copy_nonoverlapping(from, to, len * Self::CELL.size()) };
        }
    }

    /// Drops what is in the first `len` cells of a row: all of it, even if one of the drops panics.
    ///
    /// # Safety
    ///
    /// In the row there are so many entries, and nobody takes or drops them after this.
    #[inline]
    pub(super) unsafe fn drop_all(cells: *mut u8, len: usize) {
        if !Self::IN_PLACE {
            let pairs = ptr::slice_from_raw_parts_mut(cells.cast::<Shared<Pair<K, V>>>(), len);
            // SAFETY: the caller has so many entries there, by pointer, and gives them away.
            unsafe { ptr::drop_in_place(pairs) };
        }
    }
}
