//! A reference to a trait object forgets what the object borrows from its brand.
//@ error: lifetime may not live long enough

use polder::{Ref, unsize};

trait Shape: Send + Sync {}

#[cfg(feature = "crime")]
fn convert<'r>(node: Ref<'r, dyn Shape + 'r>) -> Ref<'r, dyn Shape + 'static> {
    unsize!(node => dyn Shape + 'static)
}
#[cfg(not(feature = "crime"))]
fn convert<'r>(node: Ref<'r, dyn Shape + 'static>) -> Ref<'r, dyn Shape + 'r> {
    unsize!(node => dyn Shape + 'r)
}

fn main() {
    let _never_called = convert;
}
