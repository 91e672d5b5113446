//! Two nodes, which may be one, are borrowed for writing by two uses of the session.
//@ error: E0499

use polder::{Ref, Region};

fn main() {
    let mut pair: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| (ctx.alloc(1), ctx.alloc(2)));
    pair.open(|&mut (a, b), ctx| {
        #[cfg(feature = "crime")]
        let (x, y) = (&mut ctx[a], &mut ctx[b]);
        #[cfg(not(feature = "crime"))]
        let (x, y) = ctx.get_disjoint_mut((a, b)).unwrap();
        std::mem::swap(x, y);
    });
}
