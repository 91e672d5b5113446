//! With two regions open, their sessions change places.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut a: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut b: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(2));
    a.open(|a_root, a_ctx| {
        b.open(|b_root, b_ctx| {
            #[cfg(feature = "crime")]
            std::mem::swap(a_ctx, b_ctx);
            #[cfg(not(feature = "crime"))]
            std::mem::swap(&mut a_ctx[*a_root], &mut b_ctx[*b_root]);
        });
    });
}
