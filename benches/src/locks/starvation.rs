//! How long a waiter is passed over: one lock, short sections, and who waited longest.
//!
//! Everyone notes the time before it asks for the lock and again under it, which all contenders pay alike. Two things
//! in a long wait are no property of the lock, and only a wait that is suspiciously long is looked at for them:
//!
//! * The waiter was ready to run and the kernel ran someone else: its run-queue wait (`runqueue`) is subtracted. It is
//!   read again whenever a stretch was long, and every 0.1 ms, so that little from before the wait is in it.
//! * Nobody got the lock, mostly because its holder had lost its core: nobody was passed over then. Such *stalls* are noted
//!   under the lock, and those that lie in the wait are subtracted.
//!
//! Both may happen at once, so the longer of the two is subtracted. The wait with only the first subtracted leads: it is
//! what a thread waits for, whoever is to blame.

use std::array;
use std::hint::black_box;
use std::sync::Mutex as StdMutex;
use std::time::{Duration, Instant};

use super::backends::{Contest, Lock, contenders};
use super::runqueue;
use crate::rng;
use crate::team;
use crate::workload::{Budget, Group, Metric, Outcome, Report};

const PASSED: Metric = Metric::lower("passed over, longest", "ms");
const WAIT: Metric = Metric::lower("wait, longest", "ms");

/// Generator steps under the lock and between two locks.
const INSIDE: u32 = 1;
const OUTSIDE: u32 = 10;
const SEED: u64 = 1;
/// Waits and gaps shorter than this, in ns, are taken as they are: not worth a system call.
const SUSPECT: u64 = 100_000;
/// For so long, in ns, a reading of the run-queue wait is good enough to start from.
const FRESH: u64 = 100_000;

/// For so long targets are judged: what happens once in a while must have had its chance.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// Each round runs for `slice` where it is given, else as long as there is time for.
pub(super) fn group(threads: usize, slice: Option<Duration>) -> Group {
    Group {
        family: "locks",
        workload: "starvation",
        about: if runqueue::is_known() {
            "Sections as in short. The longest time that any thread waited for the lock, its own run-queue wait \
             subtracted: 10 s a round with --targets, else no longer than the run. Of passed over the time in which \
             nobody got the lock, mostly as its holder had no core, is subtracted too."
        } else {
            "Sections as in short. The longest time that any thread waited for the lock: 10 s a round with --targets, \
             else no longer than the run. Of passed over the time in which nobody got the lock is subtracted. Run-queue \
             wait is in both, as this system does not tell it."
        },
        size: 0,
        key: String::new(),
        threads,
        weight: 0.8,
        backends: contenders(Starvation { threads, slice }),
    }
}

/// What the lock protects.
struct Chain {
    operations: u64,
    state: u64,
    /// When the last one got the lock, in ns.
    granted: u64,
    stalls: Stalls,
}

/// The latest times in which nobody got the lock.
struct Stalls {
    latest: [(u64, u64); Self::KEPT],
    next: usize,
}

impl Stalls {
    /// A wait with more of them counts the earliest as its own.
    const KEPT: usize = 64;

    fn new() -> Self {
        Self { latest: array::from_fn(|_| (0, 0)), next: 0 }
    }

    fn note(&mut self, from: u64, to: u64) {
        self.latest[self.next] = (from, to);
        self.next = (self.next + 1) % Self::KEPT;
    }

    /// How much of the time between the two they were.
    fn within(&self, from: u64, to: u64) -> u64 {
        let part = |&(begin, end): &(u64, u64)| end.min(to).saturating_sub(begin.max(from));
        self.latest.iter().map(part).sum()
    }
}

/// One thread's notes, all in ns.
struct Waiter<'a> {
    all: &'a StdMutex<Longest>,
    own: Longest,
    /// When it last had the lock, and when its run-queue wait was last read.
    got: u64,
    read: u64,
    state: u64,
}

/// The longest waits.
#[derive(Clone, Copy, Default)]
struct Longest {
    passed: u64,
    wait: u64,
}

impl Waiter<'_> {
    /// Before a wait: makes sure that what is read after it belongs to it.
    #[inline]
    fn comes(&mut self, came: u64) {
        if came.saturating_sub(self.read) > FRESH || came.saturating_sub(self.got) > SUSPECT {
            runqueue::take();
            self.read = came;
        }
    }

    /// After a wait with stalls of this length in it.
    #[inline]
    fn goes(&mut self, came: u64, got: u64, stalled: u64) {
        let wait = got.saturating_sub(came);
        let mut queued = 0;
        if wait > SUSPECT {
            queued = runqueue::take().min(wait);
            self.read = got;
        }
        self.own.wait = self.own.wait.max(wait - queued);
        // They overlap where neither the waiter nor the holder had a core: the longer one, so that nothing is taken off twice.
        self.own.passed = self.own.passed.max(wait.saturating_sub(stalled.max(queued)));
        self.got = got;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().expect("nothing panics under it");
        all.passed = all.passed.max(self.own.passed);
        all.wait = all.wait.max(self.own.wait);
    }
}

#[derive(Clone, Copy)]
struct Starvation {
    threads: usize,
    slice: Option<Duration>,
}

impl Contest for Starvation {
    type Value = Chain;

    fn run<L: Lock<Chain>>(&self, budget: &Budget) -> Outcome {
        let all = StdMutex::new(Longest::default());
        let begun = Instant::now();
        let now = || begun.elapsed().as_nanos() as u64;
        let lock = L::new(Chain { operations: 0, state: SEED, granted: 0, stalls: Stalls::new() });
        let make = |index| {
            let at = now();
            Waiter { all: &all, own: Longest::default(), got: at, read: at, state: index as u64 + 1 }
        };
        // The warm-up is dropped, and takes no longer than it does elsewhere.
        let slice = self.slice.filter(|_| budget.round > 0).unwrap_or(budget.slice);
        let effort = team::work(self.threads, slice, make, |waiter| {
            let came = now();
            waiter.comes(came);
            let (got, stalled) = lock.with(|chain| {
                let got = now();
                if got.saturating_sub(chain.granted) > SUSPECT {
                    chain.stalls.note(chain.granted, got);
                }
                chain.granted = got;
                chain.operations += 1;
                chain.state = rng::steps(chain.state, INSIDE);
                let suspect = got.saturating_sub(came) > SUSPECT;
                (got, if suspect { chain.stalls.within(came, got) } else { 0 })
            });
            waiter.goes(came, got, stalled);
            waiter.state = black_box(rng::steps(waiter.state, OUTSIDE));
        });
        let total = effort.total();
        let (operations, state) = lock.with(|chain| (chain.operations, chain.state));
        if (operations, state) != (total, rng::jump(SEED, total * u64::from(INSIDE))) {
            return Err(format!("{total} sections left a count of {operations} and the chain at {state:#x}"));
        }
        let longest = *all.lock().expect("nothing panics under it");
        let mut report = Report::new(0);
        report.push(WAIT, longest.wait as f64 / 1e6);
        report.push(PASSED, longest.passed as f64 / 1e6);
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_count_where_they_lie_in_the_wait() {
        let mut stalls = Stalls::new();
        stalls.note(100, 200);
        stalls.note(300, 400);
        assert_eq!(stalls.within(0, 1000), 200);
        assert_eq!(stalls.within(150, 350), 100);
        assert_eq!(stalls.within(200, 300), 0);
        for at in 0..Stalls::KEPT as u64 {
            stalls.note(1000 + 10 * at, 1001 + 10 * at);
        }
        assert_eq!(stalls.within(0, 5000), Stalls::KEPT as u64, "the earliest are forgotten");
    }
}
