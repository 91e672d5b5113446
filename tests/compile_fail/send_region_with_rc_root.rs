//! A region whose root has a count that is not atomic goes to another thread.
//@ error: E0277

use polder::Region;
#[cfg(feature = "crime")]
use std::rc::Rc as Count;
#[cfg(not(feature = "crime"))]
use std::sync::Arc as Count;

fn main() {
    let shared = Count::new(1);
    let region: Region<Count<u64>> = Region::new(|_| shared.clone());
    std::thread::spawn(move || drop(region)).join().unwrap();
}
