//! The pool is rayon's global one: the program's other parallel work is in it too, and its size is the program's to
//! set.
//!
//! Jobs have to go to *that* pool. rayon puts a job into the pool whose thread spawns it, which may be one of the
//! program's own with its one thread blocked; a drain that is counted and never begins would hold up everybody. So
//! the global pool's threads are marked, and a thread of another pool leaves its request to a thread that is in none.

use std::{
    cell::Cell,
    sync::{
        Once, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use crossbeam_queue::SegQueue;

use super::Ready;
use crate::parker::{Parker, Unparker};

/// What is ready, first in, first out.
pub(super) type Queue = SegQueue<Ready>;

thread_local! {
    /// Whether this is a thread of the global pool.
    static GLOBAL: Cell<bool> = const { Cell::new(false) };
}

/// How many threads the global pool has; 0 until a thread in no pool has asked.
static WIDTH: AtomicUsize = AtomicUsize::new(0);

/// How many drains may be at once. A thread of another pool that comes first may begin one.
pub(super) fn width() -> u32 {
    // Relaxed: a number.
    match WIDTH.load(Relaxed) {
        0 if rayon_core::current_thread_index().is_none() => enter_pool(),
        width => width.max(1) as u32,
    }
}

/// On a thread that is in no pool: marks the threads of the global one, and counts them.
#[cold]
fn enter_pool() -> u32 {
    static MARKED: Once = Once::new();
    MARKED.call_once(|| {
        rayon_core::spawn_broadcast(|_| GLOBAL.set(true));
        WIDTH.store(rayon_core::current_num_threads().clamp(1, usize::from(u16::MAX)), Relaxed);
    });
    WIDTH.load(Relaxed) as u32
}

/// Begins a job.
pub(super) fn spawn(job: fn()) {
    if rayon_core::current_thread_index().is_none() {
        spawn_from_outside(job);
    } else if GLOBAL.get() {
        rayon_core::spawn(job);
    } else {
        leave_to_messenger();
    }
}

/// On a thread that is in no pool.
fn spawn_from_outside(job: fn()) {
    if WIDTH.load(Relaxed) == 0 {
        enter_pool();
    }
    rayon_core::spawn(job);
}

/// Requests that the messenger has not taken.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// Lets the thread that is in no pool begin a drain.
fn leave_to_messenger() {
    static MESSENGER: OnceLock<Unparker> = OnceLock::new();
    // Relaxed: the token publishes it.
    REQUESTS.fetch_add(1, Relaxed);
    let messenger = MESSENGER.get_or_init(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        thread::Builder::new()
            .name("polder-when".into())
            .spawn(move || {
                loop {
                    parker.park();
                    for _ in 0..REQUESTS.swap(0, Relaxed) {
                        spawn_from_outside(super::drain);
                    }
                }
            })
            .expect("a thread to begin behaviours from");
        unparker
    });
    messenger.unpark();
}

/// Whether this is a thread of a pool, of which behaviours might need the place.
pub(super) fn is_worker() -> bool {
    rayon_core::current_thread_index().is_some()
}

/// Lets this thread, which is of the pool, do another job.
pub(super) fn breathe() {
    let _ = rayon_core::yield_now();
}
