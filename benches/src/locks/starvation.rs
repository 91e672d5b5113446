//! How long a waiter is passed over: one lock, short sections, and who waited longest.
//!
//! Everyone notes the time before it asks for the lock and again under it, which all contenders pay alike. Three things
//! in a long wait are no property of the lock, and only a wait that is suspiciously long is looked at for them:
//!
//! * The waiter was ready to run and the kernel ran someone else: its *run-queue wait* (`runqueue`). It is read again
//!   whenever a stretch was long, and every 0.1 ms, so that little from before the wait is in it; what may have come
//!   to it between the end of the wait and the reading is left out.
//! * Nobody got the lock, mostly because its holder had lost its core: nobody was passed over then. Such *stalls* are noted
//!   under the lock.
//! * A core had been *stolen* (`stolen`) while the waiter ran there, or its timer was to wake it there, or whoever was called
//!   to take the lock ran there. Which core that would have been is not known, so that any core counts.
//!
//! They overlap. What is known to the moment makes one union that is taken off once: stalls, stolen cores, and that part of
//! the run-queue wait for which the waiter had to leave its core and was not asleep (`switches`). They are put together when
//! the run is over, as a stolen core is noticed only when it is back.
//!
//! # Two bounds
//!
//! The rest of the run-queue wait was at the ends of the waiter's sleeps, when somebody had woken it and no core was free. Only
//! its sum is known, and so it may lie in that union or outside of it. Hence two figures:
//!
//! | figure | of that rest it takes off | so that it is |
//! |---|---|---|
//! | `passed over, longest` | what finds no room in the part of the sleeps that is in the union | no less than the truth |
//! | `passed over, at least` | all that finds room in the part of the sleeps that is not | no more than it |
//!
//! The first one is judged. Where the switches are not known, as some were lost or the system does not tell, the waiter may
//! have slept at any time: the first figure then subtracts the longer of run-queue wait and union, the second one both.
//! The wait with nothing but the run-queue wait subtracted leads: it is what a thread waits for, whoever is to blame.
//!
//! # No lock
//!
//! `no-lock` does the same steps on its own, and its wait is the time from one turn to the next. What it shows is the
//! machine's: the wait, how long a thread may be kept from running by more than other threads; the time passed over, what of that
//! the measurement fails to take off.

use std::hint::black_box;
use std::mem;
use std::sync::{Mutex as StdMutex, OnceLock};
use std::time::Duration;

use super::backends::{Contest, Lock, contenders};
use super::runqueue;
use super::switches::{Absence, Switches};
use crate::clock::monotonic;
use crate::rng;
use crate::spans::Spans;
use crate::stolen;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const WAIT: Metric = Metric::lower("wait, longest", "ms");
const PASSED: Metric = Metric::lower("passed over, longest", "ms");
const AT_LEAST: Metric = Metric::lower("passed over, at least", "ms");

/// Generator steps under the lock and between two locks.
const INSIDE: u32 = 1;
const OUTSIDE: u32 = 10;
const SEED: u64 = 1;
/// Waits and gaps shorter than this, in ns, are taken as they are: not worth a system call.
const SUSPECT: u64 = 100_000;
/// For so long, in ns, a reading of the run-queue wait is good enough to start from.
const FRESH: u64 = 100_000;
/// A reading that took so much longer than it should, in ns, was interrupted: nobody knows on which side of it that was.
const INTERRUPTED: u64 = 10_000;

/// For so long targets are judged: what happens once in a while must have had its chance.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// Each round runs for `slice` where it is given, else as long as there is time for.
pub(super) fn group(threads: usize, slice: Option<Duration>) -> Group {
    let contest = Starvation { threads, slice };
    let mut backends = contenders(contest);
    backends.push(Backend::limit("no-lock", move |budget| Ok(contest.run_without(budget))));
    Group {
        family: "locks",
        workload: "starvation",
        about: about(),
        size: 0,
        key: String::new(),
        threads,
        weight: 0.8,
        backends,
    }
}

/// What is done, and what this system does not tell.
fn about() -> &'static str {
    static ABOUT: OnceLock<String> = OnceLock::new();
    ABOUT.get_or_init(|| {
        let queue = if runqueue::is_known() {
            "Its own run-queue wait is subtracted."
        } else {
            "Run-queue wait is in all of it, as this system does not tell it."
        };
        let stolen = if stolen::is_possible() {
            "or some core was stolen by the hypervisor or the kernel"
        } else {
            "but not that in which a core was stolen, as this system does not let anybody watch for it"
        };
        format!(
            "Sections as in short. The longest time that any thread waited for the lock: 10 s a round with --targets, \
             else no longer than the run. {queue} Of passed over the time is subtracted in which nobody got the lock, \
             mostly as its holder had no core, {stolen}; at least: as if what was queued at the end of a sleep never met \
             these. Without a lock: from one turn to the next."
        )
    })
}

