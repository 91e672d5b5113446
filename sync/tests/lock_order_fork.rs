//! A forked child locks whatever it likes, though a thread that it does not have may be changing what is known of orders.
//!
//! Not under Miri, which has no processes. The children end by `_exit`: their exit code is what the parent checks.
#![cfg(all(unix, debug_assertions, not(polder_loom), not(miri)))]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use polder_sync::Mutex;

/// Takes the two in this order, and gives them back.
fn both(first: &Mutex<()>, second: &Mutex<()>) {
    let _first = first.lock();
    drop(second.lock());
}

/// How a forked child ends in which `work` runs: its exit code is 0, or 1 after a panic. SIGALRM kills one that hangs.
fn end_of_child(work: impl FnOnce()) -> i32 {
    // SAFETY: the child allocates and uses this crate only, and glibc, musl and macOS keep their allocators usable.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no fork");
    if child == 0 {
        // SAFETY: sets an alarm, nothing else; the child has no handler for it.
        unsafe { libc::alarm(60) };
        let code = i32::from(catch_unwind(AssertUnwindSafe(work)).is_err());
        // SAFETY: ends the process, and runs nothing else.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's, and `status` is a place to write to.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child, "the child is lost");
    assert!(libc::WIFEXITED(status), "killed, for hanging if the signal is SIGALRM: {status:#x}");
    libc::WEXITSTATUS(status)
}

#[test]
fn a_child_is_not_held_up_by_the_graph_and_keeps_its_records() {
    let [outer, inner, held] = [(); 3].map(Mutex::new);
    both(&outer, &inner);
    let _held = held.lock();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // New orders and dead locks all the time, so that forks find the graph in use.
            let outermost = Mutex::new(());
            while !over.load(Relaxed) {
                let mut ends: Vec<Mutex<()>> = (0..64).map(|_| Mutex::new(())).collect();
                let _outermost = outermost.lock();
                ends.iter_mut().for_each(|end| drop(end.lock()));
            }
        });
        let ends: Vec<[i32; 2]> = (0..100)
            .map(|_| {
                let compares_no_orders = end_of_child(|| {
                    both(&inner, &outer);
                    both(&Mutex::new(()), &inner);
                });
                [compares_no_orders, end_of_child(|| drop(held.lock()))]
            })
            .collect();
        over.store(true, Relaxed);
        assert!(ends.iter().all(|&end| end == [0, 1]), "{ends:?}");
    });
}
