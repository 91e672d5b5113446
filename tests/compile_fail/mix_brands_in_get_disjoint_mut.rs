//! One session gives several nodes at once, of which one is of another region.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut a: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut b: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(2));
    a.open(|a_root, a_ctx| {
        b.open(|b_root, b_ctx| {
            #[cfg(feature = "crime")]
            let (x, y) = a_ctx.get_disjoint_mut((*a_root, *b_root)).unwrap();
            #[cfg(not(feature = "crime"))]
            let (x, y) = (&mut a_ctx[*a_root], &mut b_ctx[*b_root]);
            std::mem::swap(x, y);
        });
    });
}
