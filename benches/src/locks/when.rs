//! Work that is scheduled and not waited for where it is asked for: each piece needs two of many locks, which are
//! nearly always free. From the moment that it is spawned until it is known to be done.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

use crossbeam_utils::{Backoff, CachePadded};
use hdrhistogram::Histogram;
use polder_sync::when;

use super::bank::{Account, Audit, draw};
use crate::clock::Stopwatch;
use crate::rng::SplitMix;
use crate::workload::{Backend, Budget, Group, Metric, Outcome};

const RATE: Metric = Metric::higher("spawned and done", "Mbehaviours/s");
const CPU: Metric = Metric::lower("CPU per behaviour", "ns");
const P50: Metric = Metric::lower("spawn to done p50", "µs");
const P99: Metric = Metric::lower("spawn to done p99", "µs");
const P999: Metric = Metric::lower("spawn to done p99.9", "µs");

const ACCOUNTS: usize = 4096;
/// So many are spawned before any is waited for.
const BURST: usize = 512;
/// Fewer than this have no percentiles.
const ENOUGH: u64 = 100;

/// A transfer between two different accounts.
#[derive(Clone, Copy)]
struct Transfer {
    from: usize,
    to: usize,
    amount: u64,
}

/// Who runs transfers on threads of its own.
trait Scheduler: 'static {
    /// Puts each account behind a lock of its own.
    fn new(accounts: Vec<Account>) -> Self;
    /// Spawns all of these and waits until all are done.
    fn run(&self, transfers: &[Transfer]);
    /// Looks at each account.
    fn each(&self, look: impl FnMut(&Account));
}

/// polder: each transfer is a behaviour that runs when both locks are its own.
struct When(Vec<Arc<polder_sync::Mutex<Account>>>);

impl Scheduler for When {
    fn new(accounts: Vec<Account>) -> Self {
        Self(accounts.into_iter().map(|account| Arc::new(polder_sync::Mutex::new(account))).collect())
    }

    fn run(&self, transfers: &[Transfer]) {
        let spawn = |&Transfer { from, to, amount }: &Transfer| {
            when((&self.0[from], &self.0[to]), move |from: &mut Account, to: &mut Account| {
                Account::transfer(from, to, amount)
            })
        };
        let behaviours: Vec<_> = transfers.iter().map(spawn).collect();
        for behaviour in behaviours {
            behaviour.wait();
        }
    }

    fn each(&self, mut look: impl FnMut(&Account)) {
        for account in &self.0 {
            look(&account.lock());
        }
    }
}

/// Accounts, each behind one of std's mutexes, of which two are taken in the order of indices.
struct Accounts(Vec<Mutex<Account>>);

fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Accounts {
    fn new(accounts: Vec<Account>) -> Self {
        Self(accounts.into_iter().map(Mutex::new).collect())
    }

    fn transfer(&self, &Transfer { from, to, amount }: &Transfer) {
        let (one, other) = (&self.0[from], &self.0[to]);
        if from < to {
            let mut from = lock(one);
            Account::transfer(&mut from, &mut lock(other), amount);
        } else {
            let mut to = lock(other);
            Account::transfer(&mut lock(one), &mut to, amount);
        }
    }

    fn each(&self, mut look: impl FnMut(&Account)) {
        for account in &self.0 {
            look(&lock(account));
        }
    }
}

/// A pool of threads that knows no locks: rayon's, one thread per core. Everything that its tasks share is made once;
/// who spawns looks for the end for a while, then sleeps and is woken by the last task.
struct Pool(Arc<Shared>);

struct Shared {
    accounts: Accounts,
    /// What is not done yet, and whom to wake then: who has made the pool is who uses it.
    rest: CachePadded<AtomicUsize>,
    spawner: Thread,
}

impl Scheduler for Pool {
    fn new(accounts: Vec<Account>) -> Self {
        let rest = CachePadded::new(AtomicUsize::new(0));
        Self(Arc::new(Shared { accounts: Accounts::new(accounts), rest, spawner: thread::current() }))
    }

    fn run(&self, transfers: &[Transfer]) {
        // Relaxed: no task is there yet, and spawning one publishes it.
        self.0.rest.store(transfers.len(), Ordering::Relaxed);
        for &transfer in transfers {
            let shared = Arc::clone(&self.0);
            rayon::spawn(move || {
                shared.accounts.transfer(&transfer);
                // Release, and acquire below: what was done is seen by who has waited for it.
                if shared.rest.fetch_sub(1, Ordering::Release) == 1 {
                    shared.spawner.unpark();
                }
            });
        }
        let backoff = Backoff::new();
        while self.0.rest.load(Ordering::Acquire) > 0 {
            if backoff.is_completed() {
                thread::park();
            } else {
                backoff.snooze();
            }
        }
    }

