//! What a bin is made of: two words and slots, for words kept in place and for pointers to entries.
//!
//! Orderings: the table of `engine` has the edges that stand here, D1 to D5.

use std::sync::atomic::Ordering;

use super::{
    bits::{Header, Link, State, Tags},
    memory::Zeroed,
};
use crate::{
    edge::edge,
    primitive::{AtomicPtr, AtomicU64},
};

/// What slots hold.
pub(crate) trait Slot: Send + Sync + 'static {
    /// What one slot holds, as it is handed around.
    type Item: Copy;

    #[cfg(polder_loom)]
    fn zeroed() -> Self;

    /// See [`Zeroed`].
    #[cfg(polder_loom)]
    fn clear(&self);

    /// Acquire: what is read after this is no older than what its writer had seen.
    fn load(&self) -> Self::Item;

    /// Release: whoever reads this has what came before.
    fn store(&self, item: Self::Item);

    /// Stores an item that differs from the one that is here in its value only.
    fn replace(&self, item: Self::Item);
}

/// A key and a value of one word each.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Pair {
    key: AtomicU64,
    value: AtomicU64,
}

impl Slot for Pair {
    type Item = (u64, u64);

    #[cfg(polder_loom)]
    fn zeroed() -> Self {
        Self { key: AtomicU64::new(0), value: AtomicU64::new(0) }
    }

    #[cfg(polder_loom)]
    fn clear(&self) {
        self.key.store(0, Ordering::Release);
        self.value.store(0, Ordering::Release);
    }

    #[inline(always)]
    fn load(&self) -> (u64, u64) {
        // Acquire, edge D2: if this is a later item's, so is the version that is read next.
        let key = self.key.load(edge!("dict_key_load", Acquire, weaker Relaxed));
        (key, self.value.load(edge!("dict_value_load", Acquire, weaker Relaxed)))
    }

    #[inline(always)]
    fn store(&self, (key, value): (u64, u64)) {
        // Release, edge D2: the version that ended the slot's last item comes before.
        self.value.store(value, edge!("dict_value_store", Release, weaker Relaxed));
        self.key.store(key, edge!("dict_key_store", Release, weaker Relaxed));
    }

    #[inline(always)]
    fn replace(&self, (_, value): (u64, u64)) {
        // Release: what the updater did before is there for whoever reads the value.
        self.value.store(value, edge!("dict_value_replace", Release, weaker Relaxed));
    }
}

/// A pointer to an entry, of whatever type: the dict knows.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Pointer(AtomicPtr<()>);

impl Slot for Pointer {
    type Item = *mut ();

    #[cfg(polder_loom)]
    fn zeroed() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    #[cfg(polder_loom)]
    fn clear(&self) {
        self.0.store(std::ptr::null_mut(), Ordering::Release);
    }

    #[inline(always)]
    fn load(&self) -> *mut () {
        // Acquire, edge D3: the entry's making.
        self.0.load(edge!("dict_entry_load", Acquire, weaker Relaxed))
    }

    #[inline(always)]
    fn store(&self, item: *mut ()) {
        // Release, edge D3.
        self.0.store(item, edge!("dict_entry_store", Release, weaker Relaxed));
    }

    #[inline(always)]
    fn replace(&self, item: *mut ()) {
        // Release, edge D3.
        self.0.store(item, edge!("dict_entry_replace", Release, weaker Relaxed));
    }
}

/// A bin of one kind of slots. All zeros is an empty one.
pub(crate) trait Bin: Zeroed {
    type Slot: Slot;
    const SLOTS: usize;
    /// A table of more bytes than this is to be dense: memory is then worth more than that few bins spill.
    const ROOMY: u64;

    /// Asks for the lines behind the first one.
    #[inline(always)]
    fn fetch_rest(&self) {
        if size_of::<Self>() > 64 {
            super::bulk::fetch_line(std::ptr::from_ref(self).cast::<i8>().wrapping_add(64));
        }
    }

    fn header_word(&self) -> &AtomicU64;
    fn state_word(&self) -> &AtomicU64;
    fn slot(&self, index: usize) -> &Self::Slot;

    #[inline(always)]
    fn header(&self) -> Header {
        // Acquire, edge D1: the items behind the tags.
        Header(self.header_word().load(edge!("dict_header_load", Acquire, weaker Relaxed)))
    }

    #[inline(always)]
    fn publish(&self, header: Header) {
        // Release, edge D1.
        self.header_word().store(header.0, edge!("dict_header_store", Release, weaker Relaxed));
    }

    #[inline(always)]
    fn state(&self) -> State {
        // Acquire, edges D2 and D4: the header that came with the version; the spills behind the link.
        State(self.state_word().load(edge!("dict_state_load", Acquire, weaker Relaxed)))
    }

    /// Of the lock's holder: a new version or link, or the end of the lock.
    #[inline(always)]
    fn set_state(&self, state: State) {
        // Release, edges D2, D4 and D5: the header came before the version, the spill before the link, all before the unlocking.
        self.state_word().store(state.0, edge!("dict_state_store", Release, weaker Relaxed));
    }

