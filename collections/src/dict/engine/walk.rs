//! Looking at all entries: class after class for iterators, all at one moment for snapshots.
//!
//! Orderings: D2, D4 and G in the table of `engine`.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    bin::{Bin, Slot},
    bits::{Hashed, birth, low_bits, parent},
    claim::Claim,
    resize::FEW,
    table::{Changed, Hint, Item, Table},
};
use crate::{
    edge::{edge, edge_fence},
    primitive::Pace,
};
use smallvec::SmallVec;

/// How far a walk over all entries has come: class after class, that is all hashes that agree in so many low bits.
///
/// A hash is always in the same class, however the table grows and shrinks meanwhile; so each entry that is there all the
/// time is met once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    next: u64,
    end: u64,
    /// The low bits that make a class.
    bits: u32,
}

impl Walk {
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// The next class, if there is one. Over when there are no bins, for good.
    pub(super) fn advance(&mut self, bins: u64) -> Option<u64> {
        if bins == 0 {
            self.next = self.end;
        }
        let class = self.next;
        (class < self.end).then(|| {
            self.next += 1;
            class
        })
    }

    #[cfg(feature = "rayon")]
    /// Leaves the second half of what is to come to another walk, unless it is a class at most.
    pub(crate) fn split(&mut self) -> Option<Self> {
        let middle = self.next + (self.end - self.next).div_ceil(2);
        let rest = Self { next: middle, ..*self };
        self.end = middle;
        (middle < rest.end).then_some(rest)
    }
}

/// A bin as it was when its items were copied.
#[derive(Clone, Copy)]
struct Seen {
    index: u64,
    level: u32,
    version: u64,
}

impl<B: Bin> Table<B> {
    pub(crate) fn walk(&self) -> Walk {
        // As many classes as bins, or half as many: which ones, decides nothing but the speed.
        let bits = self.bin_count().max(1).ilog2();
        Walk { next: 0, end: 1 << bits, bits }
    }

    /// The items of the next class, if there is one. Lock-free while others do not change the same bins all the time, else it takes
    /// the bins for a moment, as writers do.
    pub(crate) fn next_class(
        &self,
        walk: &mut Walk,
        items: &mut Vec<Item<B>>,
        hash_of: impl Fn(Item<B>) -> Hashed,
    ) -> bool {
        const TRIES: usize = 16;
        items.clear();
        let Some(class) = walk.advance(self.bin_count()) else { return false };
        let bits = walk.bits;
        let mut pace = Pace::default();
        let level = (0..TRIES)
            .find_map(|_| match self.copy_class(class, bits, items) {
                Ok(level) => Some(level),
                Err(Changed) => {
                    pace.wait();
                    None
                }
            })
            .unwrap_or_else(|| self.copy_class_locked(class, bits, items));
        if level < bits {
            // The bin has other classes too.
            items.retain(|&item| hash_of(item).at_level(bits) == class);
        }
        true
    }

    /// The items of a bin, and the version at which it has them.
    pub(super) fn items(&self, index: u64) -> (SmallVec<[Item<B>; FEW]>, u64) {
        let mut items = SmallVec::new();
        let mut pace = Pace::default();
        loop {
            items.clear();
            match self.copy_bin(index, &mut items) {
                Ok((_, version)) => return (items, version),
                Err(Changed) => pace.wait(),
            }
        }
    }

    /// Adds a bin's items, all there at one moment. Its level and version.
    pub(super) fn copy_bin(&self, index: u64, items: &mut impl Extend<Item<B>>) -> Result<(Option<u32>, u64), Changed> {
        let bin = self.bin(index);
        let state = bin.state();
        if state.is_locked() {
            // A merge may have put items here that another bin still has.
            return Err(Changed);
        }
        let header = bin.header();
        if !state.is_used() && header.tags().count() > 0 {
            return Err(Changed);
        }
        let level = self.level(index, header);
        if level.is_some() {
            items.extend(header.tags().used().map(|slot| bin.slot(slot).load()));
            let mut link = state.link();
            while !link.is_none() {
                let spill = self.spills.get(link);
                let (tags, next) = spill.load();
                items.extend(tags.used().map(|slot| spill.slot(slot).load()));
                if bin.state().version() != state.version() {
                    return Err(Changed);
                }
                link = next;
            }
        }
        let now = bin.state();
        let is_unchanged = now.version() == state.version() && !now.is_locked();
        if is_unchanged { Ok((level, state.version())) } else { Err(Changed) }
    }

