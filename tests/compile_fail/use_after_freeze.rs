//! A region is used by its old name after `freeze` took it.
//@ error: E0382

use polder::{Ref, Region};

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    let frozen = region.freeze();
    #[cfg(not(feature = "crime"))]
    {
        region = frozen.try_thaw().unwrap();
    }
    region.open(|root, ctx| ctx[*root] += 1);
}
