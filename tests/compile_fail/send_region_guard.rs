//! The guard of a region's lock goes to another thread, which would unlock what it did not lock.
//@ error: E0277

use polder::{Ref, Region, RegionMutex};

fn main() {
    let lock: RegionMutex<Ref<'static, u64>> = RegionMutex::new(Region::new(|ctx| ctx.alloc(1)));
    let mut guard = lock.lock();
    std::thread::scope(|scope| {
        #[cfg(feature = "crime")]
        let mut region = guard;
        #[cfg(not(feature = "crime"))]
        let region = &mut *guard;
        scope.spawn(move || region.open(|root, ctx| ctx[*root] += 1));
    });
}
