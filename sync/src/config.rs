//! Every tuning constant of the crate, with the reason for its value and a smaller one for the checkers.
//!
//! loom explores everything, so its values are as small as can be. Miri and shuttle run some schedules of the real shape of
//! things; their values are small enough that batches fill and slots run out in a short run.

use std::time::Duration;

pub(crate) use values::*;

/// How long a thread of a pool that waits for a behaviour sleeps before it looks whether others are ready.
///
/// Only if all threads of the pool wait like that is this how long a behaviour may have to wait for one.
pub(crate) const WORKER_NAP: Duration = Duration::from_millis(1);

#[cfg(any(not(polder_loom), polder_shuttle))]
mod values {
    /// Whether a checker runs this that looks at few schedules of many steps.
    const CHECKED: bool = cfg!(any(miri, polder_shuttle));

    /// Nanoseconds between a thread's first look at a lock that is held and the second, when locks have been quiet lately.
    ///
    /// About the price of a few cache misses: what a short section takes when threads on two cores alternate.
    #[cfg(not(polder_loom))]
    pub(crate) const SHORTEST_BACKOFF: u32 = if CHECKED { 0 } else { 100 };

    /// The same when short sections of several threads meet again and again.
    ///
    /// Meanwhile the other threads have the lock's cache line to themselves. Each change of hands costs them about 0.3 µs, so
    /// this is about what makes that a twentieth of their time; `contention --filter short` shows 17 instead of 33 million
    /// sections a second without. It grows by doubling, so a thread gets there after some six collisions in a row.
    #[cfg(not(polder_loom))]
    pub(crate) const LONGEST_BACKOFF: u32 = if CHECKED { 0 } else { 6_400 };

    /// Nanoseconds: a thread that meets a held lock again so soon after it last got one by waiting is among short sections.
    #[cfg(not(polder_loom))]
    pub(crate) const SOON: u64 = 400;

    /// Rounds of standing back without a collision, after which it is half as long: then they are no longer frequent.
    #[cfg(not(polder_loom))]
    pub(crate) const SELDOM: u64 = 32;

    /// Nanoseconds after which what a thread has learnt about pauses is no longer true: longer than a thread waits for its turn on
    /// a processor that it shares with some others.
    #[cfg(not(polder_loom))]
    pub(crate) const LATELY: u64 = 50_000_000;

    /// Pauses of the processor between two looks at a lock that ought to become free: 40 to 200 ns, by processor.
    #[cfg(not(polder_loom))]
    pub(crate) const WATCH: u32 = if CHECKED { 1 } else { 4 };

    /// How often a thread looks for what another one is about to do, in the meeting points, before it goes to sleep.
    ///
    /// A pause takes 10 to 140 cycles, by processor, so this is 0.3 to 5 µs: no more than the price of one sleep and
    /// wake-up.
    pub(crate) const SPINS: u32 = if CHECKED { 2 } else { 100 };

    /// Looks after which a section was not a short one.
    pub(crate) const SHORT: u32 = 3;

    /// Looks from one reading of the clock to the next: to read it takes as long as two looks.
    #[cfg(not(polder_loom))]
    pub(crate) const CLOCKED: u32 = 16;

    /// Nanoseconds that a thread watches the lock before it lets other threads run.
    ///
    /// The price of a sleep and a wake-up, hence watching at most doubles the cost of waiting. Under Miri looking helps
    /// nobody: no other thread runs meanwhile.
    pub(crate) const WATCHING: u64 = if CHECKED { 0 } else { 2_500 };

    /// How often a thread lets others run before it goes to sleep.
    ///
    /// With more threads than processors the holder is often one that is ready to run: this finds it, for half a microsecond
    /// each, where a sleep and a wake-up would cost ten times as much.
    pub(crate) const YIELDS: u32 = if CHECKED { 1 } else { 16 };

    /// Threads that let others run at a time, for one lock; a further one goes to sleep.
    ///
    /// They all read the line that the holder writes, and beyond some four that costs more than their waking would; with
    /// more threads than processors only some of them run.
    pub(crate) const MOST_SPINNERS: u32 = if CHECKED { 2 } else { 8 };

    /// Nanoseconds of waiting after which a thread that has slept goes before all others: a millisecond, as in Go.
    pub(crate) const PATIENCE: u64 = if CHECKED { 0 } else { 1_000_000 };

    /// How often a sleeper wakes by itself after so long, to see whether it is its turn to go first.
    ///
    /// A few times, for a lock that is held for long would else be asked by all who wait for it, a thousand times a second each.
    pub(crate) const NAPS: u32 = if CHECKED { 1 } else { 8 };

    /// Releases in a row that meet nobody, after which they are cheap ones again.
    ///
    /// A release that looks costs 2 ns more, and the first sleeper after a cheap one a heavy fence of 0.3 to 20 µs.
    pub(crate) const CALM: u32 = if CHECKED { 2 } else { 1024 };

