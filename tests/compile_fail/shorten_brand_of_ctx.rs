//! The brand of a writing session is shortened behind a shared borrow, so that two brands could meet.
//@ error: lifetime may not live long enough

use polder::Ctx;

#[cfg(feature = "crime")]
fn convert<'x, 'a: 'x, 'r: 'a>(ctx: &'x Ctx<'r>) -> &'x Ctx<'a> {
    ctx
}
#[cfg(not(feature = "crime"))]
fn convert<'x, 'y: 'x, 'r>(ctx: &'y Ctx<'r>) -> &'x Ctx<'r> {
    ctx
}

fn main() {}
