//! The slow paths of the lock: waiting awake, asleep and in front; careful releases. Generic over the parker, so that
//! the tests can run them on the portable one. Orderings: all in [`state`](super::state).

use std::time::Duration;

use super::{
    RawLock,
    pace::{Pace, watch},
    side::Granted,
    state::{Owner, State},
};
use crate::{
    config::{CALM, MOST_SPINNERS, NAPS, PATIENCE, SHORT, WATCHING, YIELDS},
    parker::{Parking, Wake},
    primitive::{Stopwatch, spin_loop, yield_now},
};

/// Who releases the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A thread: entries come before sleepers.
    Thread,
    /// An entry, or a thread that wants it so: sleepers come before entries.
    Entry,
}

/// Takes the lock, waiting until `deadline` at most; false if it passed first.
#[cold]
pub(super) fn acquire<P: Parking>(state: &State, deadline: Option<P::Deadline>) -> bool {
    stay_awake(state, false) || sleep::<P>(state, deadline)
}

/// Waits awake, for some microseconds.
fn stay_awake(state: &State, enlisted: bool) -> bool {
    // Who has been called looks at once.
    enlisted && take(state, true) || wait_awake(state, !enlisted, || take(state, enlisted))
}

/// Waits awake for `done`, which is asked when the lock may have become free, and now and then.
pub(super) fn wait_awake(state: &State, stands_back: bool, mut done: impl FnMut() -> bool) -> bool {
    let mut pace = Pace::of_this_thread();
    let mut looks = 0;
    if stands_back {
        pace.pause();
    }
    let won = loop {
        if done() {
            break true;
        }
        looks += 1;
        if pace.has_watched(looks) {
            break false;
        }
        if looks <= SHORT {
            watch();
        } else {
            // The section is a long one: its holder does not mind being looked at, and its end is to be seen at once.
            spin_loop();
        }
    };
    if looks > SHORT {
        pace.shorten();
    }
    let won = won || let_others_run(state, done);
    pace.learn();
    won
}

/// Waits for `done`, letting other threads run.
fn let_others_run(state: &State, mut done: impl FnMut() -> bool) -> bool {
    if !state.begin_spinning(MOST_SPINNERS) {
        return false;
    }
    let won = (0..YIELDS).any(|_| {
        yield_now();
        done()
    });
    state.end_spinning();
    won
}

/// Takes the lock if a look says that it may be had.
pub(super) fn take(state: &State, enlisted: bool) -> bool {
    match state.owner_now() {
        Owner::Nobody => state.take_free(),
        Owner::Reserved => enlisted && !state.waiters().starve() && state.take_reserved(),
        Owner::Somebody => false,
    }
}

/// Waits asleep.
fn sleep<P: Parking>(state: &State, deadline: Option<P::Deadline>) -> bool {
    let mut since = Stopwatch::start();
    let mut naps = NAPS;
    state.enlist();
    let taken = loop {
        // A call that woke this thread is answered before it looks, or it might keep others from being called (I4).
        state.answer_signal();
        if state.take_free() || take(state, true) {
            break true;
        }
        if since.passed(PATIENCE) && state.begin_starving() {
            break starve::<P>(state, deadline);
        }
        // One sleeper is called at a time, and it may have to wait for a processor: after a millisecond a thread looks by itself
        // whether it starves. Later it leaves that to the calls.
        let nap = if deadline.is_none() && naps > 0 { P::after(Duration::from_nanos(PATIENCE)) } else { None };
        match P::wait(state.bed(), 0, deadline.or(nap)) {
            Wake::TimedOut if deadline.is_some() => break false,
            Wake::TimedOut => naps = naps.saturating_sub(1),
            // Without a deadline nothing ends the wait but the lock, whatever the parker says.
            _ if take(state, true) || !since.passed(PATIENCE) && stay_awake(state, true) => {
                state.answer_signal();
                break true;
            }
            _ => {}
        }
    };
    state.delist();
    // A release may have reserved the lock for this thread, with nobody else to call (I5).
    taken || state.take_free() || state.take_reserved()
}

