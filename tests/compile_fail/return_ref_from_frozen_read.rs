//! A reference into a frozen graph leaves the read session, without the count that keeps the graph.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let frozen = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze();
    #[cfg(feature = "crime")]
    let _out = frozen.read(|root, _| *root);
    #[cfg(not(feature = "crime"))]
    let _out = frozen.project::<u64>(|root, _| *root);
}
