//! The closure that makes a node reads it before it is there.
//@ error: E0502

use polder::{Rebrand, Ref, Region};

#[derive(Rebrand)]
struct Node<'r> {
    me: Option<Ref<'r, Node<'r>>>,
}

fn main() {
    let _region: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| {
        ctx.alloc_cyclic(|me: Ref<'_, Node<'_>>| {
            #[cfg(feature = "crime")]
            let me = ctx[me].me;
            #[cfg(not(feature = "crime"))]
            let me = Some(me);
            Node { me }
        })
    });
}
