//! What a forked child does about the threads that it does not have.

use std::ptr;

use super::{
    Owner, REGISTRY,
    local::{self, Standing},
};
use crate::fence;

/// Arranges for [`in_child`] to run in every process forked from this one.
pub(super) fn arrange() {
    // SAFETY: the handler is a function of this program, sound to call in a child that has one thread.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    assert_eq!(refused, 0, "no memory to register a fork handler");
}

/// Runs in the child, on its only thread, before `fork` returns.
///
/// Takes no lock: the thread that held one may not exist here.
extern "C" fn in_child() {
    fence::after_fork();
    let me = local::standing();
    let mut live = 0;
    for node in REGISTRY.nodes() {
        let is_leaving = matches!(me, Standing::Leaving);
        let is_mine = matches!(me, Standing::Member(mine) if ptr::eq(mine, node));
        // An operation of a thread that is leaving may be this thread's own.
        if node.is_of(Owner::Value) {
            continue;
        }
        if is_mine || is_leaving && node.is_of(Owner::Operation) {
            live += 1;
            continue;
        }
        let is_of_another = node.is_of(Owner::Thread) || node.is_of(Owner::Operation);
        // Nobody's guards are this thread's at most if it is leaving, and another thread's never are.
        let may_be_mine = is_leaving && !is_of_another && !node.is_idle();
        if is_of_another || node.is_of(Owner::Candidate) {
            // SAFETY: neither this thread's nor a value's, as was just seen, and there is one thread.
            unsafe { node.abandon() };
        }
        if may_be_mine {
            live += 1;
        } else {
            // SAFETY: no guard in it is this thread's, nor a value's, and there is one thread.
            unsafe { node.clear() };
        }
        node.count(may_be_mine);
    }
    REGISTRY.set_live(live);
}
