//! A reference into the open parent becomes a node of a child region.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut parent: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut child: Region<()> = Region::new(|_| ());
    parent.open(|root, ctx| {
        child.open(|_, child| {
            #[cfg(feature = "crime")]
            child.alloc(*root);
            #[cfg(not(feature = "crime"))]
            child.alloc(ctx[*root]);
        });
    });
}
