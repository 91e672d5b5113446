//! A node has a count that is not atomic, and would be dropped on whichever thread the region ends up.
//@ error: E0277

use polder::{Rebrand, Ref, Region};
#[cfg(feature = "crime")]
use std::rc::Rc as Count;
#[cfg(not(feature = "crime"))]
use std::sync::Arc as Count;

#[derive(Rebrand)]
struct Root<'r> {
    node: Ref<'r, Count<u64>>,
}

fn main() {
    let shared = Count::new(1);
    let _region: Region<Root<'static>> = Region::new(|ctx| Root { node: ctx.alloc(shared.clone()) });
}
