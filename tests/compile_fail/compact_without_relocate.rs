//! A region is compacted whose root does not say how its references move.
//@ error: E0599

use polder::{Rebrand, Ref, Region, Relocate};

#[cfg_attr(not(feature = "crime"), derive(Relocate))]
#[derive(Rebrand)]
struct Root<'r> {
    node: Ref<'r, u64>,
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|ctx| Root { node: ctx.alloc(1) });
    let _region = region.compact();
}
