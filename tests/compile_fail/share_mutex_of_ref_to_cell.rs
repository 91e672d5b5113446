//! Two threads share a lock on a region with a `Cell` behind a reference in its root.
//@ error: E0277

use polder::{Ref, Region, RegionMutex};

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = u64;

fn main() {
    let lock: RegionMutex<Ref<'static, Count>> = RegionMutex::new(Region::new(|ctx| ctx.alloc(Count::default())));
    std::thread::scope(|scope| {
        scope.spawn(|| lock.with(|root, ctx| ctx[*root] = Count::default()));
    });
}
