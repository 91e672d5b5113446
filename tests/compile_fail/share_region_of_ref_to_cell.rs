//! Two threads read a region with a `Cell` behind a reference in its root.
//@ error: E0277

use polder::{Ref, Region};

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = u64;

fn main() {
    let region: Region<Ref<'static, Count>> = Region::new(|ctx| ctx.alloc(Count::default()));
    std::thread::scope(|scope| {
        scope.spawn(|| region.read(|root, view| drop(view[*root].clone())));
    });
}
