//! The core of every lock in this crate: who has it, who waits for it, and who is next.
//!
//! # What & when not
//!
//! Mutual exclusion without a value: [`Mutex`](crate::Mutex) and its relatives put one beside it. Nobody competes: one
//! read-modify-write to take it, none to release it. A few threads compete for a moment: they wait awake. More, or for longer:
//! they sleep, and after a millisecond go first. No intrusive use: a release touches the lock after it has freed it.
//! Ownership is not tied to threads.
//!
//! # Representation
//!
//! ```text
//!   RawLock                                          Side, allocated when first needed
//!   ┌────────┬─────────┬────────┬──────┬──────┐      ┌───────────────────────────────┐
//!   │ owner  │ waiters │ signal │ calm │ side ┼─────►│ board: closures   (board.rs)  │
//!   └───┬────┴────┬────┴───┬────┴──────┴──────┘      │ pushed, queue: entries        │
//!       │         │        └ bed of the sleepers     │ tail: behaviours (`when`)     │
//!       │         └ CROWDED │ STARVING │ ENTRIES     └───────────────────────────────┘
//!       │           │ spinners: 5 bits │ sleepers: 24 bits
//!       └ FREE, HELD, RESERVED; bed of the starving one
//! ```
//!
//! # States
//!
//! | `owner` | somebody has it | who may take it |
//! |---|---|---|
//! | `FREE` | no | anybody |
//! | `HELD` | yes: a thread, or an entry | nobody |
//! | `RESERVED` | no | who is enlisted: the starving one if there is one, else any sleeper |
//!
//! | in `waiters` | means |
//! |---|---|
//! | 0, but for spinners | *quiet*: a release stores `FREE`, a light fence, a look; no read-modify-write |
//! | `CROWDED` | *careful*: a release is a swap, and looks for those who wait. Set by the first sleeper after its heavy fence, and by the holder that takes entries out; stays until the holder has met nobody for a while |
//! | sleepers > 0 | so many threads are enlisted: asleep, about to sleep, or just awake |
//! | `STARVING` | one of them has waited for more than a millisecond, and waits at `owner` instead of `signal` |
//! | `ENTRIES` | there may be entries in the side. Whoever sets it has run a heavy fence afterwards, unless `CROWDED` was set |
//!
//! # Transitions
//!
//! ```text
//!   take_free        FREE → HELD            anybody
//!   take_reserved    RESERVED → HELD        who is enlisted
//!   release_quietly  HELD → FREE            the holder; a store
//!   free             HELD → FREE            the holder; a swap, and a full fence
//!   reserve          HELD → RESERVED        the holder; likewise
//!   unreserve        RESERVED → FREE        who reserved it, and found nobody enlisted
//!   enlist, delist   sleepers + 1, − 1      a thread
//!   begin_starving, end_starving            who is enlisted; one at a time
//!   announce_entries, retract_entries       who pushes; the holder
//!   raise_signal     0 → 1                  who frees or reserves; from 0 it must wake a sleeper
//!   answer_signal    1 → 0                  who is enlisted; a look at owner must follow
//!   count_calm       CROWDED → 0            the holder, if that is all there is in waiters
//! ```
//!
//! # Invariants
//!
//! - **I1, one holder.** `owner` becomes `HELD` only by a `take_…`, whose caller has the lock, and leaves it only by that
//!   holder's `release_quietly`, `free` or `reserve`; or the holder gives it to an entry, and it stays `HELD`.
//! - **I2, sight.** Take a waiter that is enlisted, or an entry that is announced, and a release of the lock. Either the
//!   waiter's look at `owner` that follows sees the release, or a later one; or the look at `waiters` that ends the release sees the
//!   waiter.
//! - **I3, no early quiet.** `CROWDED` goes only while nobody is enlisted and no entry is announced, in one step with
//!   seeing that. It never comes back from somebody whose waiting is over: who announces an entry leaves it to the holder.
//! - **I4, a call is answered.** While `signal` is 1, some enlisted thread is awake, or will not fall asleep; and it looks at
//!   `owner` after it has made `signal` 0.
//! - **I5, a reservation is taken.** While `owner` is `RESERVED`, somebody who is enlisted is going to look at it; or its
//!   maker is going to look whether anybody is enlisted.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `owner`, `waiters`, `signal` | anybody with the lock in sight | through the functions of `state.rs` |
//! | `calm` | the holder | I1 |
//! | the board | who combines | `board.rs` |
//! | `pushed` | anybody pushes; the holder empties it | |
//! | `queue`, links of entries in it | the holder | I1 |
//!
//! # Protocols
//!
//! *Lock.* (1) `take_free`. Else (2) wait awake: stand back for as long as [`pace`] says, then look, for some microseconds, then
//! let other threads run, a few times. Else (3) enlist; (4) `answer_signal`, look, take it if it may be had; (5) if a millisecond
//! has passed, and nobody else starves, *starve*; (6) sleep while `signal` is 0; (7) woken: as 2, then go to 4. The deadline has passed:
//! delist, and look once more: a reservation may have been meant for this thread.
//!
//! *Starve.* Wait awake and then asleep at `owner` while it is `HELD`. A release that sees a starving thread does not free the lock but
//! reserves it, so that nobody who comes later can have it before.
//!
//! *Release, quiet.* Look at `waiters`; store `FREE`; light fence; look again. If the first look finds more than spinners, it becomes
//! *Release, careful*. If the second does: full fence, *look around*.
//!
//! *Release, careful.* An entry is waiting: hand the lock to the first one; or if it only wants to be called, free the lock, or reserve it for
//! who starves, and call the entry: one for each release, and the rest is left to the release by the thread that is called, which takes the
//! lock in any case; but every other time a sleeper is called beside it. Otherwise a thread starves: reserve, wake it. Otherwise free, and *look around*. A release by an entry, or a fair
//! one, prefers a sleeper to an entry every other time, so that the two kinds take turns.
//!
//! *Look around.* An entry is waiting: take the lock in its name, if it is still free, and release it to the entry. Somebody starves: wake
//! it. Somebody sleeps: `raise_signal`; if nobody had been called, wake one. At most one sleeper is called at a time.
//!
//! *Bounded bypass.* A sleeper that is overtaken again and again is woken again and again, as each release calls one unless one is
//! on its way; the first time that it is awake after a millisecond it starves, unless another does, and then it is next but for entries.
//! Those who starve are let in one at a time; who is impatient while another starves finds that out when it is called next.
//!
//! *Fork.* A child has the words as they were, and none of the threads that wait. A lock that others wait for at that moment must not be
//! used in the child: it may be reserved for a thread that is not there, and entries lie in frames that are not.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `lock_release` | `release_quietly`, Release | `take_free` | one section before the next | killed by loom `try_lock_sees_what_the_release_published` |
//! | `lock_take` | the releases | `take_free`, Acquire | the same | killed by the same model |
//! | `lock_free` | `free`, Release | `take_free` | the same | killed by loom `two_threads_take_turns` |
//! | `lock_reserve` | `reserve`, Release | `take_reserved` | the same | masked: in the models the full fence after the reservation, one step with it, and the one of `delist` order the same |
//! | `lock_take_reserved` | `reserve` | `take_reserved`, Acquire | the same | masked: the same |
//! | the quiet release | store of `FREE`, `light`, look at `waiters` | `enlist`, `heavy`, look at `owner` | I2, first sleeper | F of [`fence`](crate::fence); loom, as both are full fences there |
//! | the careful release | swap of `FREE`, full fence, look at `waiters` | `enlist`, full fence, look at `owner` | I2, further ones | `fence_after_exchange`; on x86 the swap is the fence |
//! | `lock_unseen` | store of `FREE`, light fence, full fence, look at `waiters` | `enlist`, full fence, look at `owner` | I2, a second sleeper beside a release that was a quiet one | masked: the light fence is a full one in the models; `ci/litmus/lock.pml` |
//! | the answer | `answer_signal`, full fence, look at `owner` | swap of `FREE`, full fence, `raise_signal` | I4 | the same fence |
//! | `lock_announce` | `announce_entries`, Release | `retract_entries` | the push before the emptying | argument: in the models an exchange finds the last value in any case |
//! | `lock_retract` | `announce_entries` | `retract_entries`, Acquire | the same | argument: the same |
//! | `lock_push` | `Side::push`, Release | `Side::pop` | the entry, before it is granted | argument: needed for an entry that is found by the announcement of another one, which no model has; `lock_announce` orders the rest |
//! | `lock_pop` | `Side::push` | `Side::pop`, Acquire | the same | argument: the same |
//! | `lock_side_set` | `Aside::make`, Release | `Aside::get` | the side's contents | killed by loom `behaviours_of_one_lock_follow_each_other` |
//! | `lock_side_get`, `lock_side_lost` | `Aside::make` | `get`, `make`, Acquire | the same | killed by the same model |
//! | – | – | `owner_now`, `waiters`, Relaxed | nothing, or by a fence before | argument: advice, or I2 |
//!
//! # Proof sketch
//!
//! *I1* is by inspection of `state.rs`: each `take_…` is a compare-and-swap from a state that nobody has. *Exclusion* in memory: each
//! `take_…` reads what the last release wrote, or an `unreserve`, which is a read-modify-write and so continues that release's sequence.
//!
//! *I2.* For entries: from the announcement on `waiters` is not 0 until a holder takes entries out, and that one has set `CROWDED` before, so that
//! every later release finds one or the other; the heavy fence of the announcer stands between the quiet releases and the announcement. For
//! sleepers: the waiter changes `waiters`, *A*; passes a fence, *B*; looks at `owner`, *C*. The release writes `owner`, *X*; passes a fence, *Y*;
//! looks at `waiters`, *Z*. If `CROWDED` was set when the waiter came, *B* is a full fence, and so is *Y* unless the release was a quiet
//! one: then it is `light`, and the heavy fence that came before `CROWDED` was set is a full fence that is ordered with it. Either that fence
//! came first, and *Z* sees `CROWDED` or a sleeper; or *Y* came first, and *X* is visible to whoever set `CROWDED`, and to the waiter,
//! who has read that. If `CROWDED` was not set, *B* is a heavy fence itself. In each case the pair is F of the fences: *C* sees *X*, or *Z* sees *A*.
//! A release that saw `CROWDED` gone (I3) has seen everybody else gone in the same word.
//!
//! *No sleeper is forgotten.* Let a thread sleep at `signal` and the lock become free, or reserved for no one who starves. By I2 the release
//! sees it, for it looked at `owner` before it fell asleep and found it `HELD`. The release raises the signal. Was it 0, then a sleeper is woken or
//! one that is about to sleep finds 1 (P1). Was it 1, then by I4 another thread is on its way to answer and to look, after this release: it takes
//! the lock, or finds that somebody else has, whose release comes later, and sees the sleeper in turn. A thread that gives up has
//! answered before it last looked (step 4), and was not woken since (P2).
//!
//! *I5.* After `reserve` comes a full fence and a look at `waiters`. Somebody starves: it waits at `owner`, is woken, and if it gives up it looks at
//! `owner` after `end_starving` and a full fence: by the usual argument it sees the reservation, or the maker sees it gone. The same for sleepers and `delist`. Nobody
//! is enlisted: `unreserve`.
//!
//! # Checked by
//!
//! `tests/loom*.rs` for `Mutex`, `combine`, `Condvar`, `lock_many` and `when`, `ci/litmus/lock.pml`, the unit tests over every parker, `tests/*.rs`
//! natively and under Miri.
//!
//! # Sources
//!
//! The split of owner and waiters with an asymmetric fence between them is Dekker's, as in biased locks; one call at a time is the
//! *designated waker* of M. Burrows's and later nsync's mutex; reservation after a millisecond is the starvation mode of Go's `sync.Mutex`.
//! Deviations: the first sleeper makes all releases careful ones instead of fencing for itself alone; who starves waits at a word of its own.

