//! How the end of a behaviour reaches its handle: a word to sleep on, and at most one watcher to call.
//!
//! # States
//!
//! | state | means | the handle | the runner |
//! |---|---|---|---|
//! | `OPEN` = 0 | not ended, nobody to tell | may write the watcher | – |
//! | `ASLEEP` = 1 | not ended, the handle's thread sleeps or did | may write the watcher | – |
//! | `WATCHED` = 2 | not ended, there is a watcher | leaves the watcher alone | – |
//! | `DONE` = 3 | ended; the result is the handle's | may take the result | has the watcher, if there was one |
//!
//! # Transitions
//!
//! ```text
//!   watch      OPEN, ASLEEP → WATCHED    by the handle, after it has written the watcher
//!   unwatch    WATCHED → OPEN            by the handle, which has the watcher back
//!   wait       OPEN → ASLEEP             by the handle, which goes on to sleep
//!   finish     * → DONE                  by the runner, once; from ASLEEP it wakes, from WATCHED it takes the watcher
//! ```
//!
//! # Invariants
//!
//! - **C1.** There is one handle, and it is used by one thread at a time; all its steps but `is_done` need it
//!   exclusively or consume it.
//! - **C2.** The watcher is the handle's except while the state is `WATCHED`; `finish` takes it from `WATCHED` to
//!   itself.
//! - **C3.** The result is the runner's until `DONE` and the handle's afterwards.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `when_finish`, `when_done` | `finish`, AcqRel | `look`, Acquire | the behaviour and its result before the handle's use | killed by loom `whoever_sees_the_end_sees_what_was_done` |
//! | `when_watch`, `when_watcher_take` | `watch`, Release | `finish`, AcqRel | the watcher before its use | killed by loom `the_last_waker_is_called` |
//! | the sleep | `finish`, then `wake_all` | the comparison in `wait` | no sleep after the end | P1 of the parker |
//! | – | – | `unwatch`, `wait`: Relaxed | nothing | argument: the watcher is the handle's own, and the state is looked at again |

use std::{fmt, ptr::NonNull, sync::atomic::Ordering::Relaxed, task::Waker};

use super::block::Header;
use crate::{
    config::LOOKS,
    edge::edge,
    parker::{Native, Parking, Wake},
    primitive::{AtomicU32, UnsafeCell, spin_loop},
};

const OPEN: u32 = 0;
const ASLEEP: u32 = 1;
const WATCHED: u32 = 2;
const DONE: u32 = 3;

/// Whom to tell.
pub(super) enum Watcher {
    /// A task that polls the handle.
    Task(Waker),
    /// A behaviour that begins when this one has ended, and owns its handle. Made and not launched.
    Next(NonNull<Header>),
}

/// The end of one behaviour.
pub(super) struct Completion {
    state: AtomicU32,
    watcher: UnsafeCell<Option<Watcher>>,
}

impl Completion {
    pub(super) fn new() -> Self {
        Self { state: AtomicU32::new(OPEN), watcher: UnsafeCell::new(None) }
    }

    /// Whether the behaviour has ended; if so, everything that it did is visible.
    pub(super) fn is_done(&self) -> bool {
        self.look() == DONE
    }

    fn look(&self) -> u32 {
        // Acquire: from `finish`.
        self.state.load(edge!("when_done", Acquire, weaker Relaxed))
    }

    /// Ends the behaviour and wakes its handle; the watcher, if there is one, is for the caller to tell.
    pub(super) fn finish(&self) -> Option<Watcher> {
        // Release: the result, to the handle. Acquire: the watcher, from `watch`.
        let order = edge!("when_finish", AcqRel, weaker Acquire, "when_watcher_take", weaker Release);
        match self.state.swap(DONE, order) {
            ASLEEP => {
                Native::wake_all(&self.state);
                None
            }
            // C2.
            WATCHED => self.swap_watcher(None),
            _ => None,
        }
    }

    /// Leaves a watcher instead of any earlier one.
    ///
    /// # Errors
    /// The watcher, if the behaviour has ended.
    pub(super) fn watch(&self, watcher: Watcher) -> Result<(), Watcher> {
        // Dropped at the end, as that is foreign code.
        let _earlier = self.unwatch();
        let mut state = self.look();
        if state == DONE {
            // The runner may be taking the earlier one at this moment.
            return Err(watcher);
        }
        // C2: the state is not WATCHED, as only this thread makes it so; and who ends the behaviour from here on
        // takes nothing.
        let unseen = self.swap_watcher(Some(watcher));
        debug_assert!(unseen.is_none(), "the earlier one has been taken back");
        while state != DONE {
            // Release: the watcher, to `finish`.
            let order = edge!("when_watch", Release, weaker Relaxed);
            match self.state.compare_exchange(state, WATCHED, order, Relaxed) {
                Ok(_) => return Ok(()),
                Err(_) => state = self.look(),
            }
        }
        let Some(watcher) = self.swap_watcher(None) else { unreachable!("it was never seen") };
        Err(watcher)
    }

    /// The watcher back, unless there is none or it is being told.
    pub(super) fn unwatch(&self) -> Option<Watcher> {
        // Relaxed: the watcher is the handle's own.
        let back = self.state.compare_exchange(WATCHED, OPEN, Relaxed, Relaxed).is_ok();
        // C2.
        back.then(|| self.swap_watcher(None)).flatten()
    }

    /// Sleeps until the behaviour has ended, or `deadline`; whether it has.
    pub(super) fn wait(&self, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        for _ in 0..LOOKS {
            if self.is_done() {
                return true;
            }
            spin_loop();
        }
        drop(self.unwatch());
        // Relaxed: the state is looked at afterwards.
        let _ = self.state.compare_exchange(OPEN, ASLEEP, Relaxed, Relaxed);
        loop {
            if self.is_done() {
                return true;
            }
            match Native::wait(&self.state, ASLEEP, deadline) {
                Wake::TimedOut if deadline.is_some() => return self.is_done(),
                _ => {}
            }
        }
    }

    /// By whoever the watcher belongs to (C2).
    fn swap_watcher(&self, watcher: Option<Watcher>) -> Option<Watcher> {
        self.watcher.with_mut(|place| {
            // SAFETY: C2: the caller alone uses the watcher at this moment.
            unsafe { std::mem::replace(&mut *place, watcher) }
        })
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion").field("done", &self.is_done()).finish_non_exhaustive()
    }
}