    /// Takes the lock if the state is this one.
    #[inline(always)]
    fn try_lock(&self, state: State) -> bool {
        // Acquire, edge D5: what the last holder did. Relaxed on failure: it is looked at again.
        let order = edge!("dict_lock", Acquire, weaker Relaxed);
        self.state_word().compare_exchange(state.0, state.locked().0, order, Ordering::Relaxed).is_ok()
    }
}

/// What the system does, in steps: a bin lies within one page, so whoever reads a zero there reads no older state later.
#[cfg(polder_loom)]
fn clear<B: Bin>(bin: &B) {
    bin.state_word().store(0, Ordering::Release);
    bin.header_word().store(0, Ordering::Release);
    (0..B::SLOTS).map(|index| bin.slot(index)).for_each(Slot::clear);
}

/// Seven pairs of words, in two adjacent cache lines; what a lookup needs of the first three is in the first.
#[repr(C, align(128))]
#[derive(Debug)]
pub(crate) struct WordBin {
    header: AtomicU64,
    state: AtomicU64,
    slots: [Pair; 7],
}

// SAFETY: atomic integers, which are valid as zeros and need no drop.
unsafe impl Zeroed for WordBin {
    #[cfg(polder_loom)]
    fn zeroed() -> Self {
        Self { header: AtomicU64::new(0), state: AtomicU64::new(0), slots: std::array::from_fn(|_| Slot::zeroed()) }
    }

    #[cfg(polder_loom)]
    fn clear(&self) {
        clear(self);
    }
}

impl Bin for WordBin {
    type Slot = Pair;

    const SLOTS: usize = 7;
    // What a second-level cache holds.
    const ROOMY: u64 = 1 << 20;

    #[inline(always)]
    fn header_word(&self) -> &AtomicU64 {
        &self.header
    }

    #[inline(always)]
    fn state_word(&self) -> &AtomicU64 {
        &self.state
    }

    #[inline(always)]
    fn slot(&self, index: usize) -> &Pair {
        &self.slots[index]
    }
}

/// Six pointers in one cache line.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct EntryBin {
    header: AtomicU64,
    state: AtomicU64,
    slots: [Pointer; 6],
}

// SAFETY: atomic integers and pointers, which are valid as zeros and need no drop.
unsafe impl Zeroed for EntryBin {
    #[cfg(polder_loom)]
    fn zeroed() -> Self {
        Self { header: AtomicU64::new(0), state: AtomicU64::new(0), slots: std::array::from_fn(|_| Slot::zeroed()) }
    }

    #[cfg(polder_loom)]
    fn clear(&self) {
        clear(self);
    }
}

impl Bin for EntryBin {
    type Slot = Pointer;

    const SLOTS: usize = 6;
    // Most of the memory is in the entries, whatever the bins are, and a look outside costs a lookup as much as an entry does.
    const ROOMY: u64 = u64::MAX;

    #[inline(always)]
    fn header_word(&self) -> &AtomicU64 {
        &self.header
    }

    #[inline(always)]
    fn state_word(&self) -> &AtomicU64 {
        &self.state
    }

    #[inline(always)]
    fn slot(&self, index: usize) -> &Pointer {
        &self.slots[index]
    }
}

/// Three slots outside of a full bin. Its one word has their tags, and the link to the next.
#[repr(C, align(32))]
#[derive(Debug)]
pub(crate) struct Spill<S> {
    word: AtomicU64,
    slots: [S; 3],
}

// SAFETY: atomic integers and pointers, which are valid as zeros and need no drop.
unsafe impl<S: Slot> Zeroed for Spill<S> {
    #[cfg(polder_loom)]
    fn zeroed() -> Self {
        Self { word: AtomicU64::new(0), slots: std::array::from_fn(|_| S::zeroed()) }
    }

    #[cfg(polder_loom)]
    fn clear(&self) {
        self.word.store(0, Ordering::Release);
        self.slots.iter().for_each(Slot::clear);
    }
}

impl<S: Slot> Spill<S> {
    pub(crate) const SLOTS: usize = 3;
    const LINK_SHIFT: u32 = 32;

    /// The tags and the next spill.
    #[inline]
    pub(crate) fn load(&self) -> (Tags, Link) {
        // Acquire, edge D1: the items behind the tags, and the spill behind the link.
        let word = self.word.load(edge!("dict_spill_load", Acquire, weaker Relaxed));
        (Tags(word & 0xFF_FFFF), Link((word >> Self::LINK_SHIFT) as u32))
    }

    /// Of the holder of the bin's lock, or of whoever has the spill to itself.
    #[inline]
    pub(crate) fn publish(&self, tags: Tags, next: Link) {
        // Release, edge D1.
        let word = tags.0 | u64::from(next.0) << Self::LINK_SHIFT;
        self.word.store(word, edge!("dict_spill_store", Release, weaker Relaxed));
    }

    #[inline]
    pub(crate) fn slot(&self, index: usize) -> &S {
        &self.slots[index]
    }
}