mod board;
mod combine;
mod contended;
mod length;
#[cfg(not(polder_loom))]
mod pace;
#[cfg(polder_loom)]
#[path = "pace_in_models.rs"]
mod pace;
mod side;
mod state;
#[cfg(all(test, not(polder_loom)))]
mod tests;

use std::ptr::NonNull;

pub(crate) use self::{
    board::Post,
    combine::Combined,
    side::{Entry, Side},
};
use self::{
    contended::By,
    side::Aside,
    state::{Release, State},
};
use crate::{
    edge::edge_fence,
    parker::{Native, Parking},
    primitive::const_fn,
};

/// Mutual exclusion without a value.
pub(crate) struct RawLock {
    state: State,
    aside: Aside,
}

impl RawLock {
    const_fn! {
        /// A free lock.
        pub(crate) const fn new() -> Self {
            Self { state: State::new(), aside: Aside::new() }
        }
    }

    /// Takes the lock if it is free. Wait-free.
    #[inline]
    pub(crate) fn try_lock(&self) -> bool {
        self.state.take_free()
    }

    /// Takes the lock.
    #[inline]
    pub(crate) fn lock(&self) {
        if !self.state.take_free() {
            let taken = contended::acquire::<Native>(&self.state, None);
            debug_assert!(taken, "only a deadline ends the wait without the lock");
        }
    }

