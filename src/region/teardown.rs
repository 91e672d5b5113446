//! Dropping regions that hold regions, without recursion.
//!
//! A region is dropped by its owner's destructor, which may itself be a destructor run for a region: a chain of a million
//! nested regions would take a million stack frames. So a region that is dropped *while this thread is dropping another*
//! is put on a list, and the outermost drop works the list off. Only regions with destructors to run can hold regions;
//! the others skip all this.
//!
//! Not at fault when a destructor panics: the rest of the list is still worked off, and a second panic aborts.

use core::cell::Cell;
use core::ptr::NonNull;

/// A region's allocation, and what drops it.
struct Job {
    region: NonNull<()>,
    drop: unsafe fn(NonNull<()>),
}

thread_local! {
    /// The list of the outermost drop in progress on this thread, which lies in that drop's stack frame.
    /// Without a destructor of its own, so it can be used while thread-locals are being destroyed.
    static LIST: Cell<Option<NonNull<Vec<Job>>>> = const { Cell::new(None) };
}

/// Calls `drop(region)` now, or soon, before the outermost region drop on this thread returns.
///
/// # Safety
/// `drop(region)` is sound to call once, now or later on this thread.
pub(super) unsafe fn run(region: NonNull<()>, drop: unsafe fn(NonNull<()>)) {
    let job = Job { region, drop };
    if let Some(list) = LIST.get() {
        // SAFETY: `LIST` is set only while the frame that holds the list is active, further down this thread's stack, and
        // that frame makes no reference to the list across a destructor.
        unsafe { (*list.as_ptr()).push(job) };
        return;
    }
    let mut list = vec![];
    let list = NonNull::from(&mut list);
    LIST.set(Some(list));
    let mut outermost = Outermost { list, next: Some(job) };
    outermost.work_off();
}

/// The frame that works the list off; does so to the end even when a destructor panics.
struct Outermost {
    list: NonNull<Vec<Job>>,
    next: Option<Job>,
}

impl Outermost {
    fn work_off(&mut self) {
        while let Some(Job { region, drop }) = self.next.take() {
            // SAFETY: the clause of `run`; each job is taken once.
            unsafe { drop(region) };
            self.fetch();
        }
    }

    fn fetch(&mut self) {
        // SAFETY: the list lives in the frame of `run` that made this value; no other reference to it exists now.
        self.next = unsafe { (*self.list.as_ptr()).pop() };
    }
}

impl Drop for Outermost {
    fn drop(&mut self) {
        self.fetch();
        self.work_off();
        LIST.set(None);
    }
}