    fn each(&self, look: impl FnMut(&Account)) {
        self.0.accounts.each(look);
    }
}

/// The same pool by its scopes, in which tasks borrow the accounts: the burst is spawned by a thread of the pool, which
/// helps with it.
struct Scoped(Accounts);

impl Scheduler for Scoped {
    fn new(accounts: Vec<Account>) -> Self {
        Self(Accounts::new(accounts))
    }

    fn run(&self, transfers: &[Transfer]) {
        rayon::scope(|scope| {
            for transfer in transfers {
                scope.spawn(|_| self.0.transfer(transfer));
            }
        });
    }

    fn each(&self, look: impl FnMut(&Account)) {
        self.0.each(look);
    }
}

/// The two groups: how many, and how long one takes.
pub(super) fn groups() -> [Group; 2] {
    let group = |workload, about, backends| Group {
        family: "locks",
        workload,
        about,
        size: ACCOUNTS as u64,
        key: String::new(),
        threads: 1,
        weight: 0.4,
        backends,
    };
    [
        group(
            "when",
            "One thread spawns 512 transfers, each between two of many accounts behind locks of their own, and then \
             waits for all of them, over and over; they are done by a pool with a thread per core. The rate is by wall \
             time. rayon-mutexes is rayon::spawn of a closure that takes two std mutexes in order, and a count of what \
             is left that the spawner looks at before it sleeps; rayon-scope is a scope of the same pool, whose tasks \
             borrow. They keep no order among behaviours, and their waiting threads block the pool.",
            vec![
                Backend::new("polder-when", throughput::<When>),
                Backend::new("rayon-mutexes", throughput::<Pool>),
                Backend::new("rayon-scope", throughput::<Scoped>),
            ],
        ),
        group(
            "when-latency",
            "One thread spawns one transfer as in when and waits until it is done, over and over, with nothing else to \
             do: wake-ups on both sides included.",
            vec![
                Backend::new("polder-when", latency::<When>),
                Backend::new("rayon-mutexes", latency::<Pool>),
                Backend::new("rayon-scope", latency::<Scoped>),
            ],
        ),
    ]
}

/// Transfers in bursts.
fn throughput<S: Scheduler>(budget: &Budget) -> Outcome {
    let scheduler = S::new(Account::open(ACCOUNTS));
    let mut choice = SplitMix::new(1);
    let mut burst = Vec::with_capacity(BURST);
    let mut spawned = 0;
    let watch = Stopwatch::start();
    let took = loop {
        burst.clear();
        burst.extend((0..BURST).map(|_| next(&mut choice)));
        black_box(&scheduler).run(&burst);
        spawned += BURST as u64;
        let took = watch.read();
        if took.wall >= budget.slice {
            break took;
        }
    };
    let mut report = audit(&scheduler).report(spawned)?;
    report.push(RATE, spawned as f64 / took.wall.as_secs_f64() / 1e6);
    report.push(CPU, took.cpu_ns_per(spawned));
    Ok(report)
}

/// Transfers one by one.
fn latency<S: Scheduler>(budget: &Budget) -> Outcome {
    let scheduler = S::new(Account::open(ACCOUNTS));
    let mut choice = SplitMix::new(1);
    let mut latencies = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order");
    let begun = Instant::now();
    let mut last = begun;
    while last - begun < budget.slice {
        let transfer = next(&mut choice);
        let spawned = Instant::now();
        black_box(&scheduler).run(&[transfer]);
        last = Instant::now();
        latencies.saturating_record((last - spawned).as_nanos() as u64);
    }
    let mut report = audit(&scheduler).report(latencies.len())?;
    let known = latencies.len() >= ENOUGH;
    for (metric, quantile) in [(P50, 0.5), (P99, 0.99), (P999, 0.999)] {
        report.push_maybe(metric, known.then(|| latencies.value_at_quantile(quantile) as f64 / 1000.0));
    }
    Ok(report)
}

fn next(choice: &mut SplitMix) -> Transfer {
    let (from, to, amount) = draw(choice, ACCOUNTS);
    Transfer { from, to, amount }
}

fn audit<S: Scheduler>(scheduler: &S) -> Audit {
    let mut audit = Audit::default();
    scheduler.each(|account| audit.look(account));
    audit
}
