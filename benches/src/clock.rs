//! The two clocks: process CPU time for one thread, wall time for everything.

use std::time::{Duration, Instant};

/// The CPU time that this process has used so far, all its threads together.
///
/// # Panics
///
/// When the system has no such clock.
pub fn process_cpu() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live `timespec` that the call may write, and the clock's number is a constant of libc.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut now) };
    assert_eq!(failed, 0, "no process CPU clock");
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Nanoseconds on the clock that every thread and the kernel's timers share. It only goes forward.
///
/// # Panics
///
/// When the system has no such clock.
#[inline]
pub fn monotonic() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live `timespec` that the call may write, and the clock's number is a constant of libc.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    assert_eq!(failed, 0, "no monotonic clock");
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// CPU time of the process: unaffected by other programs that want the core, but for their dirt in its caches.
    pub cpu: Duration,
    /// Time on the wall.
    pub wall: Duration,
}

impl Took {
    /// CPU nanoseconds per operation.
    pub fn cpu_ns_per(&self, operations: u64) -> f64 {
        self.cpu.as_nanos() as f64 / operations as f64
    }

    /// Wall nanoseconds per operation.
    pub fn wall_ns_per(&self, operations: u64) -> f64 {
        self.wall.as_nanos() as f64 / operations as f64
    }
}

/// Both clocks at once. Reading the CPU clock is a system call of some 200 ns: time stretches, not single operations.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    cpu: Duration,
    wall: Instant,
}

impl Stopwatch {
    /// Starts.
    pub fn start() -> Self {
        Self { cpu: process_cpu(), wall: Instant::now() }
    }

    /// What has passed since the start.
    pub fn read(&self) -> Took {
        let wall = self.wall.elapsed();
        Took { cpu: process_cpu().saturating_sub(self.cpu), wall }
    }
}
