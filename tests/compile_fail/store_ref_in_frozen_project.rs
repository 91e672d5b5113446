//! A reference into a frozen graph leaves `project` in a captured variable, without the count that keeps the graph.
//@ error: E0521

use polder::{Ref, Region};

fn main() {
    let frozen = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze();
    let mut out = None;
    let _node = frozen.project::<u64>(|root, view| {
        #[cfg(feature = "crime")]
        let found = *root;
        #[cfg(not(feature = "crime"))]
        let found = view[*root];
        out = Some(found);
        *root
    });
    println!("{out:?}");
}
