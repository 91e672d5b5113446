//! A region is compacted with references in a closure, where nothing can trace them.
//@ error: E0599

use polder::{Rebrand, Ref, Region, View};

struct Root<'r> {
    sum: Box<dyn Fn(View<'_, 'r>) -> u64 + Send + 'r>,
}

impl Rebrand for Root<'static> {
    type At<'r> = Root<'r>;
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|ctx| {
        let node: Ref<'_, u64> = ctx.alloc(1);
        Root { sum: Box::new(move |view| view[node]) }
    });
    println!("{}", region.read(|root, view| (root.sum)(view)));
    #[cfg(feature = "crime")]
    let _region = region.compact();
    #[cfg(not(feature = "crime"))]
    let _bytes = region.bytes();
}
