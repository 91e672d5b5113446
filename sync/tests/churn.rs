//! A hundred thousand short threads: nodes are reused, counts are not lost, and memory does not grow.
//!
//! Under Miri they are a few.
#![cfg(not(polder_loom))]

use std::{sync::Arc, thread};

use polder_sync::{
    AtomicRef, Counter,
    reclaim::{self, Domain, DropPolicy},
};

/// Threads alive at once, and how many times as many there are in all.
const AT_ONCE: usize = 4;
const GENERATIONS: usize = if cfg!(miri) { 6 } else { 25_000 };
/// Generations after which everything has reached its size.
const WARM: usize = if cfg!(miri) { 2 } else { 5_000 };

/// Resident memory in bytes, where the system tells. Not with a sanitizer, which remembers threads and blocks.
fn resident() -> Option<usize> {
    let sanitized = ["ASAN_OPTIONS", "TSAN_OPTIONS"].iter().any(|name| std::env::var_os(name).is_some());
    if !cfg!(target_os = "linux") || cfg!(miri) || sanitized {
        return None;
    }
    let pages: usize = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn many_short_threads_leave_nothing() {
    let cell = AtomicRef::from_value(0_u64);
    let counter = Counter::new();
    let garbage = Domain::new(DropPolicy::Inline);
    let work = &|thread: usize| {
        let old = cell.load();
        drop(cell.rcu(|number| Arc::new(number + 1)));
        drop(old);
        let _pin = reclaim::pin();
        // SAFETY: nobody reads at such an address.
        unsafe { garbage.retire(std::ptr::without_provenance(8 * (thread + 1)), [thread; 16]) };
        counter.increment();
        drop(cell.load_full());
    };
    let mut warm = None;
    for generation in 0..GENERATIONS {
        if generation == WARM {
            warm = resident();
        }
        thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|thread| scope.spawn(move || work(thread))).collect();
            // Explicitly: the end of a scope does not wait for destructors of thread-local variables.
            threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
        });
        let stats = reclaim::stats();
        // Two for each thread, the test's own included, a few more in which something may wait for the next scan, and a few
        // for what runs while a thread ends.
        assert!(stats.nodes <= 2 * (AT_ONCE + 1) + 16 + 3, "{stats:?} after {generation} generations");
        assert!(stats.kept <= 1000, "{stats:?} after {generation} generations");
    }
    let total = AT_ONCE * GENERATIONS;
    assert_eq!((*cell.load(), counter.sum()), (total as u64, total as i64));
    garbage.flush();
    reclaim::flush();
    assert_eq!((reclaim::stats().kept, garbage.stats().kept), (0, 0));
    if let (Some(before), Some(after)) = (warm, resident()) {
        assert!(after < before + (4 << 20), "from {before} to {after} bytes");
    }
}