/// Room for all stretches of suspicious length that a slice may have, touched beforehand: a page fault would be another one.
fn room<T: Clone>(slice: Duration, any: T) -> Vec<T> {
    let mut room = vec![any; (slice.as_nanos() as u64 / SUSPECT) as usize + 1024];
    black_box(&mut room).clear();
    room
}

/// What the lock protects.
struct Chain {
    operations: u64,
    state: u64,
    /// When the last one got the lock, in ns.
    granted: u64,
    /// The times in which nobody got the lock.
    stalls: Vec<(u64, u64)>,
}

impl Chain {
    fn new(slice: Duration) -> Self {
        Self { operations: 0, state: SEED, granted: monotonic(), stalls: room(slice, (1, 1)) }
    }

    /// A section, which got the lock now.
    #[inline]
    fn turn(&mut self) -> u64 {
        let got = monotonic();
        if got.saturating_sub(self.granted) > SUSPECT && self.stalls.len() < self.stalls.capacity() {
            self.stalls.push((self.granted, got));
        }
        self.granted = got;
        self.operations += 1;
        self.state = rng::steps(self.state, INSIDE);
        got
    }
}

/// One thread's notes, all in ns.
struct Waiter<'a> {
    all: &'a StdMutex<Vec<Waits>>,
    own: Waits,
    switches: Option<Switches>,
    /// When it last had the lock, and when its run-queue wait was last read.
    got: u64,
    read: u64,
    state: u64,
}

impl<'a> Waiter<'a> {
    fn new(all: &'a StdMutex<Vec<Waits>>, slice: Duration, index: usize) -> Self {
        let at = monotonic();
        let suspects = room(slice, Wait { came: 1, got: 1, queued: 0, absences: None });
        let absences = room(slice, Absence { from: 1, to: 1, ready: false });
        let own = Waits { longest: 0, suspects, absences };
        Self { all, own, switches: Switches::open(), got: at, read: at, state: index as u64 + 1 }
    }

    /// Before a wait that begins now, at `came`, or begins anew with what this returns: makes sure that what is read after
    /// it belongs to it.
    #[inline]
    fn comes(&mut self, came: u64) -> u64 {
        if came.saturating_sub(self.read) > FRESH || came.saturating_sub(self.got) > SUSPECT {
            self.begin()
        } else {
            came
        }
    }

    /// Reads the run-queue wait, and when that was.
    fn begin(&mut self) -> u64 {
        loop {
            let begun = monotonic();
            runqueue::take();
            if let Some(switches) = &mut self.switches {
                switches.forget();
            }
            self.read = monotonic();
            if self.read.saturating_sub(begun) < INTERRUPTED {
                return self.read;
            }
        }
    }

    /// After a wait.
    #[inline]
    fn goes(&mut self, came: u64, got: u64) {
        self.got = got;
        let wait = got.saturating_sub(came);
        if wait > SUSPECT { self.suspects(came, got) } else { self.own.longest = self.own.longest.max(wait) }
    }

    fn suspects(&mut self, came: u64, got: u64) {
        let queued = runqueue::take();
        self.read = monotonic();
        let since = self.read - got;
        // An interruption came after the wait, and its run-queue wait after the reading or before: then it is in it.
        let later = if since < INTERRUPTED { 0 } else { since.saturating_sub(runqueue::take()) };
        let queued = queued.saturating_sub(later).min(got - came);
        let absences = self.absences(came, got);
        self.own.suspects.push(Wait { came, got, queued, absences });
    }

    /// Notes the absences between the two: where they are; `None` if some of them are not known.
    fn absences(&mut self, came: u64, got: u64) -> Option<(usize, usize)> {
        let all = &mut self.own.absences;
        let first = all.len();
        let mut fits = true;
        let whole = self.switches.as_mut()?.take(|Absence { from, to, ready }| {
            let (from, to) = (from.max(came), to.min(got));
            if from < to && fits {
                fits = all.len() < all.capacity();
                all.extend(fits.then_some(Absence { from, to, ready }));
            }
        });
        (whole && fits).then_some((first, all.len()))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.all.lock().expect("nothing panics under it").push(mem::take(&mut self.own));
    }
}

