//! A borrow of text in the region leaves a read session.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let region: Region<Ref<'static, str>> = Region::new(|ctx| ctx.alloc_str("node"));
    #[cfg(feature = "crime")]
    let _out = region.read(|root, view| view.get(*root));
    #[cfg(not(feature = "crime"))]
    let _out = region.read(|root, view| view.get(*root).to_owned());
}
