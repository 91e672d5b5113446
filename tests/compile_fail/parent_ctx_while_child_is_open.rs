//! The parent's session is used while a child that was reached through it is open.
//@ error: E0502

use polder::{Rebrand, Ref, Region};

#[derive(Rebrand)]
struct Parent<'r> {
    child: Ref<'r, Region<Ref<'static, u64>>>,
    total: Ref<'r, u64>,
}

fn main() {
    let mut parent: Region<Parent<'static>> =
        Region::new(|ctx| Parent { child: ctx.alloc(Region::new(|child| child.alloc(1))), total: ctx.alloc(1) });
    parent.open(|root, ctx| {
        #[cfg(not(feature = "crime"))]
        let total = ctx[root.total];
        ctx[root.child].open(|number, child| {
            #[cfg(feature = "crime")]
            let total = ctx[root.total];
            child[*number] += total;
        });
    });
}
