//! What concerns the table as a whole: clearing, room made ahead, memory given back; and lines fetched ahead.
//!
//! Orderings: the table of `engine` has what stands here, D4; numbers that are only compared with are Relaxed.

use std::{ptr, sync::atomic::Ordering::Relaxed};

use super::{
    bin::{Bin, EntryBin, Slot},
    bits::Hashed,
    table::{Hint, Item, Table},
    walk::Walk,
};
use crate::primitive::Pace;

/// How many hashes are worked at together: about as many cache misses as a processor has under way at once.
pub(crate) const BATCH: usize = 16;

impl<B: Bin> Table<B> {
    /// Asks for the lines of the bin that probably has a hash. Wait-free; changes nothing that can be seen.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: Hashed) {
        let hint = self.hint();
        if hint.has_bins() {
            fetch(self.bin(hint.bin_for(hash)));
        }
    }

    /// Takes out what is in the next class, if there is one, into `items`; may take further classes along. All at one moment.
    ///
    /// What is there from the first call to the last one, is taken. Blocking as `claim` is, with the bins of a class taken at once.
    pub(crate) fn take_class(&self, walk: &mut Walk, items: &mut Vec<Item<B>>) -> bool {
        items.clear();
        let Some(class) = walk.advance(self.bin_count()) else { return false };
        let mut claims = self.claim_class(class, walk.bits());
        for (claim, _) in &mut claims {
            let before = items.len();
            claim.for_each(|_, _, item| items.push(item));
            if items.len() > before {
                claim.remove_all();
            }
        }
        drop(claims);
        self.count(-i64::try_from(items.len()).expect("fewer than an address space has"));
        true
    }

    /// The items of the bin of this number, into `items`, if there are so many bins. Of an owner.
    pub(crate) fn items_of_bin(&mut self, index: u64, items: &mut Vec<Item<B>>) -> bool {
        items.clear();
        let is_bin = self.hint().has_bins() && index < self.end();
        if is_bin {
            self.copy_bin(index, items).expect("nobody else has the table");
        }
        is_bin
    }

    /// Makes the table at least so large, and keeps it so until `shrink_to` is called.
    ///
    /// `hash_of` may be foreign code; if it panics, the table is as large as it has become.
    pub(crate) fn reserve(&self, count: u64, hash_of: impl Fn(Item<B>) -> Hashed) {
        assert!(count < Hint::MOST, "capacity overflow");
        if !self.hint().has_bins() {
            self.begin();
        }
        // Relaxed: a number to compare with.
        self.floor.fetch_max(count, Relaxed);
        let mut pace = Pace::default();
        loop {
            let end = self.end_word();
            if end & Self::FROZEN != 0 {
                pace.wait();
            } else if end >= count {
                break;
            } else {
                self.add(end, 1, &hash_of);
            }
        }
        self.change_hint(|hint| if hint.count() < count { hint.with_count(count) } else { hint });
    }

    /// Lets the table become this small, and makes it as small as it can be without spilling.
    pub(crate) fn shrink_to(&self, count: u64) {
        // Relaxed: a number to compare with.
        self.floor.store(count.max(Self::LEAST), Relaxed);
        while self.merge_last(B::SLOTS) {}
        if self.hint().has_bins() {
            let count = self.end();
            self.change_hint(|hint| if hint.count() > count { hint.with_count(count) } else { hint });
        }
    }
}

impl Table<EntryBin> {
    /// Asks for the beginning of what an item of this hash probably points to, if the bin that probably has it is there. Wait-free; changes
    /// nothing that can be seen.
    #[inline(always)]
    pub(crate) fn prefetch_entry(&self, hash: Hashed) {
        let hint = self.hint();
        if hint.has_bins() {
            let bin = self.bin(hint.bin_for(hash));
            if let Some(slot) = bin.header().first_with(hash.tag()) {
                // It may be what is left of another entry: that does not matter to who only asks for its line.
                fetch_line(bin.slot(slot).load().cast_const().cast());
            }
        }
    }
}

/// Asks for all lines of what begins with a line.
#[inline(always)]
pub(super) fn fetch<T>(whole: &T) {
    const LINE: usize = 64;
    let first = ptr::from_ref(whole).cast::<i8>();
    for offset in (0..size_of::<T>()).step_by(LINE) {
        fetch_line(first.wrapping_add(offset));
    }
}

/// Asks for a cache line.
#[cfg(all(target_arch = "x86_64", target_feature = "sse", not(miri)))]
#[inline(always)]
pub(super) fn fetch_line(address: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the build has SSE, as the configuration above says; any address may be asked for.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

/// Asks for nothing: there is no portable way.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse", not(miri))))]
#[inline(always)]
pub(super) fn fetch_line(_: *const i8) {}
