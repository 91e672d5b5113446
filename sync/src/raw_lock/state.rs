//! The state machine of the lock: its words, and one function for each transition.
//!
//! Nothing else reads or writes the words. The module header of [`raw_lock`](super) has the table of transitions, the
//! invariants and the orderings; their names are used here.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::edge,
    fence,
    primitive::{AtomicU32, const_fn},
};

/// Nobody has the lock; anybody may take it.
const FREE: u32 = 0;
/// Somebody has it.
const HELD: u32 = 1;
/// Nobody has it, and only who is enlisted may take it.
const RESERVED: u32 = 2;

/// All releases are careful ones: each was told by a heavy fence. Sticky.
const CROWDED: u32 = 1;
/// A sleeper that was passed over for too long waits at `owner`.
const STARVING: u32 = 1 << 1;
/// There may be entries.
const ENTRIES: u32 = 1 << 2;
/// One of those who look at the lock again and again, awake. Of no concern to a release.
const SPINNER: u32 = 1 << 3;
/// The field of the spinners.
const SPINNERS: u32 = 0xff << 3;
/// One of those enlisted: asleep, about to sleep, or just awake.
const SLEEPER: u32 = 1 << 11;

/// The words of one lock.
pub(super) struct State {
    /// Who may take the lock: `FREE`, `HELD` or `RESERVED`.
    owner: AtomicU32,
    /// Who waits for it.
    waiters: AtomicU32,
    /// 1: a sleeper has been called and nobody has answered yet. Sleepers sleep while it is 0.
    signal: AtomicU32,
    /// Careful releases in a row that met nobody. Touched by the holder only.
    calm: AtomicU32,
}

/// A look at `owner`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// `FREE`.
    Nobody,
    /// `HELD`.
    Somebody,
    /// `RESERVED`.
    Reserved,
}

/// A look at `waiters`.
#[derive(Clone, Copy)]
pub(super) struct Waiters(u32);

impl Waiters {
    /// Whether the release must be a careful one.
    #[inline]
    fn concern_a_release(self) -> bool {
        self.0 & !SPINNERS != 0
    }

    pub(super) fn are_told(self) -> bool {
        self.0 & CROWDED != 0
    }

    pub(super) fn starve(self) -> bool {
        self.0 & STARVING != 0
    }

    pub(super) fn entries(self) -> bool {
        self.0 & ENTRIES != 0
    }

    pub(super) fn sleep(self) -> bool {
        self.0 >= SLEEPER
    }

    pub(super) fn spinners(self) -> u32 {
        (self.0 & SPINNERS) / SPINNER
    }
}

impl State {
    /// The value of [`owner_address`](Self::owner_address) on which the starving one sleeps.
    pub(super) const HELD: u32 = HELD;

    const_fn! {
        pub(super) const fn new() -> Self {
            Self {
                owner: AtomicU32::new(FREE),
                waiters: AtomicU32::new(0),
                signal: AtomicU32::new(0),
                calm: AtomicU32::new(0),
            }
        }
    }

    /// `FREE → HELD`; whether this thread now has the lock.
    #[inline]
    pub(super) fn take_free(&self) -> bool {
        // Acquire: from whatever made it free. Relaxed on failure: nothing is read under a lock not held.
        self.owner.compare_exchange(FREE, HELD, edge!("lock_take", Acquire, weaker Relaxed), Relaxed).is_ok()
    }

    /// `RESERVED → HELD`, by somebody who is enlisted.
    pub(super) fn take_reserved(&self) -> bool {
        // Acquire: from `reserve`.
        let order = edge!("lock_take_reserved", Acquire, weaker Relaxed);
        self.owner.compare_exchange(RESERVED, HELD, order, Relaxed).is_ok()
    }

    /// `HELD → FREE` without a read-modify-write, if nobody is known to wait. What is left to do is the result.
    #[inline]
    pub(super) fn release_quietly(&self) -> Release {
        // Relaxed: a stale look is made good by the second one.
        if Waiters(self.waiters.load(Relaxed)).concern_a_release() {
            return Release::Undone;
        }
        if fence::ASYMMETRIC {
            // Release: to whoever takes the lock next.
            self.owner.store(FREE, edge!("lock_release", Release, weaker Relaxed));
            fence::light();
        } else {
            self.free();
        }
        // Relaxed: F of the fences; see I3.
        if Waiters(self.waiters.load(Relaxed)).concern_a_release() { Release::Unseen } else { Release::Done }
    }

    /// `HELD → FREE`, with a full fence behind it.
    pub(super) fn free(&self) {
        self.owner.swap(FREE, edge!("lock_free", Release, weaker Relaxed));
        fence::after_exchange();
    }

    /// `HELD → RESERVED`, with a full fence behind it.
    pub(super) fn reserve(&self) {
        self.owner.swap(RESERVED, edge!("lock_reserve", Release, weaker Relaxed));
        fence::after_exchange();
    }

