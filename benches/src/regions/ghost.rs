//! typed-arena for the storage and ghost-cell for the access: whole nodes behind `GhostCell`, one token.
//!
//! Brand and borrow are stuck in one closure: the built graph cannot be stored or given away, so that it has no row
//! for shipping. Scoped threads may read it through a shared token, which is its row among the frozen graphs.

use ghost_cell::{GhostCell, GhostToken};
use typed_arena::Arena;

use super::frozen;
use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

type Link<'a, 'id> = Option<&'a GhostCell<'id, Node<'a, 'id>>>;

struct Node<'a, 'id> {
    val: u64,
    prev: Link<'a, 'id>,
    next: Link<'a, 'id>,
}

struct List<'a, 'id> {
    token: GhostToken<'id>,
    head: Link<'a, 'id>,
}

type ListArena<'a, 'id> = Arena<GhostCell<'id, Node<'a, 'id>>>;

fn build_list<'a, 'id>(mut token: GhostToken<'id>, arena: &'a ListArena<'a, 'id>, n: usize) -> List<'a, 'id> {
    let mut head: Link<'a, 'id> = None;
    let mut tail: Link<'a, 'id> = None;
    for val in 0..n as u64 {
        let node: &_ = arena.alloc(GhostCell::new(Node { val, prev: tail, next: None }));
        match tail {
            Some(tail) => tail.borrow_mut(&mut token).next = Some(node),
            None => head = Some(node),
        }
        tail = Some(node);
    }
    List { token, head }
}

impl ListSteps for List<'_, '_> {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head;
        while let Some(node) = at {
            let node = node.borrow(&self.token);
            sum = sum.wrapping_add(node.val);
            at = node.next;
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            let node = node.borrow_mut(&mut self.token);
            node.val += 1;
            at = node.next;
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            let Some(gone) = node.borrow(&self.token).next else { break };
            let after = gone.borrow(&self.token).next;
            node.borrow_mut(&mut self.token).next = after;
            if let Some(after) = after {
                after.borrow_mut(&mut self.token).prev = Some(node);
            }
            at = after;
        }
    }
}

/// No row for the drop: the cells borrow the arena for as long as it lives, so that it cannot be dropped by name.
pub(super) fn list(lap: &mut Lap, n: usize) {
    GhostToken::new(|token| {
        let arena = Arena::new();
        let mut list = lap.build(|| build_list(token, &arena, n));
        steps::use_list(lap, &mut list);
    });
}

/// Scoped threads read the list of [`list`] through one shared token.
pub(super) fn walked(lap: &mut Lap, n: usize, threads: usize) {
    GhostToken::new(|token| {
        let arena = Arena::new();
        let list = build_list(token, &arena, n);
        frozen::together(lap, threads, &list.head, |node| {
            let node = node.borrow(&list.token);
            (node.val, node.next)
        });
    });
}

type SpotCell<'a, 'id> = GhostCell<'id, Spot<'a, 'id>>;

struct Spot<'a, 'id> {
    marked: bool,
    val: u64,
    edges: [Option<&'a SpotCell<'a, 'id>>; 4],
}

struct Graph<'a, 'id> {
    token: GhostToken<'id>,
    first: &'a SpotCell<'a, 'id>,
}

fn build_graph<'a, 'id>(mut token: GhostToken<'id>, arena: &'a Arena<SpotCell<'a, 'id>>, n: usize) -> Graph<'a, 'id> {
    let mut edges = steps::edges(n);
    let spots: Vec<&'a SpotCell<'a, 'id>> =
        (0..n as u64).map(|val| &*arena.alloc(GhostCell::new(Spot { marked: false, val, edges: [None; 4] }))).collect();
    for spot in &spots {
        spot.borrow_mut(&mut token).edges = edges.deal().map(|to| Some(spots[to]));
    }
    Graph { token, first: spots[0] }
}

impl GraphSteps for Graph<'_, '_> {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![self.first];
        while let Some(spot) = open.pop() {
            let spot = spot.borrow_mut(&mut self.token);
            if spot.marked == mark {
                continue;
            }
            spot.marked = mark;
            count += 1;
            sum = sum.wrapping_add(spot.val);
            open.extend(spot.edges.iter().flatten());
        }
        steps::digest(count, sum)
    }
}

/// No row for the drop, as with [`list`].
pub(super) fn graph(lap: &mut Lap, n: usize) {
    GhostToken::new(|token| {
        let arena = Arena::new();
        let mut graph = lap.build(|| build_graph(token, &arena, n));
        steps::use_graph(lap, &mut graph);
    });
}
