//! A family is derived for a type that borrows from outside the region besides.
//@ error: a region type has one lifetime parameter

use polder::{Rebrand, Ref};

#[cfg(feature = "crime")]
#[derive(Rebrand)]
struct Node<'r, 'a> {
    name: &'a str,
    next: Option<Ref<'r, Node<'r, 'a>>>,
}

#[cfg(not(feature = "crime"))]
#[derive(Rebrand)]
struct Node<'r> {
    name: &'static str,
    next: Option<Ref<'r, Node<'r>>>,
}

fn main() {}
