//! With two locks held, the session of one reads a node of the other.
//@ error: lifetime may not live long enough

use polder::{Ref, Region, RegionMutex};

fn main() {
    let a: RegionMutex<Ref<'static, u64>> = RegionMutex::new(Region::new(|ctx| ctx.alloc(1)));
    let b: RegionMutex<Ref<'static, u64>> = RegionMutex::new(Region::new(|ctx| ctx.alloc(2)));
    let _sum = a.with(|a_root, a_ctx| {
        b.with(|b_root, b_ctx| {
            #[cfg(feature = "crime")]
            let other = b_ctx[*a_root];
            #[cfg(not(feature = "crime"))]
            let other = a_ctx[*a_root];
            other + b_ctx[*b_root]
        })
    });
}
