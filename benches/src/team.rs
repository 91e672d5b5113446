//! Threads that do the same operation over and over, and note when.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use crate::clock::{Stopwatch, Took};
use crate::window::{self, Batch, Rate};
use crate::workload::{Metric, Report};

/// A batch should last no longer than this, in ns.
const LONGEST: u64 = 10_000;
/// A batch that lasted less than this, in ns, lets the next one be twice as large.
const SHORTEST: u64 = 4_000;
/// The most operations in a batch.
const LARGEST: u32 = 1 << 16;
/// Only the batches of so long a time are kept: what runs for longer has its windows in the beginning.
const KEPT: Duration = Duration::from_secs(1);

/// What a team did.
#[derive(Debug)]
pub struct Effort {
    /// Per thread, its operations.
    pub operations: Vec<u64>,
    /// Per thread, its batches.
    pub batches: Vec<Vec<Batch>>,
    /// From the common start until the last thread had stopped.
    pub took: Took,
}

impl Effort {
    /// The operations of all threads.
    pub fn total(&self) -> u64 {
        self.operations.iter().sum()
    }

    /// The rate in clean windows.
    pub fn clean_rate(&self) -> Rate {
        window::rate(&self.batches)
    }

    /// Operations per second of wall time over the whole run.
    pub fn wall_rate(&self) -> f64 {
        self.total() as f64 / self.took.wall.as_secs_f64()
    }

    /// Operations per second of process CPU time.
    pub fn cpu_rate(&self) -> f64 {
        self.total() as f64 / self.took.cpu.as_secs_f64()
    }

    /// Puts two rates, in millions per second, into `report`: the leading one, by CPU time on one thread and by clean
    /// windows on more, and that of the whole run.
    pub fn put_rates(&self, report: &mut Report, leading: Metric, whole: Metric) {
        let rate = if self.operations.len() == 1 { Some(self.cpu_rate()) } else { self.clean_rate().per_second };
        report.push_maybe(leading, rate.map(|rate| rate / 1e6));
        report.push(whole, self.wall_rate() / 1e6);
    }

    /// How much more the busiest thread did than the idlest one: 1 is fair. A thread that did nothing counts as one
    /// operation.
    pub fn unfairness(&self) -> f64 {
        let most = self.operations.iter().max().copied().unwrap_or(1);
        let least = self.operations.iter().min().copied().unwrap_or(1);
        most as f64 / least.max(1) as f64
    }
}

/// Work that a thread repeats: so many times a call.
pub type Repeat<'a> = Box<dyn FnMut(u32) + 'a>;

/// Lets `threads` threads repeat `operation` for about `slice`, each on a state of its own that `make` gives it. One
/// thread is the calling one. Where there is a core for each, each is pinned to one.
pub fn work<S>(
    threads: usize,
    slice: Duration,
    make: impl Fn(usize) -> S + Sync,
    operation: impl Fn(&mut S) + Sync,
) -> Effort {
    repeat(threads, slice, &|index| each(make(index), &operation))
}

/// `operation` on `state`, over and over. The loop is compiled for the two, all that is around it only once.
pub fn each<'a, S: 'a>(state: S, operation: &'a impl Fn(&mut S)) -> Repeat<'a> {
    // On lines of its own: it is on the heap, and threads that sit side by side there would be slowed down by that.
    let mut state = CachePadded::new(state);
    Box::new(move |times| {
        for _ in 0..times {
            operation(&mut state);
        }
    })
}

/// Lets `threads` threads each repeat what `make` gives it for about `slice`, in batches. One thread is the calling one.
/// Where there is a core for each, each is pinned to one.
pub fn repeat<'a>(threads: usize, slice: Duration, make: &(dyn Fn(usize) -> Repeat<'a> + Sync)) -> Effort {
    if threads == 1 {
        let mut work = make(0);
        let mut log = Log::new(slice);
        let begun = Instant::now();
        let watch = Stopwatch::start();
        log.fill(begun, |now| now >= slice, &mut work);
        let took = watch.read();
        return Effort { operations: vec![log.operations], batches: vec![log.batches], took };
    }
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let (logs, took) = together(
        threads,
        |index| (make(index), Log::new(slice)),
        |(mut work, mut log)| {
            // Relaxed: only when it is seen matters, nothing is read on the strength of it.
            log.fill(begun, |_| stop.load(Ordering::Relaxed), &mut work);
            drop(work);
            log
        },
        || {
            thread::sleep(slice);
            stop.store(true, Ordering::Relaxed);
        },
    );
    let operations = logs.iter().map(|log| log.operations).collect();
    Effort { operations, batches: logs.into_iter().map(|log| log.batches).collect(), took }
}

/// Lets `threads` threads each make a state and, when all have theirs, run it to its end; the calling thread does
/// `meanwhile` as soon as they run. What they came to, in order, and what it took from the common start until the last
/// one had ended. Where there is a core for each, each is pinned to one.
pub fn together<S, T: Send>(
    threads: usize,
    make: impl Fn(usize) -> S + Sync,
    run: impl Fn(S) -> T + Sync,
    meanwhile: impl FnOnce(),
) -> (Vec<T>, Took) {
    let cores = crate::machine::allowed_cores();
    // Two steps: the watch starts when all have prepared and none has begun.
    let ready = Barrier::new(threads + 1);
    let start = Barrier::new(threads + 1);
    let member = |index: usize| {
        if threads <= cores.len() {
            crate::machine::pin(cores[index]);
        }
        let state = make(index);
        ready.wait();
        start.wait();
        run(state)
    };
    let member = &member;
    thread::scope(|scope| {
        let members: Vec<_> = (0..threads).map(|index| scope.spawn(move || member(index))).collect();
        ready.wait();
        let watch = Stopwatch::start();
        start.wait();
        meanwhile();
        let ends = members.into_iter().map(|member| member.join().expect("an operation does not panic")).collect();
        (ends, watch.read())
    })
}

/// One thread's batches.
struct Log {
    batches: Vec<Batch>,
    operations: u64,
}

impl Log {
    /// Room for a slice of batches, touched beforehand: a page fault would be a gap.
    fn new(slice: Duration) -> Self {
        let room = (slice.min(KEPT).as_nanos() as u64 / SHORTEST * 2 + 1024) as usize;
        let mut batches = vec![Batch { end: 1, operations: 1 }; room];
        black_box(&mut batches).clear();
        Self { batches, operations: 0 }
    }

    fn fill(&mut self, begun: Instant, done: impl Fn(Duration) -> bool, work: &mut Repeat<'_>) {
        let mut size = 1u32;
        let mut last = begun.elapsed().as_nanos() as u64;
        loop {
            work(size);
            let now = begun.elapsed();
            let end = now.as_nanos() as u64;
            if self.batches.len() < self.batches.capacity() {
                self.batches.push(Batch { end, operations: size });
            }
            self.operations += u64::from(size);
            // Long batches may have been waiting and not working: halved, they are soon back.
            match end - last {
                LONGEST.. => size = (size / 2).max(1),
                0..SHORTEST => size = (size * 2).min(LARGEST),
                _ => {}
            }
            last = end;
            if done(now) {
                break;
            }
        }
    }
}
