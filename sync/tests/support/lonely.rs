//! One test at a time, on a thread that no other thread of the process is registered beside.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use polder_sync::reclaim;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs it on a thread that has ended when this returns, with all its thread-local variables.
pub(crate) fn on_a_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    // Explicitly joined: the end of a scope does not wait for destructors of thread-local variables.
    let result = thread::scope(|scope| scope.spawn(work).join());
    result.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}

/// Runs the test on a thread that has the crate for itself. The harness's own threads never use the crate.
pub(crate) fn lonely(test: impl FnOnce() + Send) {
    // A test that fails must not fail the others.
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    on_a_thread(|| {
        reclaim::flush();
        assert_eq!(reclaim::stats().live, 1, "an earlier test has left a thread or a guard");
        test();
    });
}
