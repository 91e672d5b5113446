//! Functions whose machine code `tests/codegen.rs` looks at.

use polder::{Ctx, Rebrand, Ref, View};

/// A node of a doubly linked list.
pub struct Node<'r> {
    pub val: u64,
    pub prev: Option<Ref<'r, Node<'r>>>,
    pub next: Option<Ref<'r, Node<'r>>>,
}

impl Rebrand for Node<'static> {
    type At<'r> = Node<'r>;
}

#[unsafe(no_mangle)]
pub fn link<'r>(ctx: &mut Ctx<'r>, a: Ref<'r, Node<'r>>, b: Ref<'r, Node<'r>>) {
    ctx[a].next = Some(b);
    ctx[b].prev = Some(a);
}

#[unsafe(no_mangle)]
pub fn walk<'r>(view: View<'_, 'r>, first: Option<Ref<'r, Node<'r>>>) -> u64 {
    let (mut sum, mut next) = (0_u64, first);
    while let Some(node) = next {
        sum = sum.wrapping_add(view[node].val);
        next = view[node].next;
    }
    sum
}
