//! Of two regions that are locked together, one gets a reference to a node of the other.
//@ error: E0521

use polder::sync::lock_many;
use polder::{Ref, Region, RegionMutex};

type Nodes = Vec<Ref<'static, u64>>;

fn main() {
    let left: RegionMutex<Nodes> = RegionMutex::new(Region::new(|ctx| vec![ctx.alloc(1)]));
    let right: RegionMutex<Nodes> = RegionMutex::new(Region::new(|_| Vec::new()));
    let (mut left, mut right) = lock_many((&left, &right)).unwrap();
    left.open(|from, _from_ctx| {
        right.open(|to, _to_ctx| {
            #[cfg(feature = "crime")]
            to.push(from[0]);
            #[cfg(not(feature = "crime"))]
            to.push(_to_ctx.alloc(_from_ctx[from[0]]));
        });
    });
}