/// A suspiciously long wait.
#[derive(Clone, Copy)]
struct Wait {
    came: u64,
    got: u64,
    /// Run-queue wait in it.
    queued: u64,
    /// From where to where the thread's absences are those in it, if they are known.
    absences: Option<(usize, usize)>,
}

/// What is known of a thread's waits when all are over.
#[derive(Default)]
struct Waits {
    /// The longest of those that are taken as they are.
    longest: u64,
    /// The others.
    suspects: Vec<Wait>,
    absences: Vec<Absence>,
}

impl Waits {
    /// The longest wait, and the two bounds of the longest time passed over: in these stretches `nobody` was.
    fn judge(&self, nobody: &Spans) -> Longest {
        let short = Longest { wait: self.longest, passed: self.longest, at_least: self.longest };
        self.suspects.iter().map(|wait| self.judge_one(wait, nobody)).fold(short, Longest::or)
    }

    fn judge_one(&self, &Wait { came, got, queued, absences }: &Wait, nobody: &Spans) -> Longest {
        let wait = got - came;
        // Not known: it might have been asleep and queued at any time.
        let unknown = [Absence { from: came, to: got, ready: false }];
        let absences = absences.map_or(&unknown[..], |(first, end)| &self.absences[first..end]);
        let (ready, slept): (Vec<_>, Vec<_>) = absences.iter().partition(|absence| absence.ready);
        let ready = ready.into_iter().map(|&Absence { from, to, .. }| (from, to));
        let length = |(from, to)| to - from;
        let placed: u64 = ready.clone().map(length).sum();
        let off = Spans::union(nobody.between(came, got).chain(ready).collect());
        let asleep: u64 = slept.iter().map(|absence| absence.to - absence.from).sum();
        let asleep_off: u64 = slept.iter().map(|absence| off.within(absence.from, absence.to)).sum();
        // What was queued at the end of a sleep: nobody knows of which.
        let tails = queued.saturating_sub(placed).min(asleep);
        let rest = wait - off.within(came, got);
        Longest {
            wait: wait - queued,
            passed: rest - tails.saturating_sub(asleep_off),
            at_least: rest - tails.min(asleep - asleep_off),
        }
    }
}

/// What is reported, in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Longest {
    wait: u64,
    passed: u64,
    at_least: u64,
}

impl Longest {
    /// The longer one of each.
    fn or(self, other: Self) -> Self {
        Self {
            wait: self.wait.max(other.wait),
            passed: self.passed.max(other.passed),
            at_least: self.at_least.max(other.at_least),
        }
    }

    /// Of several threads, all of whose waits are over.
    fn of(all: &StdMutex<Vec<Waits>>, nobody: Vec<(u64, u64)>) -> Self {
        let nobody = Spans::union(nobody);
        let all = all.lock().expect("nothing panics under it");
        let none = Self { wait: 0, passed: 0, at_least: 0 };
        all.iter().map(|waits| waits.judge(&nobody)).fold(none, Self::or)
    }

    fn report(self) -> Report {
        let mut report = Report::new(0);
        for (metric, longest) in [(WAIT, self.wait), (PASSED, self.passed), (AT_LEAST, self.at_least)] {
            report.push(metric, longest as f64 / 1e6);
        }
        report
    }
}

#[derive(Clone, Copy)]
struct Starvation {
    threads: usize,
    slice: Option<Duration>,
}

impl Starvation {
    /// The warm-up is dropped, and takes no longer than it does elsewhere.
    fn slice(&self, budget: &Budget) -> Duration {
        self.slice.filter(|_| budget.round > 0).unwrap_or(budget.slice)
    }

    /// The same steps with nobody to wait for.
    fn run_without(&self, budget: &Budget) -> Report {
        let all = StdMutex::new(Vec::new());
        let slice = self.slice(budget);
        let make = |index| (Waiter::new(&all, slice, index), None);
        let turn = |(waiter, came): &mut (Waiter<'_>, Option<u64>)| {
            // Only now: the threads have waited for each other before.
            let begun = came.take().unwrap_or_else(|| waiter.begin());
            let got = monotonic();
            waiter.goes(begun, got);
            waiter.state = black_box(rng::steps(waiter.state, INSIDE + OUTSIDE));
            *came = Some(waiter.comes(got.max(waiter.read)));
        };
        let (_, stolen) = stolen::watch(slice, || team::work(self.threads, slice, make, turn));
        Longest::of(&all, stolen).report()
    }
}

