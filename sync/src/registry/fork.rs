//! What a forked child does about the threads that it does not have.

use std::ptr;

use super::{REGISTRY, local};
use crate::fence;

/// Arranges for [`in_child`] to run in every process forked from this one.
pub(super) fn arrange() {
    // SAFETY: the handler is a function of this program, sound to call in a child that has one thread.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    assert_eq!(refused, 0, "no memory to register a fork handler");
}

/// Runs in the child, on its only thread, before `fork` returns.
///
/// Takes no lock and no memory: the thread that held one may not exist here.
extern "C" fn in_child() {
    fence::after_fork();
    let me = local::registered();
    for node in REGISTRY.nodes() {
        let of_another = match me {
            // This thread's guards are in its own node.
            Some(me) => !ptr::eq(me, node) && !node.is_of_a_value(),
            // A thread that is ending: its guards may be in nodes that are nobody's by now.
            None => node.is_of_a_thread(),
        };
        if of_another {
            // SAFETY: the process has one thread, and the node is neither its own nor a value's, as was just seen.
            unsafe { node.abandon() };
        }
    }
}
