//! A reference is stored where every thread finds it.
//@ error: E0521

use polder::{Ref, Region};
use std::sync::Mutex;

#[cfg(feature = "crime")]
static STASH: Mutex<Option<Ref<'static, u64>>> = Mutex::new(None);
#[cfg(not(feature = "crime"))]
static STASH: Mutex<Option<Region<Ref<'static, u64>>>> = Mutex::new(None);

fn main() {
    let mut region: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(1));
    region.open(|root, ctx| {
        ctx[*root] += 1;
        #[cfg(feature = "crime")]
        STASH.lock().unwrap().replace(*root);
    });
    #[cfg(not(feature = "crime"))]
    STASH.lock().unwrap().replace(region);
}
