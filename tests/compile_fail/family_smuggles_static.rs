//! A family implies that its brand is `'static`.
//@ error: E0491

use polder::{Rebrand, Region};

struct Smuggler;

impl Rebrand for Smuggler {
    #[cfg(feature = "crime")]
    type At<'r> = &'static &'r ();
    #[cfg(not(feature = "crime"))]
    type At<'r> = &'static &'static ();
}

fn main() {
    let _region: Region<Smuggler> = Region::new(|_| &&());
}
