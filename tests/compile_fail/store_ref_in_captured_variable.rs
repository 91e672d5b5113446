//! A reference leaves the session it belongs to, in a captured variable.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut out = None;
    region.open(|root, ctx| {
        #[cfg(feature = "crime")]
        let found = *root;
        #[cfg(not(feature = "crime"))]
        let found = ctx[*root];
        out = Some(found);
    });
    println!("{out:?}");
}
