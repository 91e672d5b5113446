//! The table: where a hash's bin is, and lookups.
//!
//! Orderings: the table of `engine` has the edges that stand here, D2, D4, D7 and G.

use std::sync::atomic::Ordering::Relaxed;

use polder_sync::{CachePadded, Counter};

use super::{
    bin::{Bin, Slot, Spill},
    bits::{Hashed, Header, Level, Link, State, low_bits, parent},
    copies::Copies,
    courtesy::Courtesy,
    flights::Flights,
    memory::Segments,
    spills::Spills,
};
use crate::{
    edge::{edge, edge_fence},
    primitive::{AtomicU64, Pace},
};

/// What slots of this bin hold.
pub(crate) type Item<B> = <<B as Bin>::Slot as Slot>::Item;

/// Bins, found by hash. Knows neither keys nor values: its callers compare.
pub(crate) struct Table<B: Bin> {
    /// Read by every operation, seldom written.
    pub(super) hint: AtomicU64,
    pub(super) bins: Segments<B>,
    /// Below this number a bin that has no level written down is an empty one; from it on, one that was not split off yet.
    pub(super) initial: AtomicU64,
    /// How often memory was given back.
    pub(super) releases: AtomicU64,
    pub(super) spills: Spills<B::Slot>,
    /// How many bins there are; the last one or the next one may be on its way. Written at every growth by one.
    pub(super) end: CachePadded<AtomicU64>,
    pub(super) length: Counter,
    pub(super) copies: Copies<Item<B>>,
    /// Among transactions.
    pub(crate) courtesy: Courtesy,
    /// Of values that are being made.
    pub(crate) flights: Flights,
    /// Below this many bins it does not shrink by itself.
    pub(super) floor: AtomicU64,
    pub(super) grows: bool,
}

/// What every operation has to know first, in one word: how many bins there are, about; the mask for their numbers; whether
/// a snapshot is being made, and the parity of its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint(pub(super) u64);

impl Hint {
    const COUNT: u64 = low_bits(31);
    /// More bins than this there are not.
    pub(super) const MOST: u64 = Self::COUNT;
    const PARITY: u64 = 1 << 31;
    const MASK_SHIFT: u32 = 32;
    /// A snapshot is being made, or there are no bins: not for the short way.
    const SPECIAL: u64 = 1 << 63;

    const NO_BINS: Self = Self(Self::SPECIAL);

    /// So many bins.
    pub(super) fn with_count(self, count: u64) -> Self {
        debug_assert!((2..=Self::COUNT).contains(&count), "bins are numbered with 31 bits");
        let mask = u64::MAX >> (count - 1).leading_zeros();
        let special = if self.has_bins() { self.0 & Self::SPECIAL } else { 0 };
        Self(special | mask << Self::MASK_SHIFT | self.0 & Self::PARITY | count)
    }

    #[inline(always)]
    pub(super) fn count(self) -> u64 {
        self.0 & Self::COUNT
    }

    /// The bin for a hash, if this many bins there are.
    #[inline(always)]
    pub(super) fn bin_for(self, hash: Hashed) -> u64 {
        let mask = self.0 >> Self::MASK_SHIFT & Self::COUNT;
        let index = hash.bits() & mask;
        // The upper half of the numbers may not be there whole: then it is the bin that this one would be split off from.
        if index < self.count() { index } else { index & mask >> 1 }
    }

    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0.cast_signed() < 0
    }

    pub(super) fn is_snapshot(self) -> bool {
        self.is_special() && self.has_bins()
    }

    pub(super) fn has_bins(self) -> bool {
        self.count() > 0
    }

    #[inline(always)]
    pub(super) fn parity(self) -> bool {
        self.0 & Self::PARITY != 0
    }

    pub(super) fn begin_snapshot(self) -> Self {
        Self((self.0 ^ Self::PARITY) | Self::SPECIAL)
    }

    pub(super) fn end_snapshot(self) -> Self {
        Self(self.0 & !Self::SPECIAL)
    }
}

/// How a table is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Bins to begin with; none are made before the first insertion if this is zero.
    pub(crate) bins: u64,
    pub(crate) grows: bool,
    pub(crate) huge_pages: bool,
}

impl<B: Bin> Table<B> {
    /// The least number of bins.
    pub(super) const LEAST: u64 = 2;
    const FIRST_LOG: u32 = 1;

