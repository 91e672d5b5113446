//! A lifetime in a node's type is shortened, so that a short-lived value could be written to the node.
//@ error: lifetime may not live long enough

use polder::Ref;

#[cfg(feature = "crime")]
fn convert<'a, 'r>(node: Ref<'r, &'static str>) -> Ref<'r, &'a str> {
    node
}
#[cfg(not(feature = "crime"))]
fn convert<'r>(node: Ref<'r, &'static str>) -> Ref<'r, &'static str> {
    node
}

fn main() {}
