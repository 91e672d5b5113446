//! A reference leaves the session of a lock, and would be used without it.
//@ error: lifetime may not live long enough

use polder::{Ref, Region, RegionMutex};

fn main() {
    let lock: RegionMutex<Ref<'static, u64>> = RegionMutex::new(Region::new(|ctx| ctx.alloc(1)));
    #[cfg(feature = "crime")]
    let _out = lock.with(|root, _| *root);
    #[cfg(not(feature = "crime"))]
    let _out = lock.with(|root, ctx| ctx[*root]);
}
