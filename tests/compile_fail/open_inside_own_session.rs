//! A region is opened while it is open.
//@ error: E0499

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        ctx[*root] += 1;
        #[cfg(feature = "crime")]
        region.open(|root, ctx| ctx[*root] += 1);
    });
    #[cfg(not(feature = "crime"))]
    region.open(|root, ctx| ctx[*root] += 1);
}
