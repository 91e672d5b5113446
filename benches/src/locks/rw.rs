//! Readers and writers: locks that several readers hold at once, beside polder's mutex, which has one holder.

use std::convert::identity;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError};

use crate::rng;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mops/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mops/s");

/// A lock with a way in for those who only look.
trait ReadWrite<T>: Send + Sync + 'static {
    /// Puts the value behind a lock of its own.
    fn new(value: T) -> Self;
    /// Looks at the value, perhaps beside others.
    fn read<U>(&self, look: impl FnOnce(&T) -> U) -> U;
    /// Works on the value alone.
    fn write<U>(&self, work: impl FnOnce(&mut T) -> U) -> U;
}

/// The locks: how readers and writers get in, and the way from what that gives to the guard.
macro_rules! locks {
    ($([$($lock:ident)::+] $read:ident, $write:ident => $guard:expr;)+) => {$(
        impl<T: Send + Sync + 'static> ReadWrite<T> for $($lock)::+<T> {
            fn new(value: T) -> Self {
                Self::new(value)
            }

            #[inline]
            fn read<U>(&self, look: impl FnOnce(&T) -> U) -> U {
                let guard = $guard(self.$read());
                look(&guard)
            }

            #[inline]
            fn write<U>(&self, work: impl FnOnce(&mut T) -> U) -> U {
                let mut guard = $guard(self.$write());
                work(&mut guard)
            }
        }
    )+};
}

locks! {
    [polder_sync::RwLock] read, write => identity;
    [polder_sync::Mutex] lock, lock => identity;
    // Nothing panics under it; as a program would, look at the flag all the same.
    [std::sync::RwLock] read, write => unpoisoned;
    [parking_lot::RwLock] read, write => identity;
    [usync::RwLock] read, write => identity;
    [spin::RwLock] read, write => identity;
}

fn unpoisoned<G>(locked: LockResult<G>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
}

/// How often there is a writer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    workload: &'static str,
    about: &'static str,
    /// Of so many operations one is a write; `None` is none at all.
    period: Option<u32>,
}

/// What is measured.
pub(super) const MIXES: [Mix; 3] = [
    Mix {
        workload: "read-only",
        about: "All threads share one lock: each operation locks for reading, looks at three words and unlocks, with \
                ten generator steps (some 20 ns) between. polder-mutex, the baseline, has one holder at a time.",
        period: None,
    },
    Mix {
        workload: "read-99-1",
        about: "As read-only, but every hundredth operation of a thread locks for writing and changes the words.",
        period: Some(100),
    },
    Mix {
        workload: "read-90-10",
        about: "As read-only, but every tenth operation of a thread locks for writing and changes the words.",
        period: Some(10),
    },
];

pub(super) fn group(mix: Mix, threads: usize) -> Group {
    Group {
        family: "locks",
        workload: mix.workload,
        about: mix.about,
        size: 0,
        key: String::new(),
        threads,
        weight: 0.35,
        backends: vec![
            rival::<polder_sync::RwLock<Words>>("polder-rwlock", mix, threads),
            rival::<polder_sync::Mutex<Words>>("polder-mutex", mix, threads),
            rival::<std::sync::RwLock<Words>>("std-rwlock", mix, threads),
            rival::<parking_lot::RwLock<Words>>("parking_lot-rwlock", mix, threads),
            rival::<usync::RwLock<Words>>("usync-rwlock", mix, threads),
            Backend::limit("spin-rwlock", move |budget| run::<spin::RwLock<Words>>(mix, threads, budget)),
        ],
    }
}

fn rival<L: ReadWrite<Words>>(name: &'static str, mix: Mix, threads: usize) -> Backend {
    Backend::new(name, move |budget| run::<L>(mix, threads, budget))
}

const SEED: u64 = 1;
const OUTSIDE: u32 = 10;

/// What the lock protects: a chain with a step per write, and words by which a reader sees half a write.
struct Words {
    writes: u64,
    state: u64,
    complement: u64,
}

impl Words {
    fn is_whole(&self) -> bool {
        self.writes ^ self.state == !self.complement
    }
}

/// What a thread has done.
struct Own {
    operations: u32,
    state: u64,
}

fn run<L: ReadWrite<Words>>(mix: Mix, threads: usize, budget: &Budget) -> Outcome {
    let lock = L::new(Words { writes: 0, state: SEED, complement: !SEED });
    // Written only when something is wrong.
    let broken = AtomicBool::new(false);
    let effort = team::work(
        threads,
        budget.slice,
        |index| Own { operations: 0, state: index as u64 + 1 },
        |own| {
            own.operations += 1;
            if mix.period == Some(own.operations) {
                own.operations = 0;
                lock.write(|words| {
                    words.writes += 1;
                    words.state = rng::step(words.state);
                    words.complement = !(words.writes ^ words.state);
                });
            } else if !lock.read(Words::is_whole) {
                broken.store(true, Ordering::Relaxed);
            }
            own.state = black_box(rng::steps(own.state, OUTSIDE));
        },
    );
    if broken.into_inner() {
        return Err("a reader saw half a write".to_owned());
    }
    // Each thread has begun with the reads and ends anywhere.
    let expected = mix.period.map_or(0, |period| effort.operations.iter().map(|all| all / u64::from(period)).sum());
    let (writes, state) = lock.read(|words| (words.writes, words.state));
    if (writes, state) != (expected, rng::jump(SEED, expected)) {
        return Err(format!("{expected} writes left a count of {writes} and the chain at {state:#x}"));
    }
    let mut report = Report::new(0);
    effort.put_rates(&mut report, THROUGHPUT, WALL);
    Ok(report)
}