    /// `RESERVED → FREE`, by who reserved it and found nobody to take it; whether it was still reserved.
    pub(super) fn unreserve(&self) -> bool {
        // Relaxed: a read-modify-write, so whoever takes the lock reads from `reserve` all the same.
        let undone = self.owner.compare_exchange(RESERVED, FREE, Relaxed, Relaxed).is_ok();
        fence::after_exchange();
        undone
    }

    /// Advice: what `owner` was a moment ago.
    pub(super) fn owner_now(&self) -> Owner {
        // Relaxed: the decision is a read-modify-write afterwards.
        match self.owner.load(Relaxed) {
            FREE => Owner::Nobody,
            RESERVED => Owner::Reserved,
            _ => Owner::Somebody,
        }
    }

    /// Adds the calling thread to the sleepers. Afterwards each release either is seen by it or sees it.
    pub(super) fn enlist(&self) {
        let before = Waiters(self.waiters.fetch_add(SLEEPER, Relaxed));
        self.tell(before);
    }

    /// Says that there are entries; afterwards as [`enlist`](Self::enlist).
    pub(super) fn announce_entries(&self) {
        // Release: to `retract_entries`, whose caller then finds the entry.
        let before = self.waiters.fetch_or(ENTRIES, edge!("lock_announce", Release, weaker Relaxed));
        // An announcer does not leave `CROWDED` behind: by then its entry may be gone, and releases quiet again, so that
        // nothing would make up for the fence that the next one then leaves out. Who takes entries out does it.
        if Waiters(before).are_told() {
            fence::after_exchange();
        } else {
            fence::heavy();
        }
    }

    /// Makes sure that all releases are careful ones from here on.
    fn tell(&self, before: Waiters) {
        if before.are_told() {
            fence::after_exchange();
        } else {
            fence::heavy();
            self.waiters.fetch_or(CROWDED, Relaxed);
        }
    }

    /// Ends `enlist`.
    pub(super) fn delist(&self) {
        self.waiters.fetch_sub(SLEEPER, Relaxed);
        fence::after_exchange();
    }

    /// Makes the calling sleeper the one that waits at `owner`; false if there is one already.
    pub(super) fn begin_starving(&self) -> bool {
        let begun = !Waiters(self.waiters.fetch_or(STARVING, Relaxed)).starve();
        fence::after_exchange();
        begun
    }

    /// Ends `begin_starving`.
    pub(super) fn end_starving(&self) {
        self.waiters.fetch_and(!STARVING, Relaxed);
        fence::after_exchange();
    }

    /// Says that the entries are being looked through. By the holder.
    pub(super) fn retract_entries(&self) {
        // No release has been a quiet one since the announcement, nor will one be that comes after this holder's.
        self.waiters.fetch_or(CROWDED, Relaxed);
        // Acquire: from `announce_entries`.
        self.waiters.fetch_and(!ENTRIES, edge!("lock_retract", Acquire, weaker Relaxed));
    }

    /// Says that some are left. By the holder, between whose looks nobody has become calm.
    pub(super) fn keep_entries(&self) {
        self.waiters.fetch_or(ENTRIES, Relaxed);
    }

    /// A place among those who may spin; false if there are `most` already.
    pub(super) fn begin_spinning(&self, most: u32) -> bool {
        // Compared and swapped, so that the field cannot run over.
        let mut waiters = self.waiters.load(Relaxed);
        while Waiters(waiters).spinners() < most {
            match self.waiters.compare_exchange_weak(waiters, waiters + SPINNER, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => waiters = now,
            }
        }
        false
    }

    /// Ends `begin_spinning`.
    pub(super) fn end_spinning(&self) {
        self.waiters.fetch_sub(SPINNER, Relaxed);
    }

    /// A look at who waits, after one of the fences.
    pub(super) fn waiters(&self) -> Waiters {
        Waiters(self.waiters.load(Relaxed))
    }

    /// Counts a careful release that meets nobody, by the holder; after `enough` of them in a row releases are quiet
    /// ones again, unless somebody has come meanwhile.
    pub(super) fn count_calm(&self, enough: u32) {
        // Relaxed: the holder's own.
        let calm = self.calm.load(Relaxed) + 1;
        if calm < enough {
            self.calm.store(calm, Relaxed);
        } else {
            self.calm.store(0, Relaxed);
            let _ = self.waiters.compare_exchange(CROWDED, 0, Relaxed, Relaxed);
        }
    }

    /// Calls a sleeper; whether a wake-up must follow.
    pub(super) fn raise_signal(&self) -> bool {
        self.signal.swap(1, Relaxed) == 0
    }

    /// Answers a call, if there is one. A look at `owner` must follow.
    pub(super) fn answer_signal(&self) {
        self.signal.swap(0, Relaxed);
        fence::after_exchange();
    }

    /// What sleepers sleep on while it is 0.
    pub(super) fn bed(&self) -> &AtomicU32 {
        &self.signal
    }

    /// What the starving one sleeps on while it is `HELD`.
    pub(super) fn owner_address(&self) -> &AtomicU32 {
        &self.owner
    }
}

/// What `release_quietly` did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// The lock is free, and nobody had been waiting.
    Done,
    /// The lock is free; somebody may not have seen it.
    Unseen,
    /// Nothing: the release must be a careful one.
    Undone,
}
