//! With two regions open, the session of one reads a node of the other.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let mut a: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let mut b: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(2));
    let sum = a.open(|a_root, a_ctx| {
        b.open(|b_root, b_ctx| {
            #[cfg(feature = "crime")]
            let other = a_ctx[*b_root];
            #[cfg(not(feature = "crime"))]
            let other = b_ctx[*b_root];
            a_ctx[*a_root] + other
        })
    });
    println!("{sum}");
}
