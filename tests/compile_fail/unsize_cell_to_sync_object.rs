//! A reference to a trait object claims that a `Cell` behind it is `Sync`.
//@ error: E0277

use polder::{Region, unsize};
use std::{any::Any, cell::Cell};

fn main() {
    let _region: Region<()> = Region::new(|ctx| {
        let cell = ctx.alloc(Cell::new(1_u64));
        #[cfg(feature = "crime")]
        let _object = unsize!(cell => dyn Any + Send + Sync);
        #[cfg(not(feature = "crime"))]
        let _object = unsize!(cell => dyn Any + Send);
    });
}
