//! A region is frozen with a mutex from which two threads could copy a reference to one `Cell`.
//@ error: E0277

use polder::{Rebrand, Ref, Region};
use std::sync::Mutex;

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

#[derive(Rebrand)]
struct Root<'r> {
    count: Mutex<Ref<'r, Count>>,
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|ctx| Root { count: Mutex::new(ctx.alloc(Count::new(0))) });
    let _frozen = region.freeze();
}
