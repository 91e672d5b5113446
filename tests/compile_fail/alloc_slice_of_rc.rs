//! The items of a slice node have counts that are not atomic.
//@ error: E0277

use polder::Region;
#[cfg(feature = "crime")]
use std::rc::Rc as Count;
#[cfg(not(feature = "crime"))]
use std::sync::Arc as Count;

fn main() {
    let shared = Count::new(1);
    let _region: Region<()> = Region::new(|ctx| {
        ctx.alloc_slice([shared.clone(), shared]);
    });
}
