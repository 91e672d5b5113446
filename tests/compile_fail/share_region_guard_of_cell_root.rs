//! Two threads read a root that is a `Cell` by one guard.
//@ error: E0277

use polder::{Region, RegionMutex};

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

fn main() {
    let lock: RegionMutex<Count> = RegionMutex::new(Region::new(|_| Count::new(1)));
    let guard = lock.lock();
    std::thread::scope(|scope| {
        scope.spawn(|| guard.read(|_, _| ()));
    });
}
