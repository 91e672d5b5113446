//! A region changes places with another while it is open.
//@ error: E0499

use polder::{Ref, Region};

fn main() {
    let mut a: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut b: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(2));
    a.open(|root, ctx| {
        #[cfg(feature = "crime")]
        std::mem::swap(&mut a, &mut b);
        ctx[*root] += 1;
    });
    #[cfg(not(feature = "crime"))]
    std::mem::swap(&mut a, &mut b);
}
