//! Growth and shrinking by a few bins at a time, each split or merged by itself.
//!
//! Orderings: D1, D4, D5 and D7 in the table of `engine`.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    bin::{Bin, Slot},
    bits::{Hashed, Header, Level, birth, parent},
    bulk::fetch,
    claim::{Claim, Place, lock},
    table::{Hint, Item, Table},
};
use crate::edge::edge;
use smallvec::SmallVec;

/// As many items as bins have at most, but for few of them.
pub(super) const FEW: usize = 16;

/// How often a step of growth looks again at a bin that others change all the time.
const TRIES: usize = 8;

/// The items of a bin, in order, with their hashes; and what they were read at.
struct Hashes<I> {
    list: SmallVec<[(I, Hashed); FEW]>,
    version: u64,
}

/// What an insertion has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowding {
    Roomy,
    /// It took one of the last two slots.
    Tight,
    /// There was no slot.
    Full,
}

impl<B: Bin> Table<B> {
    /// Of the number of bins: it stays what it is.
    pub(super) const FROZEN: u64 = 1 << 63;

    /// To be called after an insertion, with nothing locked, with what it has found: now and then makes the table larger by a few bins.
    ///
    /// `hash_of` may be foreign code; if it panics, some of them are still to be split off, by whoever needs them, and nothing is lost.
    #[inline(always)]
    pub(crate) fn grow_sometimes(&self, hash: Hashed, crowding: Crowding, hash_of: impl Fn(Item<B>) -> Hashed) {
        if crowding != Crowding::Roomy && self.grows {
            self.grow_if_worth_it(hash, crowding, &hash_of);
        }
    }

    /// Lets one in so many go on, so that bins are as dense as they should be when as many bins are added as entries ask for: in
    /// roomy tables so that few bins spill, in others so that memory is used well.
    #[inline(never)]
    fn grow_if_worth_it(&self, hash: Hashed, crowding: Crowding, hash_of: &impl Fn(Item<B>) -> Hashed) {
        /// Bins of a step. Several, so that threads that insert take the number of bins from each other less often.
        const STEP: u64 = 4;
        /// Of 128 insertions that find no slot.
        const SOME: u64 = 9;
        // The number of bins is asked for only by those who may change it: its line is written by all who do.
        let count = self.hint().count();
        if count < 16 * STEP {
            return self.grow(hash, 1, hash_of);
        }
        let is_roomy = count * size_of::<B>() as u64 <= B::ROOMY;
        let goes_on = if is_roomy {
            hash.coin().is_multiple_of(STEP)
        } else {
            crowding == Crowding::Full && hash.coin() % 128 < SOME
        };
        if goes_on {
            self.grow(hash, STEP, hash_of);
        }
    }

    /// Makes the table larger by so many bins, if it is dense.
    #[cold]
    fn grow(&self, hash: Hashed, step: u64, hash_of: &impl Fn(Item<B>) -> Hashed) {
        let end = self.end_word();
        if end & Self::FROZEN != 0 || end + step > Hint::MOST {
            return;
        }
        // Those that would be split, for they are looked at in any case. Where just these happen to be sparse, others tell, or the table
        // would stay as it is until they are full.
        let elsewhere = ((u128::from(hash.bits()) * u128::from(end)) >> 64) as u64;
        if self.is_dense_around(parent(end), end) || self.is_dense_around(elsewhere, end) {
            self.add(end, step, hash_of);
        }
    }

    /// Adds so many bins, a few, from the one with this number on, if that is the next one.
    pub(super) fn add(&self, end: u64, step: u64, hash_of: &impl Fn(Item<B>) -> Hashed) {
        /// Of fewer bytes all is in the caches of the processor that grows the table, most likely.
        const CACHED: u64 = 1 << 19;
        let bins = end..end + step;
        // A segment is longer than a step.
        self.bins.reserve(end as usize);
        self.bins.reserve(bins.end as usize - 1);
        // Release, edge D4: the segments, for those who get the number from here.
        let order = edge!("dict_grow", Release, weaker Relaxed);
        if self.end.compare_exchange(end, bins.end, order, Relaxed).is_ok() {
            for index in bins.clone() {
                self.split_off(index, hash_of);
            }
            self.tell(bins.end);
            if bins.end * size_of::<B>() as u64 > CACHED {
                self.fetch_for_growth(bins.end, step);
            }
        }
    }

