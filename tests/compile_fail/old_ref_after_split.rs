//! A reference is kept from before a split, which moves the nodes.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let list: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| vec![ctx.alloc(1), ctx.alloc(2)]);
    let mut kept = None;
    let pair: Region<(Ref<'static, u64>, Ref<'static, u64>)> = list.map_root(|list, ctx| {
        #[cfg(feature = "crime")]
        let first = list[0];
        #[cfg(not(feature = "crime"))]
        let first = ctx[list[0]];
        kept = Some(first);
        (list[0], list[1])
    });
    let _parts = pair.split();
    println!("{kept:?}");
}
