//! A region is used by its old name after `split` took it.
//@ error: E0382

use polder::{Ref, Region};

fn main() {
    let pair: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| (ctx.alloc(1), ctx.alloc(2)));
    #[cfg(feature = "crime")]
    let (_parts, whole) = (pair.split(), pair);
    #[cfg(not(feature = "crime"))]
    let (_parts, whole) = (pair.clone().split(), pair);
    drop(whole);
}
