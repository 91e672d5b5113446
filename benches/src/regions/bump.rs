//! bumpalo: nodes with `Cell` fields, linked by plain shared references.
//!
//! The references borrow the arena, so that a built graph can neither be stored nor sent: no row for shipping.
//! bumpalo runs no destructors, which the nodes here do not need.

use std::cell::Cell;

use bumpalo::Bump;

use super::lap::Lap;
use super::step::Step;
use super::steps::{self, GraphSteps, ListSteps};

pub(super) struct Node<'a> {
    val: Cell<u64>,
    prev: Cell<Option<&'a Node<'a>>>,
    next: Cell<Option<&'a Node<'a>>>,
}

pub(super) struct List<'a> {
    pub(super) head: Option<&'a Node<'a>>,
}

fn build_list(arena: &Bump, n: usize) -> List<'_> {
    let mut head = None;
    let mut tail: Option<&Node<'_>> = None;
    for val in 0..n as u64 {
        let node: &_ = arena.alloc(Node { val: Cell::new(val), prev: Cell::new(tail), next: Cell::new(None) });
        match tail {
            Some(tail) => tail.next.set(Some(node)),
            None => head = Some(node),
        }
        tail = Some(node);
    }
    List { head }
}

impl ListSteps for List<'_> {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head;
        while let Some(node) = at {
            sum = sum.wrapping_add(node.val.get());
            at = node.next.get();
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            node.val.set(node.val.get() + 1);
            at = node.next.get();
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            let Some(gone) = node.next.get() else { break };
            let after = gone.next.get();
            node.next.set(after);
            if let Some(after) = after {
                after.prev.set(Some(node));
            }
            at = after;
        }
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    let arena = Bump::new();
    let mut list = lap.build(|| build_list(&arena, n));
    steps::use_list(lap, &mut list);
    lap.time(Step::Drop, || drop(arena));
}

struct Spot<'a> {
    marked: Cell<bool>,
    val: u64,
    edges: Cell<[Option<&'a Spot<'a>>; 4]>,
}

struct Graph<'a> {
    first: &'a Spot<'a>,
}

fn build_graph(arena: &Bump, n: usize) -> Graph<'_> {
    let mut edges = steps::edges(n);
    let spots: Vec<&Spot<'_>> = (0..n as u64)
        .map(|val| &*arena.alloc(Spot { marked: Cell::new(false), val, edges: Cell::new([None; 4]) }))
        .collect();
    for spot in &spots {
        spot.edges.set(edges.deal().map(|to| Some(spots[to])));
    }
    Graph { first: spots[0] }
}

impl GraphSteps for Graph<'_> {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![self.first];
        while let Some(spot) = open.pop() {
            if spot.marked.replace(mark) == mark {
                continue;
            }
            count += 1;
            sum = sum.wrapping_add(spot.val);
            open.extend(spot.edges.get().into_iter().flatten());
        }
        steps::digest(count, sum)
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    let arena = Bump::new();
    let mut graph = lap.build(|| build_graph(&arena, n));
    steps::use_graph(lap, &mut graph);
    lap.time(Step::Drop, || drop(arena));
}

/// Shows the list of [`list`] in an arena that goes with it.
pub(super) fn with_list<T>(n: usize, look: impl FnOnce(List<'_>) -> T) -> T {
    let arena = Bump::new();
    look(build_list(&arena, n))
}