    /// Closures that a thread runs for others before it releases the lock.
    pub(crate) const SERVED: u32 = if CHECKED { 2 } else { 64 };

    /// Nanoseconds after which it stops earlier.
    pub(crate) const SERVING: u64 = if CHECKED { 1 } else { 20_000 };

    /// Nanoseconds that a closure takes on average from which on it is not worth combining.
    ///
    /// Where threads do as much outside of the lock as under it, combining two halves what they do outside at once, and to hand
    /// the lock over costs about 0.2 µs. `contention --filter long` shows 0.7 instead of 1.0 million sections a second without.
    pub(crate) const LONG: u64 = if CHECKED { 1 << 60 } else { 400 };

    /// Closures that are not combined after such a one. One in so many is, and tells whether they are still long.
    pub(crate) const SKIPS: usize = 63;

    /// Closures that can wait on one lock's board: as many pointers as fill a cache line.
    pub(crate) const BOARD: usize = if CHECKED { 2 } else { 8 };

    /// Pointers that a thread can protect at a time without counting; a ninth guard counts instead.
    ///
    /// Eight fill one cache line, and a scan reads as many for each thread.
    pub(crate) const SLOTS: usize = if CHECKED { 2 } else { 8 };

    /// Read locks that a thread can hold at a time without counting; a ninth guard counts instead.
    ///
    /// Eight fill one cache line, and a writer that takes readers' bias away reads as many for each thread.
    pub(crate) const READ_SLOTS: usize = if CHECKED { 2 } else { 8 };

    /// How often a reader looks at a lock that is being written before it goes to sleep; as `SPINS`.
    pub(crate) const WRITER_LOOKS: u32 = if CHECKED { 2 } else { 100 };

    /// How often a writer looks whether readers are left before it goes to sleep; as `SPINS`.
    pub(crate) const READER_LOOKS: u32 = if CHECKED { 2 } else { 100 };

    /// How many times as long as it took to take the readers' bias away no reader may bring it back.
    ///
    /// So at most a tenth of the time goes into taking it away, as in the paper on BRAVO.
    pub(crate) const BIAS_PAUSE: u64 = if CHECKED { 0 } else { 9 };

    /// How often a reader tries to protect a pointer that changes under its eyes before it takes the other path.
    pub(crate) const TRIES: usize = 2;

    /// Retired items between two scans, at least; more when there are many threads.
    ///
    /// A scan costs a heavy fence, 0.3 to 1 µs on a small machine and some microseconds on a large one, so this makes it 1 to
    /// 4 ns of each store on the small one. Half as many would double that; twice as many would save less than a
    /// nanosecond, and fill half of a first-level cache with values that wait.
    pub(crate) const BATCH: usize = if CHECKED { 4 } else { 256 };

    /// Nanoseconds between two scans of the process that do not wait for a batch.
    ///
    /// A value that is replaced less often than that is dropped at once, and the fences that this costs are one in a
    /// hundred microseconds at most. Under Miri there is no pause, so that memory is freed as early as it can be.
    pub(crate) const EAGER_INTERVAL: u64 = if CHECKED { 0 } else { 100_000 };

    /// Nanoseconds at most between two such scans, however long the first took.
    pub(crate) const LONGEST_PAUSE: u64 = 10_000_000;

    /// Steps of a back-off, 63 pauses in the first round and at most 384 later, before a lost race is run again.
    ///
    /// That is one to some microseconds, for an operation of less than a tenth of that. Two threads that replace one value
    /// without pause get a little more done than with no back-off (`contention --filter rcu`), and still less than under a mutex.
    pub(crate) const LOST_RACE_SPINS: usize = if CHECKED { 1 } else { 6 };

    /// Bytes of a value that weigh as much as one value: a batch is also due when a megabyte waits in large values.
    pub(crate) const BYTES_PER_WEIGHT: usize = 4 << 10;

    /// Batches that may wait for stalled readers before they are joined.
    pub(crate) const MOST_BATCHES: usize = if cfg!(polder_shuttle) { 2 } else { 16 };

    /// Nodes beyond twice the live ones, before a new owner takes one in which something was left.
    pub(crate) const SPARE_NODES: usize = if CHECKED { 1 } else { 16 };

    /// Parts of a domain, at most: beyond this many processors some threads share one, and skip it while it is in use.
    ///
    /// Under shuttle there is one: with several the addresses of nodes decide, and a schedule could not be replayed.
    pub(crate) const MOST_SHARDS: usize = if cfg!(polder_shuttle) {
        1
    } else if cfg!(miri) {
        2
    } else {
        64
    };

    /// Lines of 16 counter cells in the first chunk of a thread; each further chunk is twice the one before.
    ///
    /// Half a kilobyte for each thread that counts: 64 counters, more than most programs have.
    pub(crate) const COUNTER_LINES: usize = if CHECKED { 1 } else { 4 };

    /// Bits for the number of a chunk of counter cells.
    ///
    /// Fifteen chunks fill two cache lines of the node and have two million cells; counters beyond that share their cells.
    pub(crate) const COUNTER_CHUNK_BITS: u32 = if cfg!(miri) { 3 } else { 4 };