    pub(crate) fn new(options: Options) -> Self {
        let table = Self {
            hint: AtomicU64::new(Hint::NO_BINS.0),
            bins: Segments::new(Self::FIRST_LOG, options.huge_pages),
            initial: AtomicU64::new(Self::LEAST),
            releases: AtomicU64::new(0),
            spills: Spills::new(options.huge_pages),
            end: CachePadded::new(AtomicU64::new(Self::LEAST)),
            length: Counter::new(),
            copies: Copies::new(),
            courtesy: Courtesy::new(),
            flights: Flights::new(),
            floor: AtomicU64::new(Self::LEAST),
            grows: options.grows,
        };
        if options.bins > 0 {
            let count = options.bins.max(Self::LEAST);
            assert!(count < Hint::COUNT, "capacity overflow");
            // Each segment is made when its last bin is reserved, so one call for each.
            let mut last = Self::LEAST - 1;
            while last < count {
                table.bins.reserve(last as usize);
                last = last * 2 + 1;
            }
            table.bins.reserve(count as usize - 1);
            // Relaxed: nobody else has the table.
            table.initial.store(count, Relaxed);
            table.end.store(count, Relaxed);
            table.floor.store(count, Relaxed);
            table.hint.store(Hint(0).with_count(count).0, Relaxed);
        }
        table
    }

