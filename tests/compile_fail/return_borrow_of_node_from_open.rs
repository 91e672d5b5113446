//! A plain borrow of a node leaves the session, as its result.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, String>> = Region::new(|ctx| ctx.alloc(String::from("node")));
    let _out = region.open(|root, ctx| {
        let text = &ctx[*root];
        #[cfg(not(feature = "crime"))]
        let text = text.clone();
        text
    });
}