impl Contest for Starvation {
    type Value = Chain;

    fn run<L: Lock<Chain>>(&self, budget: &Budget) -> Outcome {
        let all = StdMutex::new(Vec::new());
        let slice = self.slice(budget);
        let lock = L::new(Chain::new(slice));
        let turn = |waiter: &mut Waiter<'_>| {
            let came = waiter.comes(monotonic());
            let got = lock.with(Chain::turn);
            waiter.goes(came, got);
            waiter.state = black_box(rng::steps(waiter.state, OUTSIDE));
        };
        let (effort, stolen) =
            stolen::watch(slice, || team::work(self.threads, slice, |index| Waiter::new(&all, slice, index), turn));
        let total = effort.total();
        let (operations, state, mut nobody) =
            lock.with(|chain| (chain.operations, chain.state, mem::take(&mut chain.stalls)));
        if (operations, state) != (total, rng::jump(SEED, total * u64::from(INSIDE))) {
            return Err(format!("{total} sections left a count of {operations} and the chain at {state:#x}"));
        }
        nobody.extend(stolen);
        Ok(Longest::of(&all, nobody).report())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(waits: &[(u64, u64, u64)], absences: Option<&[(u64, u64, bool)]>, nobody: &[(u64, u64)]) -> [u64; 3] {
        let wait = |&(came, got, queued): &_| Wait {
            came,
            got,
            queued,
            absences: absences.map(|absences| (0, absences.len())),
        };
        let suspects = waits.iter().map(wait).collect();
        let absences =
            absences.unwrap_or_default().iter().map(|&(from, to, ready)| Absence { from, to, ready }).collect();
        let all = StdMutex::new(vec![Waits { longest: 5, suspects, absences }, Waits::default()]);
        let Longest { wait, passed, at_least } = Longest::of(&all, nobody.to_vec());
        [wait, passed, at_least]
    }

    #[test]
    fn what_was_queued_at_an_unknown_time_is_in_what_is_taken_off_or_not() {
        let judge = |waits: &[_], nobody: &[_]| judge(waits, None, nobody);
        assert_eq!(judge(&[], &[(0, 100)]), [5, 5, 5], "short waits are taken as they are");
        assert_eq!(judge(&[(100, 200, 0)], &[]), [100, 100, 100]);
        assert_eq!(judge(&[(100, 200, 30)], &[]), [70, 70, 70]);
        assert_eq!(judge(&[(100, 200, 30)], &[(90, 110), (105, 150), (190, 250)]), [70, 40, 10]);
        assert_eq!(judge(&[(100, 200, 70)], &[(110, 150)]), [30, 30, 5], "of the lower bound nothing is left");
    }

    #[test]
    fn what_was_queued_at_a_known_time_is_in_the_union() {
        let judge = |queued, absences, nobody: &[_]| judge(&[(100, 200, queued)], Some(absences), nobody);
        assert_eq!(judge(30, &[(110, 140, true)], &[]), [70, 70, 70]);
        assert_eq!(judge(30, &[(110, 140, true)], &[(150, 190)]), [70, 30, 30]);
        assert_eq!(judge(30, &[(110, 140, true)], &[(120, 150)]), [70, 60, 60]);
        // Of 40 asleep 10 were queued, and for 5 of the 40 nobody was passed over.
        assert_eq!(judge(40, &[(110, 140, true), (150, 190, false)], &[(185, 195)]), [60, 60 - 5, 50]);
        // All of a sleep may have been queued, and no more than it.
        assert_eq!(judge(50, &[(150, 190, false)], &[]), [50, 60, 60]);
        assert_eq!(judge(0, &[], &[]), [100, 100, 100], "it ran all the time");
    }

    #[test]
    fn each_figure_is_that_of_the_wait_that_is_longest_in_it() {
        let waits = [(0, 1000, 900), (2000, 2500, 0), (3000, 3200, 0)];
        assert_eq!(judge(&waits, None, &[(2000, 2400)]), [500, 200, 200]);
    }

    #[test]
    fn stalls_are_noted_under_the_lock() {
        let mut chain = Chain::new(Duration::ZERO);
        chain.granted = 0;
        let first = chain.turn();
        assert_eq!(chain.stalls, [(0, first)]);
        let room = chain.stalls.capacity();
        for _ in 0..=room {
            chain.granted = 0;
            chain.turn();
        }
        assert_eq!(chain.stalls.len(), room, "no more than there is room for");
    }
}
