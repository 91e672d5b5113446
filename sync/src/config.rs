//! Every tuning constant of the crate, with the reason for its value and a smaller one for the model checkers.

pub(crate) use values::*;

#[cfg(not(polder_loom))]
mod values {
    /// How often a thread looks at a held mutex before it goes to sleep.
    ///
    /// A pause takes 10 to 140 cycles, by processor, so this is 0.3 to 5 µs: no more than the price of one sleep and
    /// wake-up, hence spinning at most doubles the cost of waiting. Under Miri looking helps nobody: no other thread
    /// runs meanwhile.
    pub(crate) const SPINS: u32 = if cfg!(miri) { 2 } else { 100 };

    /// Pointers that a thread can protect at a time without counting; a ninth guard counts instead.
    ///
    /// Eight fill one cache line, and a scan reads as many for each thread.
    pub(crate) const SLOTS: usize = if cfg!(miri) { 2 } else { 8 };

    /// How often a reader tries to protect a pointer that changes under its eyes before it takes the other path.
    pub(crate) const TRIES: usize = 2;

    /// Retired items between two scans, at least; more when there are many threads.
    ///
    /// A scan costs a heavy fence of 0.3 to 1 µs on a small machine, so this makes it 5 to 15 ns of each store. Twice as many
    /// would save half of that and hold twice the memory, in more cache than the gain is worth.
    pub(crate) const BATCH: usize = if cfg!(miri) { 4 } else { 64 };

    /// Nanoseconds between two scans of the process that do not wait for a batch.
    ///
    /// A value that is replaced less often than that is dropped at once, and the fences that this costs are one in a
    /// hundred microseconds at most. Under Miri there is no pause, so that memory is freed as early as it can be.
    pub(crate) const EAGER_INTERVAL: u64 = if cfg!(miri) { 0 } else { 100_000 };

    /// Bytes of a value that weigh as much as one value: a batch is also due when a megabyte waits in large values.
    pub(crate) const BYTES_PER_WEIGHT: usize = 16 << 10;

    /// How many free items each retirement drops: more than one, so that the list empties before it fills again, and not
    /// many more, so that the allocator gets back memory at the pace at which it gives it.
    pub(crate) const DROPS_PER_RETIREMENT: usize = 2;

    /// Batches that may wait for stalled readers before they are joined.
    pub(crate) const MOST_BATCHES: usize = 16;

    /// Parts of a domain, at most: beyond this many processors some threads share one, and skip it while it is in use.
    pub(crate) const MOST_SHARDS: usize = if cfg!(miri) { 2 } else { 64 };

    /// Lines of 16 counter cells in the first chunk of a thread; each further chunk is twice the one before.
    ///
    /// Half a kilobyte for each thread that counts: 64 counters, more than most programs have.
    pub(crate) const COUNTER_LINES: usize = if cfg!(miri) { 1 } else { 4 };

    /// Bits for the number of a chunk of counter cells.
    ///
    /// Fifteen chunks fill two cache lines of the node and have two million cells; counters beyond that share their cells.
    pub(crate) const COUNTER_CHUNK_BITS: u32 = 4;

    /// Buckets of the portable parker; a power of two.
    ///
    /// Two mutexes whose threads sleep in one bucket share its lock for a moment, no more, so the number need not
    /// follow the number of threads; 64 buckets are under 3 KiB. Under Miri there are few, so that strangers do meet in one.
    #[cfg(any(test, not(any(target_os = "linux", windows))))]
    pub(crate) const BUCKETS: usize = if cfg!(miri) { 2 } else { 64 };
}

#[cfg(polder_loom)]
mod values {
    /// One look: enough to reach the code after the loop, and each further one multiplies the executions.
    pub(crate) const SPINS: u32 = 1;

    /// One: a second guard takes the other path at once.
    pub(crate) const SLOTS: usize = 1;

    /// One: the other path is reached after a single change.
    pub(crate) const TRIES: usize = 1;

    /// One: each retirement scans.
    pub(crate) const BATCH: usize = 1;

    /// No pause: loom has no clock.
    pub(crate) const EAGER_INTERVAL: u64 = 0;

    /// As in the real thing.
    pub(crate) const BYTES_PER_WEIGHT: usize = 16 << 10;

    /// As in the real thing.
    pub(crate) const DROPS_PER_RETIREMENT: usize = 2;

    /// Two: the third is joined to the second.
    pub(crate) const MOST_BATCHES: usize = 2;

    /// One: threads meet.
    pub(crate) const MOST_SHARDS: usize = 1;

    /// One cell: the second counter needs the second chunk.
    pub(crate) const COUNTER_LINES: usize = 1;

    /// Three chunks, of seven cells together.
    pub(crate) const COUNTER_CHUNK_BITS: u32 = 2;

    /// One bucket: all sleepers of a model meet in it.
    pub(crate) const BUCKETS: usize = 1;
}