    /// Asks for what the next two steps read and write, so that they do not wait for memory with bins locked: bin by bin that would take as
    /// long as all else that insertions do. Of the first one the bins have been asked for by the step before this, so it can be
    /// seen what is outside of them. What others have split off meanwhile was asked for in vain.
    fn fetch_for_growth(&self, end: u64, step: u64) {
        for index in end..end + step {
            let link = self.bin(parent(index)).state().link();
            if !link.is_none() {
                self.spills.fetch(link);
            }
        }
        for index in end + step..end + 2 * step {
            fetch(self.bin(parent(index)));
            if let Some(bin) = self.bins.try_get(index as usize) {
                fetch(bin);
            }
        }
    }

    /// Whether a few bins from this one on are half full: else more of them do not help.
    fn is_dense_around(&self, index: u64, end: u64) -> bool {
        const SAMPLE: u64 = 4;
        let sample = index..(index + SAMPLE).min(end);
        let full = B::SLOTS * (sample.end - sample.start) as usize;
        let used: usize = sample.map(|index| self.bin(index).header().tags().count()).sum();
        used * 2 >= full
    }

    /// Corrects the hint, if it is wrong enough to be worth the other threads' cache misses.
    pub(super) fn tell(&self, count: u64) {
        let mut hint = self.hint();
        loop {
            let near = (count / 64).max(1);
            if hint.count().abs_diff(count) < near {
                return;
            }
            // Release, edge D4.
            let order = edge!("dict_hint_store", Release, weaker Relaxed);
            match self.hint.compare_exchange(hint.0, hint.with_count(count).0, order, Relaxed) {
                Ok(_) => return,
                Err(now) => hint = Hint(now),
            }
        }
    }

    /// Makes a bin that is missing. Whether it is there then.
    pub(super) fn split_off(&self, index: u64, hash_of: &impl Fn(Item<B>) -> Hashed) -> bool {
        let level = birth(index);
        let from = parent(index);
        let bin = self.bin(from);
        for _ in 0..TRIES {
            match self.level(from, bin.header()) {
                // It is itself still to be split off.
                None => {
                    if !self.split_off(from, hash_of) {
                        return false;
                    }
                }
                // One that comes before is.
                Some(lower) if lower < level => {
                    if !self.split_off(from + (1 << lower), hash_of) {
                        return false;
                    }
                }
                Some(at) if at > level => return true,
                Some(_) => {
                    if self.split_in_place(from, index, level, hash_of) {
                        return true;
                    }
                    let hashes = self.hashes(from, hash_of);
                    match self.try_split(from, index, level, &hashes) {
                        Some(done) => return done,
                        None => continue,
                    }
                }
            }
        }
        false
    }

    /// Moves what belongs there from one bin to the next new one, if that is simple: no item is outside of the bin, and nobody
    /// changes it meanwhile. Else nothing is done.
    #[inline]
    fn split_in_place(&self, from: u64, to: u64, level: u32, hash_of: &impl Fn(Item<B>) -> Hashed) -> bool {
        let bin = self.bin(from);
        let state = bin.state();
        let header = bin.header();
        if !state.is_used() || !state.link().is_none() || header.level() != Level::At(level) {
            return false;
        }
        // Found out without a lock, for the hasher is foreign code.
        let mut moved = 0;
        for slot in header.tags().used() {
            let hash = hash_of(bin.slot(slot).load());
            moved |= (hash.bits() >> level & 1) << slot;
        }
        // In the order of their numbers, as everybody locks.
        let mut old = Claim::of_seen(self, from, bin, state);
        // With the same version nothing has left, with the same tags nothing has come.
        if old.state != state || old.header != header {
            return false;
        }
        let mut new = Claim::of(self, to, self.bin(to));
        // Relaxed: as in `try_split`.
        if to >= self.end.load(Relaxed) & !Self::FROZEN {
            return false;
        }
        new.prepare(Header(0).with_level(level + 1).with_stamp(header.stamp()));
        let mut left = header;
        for slot in header.tags().used().filter(|slot| moved >> slot & 1 == 1) {
            new.insert_unseen(header.tags().at(slot), bin.slot(slot).load());
            left = left.without_tag(slot);
        }
        new.publish_prepared();
        // From here on the new bin is found: the old one's level says so.
        old.give_up_inside(left.with_level(level + 1));
        // The old one's version has ended before the new one can be changed.
        drop(old);
        drop(new);
        true
    }

