//! A read token is taken while a borrow of a node for writing lasts.
//@ error: E0502

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, Vec<u64>>> = Region::new(|ctx| ctx.alloc(vec![1]));
    region.open(|root, ctx| {
        #[cfg(not(feature = "crime"))]
        let len = ctx[*root].len();
        let list = &mut ctx[*root];
        #[cfg(feature = "crime")]
        let len = ctx.view()[*root].len();
        list.push(len as u64);
    });
}
