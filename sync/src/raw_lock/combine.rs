//! Running a closure under the lock, by whoever has it. The board's orderings are in [`board`](super::board).

use std::ptr::NonNull;

use super::{
    RawLock,
    board::Post,
    contended::{self, By},
    side::Side,
};
use crate::{
    config::{SERVED, SERVING},
    parker::{Native, Parking},
    primitive::Stopwatch,
    registry::Node,
};

/// How a closure that was given to [`RawLock::combine`] has fared.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combined {
    /// Another thread has run it.
    Done,
    /// The caller has the lock, and has yet to run it.
    Locked,
}

impl RawLock {
    /// Waits until another thread has run the closure, or the caller has the lock.
    ///
    /// # Safety
    /// - The post is on no board, stays where it is until this returns, and is not touched meanwhile but by its `run`.
    /// - `owner` is the calling thread's node, and the post's.
    #[cold]
    pub(crate) unsafe fn combine(&self, post: NonNull<Post>, owner: &Node) -> Combined {
        // SAFETY: the clauses above.
        unsafe { self.combine_over::<Native>(post, owner) }
    }

    /// As [`combine`](Self::combine), over any parker.
    ///
    /// # Safety
    /// - As there.
    pub(super) unsafe fn combine_over<P: Parking>(&self, post: NonNull<Post>, owner: &Node) -> Combined {
        // SAFETY: B2: the post stays while this runs, and is only ever shared.
        let closure = unsafe { post.as_ref() };
        let side = self.side();
        // SAFETY: the first clause above.
        let posted = if side.length.skips() { None } else { unsafe { side.board.post(post, owner) } };
        let Some(posted) = posted else {
            let taken = contended::acquire::<P>(&self.state, None);
            debug_assert!(taken, "only a deadline ends the wait without the lock");
            return Combined::Locked;
        };
        let mut locked = false;
        let ended = contended::wait_awake(&self.state, true, || {
            locked = !closure.is_done() && contended::take(&self.state, false);
            locked || closure.is_done()
        });
        if !locked && !ended && !posted.take_back() {
            // Somebody is running it at this moment.
            closure.sleep::<P>();
            return Combined::Done;
        }
        if !ended {
            // It is this thread's own again.
            let taken = contended::acquire::<P>(&self.state, None);
            debug_assert!(taken, "only a deadline ends the wait without the lock");
            return Combined::Locked;
        }
        if !locked {
            return Combined::Done;
        }
        if posted.take_back() {
            return Combined::Locked;
        }
        // Run by the holder before, which had done so when it released the lock (B3).
        debug_assert!(closure.is_done(), "B3");
        // SAFETY: this thread has just taken the lock.
        unsafe { self.unlock_after::<P>() };
        Combined::Done
    }

    /// Runs closures that others have posted, for some time.
    ///
    /// # Safety
    /// - The caller holds the lock, and no other lock of this crate.
    #[inline]
    pub(crate) unsafe fn serve(&self) {
        if let Some(side) = self.aside.get().filter(|side| side.board.has_posts()) {
            // SAFETY: the clause above.
            unsafe { serve_some(side) }
        }
    }

    /// Releases the lock, over any parker.
    ///
    /// # Safety
    /// - The caller holds it, and gives it up.
    unsafe fn unlock_after<P: Parking>(&self) {
        // SAFETY: the clause above.
        unsafe { contended::release::<P>(self, By::Thread) }
    }
}

/// Runs closures that others have posted, for some time, and learns how long they are.
///
/// # Safety
/// - The caller holds the lock whose side it is, holds no other lock of this crate, and does not panic.
#[cold]
unsafe fn serve_some(side: &Side) {
    let begun = Stopwatch::start();
    let (mut served, mut took) = (0, 0);
    while served < SERVED && (served == 0 || took < SERVING) {
        // SAFETY: the clause above.
        let more = unsafe { side.board.serve::<Native>(SERVED - served) };
        if more == 0 {
            break;
        }
        served += more;
        took = begun.nanoseconds();
    }
    if served > 0 {
        side.length.learn(took / u64::from(served));
    }
}
