//! A reference leaves the session it belongs to, as its result.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    #[cfg(feature = "crime")]
    let _out = region.open(|root, _| *root);
    #[cfg(not(feature = "crime"))]
    let _out = region.open(|root, ctx| ctx[*root]);
}
