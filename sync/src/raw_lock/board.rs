//! The board on which threads post closures for whoever has the lock, and one posted closure.
//!
//! # What & when not
//!
//! A thread that finds the lock held by another one *inside `combine`* need not have the lock to have its closure run. It posts
//! the closure and waits awake; the holder runs what it finds before it releases. Nobody sleeps on a post that nobody has
//! collected: the thread takes it back first, and waits as for any lock. Nobody posts while closures are long ([`length`](super::length)).
//!
//! # Representation
//!
//! ```text
//!   Board: one cache line          stack of a thread that waits         registry node of that thread
//!   ┌──────────────────┐           ┌───────────────────────┐            ┌──────┐
//!   │ [0] ─────────────┼──────────►│ Post: state, run, bell┼───────────►│ bell │  (never freed)
//!   │ [1] null …       │           │ closure, result       │            └──────┘
//!   └──────────────────┘           └───────────────────────┘
//! ```
//!
//! # States
//!
//! | a post | in a slot | `state` | who may touch closure and result |
//! |---|---|---|---|
//! | *open* | yes | `OPEN` | nobody; the owner after taking it back |
//! | *collected* | no | `OPEN`, or `ASLEEP` once its owner sleeps | the holder that collected it |
//! | *done* | no | `DONE` | the owner |
//!
//! # Transitions
//!
//! ```text
//!   post        slot: null → post         by the owner
//!   take_back   slot: post → null         by the owner: the post is its own again
//!   collect     slot: post → null         by the holder of the lock
//!   finish      state: * → DONE           by who collected it; its last access to the post
//!   lie_down    state: OPEN → ASLEEP      by the owner
//! ```
//!
//! # Invariants
//!
//! - **B1.** A slot gives its post to one thread: `take_back` and `collect` are read-modify-writes of the slot.
//! - **B2.** A post stays where it is until its owner has taken it back or has seen `DONE`.
//! - **B3.** Whoever collects a post finishes it before it releases the lock. So a thread that has the lock itself finds its
//!   post open, or done.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `combine_post` | `post`, Release | `collect` | the closure, before it is run | killed by loom `a_closure_comes_with_what_it_uses` |
//! | `combine_collect` | `post` | `collect`, Acquire | the same | killed by the same model |
//! | `combine_finish` | `finish`, Release | `is_done`, `lie_down` | the result, before the owner takes it | killed by loom `a_posted_closure_is_run_once` |
//! | `combine_done` | `finish` | `is_done`, Acquire | the same | killed by the same model |
//! | `combine_lie_down` | `finish` | `lie_down` failing, Acquire | the same | killed by the same model |
//! | – | `finish`, then the ring | the sleep | no sleep after `DONE` | [`bell`](crate::bell) |

use std::{
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
    thread,
};

use crate::{
    config::BOARD,
    edge::edge,
    parker::Parking,
    primitive::{AtomicPtr, AtomicU32},
    registry::Node,
};

/// Not run yet, or being run.
const OPEN: u32 = 0;
/// As `OPEN`, and its owner sleeps until the bell rings.
const ASLEEP: u32 = 1;
/// Run.
const DONE: u32 = 2;

/// A closure that waits: at the beginning of a `repr(C)` struct that has the closure.
#[repr(C)]
pub(crate) struct Post {
    state: AtomicU32,
    /// Runs the closure; called once, by who holds the lock.
    run: unsafe fn(NonNull<Post>),
    /// Whose bell to ring.
    owner: &'static Node,
}

impl Post {
    /// A closure that is on no board.
    pub(crate) fn new(run: unsafe fn(NonNull<Post>), owner: &'static Node) -> Self {
        Self { state: AtomicU32::new(OPEN), run, owner }
    }

    /// Whether it has been run.
    pub(super) fn is_done(&self) -> bool {
        // Acquire: the result, from `finish`.
        self.state.load(edge!("combine_done", Acquire, weaker Relaxed)) == DONE
    }

    /// Sleeps until it has been run. By its owner, whose post somebody has collected.
    pub(super) fn sleep<P: Parking>(&self) {
        let bell = &self.owner.bell;
        bell.silence();
        // Acquire on failure: as in `is_done`.
        let done = edge!("combine_lie_down", Acquire, weaker Relaxed);
        if self.state.compare_exchange(OPEN, ASLEEP, Relaxed, done).is_err() {
            return;
        }
        while !self.is_done() {
            let _ = bell.sleep::<P>(None);
        }
    }
}

/// The closures that wait for one lock.
#[repr(align(64))]
pub(super) struct Board([AtomicPtr<Post>; BOARD]);

impl Board {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())))
    }

    /// Posts a closure, if there is room where its owner looks for it.
    ///
    /// # Safety
    /// - B2: the post stays where it is, and only the owner and, once collected, the collector touch it.
    pub(super) unsafe fn post(&self, post: NonNull<Post>, owner: &Node) -> Option<Posted<'_>> {
        let first = owner.number();
        (0..2).find_map(|next| {
            let slot = &self.0[(first + next) % self.0.len()];
            // Release: the closure, to `collect`.
            let order = edge!("combine_post", Release, weaker Relaxed);
            slot.compare_exchange(ptr::null_mut(), post.as_ptr(), order, Relaxed)
                .is_ok()
                .then_some(Posted { slot, post })
        })
    }

    /// Whether there is anything to run for the calling thread.
    #[inline]
    pub(super) fn has_posts(&self) -> bool {
        // Looked at all at once: the line is in the cache unless somebody has posted.
        let any = self.0.iter().fold(0, |any, slot| any | slot.load(Relaxed).addr());
        // A thread that panics would hide the panics of others from what they poison.
        any != 0 && !thread::panicking()
    }

    /// Runs what is posted, `most` closures at most; how many there were.
    ///
    /// # Safety
    /// - The caller holds the lock whose board it is, and does not panic.
    pub(super) unsafe fn serve<P: Parking>(&self, most: u32) -> u32 {
        let mut served = 0;
        for slot in &self.0 {
            if served == most {
                break;
            }
            if slot.load(Relaxed).is_null() {
                continue;
            }
            // Acquire: the closure, from `post`.
            let post = slot.swap(ptr::null_mut(), edge!("combine_collect", Acquire, weaker Relaxed));
            if let Some(post) = NonNull::new(post) {
                // SAFETY: B1: the post is this thread's now; the caller holds the lock.
                unsafe { run_and_finish::<P>(post) }
                served += 1;
            }
        }
        served
    }
}

/// Runs a closure and tells its owner.
///
/// # Safety
/// - The caller holds the lock and has collected the post.
unsafe fn run_and_finish<P: Parking>(post: NonNull<Post>) {
    // SAFETY: B2: it stays until it is done.
    let &Post { run, owner, .. } = unsafe { post.as_ref() };
    // SAFETY: called once, as it is in no slot any more.
    unsafe { run(post) };
    // SAFETY: as above; this is the last access.
    let state = unsafe { &post.as_ref().state };
    // Release: the result.
    if state.swap(DONE, edge!("combine_finish", Release, weaker Relaxed)) == ASLEEP {
        owner.bell.ring::<P>();
    }
}

/// A closure that is on a board, or has been.
pub(super) struct Posted<'a> {
    slot: &'a AtomicPtr<Post>,
    post: NonNull<Post>,
}

impl Posted<'_> {
    /// Takes it back; false if somebody has collected it.
    pub(super) fn take_back(&self) -> bool {
        // Relaxed: the owner wrote it itself.
        self.slot.compare_exchange(self.post.as_ptr(), ptr::null_mut(), Relaxed, Relaxed).is_ok()
    }
}