    /// What the items of a bin hash to, found out without a lock, for the hasher is foreign code.
    fn hashes(&self, index: u64, hash_of: &impl Fn(Item<B>) -> Hashed) -> Hashes<Item<B>> {
        let (items, version) = self.items(index);
        Hashes { list: items.into_iter().map(|item| (item, hash_of(item))).collect(), version }
    }

    /// Moves what belongs there from one bin to the next new one. `None` if the hashes are not the bin's any more.
    fn try_split(&self, from: u64, to: u64, level: u32, hashes: &Hashes<Item<B>>) -> Option<bool> {
        // In the order of their numbers, as everybody locks.
        let mut old = Claim::of(self, from, self.bin(from));
        let mut new = Claim::of(self, to, self.bin(to));
        // Relaxed: whoever has changed it so that it matters had these locks.
        if to >= self.end.load(Relaxed) & !Self::FROZEN {
            return Some(false);
        }
        match self.level(from, old.header) {
            Some(at) if at == level => {}
            Some(at) if at > level => return Some(true),
            _ => return None,
        }
        let mut count = 0;
        old.for_each(|_, _, _| count += 1);
        if old.state.version() != hashes.version || count != hashes.list.len() {
            return None;
        }
        // With the same version nothing has left, with the same count nothing has come: the order is the same.
        let mut moved: SmallVec<[Place; FEW]> = SmallVec::new();
        let mut next = hashes.list.iter();
        let empty = Header(0).with_level(level + 1).with_stamp(old.header.stamp());
        new.prepare(empty);
        old.for_each(|place, tag, item| {
            let (_, hash) = next.next().expect("as many as were counted");
            if hash.bits() >> level & 1 == 1 {
                new.insert_unseen(tag, item);
                moved.push(place);
            }
        });
        new.publish_prepared();
        // From here on the new bin is found: the old one's level says so.
        old.give_up(level + 1, &moved);
        // The old one's version has ended before the new one can be changed.
        drop(old);
        drop(new);
        Some(true)
    }

    /// To be called after a removal, with nothing locked, with the number of items that the bin has left: now and then makes
    /// the table smaller by some bins.
    #[inline(always)]
    pub(crate) fn shrink_sometimes(&self, hash: Hashed, left: usize) {
        const SPARSE: usize = 1;
        const ONE_IN: u64 = 4;
        // A look whether there is anything to merge costs as much as a removal, and mostly there is not.
        if left <= SPARSE && hash.coin().is_multiple_of(ONE_IN) && self.grows {
            self.shrink(2 * ONE_IN as usize);
        }
    }

    /// The same, after all of a class were taken out.
    pub(crate) fn shrink_after_class(&self) {
        if self.grows {
            self.shrink(2);
        }
    }

    /// Takes up to so many bins from the end. How many it took.
    #[cold]
    pub(crate) fn shrink(&self, at_most: usize) -> usize {
        (0..at_most).take_while(|_| self.merge_last(B::SLOTS / 2)).count()
    }

