//! A child region has a reference into its open parent as its root.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let mut parent: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    parent.open(|root, ctx| {
        #[cfg(feature = "crime")]
        let _child: Region<Ref<'static, u64>> = Region::new(|_| *root);
        #[cfg(not(feature = "crime"))]
        let _child: Region<Ref<'static, u64>> = Region::new(|child| child.alloc(ctx[*root]));
    });
}
