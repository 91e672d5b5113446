//! Time in which a core ran nobody: its hypervisor ran another guest there, or its kernel did something that nothing
//! interrupts. Whoever was running has a hole in its time then, of which no account of threads knows.
//!
//! # Probes
//!
//! On each core that this process may use sits one thread, pinned to it, which goes before all threads of normal
//! priority. It sleeps until the next point of a grid of [`PERIOD`], again and again. Whenever it wakes up [`LATE`] or
//! more, its core did not run it, and hence nobody of normal priority, from the moment that was due until now: that
//! is noted, and a new grid begins.
//!
//! What is noted is less than what was stolen, never more: a core may have been gone since just after the probe fell
//! asleep, which is up to a period before it was due; and what a probe slept through, or had back before [`LATE`], it
//! does not know of. A probe notes a stretch when it is over, so that only [`watch`], which returns when all have ended,
//! gives them away.
//!
//! # What it does to the others
//!
//! PRICE
//!
//! # What cannot disturb it
//!
//! * Load balancing: a pinned thread is not moved.
//! * The limit that the kernel sets to real-time threads (`sched_rt_runtime_us`), mostly 95 % of a core: the probes are far
//!   from it. Where other real-time threads exhaust it, or run for long, normal ones do not run either until it strikes.
//! * Page faults and allocation: they are late wake-ups themselves only where they take longer than [`LATE`], and each
//!   probe has room for what it notes in the beginning.
//!
//! # Where
//!
//! On Linux, with the privilege to make threads real-time ones (`CAP_SYS_NICE`, or a limit `rtprio`). Elsewhere there are
//! no probes, and nothing is noted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::clock;
use crate::machine::{allowed_cores, pin};

/// From one wake-up to the next, in ns.
pub(crate) const PERIOD: u64 = 500_000;
/// A wake-up so much after it was due is late, in ns: some ten times what it takes when nothing is in the way.
pub(crate) const LATE: u64 = 150_000;

/// Does `work` with probes on all cores, where there may be any: what came of it, and when a core was stolen, as begin and
/// end on [`clock::monotonic`], in no order. `work` begins when the probes run.
pub(crate) fn watch<T>(work: impl FnOnce() -> T) -> (T, Vec<(u64, u64)>) {
    if !is_possible() {
        return (work(), Vec::new());
    }
    let end = AtomicBool::new(false);
    let (ready, all_ready) = mpsc::channel();
    thread::scope(|scope| {
        let probe = |core| {
            let (ready, end) = (ready.clone(), &end);
            scope.spawn(move || probe(core, &ready, end))
        };
        let probes: Vec<_> = allowed_cores().into_iter().map(probe).collect();
        drop(ready);
        // A probe that was refused has hung up instead.
        for () in all_ready.iter().take(probes.len()) {}
        let done = {
            // Also when the work panics: the scope waits for the probes.
            let _end = Ending(&end);
            work()
        };
        let noted = probes.into_iter().flat_map(|probe| probe.join().expect("a probe does not panic"));
        (done, noted.collect())
    })
}

/// Whether probes are possible here.
pub(crate) fn is_possible() -> bool {
    static POSSIBLE: OnceLock<bool> = OnceLock::new();
    *POSSIBLE.get_or_init(|| {
        let tried = |core| thread::spawn(move || take_over(core, system::LOWEST)).join().unwrap_or(false);
        allowed_cores().first().is_some_and(|&core| tried(core))
    })
}

/// Ends the probes when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // Relaxed: only when it is seen matters, nothing is read on the strength of it.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One core's probe.
fn probe(core: usize, ready: &Sender<()>, end: &AtomicBool) -> Vec<(u64, u64)> {
    let mut noted = Vec::with_capacity(1 << 12);
    if !take_over(core, system::LOWEST) {
        return noted;
    }
    let mut due = clock::monotonic();
    // Whoever waits for it may have gone.
    let _ = ready.send(());
    while !end.load(Ordering::Relaxed) {
        due += PERIOD;
        system::sleep_until(due);
        let now = clock::monotonic();
        if now.saturating_sub(due) >= LATE {
            noted.push((due, now));
            due = now;
        }
    }
    noted
}