/// Waits in front of all others.
fn starve<P: Parking>(state: &State, deadline: Option<P::Deadline>) -> bool {
    let taken = loop {
        let mut begun = Stopwatch::start();
        let taken = loop {
            if state.take_free() || state.take_reserved() {
                break true;
            }
            if begun.passed(WATCHING) || WATCHING == 0 {
                break false;
            }
            watch();
        };
        if taken {
            break true;
        }
        match P::wait(state.owner_address(), State::HELD, deadline) {
            Wake::TimedOut if deadline.is_some() => break false,
            _ => {}
        }
    };
    state.end_starving();
    // As in `sleep`: whoever saw this thread starve has reserved the lock for it.
    taken || state.take_free() || state.take_reserved()
}

/// Releases the lock where somebody may be waiting for it.
///
/// # Safety
/// - The caller holds the lock, and gives it up.
#[cold]
pub(super) unsafe fn release<P: Parking>(lock: &RawLock, by: By) {
    let state = &lock.state;
    loop {
        let waiters = state.waiters();
        // SAFETY: the caller holds the lock.
        let sleepers_first = by == By::Entry && waiters.sleep() && unsafe { lock.sleepers_turn(waiters.entries()) };
        if waiters.entries() && !sleepers_first {
            // SAFETY: the caller holds the lock.
            if let Some(entry) = unsafe { lock.side().pop(state) } {
                if entry.takes() {
                    // SAFETY: the caller holds the lock and gives it up.
                    unsafe { entry.grant() }
                } else {
                    // SAFETY: the caller holds the lock and gives it up, and the entry does not take it.
                    unsafe { release_and_call::<P>(lock, entry) }
                }
                return;
            }
        }
        if waiters.starve() || sleepers_first {
            state.reserve();
            if call_enlisted::<P>(state) || !state.unreserve() {
                return;
            }
        } else {
            if !waiters.sleep() {
                state.count_calm(CALM);
            }
            state.free();
        }
        if !look_around::<P>(state) {
            return;
        }
    }
}

/// Releases the lock, and calls an entry that wants to try for it. What else waits is left to the release by the thread that is
/// called, for it takes the lock in any case; but for one who starves, and every other time for a sleeper: where threads hand a turn to each
/// other each release has somebody to call, and a sleeper that nobody wakes never starves.
///
/// # Safety
/// - The caller holds the lock, and gives it up; the entry does not take it.
unsafe fn release_and_call<P: Parking>(lock: &RawLock, entry: Granted) {
    let state = &lock.state;
    // SAFETY: the caller holds the lock.
    let beside = unsafe { lock.side().sleepers_beside() };
    if state.waiters().starve() {
        state.reserve();
        if !call_enlisted::<P>(state) {
            state.unreserve();
        }
    } else {
        state.free();
        if beside || state.waiters().starve() {
            call_enlisted::<P>(state);
        }
    }
    // SAFETY: the clause above.
    unsafe { entry.grant() }
}

/// After the lock has become free, looks for those who wait. True: the caller holds it again, and must release it.
#[cold]
pub(super) fn look_around<P: Parking>(state: &State) -> bool {
    let waiters = state.waiters();
    // An entry is not awake: somebody must take the lock for it. If another thread has it now, that one's release will see
    // the entry.
    if waiters.entries() && state.take_free() {
        return true;
    }
    call_enlisted::<P>(state);
    false
}

/// Calls the one who starves, or else a sleeper; false if there is nobody to call.
fn call_enlisted<P: Parking>(state: &State) -> bool {
    let waiters = state.waiters();
    if waiters.starve() {
        P::wake_one(state.owner_address());
    } else if waiters.sleep() {
        if state.raise_signal() {
            P::wake_one(state.bed());
        }
    } else {
        return false;
    }
    true
}