    /// The number of entries, as far as the additions and removals of other threads are known.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.length.sum()).unwrap_or(0)
    }

    /// Counts entries that came, or went if it is negative.
    #[inline]
    pub(crate) fn count(&self, change: i64) {
        self.length.add(change);
    }

    pub(crate) fn bin_count(&self) -> u64 {
        if self.hint().has_bins() { self.end() } else { 0 }
    }

    /// One behind the last bin.
    pub(crate) fn end(&self) -> u64 {
        self.end_word() & !Self::FROZEN
    }

    /// The same, with the mark of one that must stay.
    pub(super) fn end_word(&self) -> u64 {
        // Acquire, edge D4: the segments before it.
        self.end.load(edge!("dict_end_load", Acquire, weaker Relaxed))
    }

    #[inline(always)]
    pub(super) fn hint(&self) -> Hint {
        // Acquire, edge D4: the segments of all bins that it counts.
        Hint(self.hint.load(edge!("dict_hint_load", Acquire, weaker Relaxed)))
    }

    /// The bin of a number that a hint, or a level, has led to.
    #[inline(always)]
    pub(super) fn bin(&self, index: u64) -> &B {
        // SAFETY: a segment is reserved before a hint counts its bins, and before a level tells of them (edges D1, D4).
        unsafe { self.bins.get(index as usize) }
    }

    /// Makes the first bins.
    #[cold]
    pub(super) fn begin(&self) {
        self.bins.reserve(Self::LEAST as usize - 1);
        self.change_hint(|hint| if hint.has_bins() { hint } else { hint.with_count(Self::LEAST) });
    }

    /// Finds an entry by its hash; `is` tells whether an item is the one, and may be asked again about the same.
    ///
    /// Reads only. Lock-free: it begins again if another operation has removed something from the bin or moved it.
    #[inline(always)]
    pub(crate) fn find(&self, hash: Hashed, is: impl FnMut(Item<B>) -> bool) -> Option<Item<B>> {
        self.find_place(hash, is).map(|(item, _)| item)
    }

    /// The same, and where it was, if it was found on the short way: see [`claim_found`](Self::claim_found).
    #[inline(always)]
    pub(crate) fn find_place(
        &self,
        hash: Hashed,
        mut is: impl FnMut(Item<B>) -> bool,
    ) -> Option<(Item<B>, Option<Found>)> {
        let hint = self.hint();
        if !hint.is_special() {
            let index = hint.bin_for(hash);
            let bin = self.bin(index);
            bin.fetch_rest();
            let state = bin.state();
            let header = bin.header();
            if header.may_hold(index, hash) {
                if let Some(slot) = header.first_with(hash.tag()) {
                    let item = bin.slot(slot).load();
                    // Else it may be an item whose tag is still to come, or half of one, or what is left of one.
                    if state.lasts(bin.state()) && is(item) {
                        return Some((item, Some(Found { index, slot, state })));
                    }
                } else if !state.may_have_outside(hash.tag()) && header.is_written() && state.is_still(bin.state()) {
                    // At one moment the bin had this hash, and no entry like it, neither inside nor outside.
                    return None;
                }
            }
        }
        self.find_slowly(hash, is).map(|item| (item, None))
    }

    /// Hints, levels, spills, snapshots, and what has changed in the meantime.
    #[cold]
    #[inline(never)]
    fn find_slowly(&self, hash: Hashed, mut is: impl FnMut(Item<B>) -> bool) -> Option<Item<B>> {
        let mut pace = Pace::default();
        loop {
            let hint = self.hint();
            if !hint.has_bins() {
                return None;
            }
            let (index, bin) = self.route(hint, hash);
            let state = self.settled_state(hint, bin, &mut pace);
            let header = bin.header();
            if self.elsewhere(index, header, hash).is_some() {
                continue;
            }
            match Self::look(bin, &self.spills, state, header, hash, &mut is) {
                Ok(found) => return found,
                Err(Changed) => pace.wait(),
            }
        }
    }

    /// The state of a bin. While a snapshot is made, one without a change that may or may not be in the snapshot.
    fn settled_state(&self, hint: Hint, bin: &B, pace: &mut Pace) -> State {
        if !hint.is_snapshot() {
            return bin.state();
        }
        loop {
            // G: either this sees the lock of a writer that has not seen the snapshot, or that writer sees it.
            edge_fence!("dict_fence_reader", SeqCst);
            let state = bin.state();
            if !state.is_locked() {
                return state;
            }
            pace.wait();
        }
    }

    /// Looks through a bin and its spills, as they are at one version.
    fn look(
        bin: &B,
        spills: &Spills<B::Slot>,
        state: State,
        header: Header,
        hash: Hashed,
        is: &mut impl FnMut(Item<B>) -> bool,
    ) -> Result<Option<Item<B>>, Changed> {
        let unchanged = || state.lasts(bin.state());
        let candidates = header.tags().with(hash.tag());
        for slot in candidates {
            let item = bin.slot(slot).load();
            // What is in the slot by now may be another's, and the one that was there elsewhere.
            if !unchanged() {
                return Err(Changed);
            }
            if is(item) {
                return Ok(Some(item));
            }
        }
        if !state.may_have_outside(hash.tag()) {
            // The state was read first: what has moved from outside into the bin since was seen there. That the bin came to have the
            // hash between the two, with entries outside, would be seen now.
            return if state.is_still(bin.state()) { Ok(None) } else { Err(Changed) };
        }
        let mut link = state.link();
        while !link.is_none() {
            let spill = spills.get(link);
            let (tags, next) = spill.load();
            for slot in tags.with(hash.tag()) {
                let item = spill.slot(slot).load();
                // It may be another bin's spill by now.
                if !unchanged() {
                    return Err(Changed);
                }
                if is(item) {
                    return Ok(Some(item));
                }
            }
            link = next;
            if !unchanged() {
                return Err(Changed);
            }
        }
        Ok(None)
    }

    /// The bin that has a hash, or had it a moment ago.
    pub(super) fn route(&self, hint: Hint, hash: Hashed) -> (u64, &B) {
        let mut index = hint.bin_for(hash);
        loop {
            let bin = self.bin(index);
            match self.elsewhere(index, bin.header(), hash) {
                None => return (index, bin),
                Some(other) => index = other,
            }
        }
    }

    /// Where to look instead, if a bin with this header does not have this hash.
    pub(super) fn elsewhere(&self, index: u64, header: Header, hash: Hashed) -> Option<u64> {
        let Some(level) = self.level(index, header) else { return Some(parent(index)) };
        let right = hash.at_level(level);
        (right != index).then_some(right)
    }

    /// The level of a bin; none, if it has not been split off from its parent, or was merged into it.
    pub(super) fn level(&self, index: u64, header: Header) -> Option<u32> {
        match header.level() {
            Level::At(level) => Some(level),
            Level::Gone => None,
            Level::Unwritten => {
                // Acquire, edge D7: if the header is zero because its bin was given up, so is the number of initial ones.
                let initial = self.initial.load(edge!("dict_initial_load", Acquire, weaker Relaxed));
                let log = initial.ilog2();
                match index {
                    _ if index >= initial => None,
                    _ if index >= 1 << log || index + (1 << log) < initial => Some(log + 1),
                    _ => Some(log),
                }
            }
        }
    }

    /// The items of a chain of spills, in order, as long as nobody changes it.
    pub(super) fn for_each_spilled(&self, first: Link, mut f: impl FnMut(Link, &Spill<B::Slot>, usize, u64)) {
        let mut link = first;
        while !link.is_none() {
            let spill = self.spills.get(link);
            let (tags, next) = spill.load();
            for slot in tags.used() {
                f(link, spill, slot, tags.at(slot));
            }
            link = next;
        }
    }
}

/// Where an item was, in which bin and slot, and the bin's state before it was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(super) index: u64,
    pub(super) slot: usize,
    pub(super) state: State,
}

/// The bin was changed while it was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed;
