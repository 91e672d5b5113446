//! The brand of a reference is lengthened, so that two brands could meet.
//@ error: lifetime may not live long enough

use polder::Ref;

#[cfg(feature = "crime")]
fn convert<'a: 'r, 'r>(node: Ref<'r, u64>) -> Ref<'a, u64> {
    node
}
#[cfg(not(feature = "crime"))]
fn convert<'r>(node: Ref<'r, u64>) -> Ref<'r, u64> {
    node
}

fn main() {}
