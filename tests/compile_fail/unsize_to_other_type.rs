//! A reference is turned into one to a larger type at the same place.
//@ error: E0308

use polder::{Region, unsize};

fn main() {
    let _region: Region<()> = Region::new(|ctx| {
        let bytes = ctx.alloc([1_u8; 4]);
        #[cfg(feature = "crime")]
        let _wide = unsize!(bytes => u64);
        #[cfg(not(feature = "crime"))]
        let _wide = unsize!(bytes => [u8]);
    });
}
