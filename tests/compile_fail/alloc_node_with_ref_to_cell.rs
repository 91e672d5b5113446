//! A node has a `Cell` behind a reference, so the region that gets it would not be `Send`.
//@ error: E0277

use polder::{Rebrand, Ref, Region};

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = u64;

#[derive(Rebrand)]
struct Node<'r> {
    count: Ref<'r, Count>,
}

fn main() {
    let _region: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| {
        let count = ctx.alloc(Count::default());
        ctx.alloc(Node { count })
    });
}
