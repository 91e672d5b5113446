//! A reference is read without a token.
//@ error: E0614

use polder::{Ref, Region};

fn main() {
    let region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let _val = region.read(|root, view| {
        let node: Ref<'_, u64> = *root;
        #[cfg(feature = "crime")]
        let val: u64 = *node;
        #[cfg(not(feature = "crime"))]
        let val: u64 = view[node];
        val
    });
}
