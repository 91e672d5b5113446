//! `Mutex::combine`: a closure, the place for its result, and the lock's part in [`raw_lock`](crate::raw_lock).

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    ptr::NonNull,
};

use super::Mutex;
use crate::{
    bell::Room,
    held,
    primitive::UnsafeCell,
    raw_lock::{Combined, Post},
};

/// A closure that may be run by another thread.
#[repr(C)]
struct Job<'a, T: ?Sized, F, U> {
    /// First, so that a pointer to it is one to the job.
    post: Post,
    mutex: &'a Mutex<T>,
    /// Who runs the closure touches it, and then the caller of `combine` (B1 and B2 of the board).
    work: UnsafeCell<Work<F, U>>,
}

/// What there is of a closure.
enum Work<F, U> {
    /// It has not been run.
    Todo(F),
    /// It is being run, or the result has been taken.
    Gone,
    /// It has been run on another thread.
    Done(Result<U, Box<dyn Any + Send>>),
}

#[inline]
#[track_caller]
pub(super) fn combine<T: ?Sized + Send, U: Send>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> U + Send) -> U {
    // A thread with other locks on its hands runs no foreign closures.
    let serves = held::count() == 0;
    let combined = held::Combined::begin();
    if mutex.raw.try_lock() {
        return run_here(mutex, f, serves, combined);
    }
    contended(mutex, f, serves, combined)
}

/// Runs the closure, and those of others. The caller has just taken the mutex.
#[inline]
fn run_here<T: ?Sized + Send, U>(
    mutex: &Mutex<T>,
    f: impl FnOnce(&mut T) -> U,
    serves: bool,
    combined: held::Combined,
) -> U {
    /// Releases the mutex, after whatever happens.
    struct Held<'a, T: ?Sized>(&'a Mutex<T>);

    impl<T: ?Sized> Drop for Held<'_, T> {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: taken before this was made.
            unsafe { self.0.raw.unlock() }
        }
    }

    let held = Held(mutex);
    let result = held.0.value.with_mut(|value| {
        // SAFETY: I1 of the mutex: this thread holds it.
        f(unsafe { &mut *value })
    });
    if serves {
        // SAFETY: this thread holds the mutex, and has no other lock on its hands.
        unsafe { mutex.raw.serve() };
    }
    drop(held);
    drop(combined);
    result
}

#[cold]
#[inline(never)]
fn contended<T: ?Sized + Send, U: Send, F: FnOnce(&mut T) -> U + Send>(
    mutex: &Mutex<T>,
    f: F,
    serves: bool,
    combined: held::Combined,
) -> U {
    let room = Room::of_this_thread();
    let node = room.node();
    let job = Job { post: Post::new(run::<T, F, U>, node), mutex, work: UnsafeCell::new(Work::Todo(f)) };
    let post = NonNull::from(&job).cast::<Post>();
    // SAFETY: the job is on no board, and stays in this frame, untouched, until the call returns; the node is this thread's.
    let fared = combined.interrupted(|| unsafe { mutex.raw.combine(post, node) });
    let work = job.work.with_mut(|work| {
        // SAFETY: the job is this thread's own again.
        std::mem::replace(unsafe { &mut *work }, Work::Gone)
    });
    match (fared, work) {
        (Combined::Locked, Work::Todo(f)) => run_here(mutex, f, serves, combined),
        (Combined::Done, Work::Done(result)) => {
            drop(combined);
            result.unwrap_or_else(|panic| panic::resume_unwind(panic))
        }
        _ => unreachable!("a closure is run once, here or elsewhere"),
    }
}

/// Runs the closure of a job for its owner.
///
/// # Safety
/// - The post is that of a `Job<T, F, U>`, which stays in place meanwhile, and is the caller's.
/// - The caller holds the mutex.
unsafe fn run<T: ?Sized + Send, F: FnOnce(&mut T) -> U, U>(post: NonNull<Post>) {
    let job = post.cast::<Job<'_, T, F, U>>();
    // SAFETY: the first clause.
    let job = unsafe { job.as_ref() };
    let work = job.work.with_mut(|work| {
        // SAFETY: the job is the caller's.
        std::mem::replace(unsafe { &mut *work }, Work::Gone)
    });
    let Work::Todo(f) = work else { unreachable!("a closure is collected once") };
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        job.mutex.value.with_mut(|value| {
            // SAFETY: the second clause, and I1 of the mutex.
            f(unsafe { &mut *value })
        })
    }));
    job.work.with_mut(|work| {
        // SAFETY: the job is the caller's.
        unsafe { *work = Work::Done(result) }
    });
}
