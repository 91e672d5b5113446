//! The read token of a region that is not frozen writes a node.
//@ error: E0594

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        #[cfg(feature = "crime")]
        let token = ctx.view();
        #[cfg(not(feature = "crime"))]
        let token = ctx;
        token[*root] = 2;
    });
}
