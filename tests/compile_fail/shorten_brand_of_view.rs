//! The brand of a read token is shortened, so that two brands could meet.
//@ error: lifetime may not live long enough

use polder::View;

#[cfg(feature = "crime")]
fn convert<'x, 'a: 'x, 'r: 'a>(view: View<'x, 'r>) -> View<'x, 'a> {
    view
}
#[cfg(not(feature = "crime"))]
fn convert<'x, 'y: 'x, 'r>(view: View<'y, 'r>) -> View<'x, 'r> {
    view
}

fn main() {}
