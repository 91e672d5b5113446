//! A pool for Miri, which wants every thread to end: a thread for each drain.

use std::thread;

/// What is ready, first in, first out.
pub(super) type Queue = crossbeam_queue::SegQueue<super::Ready>;

/// How many drains may be at once.
pub(super) fn width() -> u32 {
    2
}

/// Begins a drain.
pub(super) fn spawn(job: fn()) {
    thread::spawn(job);
}

/// No thread is one.
pub(super) fn is_worker() -> bool {
    false
}

/// Lets others go on.
pub(super) fn breathe() {
    thread::yield_now();
}
