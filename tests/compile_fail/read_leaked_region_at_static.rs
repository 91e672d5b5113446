//! A region that is borrowed for ever passes its brand off as `'static`.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let region: &'static Region<Ref<'static, u64>> = Box::leak(Box::new(Region::new(|ctx| ctx.alloc(1))));
    #[cfg(feature = "crime")]
    let _out = region.read(|root, _| -> Ref<'static, u64> { *root });
    #[cfg(not(feature = "crime"))]
    let _out = region.read(|root, view| -> u64 { view[*root] });
}
