//! The futex system call of Linux, directly.
//!
//! Deadlines are absolute points on `CLOCK_MONOTONIC`: a signal interrupts the call, the caller looks at the word and
//! sleeps again, and the time already slept stays counted. `FUTEX_WAIT` takes a duration and would start afresh, hence
//! `FUTEX_WAIT_BITSET` with all bits set. The kernel compares and enqueues under the lock of its own hash bucket, which
//! is P1; a thread that it has dequeued returns 0 even when the timer fired in between, which is P2.

use std::{
    io, process, ptr,
    time::{Duration, Instant},
};

use libc::c_int;

use super::{Parking, Wake};
use crate::primitive::AtomicU32;

/// The parker of Linux.
pub(crate) struct Futex;

/// A field of the `timespec` that `SYS_futex` takes: a C long, whatever the C library thinks of 64-bit time; but 64 bits on
/// those 32-bit systems whose `SYS_futex` is the call with 64-bit time.
#[cfg(any(all(target_arch = "x86_64", target_pointer_width = "32"), target_arch = "riscv32", target_arch = "m68k"))]
type Field = i64;
#[cfg(not(any(
    all(target_arch = "x86_64", target_pointer_width = "32"),
    target_arch = "riscv32",
    target_arch = "m68k"
)))]
type Field = libc::c_long;

/// The `timespec` of `SYS_futex`: a point on `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Timespec {
    seconds: Field,
    nanoseconds: Field,
}

impl Parking for Futex {
    type Deadline = Timespec;

    fn after(timeout: Duration) -> Option<Timespec> {
        let due = monotonic_now().checked_add(timeout)?;
        // A field has 32 bits at least; a timespec's nanoseconds fit.
        Some(Timespec { seconds: due.as_secs().try_into().ok()?, nanoseconds: due.subsec_nanos() as Field })
    }

    fn at(instant: Instant) -> Option<Timespec> {
        // `Instant` hides its clock. Its reading comes first, so the deadline is never early, only later by the time
        // between the two readings.
        Self::after(instant.saturating_duration_since(Instant::now()))
    }

    fn wait(word: &AtomicU32, expected: u32, deadline: Option<Timespec>) -> Wake {
        let timeout = deadline.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: `word` is borrowed, so its address is that of a live, aligned u32 for the whole call; `timeout` is
        // null or points to `deadline`, which has the layout of the kernel's timespec and outlives the call.
        let result = unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
                expected,
                timeout,
                ptr::null::<u32>(),
                libc::FUTEX_BITSET_MATCH_ANY,
            )
        };
        if result == 0 {
            return Wake::Woken;
        }
        let error = io::Error::last_os_error().raw_os_error();
        // A kernel that refuses the call would leave `lock` spinning for ever; and unwinding would free frames in which others
        // look for this thread.
        if !matches!(error, Some(libc::ETIMEDOUT | libc::EAGAIN | libc::EINTR)) {
            eprintln!("polder: the futex call refuses its arguments: {error:?}");
            process::abort();
        }
        if error == Some(libc::ETIMEDOUT) { Wake::TimedOut } else { Wake::Woken }
    }

    fn wake_one(word: &AtomicU32) {
        wake(word, 1);
    }

    fn wake_all(word: &AtomicU32) {
        wake(word, c_int::MAX);
    }
}

/// Wakes at most so many sleepers.
fn wake(word: &AtomicU32, at_most: c_int) {
    // SAFETY: waking only uses the address as a key, and `word` is borrowed, so it is a valid one.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, at_most);
    }
}

/// The clock that futex deadlines are compared with, as time since its epoch (some moment near the start of the
/// system).
fn monotonic_now() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer comes from a live `timespec`, which the call fills.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    assert_eq!(result, 0, "every Linux has a monotonic clock");
    let seconds = u64::try_from(now.tv_sec).expect("the monotonic clock starts at zero");
    let nanoseconds = u32::try_from(now.tv_nsec).expect("nanoseconds are below 10^9");
    Duration::new(seconds, nanoseconds)
}
