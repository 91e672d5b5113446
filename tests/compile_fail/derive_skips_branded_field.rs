//! A derived relocation skips a field with a reference.
//@ error: a skipped field keeps its type

use polder::{Rebrand, Ref, Relocate};

#[derive(Rebrand, Relocate)]
struct Node<'r> {
    #[cfg_attr(feature = "crime", region(skip))]
    next: Option<Ref<'r, Node<'r>>>,
    #[region(skip)]
    name: String,
}

fn main() {}
