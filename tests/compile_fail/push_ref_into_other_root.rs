//! With two regions open, a reference into one is stored in the root of the other.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let mut a: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| vec![ctx.alloc(1)]);
    let mut b: Region<Vec<Ref<'static, u64>>> = Region::new(|_| Vec::new());
    a.open(|a_root, a_ctx| {
        b.open(|b_root, b_ctx| {
            #[cfg(feature = "crime")]
            let node = a_root[0];
            #[cfg(not(feature = "crime"))]
            let node = b_ctx.alloc(a_ctx[a_root[0]]);
            b_root.push(node);
        });
    });
}