    /// Copies what is in a class; the level of the bin that has it, or of the first of those that have.
    fn copy_class(&self, class: u64, bits: u32, items: &mut Vec<Item<B>>) -> Result<u32, Changed> {
        items.clear();
        let mut first = class;
        let (level, version) = loop {
            items.clear();
            match self.copy_bin(first, items)? {
                (None, _) => first = parent(first),
                (Some(level), _) if class & low_bits(level) != first => first = class & low_bits(level),
                (Some(level), version) => break (level, version),
            }
        };
        let mut seen = vec![Seen { index: first, level, version }];
        let mut deepest = level;
        let mut index = first;
        while level > bits && index + (1 << bits) < 1 << deepest {
            index += 1 << bits;
            let before = seen.iter().find(|bin| bin.index == parent(index));
            if before.is_some_and(|bin| bin.level > birth(index)) {
                let (Some(level), version) = self.copy_bin(index, items)? else { return Err(Changed) };
                seen.push(Seen { index, level, version });
                deepest = deepest.max(level);
            }
        }
        // Nothing has left a bin since it was copied, so nothing has come from one to another.
        let unchanged = seen.iter().all(|bin| self.bin(bin.index).state().version() == bin.version);
        if unchanged { Ok(level) } else { Err(Changed) }
    }

    /// The same with the bins locked.
    #[cold]
    fn copy_class_locked(&self, class: u64, bits: u32, items: &mut Vec<Item<B>>) -> u32 {
        items.clear();
        let claims = self.claim_class(class, bits);
        for (claim, _) in &claims {
            claim.for_each(|_, _, item| items.push(item));
        }
        claims[0].1
    }

    /// The bins that have a class, or the one that has it with others, locked in the order of their numbers; and their levels.
    pub(super) fn claim_class(&self, class: u64, bits: u32) -> Vec<(Claim<'_, B>, u32)> {
        let mut first = class;
        let (claim, level) = loop {
            let claim = Claim::of(self, first, self.bin(first));
            match self.level(first, claim.header) {
                None => first = parent(first),
                Some(level) if class & low_bits(level) != first => first = class & low_bits(level),
                Some(level) => break (claim, level),
            }
        };
        let mut claims = vec![(claim, level)];
        let mut deepest = level;
        let mut index = first;
        while level > bits && index + (1 << bits) < 1 << deepest {
            index += 1 << bits;
            if claims.iter().any(|(claim, level)| claim.index == parent(index) && *level > birth(index)) {
                let claim = Claim::of(self, index, self.bin(index));
                let level = self.level(index, claim.header).expect("split off, as its parent's level says");
                deepest = deepest.max(level);
                claims.push((claim, level));
            }
        }
        claims
    }

    /// All items as they are at one moment, in no order. Linear; takes each bin for as long as its copy takes, one after the other, and
    /// writers copy a bin that they come to first. One snapshot at a time: the next one waits.
    pub(crate) fn snapshot(&self) -> Vec<Item<B>> {
        let _turn = self.copies.turn();
        if !self.hint().has_bins() {
            return Vec::new();
        }
        let hint = self.change_hint(Hint::begin_snapshot);
        // G: a writer that has not seen this holds its bin's lock, as seen from here.
        edge_fence!("dict_fence_snapshot", SeqCst);
        let mut items = Vec::new();
        let mut index = 0;
        while index < self.end() {
            let bin = self.bin(index);
            let is_locked = bin.state().is_locked();
            let header = bin.header();
            let has_entries = header.tags().count() > 0;
            if is_locked || has_entries && header.stamp() != hint.parity() {
                // To take it is to give the snapshot what is in it.
                drop(Claim::of(self, index, bin));
            }
            index += 1;
        }
        self.change_hint(Hint::end_snapshot);
        items.append(&mut self.copies.take());
        items
    }

    /// Changes the hint, and returns what it is then.
    pub(super) fn change_hint(&self, change: impl Fn(Hint) -> Hint) -> Hint {
        let mut hint = self.hint();
        loop {
            let new = change(hint);
            // Release, edge D4: what the old one stood for. Acquire: on failure the same again.
            let order = edge!("dict_hint_change", AcqRel, weaker Relaxed);
            match self.hint.compare_exchange(hint.0, new.0, order, Relaxed) {
                Ok(_) => return new,
                Err(now) => hint = Hint(now),
            }
        }
    }
}
