//! A node is written while a read token of the same session lasts, which may be on another thread.
//@ error: E0500

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        let node = *root;
        let view = ctx.view();
        std::thread::scope(|scope| {
            scope.spawn(move || view[node]);
            #[cfg(feature = "crime")]
            {
                ctx[node] = 2;
            }
            #[cfg(not(feature = "crime"))]
            ctx.alloc(ctx[node]);
        });
    });
}