    /// Merges the last bin into its parent, if they have no more items than so many together, or the whole table is sparse.
    pub(super) fn merge_last(&self, most: usize) -> bool {
        /// Bins are split when those around are half full: far from that, nothing goes back and forth.
        const SPARSE: usize = 4;
        let end = self.end();
        // Relaxed: a setting.
        if end <= self.floor.load(Relaxed).max(Self::LEAST) || !self.hint().has_bins() {
            return false;
        }
        let last = end - 1;
        let (low, high) = (self.bin(parent(last)), self.bin(last));
        let used = |bin: &B| bin.header().tags().count() + if bin.state().link().is_none() { 0 } else { B::SLOTS };
        // The one pair may be fuller than others, and must not keep all from shrinking: then the number of entries is worth its price.
        if used(low) + used(high) > most && self.len() * SPARSE > end as usize * B::SLOTS {
            return false;
        }
        let mut low = Claim::of(self, parent(last), low);
        let mut high = Claim::of(self, last, high);
        // A snapshot may have begun between the two. Both heed it or neither: items that it has copies of must not come into a bin
        // that it still has to copy, nor those that it has none of into one that it has copied.
        let hint = self.hint();
        low.heed(hint);
        high.heed(hint);
        let level = birth(last);
        let there = match (self.level(low.index, low.header), self.level(high.index, high.header)) {
            (Some(a), Some(b)) if a == level + 1 && b == level + 1 => true,
            // It was never split off, and perhaps others before it neither.
            (at, None) if at <= Some(level) => false,
            _ => return false,
        };
        // Relaxed: the locks order what it stands for.
        if self.end.compare_exchange(end, last, Relaxed, Relaxed).is_err() {
            return false;
        }
        if there {
            high.for_each(|_, tag, item| {
                low.insert(tag, item);
            });
            // Whoever copies all items had the moved ones too early, at the old level, or has begun before they came. And whoever finds
            // the new level has a chain of spills from before or from now on, and in the first case sees that.
            low.bump();
            low.publish(low.header.with_level(level));
            // Relaxed: changed only where there are no bins from it on.
            let zero_is_empty = last < self.initial.load(Relaxed);
            // Whoever still finds something in the merged bin looks again, before it can change in the other one.
            high.abandon(if zero_is_empty { Header::MERGED } else { Header(0) });
        }
        drop(high);
        drop(low);
        self.tell(last);
        self.release_after(last);
        true
    }

    /// How many bins from this one on are given back together.
    fn piece(end: u64) -> u64 {
        /// Where a segment may have huge pages, they are given back whole.
        const HUGE: (u64, u64) = (1 << 22, 1 << 21);
        const PIECE: u64 = 1 << 18;
        if cfg!(polder_loom) {
            return Self::LEAST;
        }
        let size = size_of::<B>() as u64;
        let segment = size << end.ilog2();
        if segment >= HUGE.0 { HUGE.1 / size } else { PIECE / size }
    }

    /// Gives memory behind the last bin back, a piece at a time.
    fn release_after(&self, end: u64) {
        let bins = Self::piece(end);
        if !end.is_multiple_of(bins) {
            return;
        }
        // Keeps the number where it is: nobody splits off a bin that is being given back.
        let frozen = end | Self::FROZEN;
        if self.end.compare_exchange(end, frozen, Relaxed, Relaxed).is_err() {
            return;
        }
        let initial = self.initial.load(Relaxed);
        if initial > end {
            // Release, edge D7: before the headers become zero.
            self.initial.store(end, edge!("dict_initial_store", Release, weaker Relaxed));
            for index in end..initial {
                self.bin(index).publish(Header(0));
            }
        }
        // Relaxed: whoever brings one of these bins into use has seen the end of this, below.
        self.releases.store(self.releases.load(Relaxed) + 1, Relaxed);
        // Who has locked one of them, led there by an old hint, goes first: its lock would become a zero, and another's then.
        for bin in (end..end + bins).map(|index| self.bin(index)) {
            let state = lock(bin, bin.state());
            bin.set_state(if state.is_used() { state } else { state.used(0) }.locked());
        }
        // SAFETY: merged bins, whose headers are zero; the rest of them means nothing then, and nobody makes them anew. They lie in
        // the segment that has the bin `end`, which there was.
        let bytes = unsafe { self.bins.release(end as usize, (end + bins) as usize) };
        if bytes < bins as usize * size_of::<B>() {
            // A bin that is not in use is not in our hands, or not any more.
            let kept = (end..end + bins).map(|index| self.bin(index)).filter(|bin| bin.state().is_used());
            kept.for_each(|bin| bin.set_state(bin.state().unlocked()));
        }
        // Release, edge D4: for a store ends what the exchanges before it have handed on.
        self.end.store(end, edge!("dict_end_thaw", Release, weaker Relaxed));
    }
}
