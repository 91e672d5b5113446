//! A doubly linked list with push and pop at both ends and removal in the middle: the structure that is famously awkward in
//! Rust is plain fields here.
//!
//! Run it with `cargo run --example linked_list`.

use polder::{Ctx, Rebrand, Ref, Region, Relocate, View};

#[derive(Rebrand, Relocate)]
struct Node<'r> {
    val: u64,
    prev: Link<'r>,
    next: Link<'r>,
}

type Link<'r> = Option<Ref<'r, Node<'r>>>;

#[derive(Rebrand, Relocate, Default)]
struct List<'r> {
    head: Link<'r>,
    tail: Link<'r>,
    len: usize,
}

impl<'r> List<'r> {
    fn push_back(&mut self, ctx: &mut Ctx<'r>, val: u64) -> Ref<'r, Node<'r>> {
        let node = ctx.alloc(Node { val, prev: self.tail, next: None });
        match self.tail {
            Some(tail) => ctx[tail].next = Some(node),
            None => self.head = Some(node),
        }
        self.tail = Some(node);
        self.len += 1;
        node
    }

    fn push_front(&mut self, ctx: &mut Ctx<'r>, val: u64) -> Ref<'r, Node<'r>> {
        let node = ctx.alloc(Node { val, prev: None, next: self.head });
        match self.head {
            Some(head) => ctx[head].prev = Some(node),
            None => self.tail = Some(node),
        }
        self.head = Some(node);
        self.len += 1;
        node
    }

    /// Takes a node out of the list. Its memory comes back when the region is compacted or dropped.
    fn remove(&mut self, ctx: &mut Ctx<'r>, node: Ref<'r, Node<'r>>) -> u64 {
        let Node { val, prev, next } = ctx[node];
        match prev {
            Some(prev) => ctx[prev].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => ctx[next].prev = prev,
            None => self.tail = prev,
        }
        self.len -= 1;
        val
    }

    fn iter<'x>(&self, view: View<'x, 'r>) -> impl Iterator<Item = &'x Node<'r>> {
        std::iter::successors(self.head.map(|node| view.get(node)), move |node| node.next.map(|next| view.get(next)))
    }
}

fn main() {
    let mut list: Region<List<'static>> = Region::new(|ctx| {
        let mut list = List::default();
        for val in 1..=5 {
            list.push_back(ctx, val);
        }
        list.push_front(ctx, 0);
        list
    });

    list.open(|list, ctx| {
        let third = list.iter(ctx.view()).nth(2).expect("six nodes").next.expect("not the last");
        let removed = list.remove(ctx, third);
        let back = list.push_back(ctx, 6);
        println!("removed {removed}, appended {}", ctx[back].val);
    });

    list.read(|list, view| {
        let values: Vec<u64> = list.iter(view).map(|node| node.val).collect();
        println!("{} nodes: {values:?}", list.len);
        assert_eq!(values, [0, 1, 2, 4, 5, 6]);
    });
}
