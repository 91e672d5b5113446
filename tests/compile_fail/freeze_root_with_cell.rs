//! A region is frozen whose root changes by a shared borrow.
//@ error: E0277

use polder::{Rebrand, Ref, Region};

#[derive(Rebrand)]
struct Root<'r> {
    #[cfg(feature = "crime")]
    current: std::cell::Cell<Option<Ref<'r, u64>>>,
    #[cfg(not(feature = "crime"))]
    current: Option<Ref<'r, u64>>,
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|_| Root { current: Default::default() });
    let _frozen = region.freeze();
}
