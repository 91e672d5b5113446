//! Claims: a bin that one writer has to itself.

use std::{
    mem::ManuallyDrop,
    sync::atomic::{
        Ordering::{Relaxed, SeqCst},
        compiler_fence,
    },
};

use super::{
    bin::{Bin, Slot, Spill},
    bits::{Hashed, Header, Link, State, Tags},
    resize::Crowding,
    table::{Found, Hint, Item, Table},
};
use crate::{edge::edge_fence, primitive::Pace};

/// Takes a bin's lock, seen in this state. The holder runs no foreign code and a bounded number of instructions, so waiting is
/// short, unless the system has stopped the holder: then this one sleeps.
#[inline(always)]
pub(super) fn lock<B: Bin>(bin: &B, seen: State) -> State {
    if !seen.is_locked() && bin.try_lock(seen) { seen } else { lock_slowly(bin) }
}

/// G: either what is loaded after this says that a snapshot has begun, or whoever looks for locks after a full fence, knowing of
/// the snapshot, sees this one.
#[inline(always)]
pub(super) fn fence_after_lock() {
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(any(miri, polder_loom)))) {
        // The exchange that took the lock is a full fence here.
        compiler_fence(SeqCst);
    } else {
        edge_fence!("dict_fence_writer", SeqCst);
    }
}

#[cold]
#[inline(never)]
fn lock_slowly<B: Bin>(bin: &B) -> State {
    let mut pace = Pace::default();
    loop {
        let state = bin.state();
        if !state.is_locked() && bin.try_lock(state) {
            return state;
        }
        pace.wait();
    }
}

/// A locked bin. Unlocked when dropped.
pub(crate) struct Claim<'a, B: Bin> {
    pub(super) table: &'a Table<B>,
    pub(super) index: u64,
    pub(super) bin: &'a B,
    /// As it is, but for the lock.
    pub(super) state: State,
    pub(super) header: Header,
    /// A slot was emptied, and its version has not been ended yet.
    stale: bool,
}

/// Where an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The spill, or none for the bin itself.
    link: Link,
    slot: usize,
}

impl<B: Bin> Table<B> {
    /// Takes the bin of a hash. Blocking, see `lock`.
    #[inline(always)]
    pub(crate) fn claim(&self, hash: Hashed) -> Claim<'_, B> {
        let hint = self.hint();
        if hint.has_bins() {
            let index = hint.bin_for(hash);
            let bin = self.bin(index);
            bin.fetch_rest();
            let claim = Claim::of_seen(self, index, bin, bin.state());
            if claim.header.may_hold(index, hash) && claim.header.is_written() {
                return claim;
            }
        }
        self.claim_with_care(hash)
    }

    /// Takes the bin of a hash, if it may have an entry with this hash: if not, nothing is written.
    #[inline(always)]
    pub(crate) fn claim_if_present(&self, hash: Hashed) -> Option<Claim<'_, B>> {
        let hint = self.hint();
        if hint.has_bins() {
            let index = hint.bin_for(hash);
            let bin = self.bin(index);
            bin.fetch_rest();
            let state = bin.state();
            let header = bin.header();
            if header.may_hold(index, hash) && header.is_written() {
                // While a snapshot is made, absence is not for the short way, as for `find`.
                let is_absent = header.first_with(hash.tag()).is_none() && !state.may_have_outside(hash.tag());
                if is_absent && !hint.is_special() && state.is_still(bin.state()) {
                    return None;
                }
                let claim = Claim::of_seen(self, index, bin, state);
                if claim.header.may_hold(index, hash) && claim.header.is_written() {
                    return Some(claim);
                }
            }
        }
        Some(self.claim_with_care(hash))
    }

    /// Takes the bin in which an item was found, if nothing has been taken out of it since, nobody else has it, and the item has
    /// not moved: so it is still there, though perhaps with another value. Does not wait.
    #[inline(always)]
    pub(crate) fn claim_found(&self, found: Found) -> Option<(Claim<'_, B>, Place)> {
        let Found { index, slot, state } = found;
        let bin = self.bin(index);
        // A bin that comes into use, or is split or merged, gets another state.
        if state.is_locked() || !state.is_used() || !bin.try_lock(state) {
            return None;
        }
        fence_after_lock();
        let mut claim = Claim { table: self, index, bin, state, header: bin.header(), stale: false };
        claim.heed(self.hint());
        claim.stale = false;
        Some((claim, Place { link: Link::NONE, slot }))
    }

    /// Finds an item outside of a bin whose lock the caller holds.
    #[cold]
    #[inline(never)]
    fn find_spilled(&self, first: Link, hash: Hashed, mut is: impl FnMut(Item<B>) -> bool) -> Option<(Place, Item<B>)> {
        let mut link = first;
        while !link.is_none() {
            let spill = self.spills.get(link);
            let (tags, next) = spill.load();
            for slot in tags.with(hash.tag()) {
                let item = spill.slot(slot).load();
                if is(item) {
                    return Some((Place { link, slot }, item));
                }
            }
            link = next;
        }
        None
    }

    /// Any way there is, but for the short one.
    #[inline(always)]
    fn claim_with_care(&self, hash: Hashed) -> Claim<'_, B> {
        // Put together here, for a claim that another function returns is in memory, on the short way too.
        let (index, state, header) = self.claim_slowly(hash);
        Claim { table: self, index, bin: self.bin(index), state, header, stale: false }
    }

    /// The number, state and header of a bin that has been claimed.
    #[cold]
    #[inline(never)]
    fn claim_slowly(&self, hash: Hashed) -> (u64, State, Header) {
        loop {
            let hint = self.hint();
            if !hint.has_bins() {
                self.begin();
                continue;
            }
            let (index, bin) = self.route(hint, hash);
            let mut claim = Claim::of(self, index, bin);
            if self.elsewhere(index, claim.header, hash).is_none() {
                claim.write_level();
                // Claimed for the caller; no slot was emptied.
                let Claim { index, state, header, .. } = *ManuallyDrop::new(claim);
                return (index, state, header);
            }
        }
    }
}

