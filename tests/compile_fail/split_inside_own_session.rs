//! A region is split while it is open.
//@ error: E0505

use polder::{Ref, Region};

fn main() {
    let mut region: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| (ctx.alloc(1), ctx.alloc(2)));
    region.open(|(left, _), ctx| {
        #[cfg(feature = "crime")]
        let _parts = region.split();
        ctx[*left] += 1;
    });
    #[cfg(not(feature = "crime"))]
    let _parts = region.split();
}
