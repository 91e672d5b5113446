//! A reference to a trait object denies that the node behind it holds references into the region.
//@ error: lifetime may not live long enough

use polder::{Ref, Region, unsize};

trait Shape: Send + Sync {}

struct Group<'r> {
    _first: Ref<'r, u64>,
}

impl Shape for Group<'_> {}

fn main() {
    let _region: Region<()> = Region::new(|ctx| {
        let group = ctx.alloc(Group { _first: ctx.alloc(1) });
        #[cfg(feature = "crime")]
        let _shape = unsize!(group => dyn Shape + 'static);
        #[cfg(not(feature = "crime"))]
        let _shape = unsize!(group => dyn Shape + '_);
    });
}
