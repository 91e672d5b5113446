//! Structures that several tests use.
#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use polder::{Ctx, DeepClone, Rebrand, Ref, Region, Relocate, View};

/// Fewer elements where every step is interpreted.
pub(crate) const fn scaled(native: usize, miri: usize) -> usize {
    if cfg!(miri) { miri } else { native }
}

/// A node of a doubly linked list.
#[derive(Rebrand, Relocate, DeepClone, Debug)]
pub(crate) struct Node<'r> {
    pub(crate) val: u64,
    pub(crate) prev: Option<Ref<'r, Node<'r>>>,
    pub(crate) next: Option<Ref<'r, Node<'r>>>,
}

/// A doubly linked list.
#[derive(Rebrand, Relocate, DeepClone, Debug, Default)]
pub(crate) struct List<'r> {
    pub(crate) head: Option<Ref<'r, Node<'r>>>,
    pub(crate) tail: Option<Ref<'r, Node<'r>>>,
}

pub(crate) type ListRegion = Region<List<'static>>;

impl<'r> List<'r> {
    pub(crate) fn push(&mut self, ctx: &mut Ctx<'r>, val: u64) -> Ref<'r, Node<'r>> {
        let node = ctx.alloc(Node { val, prev: self.tail, next: None });
        match self.tail {
            Some(tail) => ctx[tail].next = Some(node),
            None => self.head = Some(node),
        }
        self.tail = Some(node);
        node
    }

    pub(crate) fn unlink(&mut self, ctx: &mut Ctx<'r>, node: Ref<'r, Node<'r>>) {
        let Node { prev, next, .. } = ctx[node];
        match prev {
            Some(prev) => ctx[prev].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => ctx[next].prev = prev,
            None => self.tail = prev,
        }
    }

    pub(crate) fn forwards(&self, view: View<'_, 'r>) -> Vec<u64> {
        std::iter::successors(self.head, |node| view[*node].next).map(|node| view[node].val).collect()
    }

    pub(crate) fn backwards(&self, view: View<'_, 'r>) -> Vec<u64> {
        std::iter::successors(self.tail, |node| view[*node].prev).map(|node| view[node].val).collect()
    }
}

pub(crate) fn list_of(values: impl IntoIterator<Item = u64>) -> ListRegion {
    Region::new(|ctx| {
        let mut list = List::default();
        for val in values {
            list.push(ctx, val);
        }
        list
    })
}

/// The values, after checking that both directions agree.
pub(crate) fn values_of(list: &ListRegion) -> Vec<u64> {
    list.read(|list, view| {
        let forwards = list.forwards(view);
        let mut backwards = list.backwards(view);
        backwards.reverse();
        assert_eq!(forwards, backwards);
        forwards
    })
}

/// Counts its drops.
#[derive(Debug)]
pub(crate) struct Canary(pub(crate) &'static AtomicUsize);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Rebrand for Canary {
    type At<'r> = Canary;
}

impl Relocate for Canary {
    fn relocate<'o, 'n>(value: Self, _: &mut polder::Mover<'o, 'n>) -> Self {
        value
    }
}

/// A counter of its own for each test, so that tests can run side by side.
pub(crate) fn drop_count() -> &'static AtomicUsize {
    /// Keeps the counters reachable, for leak checkers.
    static COUNTS: Mutex<Vec<&AtomicUsize>> = Mutex::new(Vec::new());
    let count = Box::leak(Box::new(AtomicUsize::new(0)));
    COUNTS.lock().unwrap().push(count);
    count
}

pub(crate) fn load(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}
