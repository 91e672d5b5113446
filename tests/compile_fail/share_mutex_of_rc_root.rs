//! Two threads share a lock on a region whose root has a count that is not atomic.
//@ error: E0277

use polder::{Region, RegionMutex};
#[cfg(feature = "crime")]
use std::rc::Rc as Count;
#[cfg(not(feature = "crime"))]
use std::sync::Arc as Count;

fn main() {
    let shared = Count::new(1);
    let lock: RegionMutex<Count<u64>> = RegionMutex::new(Region::new(|_| shared.clone()));
    std::thread::scope(|scope| {
        scope.spawn(|| lock.with(|root, _| drop(root.clone())));
    });
}
