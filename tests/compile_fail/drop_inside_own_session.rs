//! A region is dropped while it is open.
//@ error: E0505

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        #[cfg(feature = "crime")]
        drop(region);
        ctx[*root] += 1;
    });
    #[cfg(not(feature = "crime"))]
    drop(region);
}
