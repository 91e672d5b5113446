//! Telling the owner of a thread that the thread sleeps.
//!
//! # What & when not
//!
//! A language runtime with a lock of its own must let go of it while a thread sleeps, or the thread that would wake the
//! sleeper may never run. One pair of functions for the process, installed once; [`Hooked`] runs them around the
//! sleeping of any parker. Not a tracing facility: spinning, and waits that find the word changed, go unseen.
//!
//! # Protocol
//!
//! *Wait, no hooks installed*: one atomic load, then the parker. *Wait, hooks installed*: (1) compare the word, and
//! return if it has changed; (2) `before`; (3) the parker's wait, which may still return at once; (4) `after`, with
//! what `before` returned, however the wait ended; (5) report. Waking calls no hooks.
//!
//! *Waits inside hooks.* A hook may lock a mutex of this crate. A thread-local flag is up from 2 to 4, and a wait that
//! finds it up goes straight to the parker. A thread whose thread-locals are gone waits without hooks likewise.
//!
//! *Waits of other crates* have no word to compare. [`around_blocking`] does 2 to 4 around them; the caller has found
//! already that there is nothing to be had without waiting.
//!
//! *Panics.* A thread that leaves the wait by unwinding may have been chosen by a waker, and then answers for the other
//! sleepers (I2 of the mutex, and its like elsewhere): nobody would do what it owes them. It would also go on without
//! `after`, in a runtime that believes it asleep. So the process ends there, whether a hook or the parker itself
//! panics.
//!
//! # Orderings
//!
//! None of its own: the slot is a `OnceLock`, whose `get` is one acquire load, and a function pointer has nothing
//! behind it that would have to be published. A thread that waits while the hooks are being installed may miss them.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    marker::PhantomData,
    mem, process,
    sync::{OnceLock, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{Parking, Wake};
use crate::primitive::AtomicU32;

/// What to do before and after a thread sleeps in this crate.
///
/// [`before`](Self::before) runs on the thread that is about to sleep, and what it returns goes to
/// [`after`](Self::after) on the same thread when the sleep is over, by a wake-up or a time-out. A binding to a
/// language whose threads hold a lock of the runtime gives it up in `before` and takes it again in `after`.
///
/// - They run around sleeping only: never while a thread spins, never for a lock that is free, nor for a wait that
///   finds its word changed before it tries to sleep. They may run around a sleep that turns out to be none; a
///   channel has tried by itself for a moment before they run, and may do so again between them.
/// - Each `before` is followed by its `after`. The two may run several times in one operation, once for each sleep.
/// - They may wait through this crate. Such inner waits run without hooks, so there is no recursion.
/// - `after` may take long, to get the runtime's lock back. A timed operation that has to wait there returns late.
///
/// # Deadlocks
///
/// Whatever `after` waits for must not need the thread that it runs on. The runtime's lock is safe if whoever holds it
/// blocks through this crate (then its own `before` gives it up) or only for a bounded time. And neither hook may take a lock
/// that the thread may be waiting for: it may be reserved for that very wait.
///
/// # Panics
///
/// A hook that panics aborts the process: the thread may be the one that a waker has chosen, and by unwinding it would
/// take that wake-up away from all others who wait.
///
/// ```
/// use polder_sync::parker::{self, BlockingHooks, Parker};
/// use std::{cell::Cell, time::Duration};
///
/// thread_local! { static ATTACHED: Cell<bool> = const { Cell::new(true) }; }
///
/// /// A thread counts as detached from the runtime while it sleeps.
/// struct Detach;
///
/// impl BlockingHooks for Detach {
///     type Token = bool;
///
///     fn before() -> bool {
///         ATTACHED.replace(false)
///     }
///
///     fn after(was_attached: bool) {
///         ATTACHED.set(was_attached);
///     }
/// }
///
/// parker::set_blocking_hooks::<Detach>().expect("nobody else installs hooks");
/// Parker::new().park_timeout(Duration::from_millis(1));
/// assert!(ATTACHED.get());
/// ```
pub trait BlockingHooks {
    /// What `before` hands to `after`: it stays on the thread's stack meanwhile, so it need not be `Send`.
    type Token;

    /// Runs before this thread sleeps.
    fn before() -> Self::Token;

    /// Runs after this thread has slept.
    fn after(token: Self::Token);
}

/// The hooks of this process are installed already; they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HooksInstalled;

impl fmt::Display for HooksInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the blocking hooks of this process are installed already")
    }
}

