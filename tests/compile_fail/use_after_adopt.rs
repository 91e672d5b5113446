//! A region is used by its old name after its nodes became another region's.
//@ error: E0382

use polder::{Ref, Region};

fn main() {
    let child: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let _parent: Region<Ref<'static, u64>> = Region::new(|ctx| {
        #[cfg(feature = "crime")]
        let adopted = ctx.adopt(child);
        #[cfg(not(feature = "crime"))]
        let adopted = ctx.adopt(child.clone());
        adopted
    });
    drop(child);
}
