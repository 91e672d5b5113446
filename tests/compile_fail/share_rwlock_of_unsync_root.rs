//! Several readers at once share a root that is `Send` and not `Sync`.
//@ error: E0277

use polder::{Region, RegionRwLock};
use std::cell::Cell;

#[cfg(feature = "crime")]
type Lock = RegionRwLock<Cell<u64>>;
#[cfg(not(feature = "crime"))]
type Lock = polder::RegionMutex<Cell<u64>>;

fn main() {
    let lock: Lock = Lock::new(Region::new(|_| Cell::new(1)));
    std::thread::scope(|scope| {
        scope.spawn(|| lock.with(|root, _| root.set(2)));
    });
}