impl Error for HooksInstalled {}

/// Installs the hooks of this process, for good.
///
/// Waits that begin afterwards run them; those under way, or beginning at the same moment on other threads, may not.
/// Install them before the first thread that needs them. Without hooks, a sleep costs one atomic load more than it
/// would; operations that do not sleep cost nothing, with hooks or without.
///
/// # Errors
///
/// [`HooksInstalled`] if there are hooks already, even the same ones.
///
/// See [`BlockingHooks`] for an example.
pub fn set_blocking_hooks<H: BlockingHooks>() -> Result<(), HooksInstalled> {
    AROUND.set(around::<H>).map_err(|_| HooksInstalled)
}

/// Runs a sleep between the two hooks of one type.
type Around = fn(&mut dyn FnMut());

/// The hooks of this process.
static AROUND: OnceLock<Around> = OnceLock::new();

thread_local! {
    /// Whether this thread is between `before` and `after`, or inside one of them.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

fn around<H: BlockingHooks>(sleep: &mut dyn FnMut()) {
    let token = H::before();
    sleep();
    H::after(token);
}

/// A parker that runs the hooks of the process around the sleeping of another one.
pub(crate) struct Hooked<P>(PhantomData<P>);

impl<P: Parking> Parking for Hooked<P> {
    type Deadline = P::Deadline;

    fn after(timeout: Duration) -> Option<P::Deadline> {
        P::after(timeout)
    }

    fn at(instant: Instant) -> Option<P::Deadline> {
        P::at(instant)
    }

    fn wait(word: &AtomicU32, expected: u32, deadline: Option<P::Deadline>) -> Wake {
        match AROUND.get() {
            None => P::wait(word, expected, deadline),
            Some(around) => wait_inside::<P>(*around, word, expected, deadline),
        }
    }

    fn wake_one(word: &AtomicU32) {
        P::wake_one(word);
    }

    fn wake_all(word: &AtomicU32) {
        P::wake_all(word);
    }
}

#[cold]
fn wait_inside<P: Parking>(around: Around, word: &AtomicU32, expected: u32, deadline: Option<P::Deadline>) -> Wake {
    // Relaxed: an early answer to the question that the parker is about to ask in its own way (P1, P3).
    if word.load(Relaxed) != expected {
        return Wake::Woken;
    }
    run_inside(around, || P::wait(word, expected, deadline))
}

/// Runs `block`, which is about to sleep in a way that is not a parker's, between the hooks of the process.
///
/// For waits that stand on another crate. `block` runs once, on this thread, and no foreign code runs in it. Whatever
/// others may wait for it to finish is finished in it: `after` may have to wait for one of them. If it panics while there
/// are hooks, the process ends.
#[cfg(not(polder_loom))]
pub(crate) fn around_blocking<R>(block: impl FnOnce() -> R) -> R {
    match AROUND.get() {
        None => block(),
        Some(around) => run_inside(*around, block),
    }
}

/// Steps 2 to 4 of the protocol around `sleep`.
fn run_inside<R>(around: Around, sleep: impl FnOnce() -> R) -> R {
    let nested = INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true);
    if nested {
        return sleep();
    }
    let mut sleep = Some(sleep);
    let mut result = None;
    let no_way_out = AbortOnUnwind;
    around(&mut || result = sleep.take().map(|sleep| sleep()));
    mem::forget(no_way_out);
    // It was there a moment ago, on this thread.
    let _ = INSIDE.try_with(|inside| inside.set(false));
    result.expect("`around` runs the sleep once")
}

/// Ends the process when dropped, which only unwinding does.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        eprintln!("polder-sync: a blocking hook panicked, and the wake-ups that this thread owes others would be lost");
        process::abort();
    }
}
