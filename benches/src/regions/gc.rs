//! gc-arena: traced nodes with locked fields, and its collector as the peer of compaction.
//!
//! Links are `Lock`ed one by one, so that a write touches one field and one barrier; the value has no barrier, since
//! no pointer fits in it. The arena is not `Send`: no row for shipping.

use std::cell::Cell;

use gc_arena::barrier::unlock;
use gc_arena::{Arena, Collect, Gc, Lock, Mutation, Rootable};

use super::lap::Lap;
use super::step::Step;
use super::steps::{self, GraphSteps, ListSteps};

type Link<'gc> = Option<Gc<'gc, Node<'gc>>>;

#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    #[collect(require_static)]
    val: Cell<u64>,
    prev: Lock<Link<'gc>>,
    next: Lock<Link<'gc>>,
}

type ListArena = Arena<Rootable![Link<'_>]>;

struct List {
    arena: ListArena,
}

fn set_next<'gc>(mc: &Mutation<'gc>, node: Gc<'gc, Node<'gc>>, to: Link<'gc>) {
    unlock!(Gc::write(mc, node), Node, next).set(to);
}

fn set_prev<'gc>(mc: &Mutation<'gc>, node: Gc<'gc, Node<'gc>>, to: Link<'gc>) {
    unlock!(Gc::write(mc, node), Node, prev).set(to);
}

fn build_list(n: usize) -> List {
    let arena = ListArena::new(|mc| {
        let mut head = None;
        let mut tail: Link<'_> = None;
        for val in 0..n as u64 {
            let node = Gc::new(mc, Node { val: Cell::new(val), prev: Lock::new(tail), next: Lock::new(None) });
            match tail {
                Some(tail) => set_next(mc, tail, Some(node)),
                None => head = Some(node),
            }
            tail = Some(node);
        }
        head
    });
    List { arena }
}

impl ListSteps for List {
    fn walk(&self) -> u64 {
        self.arena.mutate(|_, head| {
            let mut sum = 0u64;
            let mut at = *head;
            while let Some(node) = at {
                sum = sum.wrapping_add(node.val.get());
                at = node.next.get();
            }
            sum
        })
    }

    fn update(&mut self) {
        self.arena.mutate(|_, head| {
            let mut at = *head;
            while let Some(node) = at {
                node.val.set(node.val.get() + 1);
                at = node.next.get();
            }
        });
    }

    fn unlink_half(&mut self) {
        self.arena.mutate(|mc, head| {
            let mut at = *head;
            while let Some(node) = at {
                let Some(gone) = node.next.get() else { break };
                let after = gone.next.get();
                set_next(mc, node, after);
                if let Some(after) = after {
                    set_prev(mc, after, Some(node));
                }
                at = after;
            }
        });
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::local_list(lap, || build_list(n));
}

type Spots<'gc> = [Option<First<'gc>>; 4];

#[derive(Collect)]
#[collect(no_drop)]
struct Spot<'gc> {
    #[collect(require_static)]
    marked: Cell<bool>,
    val: u64,
    edges: Lock<Spots<'gc>>,
}

type First<'gc> = Gc<'gc, Spot<'gc>>;

struct Graph {
    arena: Arena<Rootable![First<'_>]>,
}

fn build_graph(n: usize) -> Graph {
    let arena = Arena::new(|mc| {
        let mut edges = steps::edges(n);
        let spots: Vec<First<'_>> = (0..n as u64)
            .map(|val| Gc::new(mc, Spot { marked: Cell::new(false), val, edges: Lock::new([None; 4]) }))
            .collect();
        for &spot in &spots {
            unlock!(Gc::write(mc, spot), Spot, edges).set(edges.deal().map(|to| Some(spots[to])));
        }
        spots[0]
    });
    Graph { arena }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        self.arena.mutate(|_, first| {
            let (mut count, mut sum) = (0, 0u64);
            let mut open = vec![*first];
            while let Some(spot) = open.pop() {
                if spot.marked.replace(mark) == mark {
                    continue;
                }
                count += 1;
                sum = sum.wrapping_add(spot.val);
                open.extend(spot.edges.get().into_iter().flatten());
            }
            steps::digest(count, sum)
        })
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::local_graph(lap, || build_graph(n));
}

/// A full cycle after half of the nodes became garbage: marking the live half and sweeping the other.
pub(super) fn collect(lap: &mut Lap, n: usize) {
    let mut list = build_list(n);
    lap.time(Step::CollectLive, || list.arena.finish_cycle());
    list.unlink_half();
    lap.time(Step::CollectHalf, || list.arena.finish_cycle());
    assert_eq!(list.arena.metrics().total_gc_count(), n - n / 2, "the cycle freed what was unlinked");
    lap.check(list.walk());
}
