//! A region is read by its name while it is open for writing.
//@ error: E0502

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        #[cfg(feature = "crime")]
        let val = region.read(|root, view| view[*root]);
        #[cfg(not(feature = "crime"))]
        let val = ctx.view()[*root];
        ctx[*root] = val + 1;
    });
}
