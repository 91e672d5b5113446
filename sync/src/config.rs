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

    /// Buckets of the portable parker; a power of two.
    ///
    /// Two mutexes whose threads sleep in one bucket share its lock for a moment, no more, so the number need not
    /// follow the number of threads; 64 buckets are under 3 KiB. Under Miri there are few, so that strangers do meet in one.
    #[cfg(any(test, not(target_os = "linux")))]
    pub(crate) const BUCKETS: usize = if cfg!(miri) { 2 } else { 64 };
}

#[cfg(polder_loom)]
mod values {
    /// One look: enough to reach the code after the loop, and each further one multiplies the executions.
    pub(crate) const SPINS: u32 = 1;

    /// One bucket: all sleepers of a model meet in it.
    pub(crate) const BUCKETS: usize = 1;
}
