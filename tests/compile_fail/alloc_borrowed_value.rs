//! A node borrows from outside the region.
//@ error: E0597

use polder::{Ref, Region};

fn main() {
    let region: Region<Ref<'static, &'static u64>>;
    {
        #[cfg(feature = "crime")]
        let number = 1;
        #[cfg(not(feature = "crime"))]
        static number: u64 = 1;
        region = Region::new(|ctx| ctx.alloc(&number));
    }
    drop(region);
}