    /// How often a thread looks for the end of a behaviour before it sleeps: a few microseconds.
    pub(crate) const LOOKS: u32 = if CHECKED { 2 } else { 100 };

    /// How often a drain without work looks at the queue of behaviours before it ends, standing back longer each time.
    ///
    /// Some 10 µs: what a job of the pool and the wake-up of its thread cost together.
    pub(crate) const SEARCHES: u32 = if CHECKED { 2 } else { 12 };

    /// Behaviours that run in a row because each was made ready by the end of the one before.
    pub(crate) const HOT_RUN: u32 = if CHECKED { 2 } else { 16 };

    /// Behaviours after which a drain lets its thread do another job of the pool.
    pub(crate) const DRAIN_RUN: u32 = if CHECKED { 4 } else { 64 };

    /// Buckets of the portable parker; a power of two.
    ///
    /// Two mutexes whose threads sleep in one bucket share its lock for a moment, no more, so the number need not
    /// follow the number of threads; 64 buckets are under 3 KiB. Under Miri there are few, so that strangers do meet in one; under
    /// shuttle one, for the reason given at `MOST_SHARDS`.
    #[cfg(any(test, polder_loom, not(any(target_os = "linux", windows))))]
    pub(crate) const BUCKETS: usize = if cfg!(polder_shuttle) {
        1
    } else if cfg!(miri) {
        2
    } else {
        64
    };
}

#[cfg(all(polder_loom, not(polder_shuttle)))]
mod values {
    /// One look: enough to reach the code after the loop, and each further one multiplies the executions.
    pub(crate) const SPINS: u32 = 1;

    /// As in the real thing.
    pub(crate) const SHORT: u32 = 3;

    /// No clock: one look, enough to reach the code after the loop, and each further one multiplies the executions.
    pub(crate) const WATCHING: u64 = 0;

    /// None.
    pub(crate) const YIELDS: u32 = 0;

    /// One.
    pub(crate) const MOST_SPINNERS: u32 = 1;

    /// No clock: it has passed at the second look.
    pub(crate) const PATIENCE: u64 = 0;

    /// None: in a model a deadline passes during the first wait, so nobody would sleep.
    pub(crate) const NAPS: u32 = 0;

    /// One: each release that meets nobody is the last careful one.
    pub(crate) const CALM: u32 = 1;

    /// One.
    pub(crate) const SERVED: u32 = 1;

    /// No clock.
    pub(crate) const SERVING: u64 = 1;

    /// No clock: no closure is long.
    pub(crate) const LONG: u64 = 1 << 60;

    /// As in the real thing.
    pub(crate) const SKIPS: usize = 63;

    /// One: a second closure finds no place.
    pub(crate) const BOARD: usize = 1;

    /// One: a second guard takes the other path at once.
    pub(crate) const SLOTS: usize = 1;

    /// One: a second read guard counts.
    pub(crate) const READ_SLOTS: usize = 1;

    /// One look, as `SPINS`.
    pub(crate) const WRITER_LOOKS: u32 = 1;

    /// One look, as `SPINS`.
    pub(crate) const READER_LOOKS: u32 = 1;

    /// None: loom has no clock. The next reader that counts brings the bias back.
    pub(crate) const BIAS_PAUSE: u64 = 0;

    /// One: the other path is reached after a single change.
    pub(crate) const TRIES: usize = 1;

    /// One: each retirement scans.
    pub(crate) const BATCH: usize = 1;

    /// No pause: loom has no clock.
    pub(crate) const EAGER_INTERVAL: u64 = 0;

    /// One, which does nothing.
    pub(crate) const LOST_RACE_SPINS: usize = 1;

    /// As in the real thing.
    pub(crate) const LONGEST_PAUSE: u64 = 10_000_000;

    /// As in the real thing.
    pub(crate) const BYTES_PER_WEIGHT: usize = 4 << 10;

    /// Two: the third is joined to the second.
    pub(crate) const MOST_BATCHES: usize = 2;

    /// None.
    pub(crate) const SPARE_NODES: usize = 0;

    /// One: threads meet.
    pub(crate) const MOST_SHARDS: usize = 1;

    /// One cell: the second counter needs the second chunk.
    pub(crate) const COUNTER_LINES: usize = 1;

    /// Three chunks, of seven cells together.
    pub(crate) const COUNTER_CHUNK_BITS: u32 = 2;

    /// One look.
    pub(crate) const LOOKS: u32 = 1;

    /// One look.
    pub(crate) const SEARCHES: u32 = 1;

    /// One: each behaviour goes through the queue.
    pub(crate) const HOT_RUN: u32 = 1;

    /// As in the real thing.
    pub(crate) const DRAIN_RUN: u32 = 64;

    /// One bucket: all sleepers of a model meet in it.
    pub(crate) const BUCKETS: usize = 1;
}