impl<'a, B: Bin> Claim<'a, B> {
    /// Locks a bin, whatever it holds.
    pub(super) fn of(table: &'a Table<B>, index: u64, bin: &'a B) -> Self {
        Self::of_seen(table, index, bin, bin.state())
    }

    /// The same, with the state as it was seen.
    #[inline(always)]
    pub(super) fn of_seen(table: &'a Table<B>, index: u64, bin: &'a B, seen: State) -> Self {
        let state = lock(bin, seen);
        fence_after_lock();
        let mut claim = Self { table, index, bin, state, header: bin.header(), stale: false };
        if !state.is_used() {
            claim.seldom(Self::begin);
        }
        claim.heed(table.hint());
        // As it was: said so that what only replaces a value need not ask.
        claim.stale = false;
        claim
    }

    /// Does what is seldom needed on a copy, in memory: the claim itself can stay in registers.
    #[inline(always)]
    fn seldom<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        // The lock is this claim's to release, with what the copy has by then.
        let mut copy = ManuallyDrop::new(Self { ..*self });
        let result = work(&mut copy);
        (self.state, self.header, self.stale) = (copy.state, copy.header, copy.stale);
        result
    }

    /// Brings the stamp up to date with a hint that was read with the lock held.
    #[inline(always)]
    pub(super) fn heed(&mut self, hint: Hint) {
        if self.header.stamp() != hint.parity() {
            self.seldom(|claim| claim.stamp(hint.is_snapshot(), hint.parity()));
        }
    }

    /// Brings a bin into use, before it has a tag.
    #[cold]
    #[inline(never)]
    fn begin(&mut self) {
        if self.table.level(self.index, self.header).is_some() {
            self.use_anew();
        }
    }

    fn use_anew(&mut self) {
        // Relaxed: what orders the memory orders this number.
        let state = self.state.used(self.table.releases.load(Relaxed));
        self.set_state(state);
    }

    /// Gives the snapshot in progress what it has to have, before anything changes.
    #[cold]
    #[inline(never)]
    fn stamp(&mut self, is_snapshot: bool, parity: bool) {
        if self.table.level(self.index, self.header).is_none() {
            // Not in use.
            return;
        }
        if is_snapshot {
            let mut items = Vec::new();
            self.for_each(|_, _, item| items.push(item));
            if !items.is_empty() {
                self.table.copies.push(items);
            }
        }
        self.publish(self.header.with_stamp(parity));
    }

    /// Of a bin that holds hashes: from now on the short way leads here.
    pub(super) fn write_level(&mut self) {
        if !self.header.is_written() {
            let level = self.table.level(self.index, self.header).expect("it holds hashes");
            self.publish(self.header.with_level(level));
        }
    }

    #[inline(always)]
    pub(super) fn publish(&mut self, header: Header) {
        self.header = header;
        self.bin.publish(header);
    }

    /// Ends the version: what slots were emptied of before, no reader takes for current any more.
    #[inline(never)]
    pub(super) fn bump(&mut self) {
        self.state = self.state.next_version();
        self.bin.set_state(self.state.locked());
        self.stale = false;
    }

    #[inline(always)]
    fn slot(&self, place: Place) -> &B::Slot {
        if place.link.is_none() {
            self.bin.slot(place.slot)
        } else {
            self.table.spills.get(place.link).slot(place.slot)
        }
    }

    /// Finds an item. `is` runs with the bin locked, so it must not be foreign code.
    #[inline(always)]
    pub(crate) fn find(&self, hash: Hashed, mut is: impl FnMut(Item<B>) -> bool) -> Option<(Place, Item<B>)> {
        for slot in self.header.tags().with(hash.tag()) {
            let item = self.bin.slot(slot).load();
            if is(item) {
                return Some((Place { link: Link::NONE, slot }, item));
            }
        }
        if !self.state.may_have_outside(hash.tag()) {
            return None;
        }
        self.table.find_spilled(self.state.link(), hash, is)
    }

    /// All items with their tags.
    pub(crate) fn for_each(&self, mut f: impl FnMut(Place, u64, Item<B>)) {
        let tags = self.header.tags();
        for slot in tags.used() {
            if slot < B::SLOTS {
                f(Place { link: Link::NONE, slot }, tags.at(slot), self.bin.slot(slot).load());
            }
        }
        self.table.for_each_spilled(self.state.link(), |link, spill, slot, tag| {
            f(Place { link, slot }, tag, spill.slot(slot).load());
        });
    }

    /// Puts an item in that is not there.
    #[inline(always)]
    pub(crate) fn insert(&mut self, tag: u64, item: Item<B>) -> Crowding {
        if self.stale {
            self.seldom(Self::bump);
        }
        match self.header.free_slot(B::SLOTS) {
            Some(slot) => {
                self.bin.slot(slot).store(item);
                self.publish(self.header.with_tag(slot, tag));
                if slot + 2 < B::SLOTS { Crowding::Roomy } else { Crowding::Tight }
            }
            None => {
                self.seldom(|claim| claim.spill(tag, item));
                Crowding::Full
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, tag: u64, item: Item<B>) {
        let mut link = self.state.link();
        let state = self.state.with_outside(tag);
        while !link.is_none() {
            let spill = self.table.spills.get(link);
            let (tags, next) = spill.load();
            if let Some(slot) = tags.free(Spill::<B::Slot>::SLOTS) {
                spill.slot(slot).store(item);
                spill.publish(tags.set(slot, tag), next);
                return self.set_state(state);
            }
            link = next;
        }
        let link = self.table.spills.take();
        let spill = self.table.spills.get(link);
        spill.slot(0).store(item);
        spill.publish(Tags(0).set(0, tag), self.state.link());
        self.set_state(state.with_link(link));
    }

    /// Shows readers what is outside.
    fn set_state(&mut self, state: State) {
        self.state = state;
        self.bin.set_state(state.locked());
    }

    /// The item at a place.
    #[inline(always)]
    pub(crate) fn at(&self, place: Place) -> Item<B> {
        self.slot(place).load()
    }

    /// Puts another item in the place of one; of words, one with the same key.
    #[inline(always)]
    pub(crate) fn replace(&mut self, place: Place, item: Item<B>) {
        self.slot(place).replace(item);
    }

    /// Takes an item out. Places found before are void. Returns how many the bin itself has left.
    #[inline(always)]
    pub(crate) fn remove(&mut self, place: Place) -> usize {
        if place.link.is_none() {
            self.publish(self.header.without_tag(place.slot));
            self.stale = true;
        }
        if !self.state.link().is_none() {
            self.seldom(|claim| claim.remove_spilled(place));
        }
        self.header.tags().count()
    }

    /// The rest of a removal where there are spills.
    #[cold]
    #[inline(never)]
    fn remove_spilled(&mut self, place: Place) {
        if !place.link.is_none() {
            self.clear_spilled(place.link, place.slot);
        }
        self.tidy();
    }

    /// Takes all items out, its spills too.
    pub(crate) fn remove_all(&mut self) {
        self.abandon(self.header.with_tags(Tags(0)));
    }

    /// Puts this header in the place of the bin's, and lets go of its spills.
    pub(super) fn abandon(&mut self, header: Header) {
        // The header first: who has the new state has no link, and so must not have the old tags.
        self.publish(header);
        let mut link = self.state.link();
        self.state = self.state.with_link(Link::NONE);
        self.bump();
        while !link.is_none() {
            let (_, next) = self.table.spills.get(link).load();
            self.table.spills.give(link);
            link = next;
        }
    }

    /// A bin that no reader has been led to yet begins with this header, which is published at the end.
    pub(super) fn prepare(&mut self, header: Header) {
        self.header = header;
        self.state = self.state.with_link(Link::NONE);
        // Whoever has read the old state, and then reads the header that will be published, sees that they do not belong together.
        if self.state.is_used() {
            self.bump();
        } else {
            self.use_anew();
        }
    }

    /// Puts an item into a bin that is being prepared.
    #[inline]
    pub(super) fn insert_unseen(&mut self, tag: u64, item: Item<B>) {
        match self.header.tags().free(B::SLOTS) {
            Some(slot) => {
                self.bin.slot(slot).store(item);
                self.header = self.header.with_tags(self.header.tags().set(slot, tag));
            }
            None => self.spill(tag, item),
        }
    }

    /// Shows a prepared bin to readers.
    pub(super) fn publish_prepared(&mut self) {
        self.publish(self.header);
    }

    /// Shows that some of the bin's own slots are empty by now, as another bin has their items; their version ends with the claim.
    #[inline(always)]
    pub(super) fn give_up_inside(&mut self, header: Header) {
        self.publish(header);
        self.stale = true;
    }

    /// Takes out what another bin has by now, at a new level.
    pub(super) fn give_up(&mut self, level: u32, moved: &[Place]) {
        let inside = moved.iter().filter(|place| place.link.is_none());
        let tags = inside.fold(self.header.tags(), |tags, place| tags.clear(place.slot));
        self.publish(self.header.with_level(level).with_tags(tags));
        self.bump();
        for place in moved.iter().filter(|place| !place.link.is_none()) {
            self.clear_spilled(place.link, place.slot);
        }
        self.tidy();
    }

    /// Clears the tag of a spilled item, and lets go of a spill that has no other.
    pub(super) fn clear_spilled(&mut self, link: Link, slot: usize) {
        let spill = self.table.spills.get(link);
        let (tags, next) = spill.load();
        let tags = tags.clear(slot);
        spill.publish(tags, next);
        self.stale = true;
        if tags.count() > 0 {
            return;
        }
        let mut before = Link::NONE;
        let mut here = self.state.link();
        while here != link {
            before = here;
            here = self.table.spills.get(here).load().1;
        }
        if before.is_none() {
            self.state = self.state.with_link(next);
        } else {
            let spill = self.table.spills.get(before);
            spill.publish(spill.load().0, next);
        }
        // Walkers that are in it begin again, before it is somebody else's.
        self.bump();
        self.table.spills.give(link);
    }

    /// Brings spilled items into free slots of the bin.
    pub(super) fn tidy(&mut self) {
        while !self.state.link().is_none()
            && let Some(free) = self.header.tags().free(B::SLOTS)
        {
            let link = self.state.link();
            let spill = self.table.spills.get(link);
            let (tags, _) = spill.load();
            let slot = tags.used().next().expect("a spill in a chain has an item");
            if self.stale {
                self.bump();
            }
            self.bin.slot(free).store(spill.slot(slot).load());
            self.publish(self.header.with_tags(self.header.tags().set(free, tags.at(slot))));
            // Whoever walks the chain without it from now on has this version, and so has found it in the bin.
            self.bump();
            self.clear_spilled(link, slot);
        }
    }
}

impl<B: Bin> Drop for Claim<'_, B> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.stale {
            self.state = self.state.next_version();
        }
        self.bin.set_state(self.state.unlocked());
    }
}
