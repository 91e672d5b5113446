//! A clone forgets a reference, which would point into the original's region.
//@ error: lifetime may not live long enough

use polder::{Cloner, DeepClone, Rebrand, Ref, Region};

struct Root<'r> {
    node: Ref<'r, u64>,
}

impl Rebrand for Root<'static> {
    type At<'r> = Root<'r>;
}

impl DeepClone for Root<'static> {
    fn deep_clone<'o, 'n>(root: &Root<'o>, cloner: &mut Cloner<'o, 'n>) -> Root<'n> {
        let node = root.node;
        #[cfg(not(feature = "crime"))]
        let node = cloner.clone_ref::<u64>(node);
        Root { node }
    }
}

fn main() {
    let region: Region<Root<'static>> = Region::new(|ctx| Root { node: ctx.alloc(1) });
    let _copy = region.clone();
}
