//! Another thread reaches a `Cell` by a read token.
//@ error: E0277

use polder::{Ref, Region};

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

fn main() {
    let mut region: Region<Ref<'static, Count>> = Region::new(|ctx| ctx.alloc(Count::new(0)));
    region.open(|root, ctx| {
        let (node, view) = (*root, ctx.view());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _count: &Count = view.get(node);
            });
        });
    });
}
