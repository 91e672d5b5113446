//! A read token outlives the borrow of the session that it came from.
//@ error: lifetime may not live long enough

use polder::View;

#[cfg(feature = "crime")]
fn convert<'x, 'y: 'x, 'r: 'y>(view: View<'x, 'r>) -> View<'y, 'r> {
    view
}
#[cfg(not(feature = "crime"))]
fn convert<'x, 'y: 'x, 'r: 'y>(view: View<'y, 'r>) -> View<'x, 'r> {
    view
}

fn main() {}
