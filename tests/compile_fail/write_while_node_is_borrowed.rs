//! A node is written while a borrow of a node lasts.
//@ error: E0502

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, Vec<u64>>> = Region::new(|ctx| ctx.alloc(vec![1]));
    region.open(|root, ctx| {
        let first = &ctx[*root][0];
        #[cfg(not(feature = "crime"))]
        let first = *first;
        ctx[*root].clear();
        println!("{first}");
    });
}