/// Makes the calling thread one that goes before all of normal priority on `core` and stays there; false where that is
/// refused.
fn take_over(core: usize, priority: i32) -> bool {
    pin(core);
    allowed_cores() == [core] && system::go_before_others(priority)
}

#[cfg(target_os = "linux")]
mod system {
    /// The lowest real-time priority.
    pub(super) const LOWEST: i32 = 1;

    /// Makes the calling thread a real-time one; false where that is refused.
    pub(super) fn go_before_others(priority: i32) -> bool {
        // SAFETY: `sched_param` is plain integers, and all zeros are a value of it.
        let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
        parameters.sched_priority = priority;
        // SAFETY: it has no preconditions.
        let own = unsafe { libc::pthread_self() };
        // SAFETY: the thread is the calling one, and the parameters are live during the call.
        let failed = unsafe { libc::pthread_setschedparam(own, libc::SCHED_FIFO, &raw const parameters) };
        failed == 0
    }

    /// Sleeps until [`clock::monotonic`](crate::clock::monotonic) has reached `due`.
    pub(super) fn sleep_until(due: u64) {
        const SECOND: u64 = 1_000_000_000;
        // SAFETY: `timespec` is plain integers, and all zeros are a value of it.
        let mut until: libc::timespec = unsafe { std::mem::zeroed() };
        until.tv_sec = (due / SECOND) as libc::time_t;
        until.tv_nsec = (due % SECOND) as libc::c_long;
        let sleep = || {
            // SAFETY: the time is live during the call, and what remains of it is not asked for with an absolute one.
            unsafe {
                libc::clock_nanosleep(
                    libc::CLOCK_MONOTONIC,
                    libc::TIMER_ABSTIME,
                    &raw const until,
                    std::ptr::null_mut(),
                )
            }
        };
        while sleep() == libc::EINTR {}
    }
}

/// Systems whose threads cannot be pinned, or whose sleep has no end that is given as a time.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) const LOWEST: i32 = 0;

    pub(super) fn go_before_others(_priority: i32) -> bool {
        false
    }

    pub(super) fn sleep_until(_due: u64) {
        unreachable!("nobody goes before others here");
    }
}

#[cfg(test)]
mod tests {
    use std::hint;
    use std::panic::{self, AssertUnwindSafe};
    use std::time::Duration;

    use super::*;
    use crate::spans::Spans;

    #[test]
    fn what_is_noted_was_late_and_each_core_notes_it_once() {
        let begun = clock::monotonic();
        let (given, mut noted) = watch(|| {
            thread::sleep(Duration::from_millis(20));
            17
        });
        let ended = clock::monotonic();
        assert_eq!(given, 17);
        assert!(noted.iter().all(|&(due, now)| begun < due && due + LATE <= now && now <= ended), "{noted:?}");
        // At no time more of them than there are cores.
        noted.sort_unstable();
        for (due, now) in &noted {
            let meanwhile = noted.iter().filter(|(begin, end)| begin <= due && now <= end).count();
            assert!(meanwhile <= allowed_cores().len(), "{noted:?}");
        }
    }

    #[test]
    fn a_core_that_is_taken_is_noticed() {
        if !is_possible() {
            return;
        }
        let core = *allowed_cores().last().unwrap();
        let hog = move || {
            assert!(take_over(core, system::LOWEST + 1));
            let begun = clock::monotonic();
            let mut now = begun;
            while now < begun + 20 * PERIOD {
                hint::spin_loop();
                now = clock::monotonic();
            }
            (begun, now)
        };
        let ((begun, ended), noted) = watch(|| thread::spawn(hog).join().unwrap());
        // The probe was due within a period, and could not run before the end.
        let (from, to) = (begun + PERIOD, ended);
        assert_eq!(Spans::union(noted.clone()).within(from, to), to - from, "{noted:?} in {from}..{to}");
    }

    #[test]
    fn work_that_panics_ends_the_probes() {
        let done = panic::catch_unwind(AssertUnwindSafe(|| watch(|| panic!("the work's own"))));
        assert!(done.is_err());
    }
}
