//! The read token of a frozen region writes a node.
//@ error: E0594

use polder::{Ref, Region};

fn main() {
    let frozen = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze();
    frozen.read(|root, view| {
        #[cfg(feature = "crime")]
        {
            view[*root] = 2;
        }
        #[cfg(not(feature = "crime"))]
        assert_eq!(view[*root], 1);
    });
}