    /// Takes the lock until `deadline`; without one as [`lock`](Self::lock).
    #[inline]
    pub(crate) fn lock_until(&self, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        self.state.take_free() || contended::acquire::<Native>(&self.state, deadline)
    }

    /// Releases the lock.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        // SAFETY: the clause above.
        unsafe { self.unlock_over::<Native>() }
    }

    /// Releases the lock, over any parker.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    #[inline]
    unsafe fn unlock_over<P: Parking>(&self) {
        match self.state.release_quietly() {
            Release::Done => {}
            // SAFETY: the clause above.
            Release::Undone => unsafe { contended::release::<P>(self, By::Thread) },
            Release::Unseen => self.unlocked_unseen::<P>(),
        }
    }

    #[cold]
    fn unlocked_unseen<P: Parking>(&self) {
        // The look that found somebody came after a light fence only, which orders the release with those alone who ran
        // a heavy one; and who came second did not (I2).
        edge_fence!("lock_unseen", SeqCst);
        if contended::look_around::<P>(&self.state) {
            // SAFETY: `look_around` says that the caller holds the lock again.
            unsafe { contended::release::<P>(self, By::Thread) }
        }
    }

    /// Releases the lock to somebody who waits for it, if anybody does.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    pub(crate) unsafe fn unlock_fair(&self) {
        // SAFETY: the clause above.
        unsafe { contended::release::<Native>(self, By::Entry) }
    }

    /// Whether the lock is not to be had at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.state.owner_now() != state::Owner::Nobody
    }

    /// Takes the lock for `entry` if it is free; else puts the entry in the queue, and its `grant` will be called, perhaps
    /// before this returns.
    ///
    /// # Safety
    /// - The entry is in no queue. If the result is false, it stays where it is until its `grant` is called.
    pub(crate) unsafe fn lock_entry(&self, entry: NonNull<Entry>) -> bool {
        if self.state.take_free() {
            return true;
        }
        // SAFETY: the clause above.
        unsafe { self.side().push(entry) };
        self.state.announce_entries();
        if self.state.take_free() {
            // SAFETY: this thread has just taken the lock.
            unsafe { contended::release::<Native>(self, By::Thread) };
        }
        false
    }

    /// Puts `entry`, an [`Entry::caller`], in the queue: it is called after [`tell_callers`](Self::tell_callers), now or by a release, one for each.
    ///
    /// # Safety
    /// - The entry is in no queue, and stays where it is until it is called. The thread that is called takes the lock and
    ///   releases it, or nobody is called after it.
    pub(crate) unsafe fn push_caller(&self, entry: NonNull<Entry>) {
        // SAFETY: the clause above.
        unsafe { self.side().push(entry) };
    }

    /// Says that there are callers in the queue.
    pub(crate) fn tell_callers(&self) {
        self.state.announce_entries();
        if self.state.take_free() {
            // SAFETY: this thread has just taken the lock.
            unsafe { contended::release::<Native>(self, By::Thread) };
        }
    }

    /// Releases the lock that an entry was given.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    pub(crate) unsafe fn unlock_entry(&self) {
        // SAFETY: the clause above.
        unsafe { contended::release::<Native>(self, By::Entry) }
    }

    /// Whether a release that prefers sleepers is to take one although there are entries, as `entries` says: every other time.
    ///
    /// # Safety
    /// - The caller holds the lock.
    unsafe fn sleepers_turn(&self, entries: bool) -> bool {
        // SAFETY: the clause above.
        !entries || unsafe { self.side().take_turns() }
    }

    /// The rest of the lock.
    pub(crate) fn side(&self) -> &Side {
        self.aside.get_or_make()
    }
}
