//! `membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)`, of Linux 4.14 and later.

use std::{
    process,
    sync::atomic::{
        AtomicU32,
        Ordering::{Relaxed, SeqCst},
        compiler_fence,
    },
};

use libc::{c_int, c_uint};

use super::Mode;
use crate::edge::{edge, edge_fence};

/// Nothing asked yet. Zero, so that a static that nobody has touched is right.
const UNDECIDED: u32 = 0;
/// The kernel refused.
const SYMMETRIC: u32 = 1;
/// The kernel has registered the process.
const ASYMMETRIC: u32 = 2;

/// The state. Written once per process (I1), so that every reader keeps a copy of its line.
static DECISION: AtomicU32 = AtomicU32::new(UNDECIDED);

#[inline]
pub(super) fn light() {
    // Relaxed: a stale value chooses the full fence, which is right beside either kind of `heavy`.
    if DECISION.load(Relaxed) == ASYMMETRIC {
        compiler_fence(SeqCst);
    } else {
        full();
    }
}

/// The full fence of a `light`, away from the path that matters. The first one in the process also decides: a program that locks and
/// never waits would otherwise pay for it for ever.
#[cold]
fn full() {
    prepare();
    edge_fence!("fence_light", SeqCst);
}

pub(super) fn heavy() {
    let mode = prepare();
    // SeqCst: pairs with a `light` that has not seen the decision yet; alone it is the whole of the symmetric kind.
    edge_fence!("fence_heavy", SeqCst);
    if mode == Mode::Asymmetric && membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED).is_none() {
        heavy_unregistered();
    }
}

/// The barrier again, after a new registration: for a forked child of which [`after_fork`] was not told (I3).
#[cold]
fn heavy_unregistered() {
    if !register() || membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED).is_none() {
        give_up();
    }
}

/// The mode of the process, decided at the first call. Later calls are one load.
#[inline]
pub(crate) fn prepare() -> Mode {
    // Acquire: the kernel sees the registration when this thread asks it for a barrier.
    mode_of(DECISION.load(edge!("fence_decision_seen", Acquire, weaker Relaxed))).unwrap_or_else(decide)
}

/// Asks the kernel. Of several threads that come here at once the first one's answer counts for all (I1).
#[cold]
fn decide() -> Mode {
    let answer = if register() { ASYMMETRIC } else { SYMMETRIC };
    let standing = DECISION.compare_exchange(
        UNDECIDED,
        answer,
        // Release: the registration, whose record in the kernel is plain memory, comes before the word that tells of it.
        edge!("fence_decided", Release, weaker Relaxed),
        edge!("fence_decision_seen", Acquire, weaker Relaxed),
    );
    mode_of(standing.map_or_else(|winner| winner, |_| answer)).expect("the decision has been taken")
}

fn mode_of(decision: u32) -> Option<Mode> {
    match decision {
        ASYMMETRIC => Some(Mode::Asymmetric),
        SYMMETRIC => Some(Mode::Symmetric),
        _ => None,
    }
}

/// Registers a forked child again before its first `heavy` (I3).
///
/// Async-signal-safe: a load and a system call; no lock, no allocation.
pub(crate) fn after_fork() {
    if DECISION.load(Relaxed) == ASYMMETRIC && membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED).is_none() {
        give_up();
    }
}

/// Whether the kernel knows private expedited barriers, allows them, and has registered the process for them.
fn register() -> bool {
    membarrier(libc::MEMBARRIER_CMD_QUERY).is_some_and(|known| known & libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED != 0)
        && membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED).is_some()
}

/// The system call: its result, or nothing if it failed.
fn membarrier(command: c_int) -> Option<c_int> {
    const FLAGS: c_uint = 0;
    const PROCESSOR: c_int = 0;
    // SAFETY: the call takes three integers and touches no memory of ours; an unknown command is refused.
    let result = unsafe { libc::syscall(libc::SYS_membarrier, command, FLAGS, PROCESSOR) };
    c_int::try_from(result).ok().filter(|&result| result >= 0)
}

/// Ends the process: a barrier that other threads rely on cannot be had (I3).
#[cold]
fn give_up() -> ! {
    // Neither `eprintln` nor a panic: both allocate or lock, which a forked child must not.
    const REASON: &[u8] = b"polder-sync: the system refuses membarrier after the process was registered for it\n";
    // SAFETY: the pointer and the length are those of one constant.
    unsafe {
        libc::write(libc::STDERR_FILENO, REASON.as_ptr().cast(), REASON.len());
    }
    process::abort()
}
