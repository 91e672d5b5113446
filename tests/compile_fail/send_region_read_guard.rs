//! The guard of a reader goes to another thread, which would unlock what it did not lock.
//@ error: E0277

use polder::{Ref, Region, RegionRwLock};

fn main() {
    let lock: RegionRwLock<Ref<'static, u64>> = RegionRwLock::new(Region::new(|ctx| ctx.alloc(1)));
    let guard = lock.read();
    std::thread::scope(|scope| {
        #[cfg(feature = "crime")]
        let region = guard;
        #[cfg(not(feature = "crime"))]
        let region = &guard;
        scope.spawn(move || region.read(|root, view| view[*root]));
    });
}
