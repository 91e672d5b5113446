//! One session gives several nodes at once, all of which are of another region.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut a: Region<()> = Region::new(|_| ());
    let mut b: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| (ctx.alloc(1), ctx.alloc(2)));
    a.open(|_, a_ctx| {
        b.open(|nodes, b_ctx| {
            #[cfg(feature = "crime")]
            let (x, y) = a_ctx.get_disjoint_mut(*nodes).unwrap();
            #[cfg(not(feature = "crime"))]
            let (x, y) = b_ctx.get_disjoint_mut(*nodes).unwrap();
            std::mem::swap(x, y);
        });
    });
}
