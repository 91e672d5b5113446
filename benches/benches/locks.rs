//! Single operations on locks, for a look while working on them. Claims come from `contention`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use polder_bench::locks::backends::{InRegion, Lock};

/// One locked addition.
fn add(criterion: &mut Criterion, name: &str, lock: &impl Lock<u64>) {
    criterion.bench_function(name, |bench| bench.iter(|| black_box(lock).with(|value| *value += 1)));
}

/// One look at the value of a lock that nobody writes.
fn read<L>(criterion: &mut Criterion, name: &str, lock: &L, look: impl Fn(&L) -> u64) {
    criterion.bench_function(name, |bench| bench.iter(|| look(black_box(lock))));
}

fn uncontended(criterion: &mut Criterion) {
    add(criterion, "lock/polder-mutex", &<polder_sync::Mutex<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/polder-region-mutex", &InRegion::new(0));
    add(criterion, "lock/std-mutex", &<std::sync::Mutex<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/parking_lot", &<parking_lot::Mutex<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/parking_lot-0.12", &<parking_lot_012::Mutex<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/happylock", &<happylock::Mutex<u64> as Lock<u64>>::new(0));
    #[cfg(target_os = "linux")]
    add(criterion, "lock/lamlock", &<lamlock::Lock<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/usync", &<usync::Mutex<u64> as Lock<u64>>::new(0));
    add(criterion, "lock/spin", &<spin::Mutex<u64> as Lock<u64>>::new(0));
    read(criterion, "read/std-rwlock", &std::sync::RwLock::new(0u64), |lock| lock.read().map_or(0, |value| *value));
    read(criterion, "read/parking_lot-rwlock", &parking_lot::RwLock::new(0u64), |lock| *lock.read());
    read(criterion, "read/usync-rwlock", &usync::RwLock::new(0u64), |lock| *lock.read());
    read(criterion, "read/spin-rwlock", &spin::RwLock::new(0u64), |lock| *lock.read());
    let (free, held) = (polder_sync::Mutex::new(0u64), polder_sync::Mutex::new(0u64));
    criterion.bench_function("try_lock/free", |bench| bench.iter(|| black_box(&free).try_lock().map(|value| *value)));
    let guard = held.lock();
    criterion.bench_function("try_lock/held", |bench| bench.iter(|| black_box(&held).try_lock().is_some()));
    drop(guard);
}

criterion_group!(locks, uncontended);
criterion_main!(locks);
