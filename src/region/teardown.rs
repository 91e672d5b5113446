//! Dropping regions that hold regions, on a bounded stack.
//!
//! A region is dropped by its owner's destructor, which may itself be a destructor run for a region: a chain of a million
//! nested regions would take a million nests of stack frames. So from [`DIRECT_DROPS`] levels on, a region that is dropped
//! *while this thread is dropping others* is put on a list, which the deepest direct drop works off. Only regions with
//! destructors to run can hold regions; the others skip all this.
//!
//! A panic of a destructor is passed on when the list is empty; it does not keep the others from running.
//!
//! For want of a place that is a thread's own, all this is absent without `std`: there each region is dropped where it stands.

use core::cell::Cell;
use core::ptr::NonNull;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::config::DIRECT_DROPS;

/// A region's allocation, and what drops it.
struct Job {
    region: NonNull<()>,
    drop: unsafe fn(NonNull<()>),
}

// Without destructors of their own, so they can be used while thread-locals are being destroyed.
thread_local! {
    /// How many region drops are in progress on this thread, one inside the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The list of the drop in progress at the deepest level, which lies in that drop's stack frame.
    static LIST: Cell<Option<NonNull<Vec<Job>>>> = const { Cell::new(None) };
}

/// Calls `drop(region)`: now, or at [`DIRECT_DROPS`] levels and more before the drop at that level returns.
///
/// # Safety
/// `drop(region)` is sound to call once, now or later on this thread.
pub(super) unsafe fn run(region: NonNull<()>, drop: unsafe fn(NonNull<()>)) {
    /// Leaves the level, also when the destructor panics.
    struct Level(usize);
    impl Drop for Level {
        fn drop(&mut self) {
            DEPTH.set(self.0);
        }
    }

    let depth = DEPTH.get();
    if depth < DIRECT_DROPS {
        let _level = Level(depth);
        DEPTH.set(depth + 1);
        // SAFETY: the caller's clause.
        unsafe { drop(region) };
        return;
    }
    let job = Job { region, drop };
    if let Some(list) = LIST.get() {
        // SAFETY: `LIST` is set only while the frame that holds the list is active, further down this thread's stack, and
        // that frame has no reference to the list across a destructor.
        unsafe { (*list.as_ptr()).push(job) };
    } else {
        work_off(job);
    }
}

/// Runs a job, and the jobs that are put on the list meanwhile.
fn work_off(first: Job) {
    let mut list = Vec::new();
    let list = NonNull::from(&mut list);
    LIST.set(Some(list));
    let mut next = Some(first);
    let mut panic = None;
    while let Some(Job { region, drop }) = next {
        // SAFETY: the clause of `run`; each job is taken once.
        let result = catch_unwind(AssertUnwindSafe(|| unsafe { drop(region) }));
        if let Err(payload) = result {
            match panic {
                None => panic = Some(payload),
                // Only one can be passed on. The destructor of the other could panic as well; that ends here.
                Some(_) => core::mem::forget(catch_unwind(AssertUnwindSafe(|| core::mem::drop(payload)))),
            }
        }
        // SAFETY: the list lives in this frame; no other reference to it exists between destructors.
        next = unsafe { (*list.as_ptr()).pop() };
    }
    LIST.set(None);
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}
