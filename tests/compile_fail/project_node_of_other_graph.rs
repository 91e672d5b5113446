//! A handle keeps one frozen graph alive and points into another.
//@ error: lifetime may not live long enough

use polder::{Ref, Region};

fn main() {
    let kept = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze();
    let other = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(2)).freeze();
    other.read(|foreign, _| {
        #[cfg(feature = "crime")]
        let _node = kept.project::<u64>(|_, _| *foreign);
        #[cfg(not(feature = "crime"))]
        let _node = kept.project::<u64>(|own, _| *own);
    });
}
