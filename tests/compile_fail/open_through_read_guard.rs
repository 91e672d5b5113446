//! A reader of a lock opens the region for writing.
//@ error: E0596

use polder::{Ref, Region, RegionRwLock};

fn main() {
    let lock: RegionRwLock<Ref<'static, u64>> = RegionRwLock::new(Region::new(|ctx| ctx.alloc(1)));
    #[cfg(feature = "crime")]
    let mut guard = lock.read();
    #[cfg(not(feature = "crime"))]
    let mut guard = lock.write();
    guard.open(|root, ctx| ctx[*root] += 1);
}
