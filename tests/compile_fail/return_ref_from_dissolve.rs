//! A reference leaves the last session of a region that is being dissolved.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    #[cfg(feature = "crime")]
    let _out = region.dissolve(|root, _| root);
    #[cfg(not(feature = "crime"))]
    let _out = region.dissolve(|root, ctx| ctx[root]);
}
