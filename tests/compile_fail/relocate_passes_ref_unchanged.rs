//! A relocation forgets a reference, which would point into the memory that compaction frees.
//@ error: lifetime may not live long enough

use polder::{Mover, Rebrand, Ref, Region, Relocate};

struct Root<'r> {
    node: Ref<'r, u64>,
}

impl Rebrand for Root<'static> {
    type At<'r> = Root<'r>;
}

impl Relocate for Root<'static> {
    fn relocate<'o, 'n>(root: Root<'o>, mover: &mut Mover<'o, 'n>) -> Root<'n> {
        let node = root.node;
        #[cfg(not(feature = "crime"))]
        let node = mover.mv::<u64>(node);
        Root { node }
    }
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|ctx| Root { node: ctx.alloc(1) });
    let _region = region.compact();
}
