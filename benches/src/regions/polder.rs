//! polder: the same structures as regions.

use polder::{Ctx, Rebrand, Ref, Region, Relocate};

use super::frozen;
use super::lap::Lap;
use super::step::Step;
use super::steps::{self, GraphSteps, ListSteps};

type Link<'r> = Option<Ref<'r, Node<'r>>>;

#[derive(Rebrand, Relocate)]
pub(super) struct Node<'r> {
    pub(super) val: u64,
    prev: Link<'r>,
    next: Link<'r>,
}

#[derive(Rebrand, Relocate)]
pub(super) struct List<'r> {
    pub(super) head: Link<'r>,
    tail: Link<'r>,
}

impl<'r> List<'r> {
    /// Links another list of the same region behind this one.
    pub(super) fn append(&mut self, other: Self, ctx: &mut Ctx<'r>) {
        match (self.tail, other.head) {
            (Some(tail), Some(head)) => {
                ctx[tail].next = Some(head);
                ctx[head].prev = Some(tail);
                self.tail = other.tail;
            }
            (None, _) => *self = other,
            (_, None) => {}
        }
    }
}

pub(super) fn build_list(n: usize) -> Region<List<'static>> {
    Region::new(|ctx| {
        let mut list = List { head: None, tail: None };
        for val in 0..n as u64 {
            let node = ctx.alloc(Node { val, prev: list.tail, next: None });
            match list.tail {
                Some(tail) => ctx[tail].next = Some(node),
                None => list.head = Some(node),
            }
            list.tail = Some(node);
        }
        list
    })
}

impl ListSteps for Region<List<'static>> {
    fn walk(&self) -> u64 {
        self.read(|list, view| {
            let mut sum = 0u64;
            let mut at = list.head;
            while let Some(node) = at {
                let node = view.get(node);
                sum = sum.wrapping_add(node.val);
                at = node.next;
            }
            sum
        })
    }

    fn update(&mut self) {
        self.open(|list, ctx| {
            let mut at = list.head;
            while let Some(node) = at {
                let node = &mut ctx[node];
                node.val += 1;
                at = node.next;
            }
        });
    }

    fn unlink_half(&mut self) {
        self.open(|list, ctx| {
            let mut at = list.head;
            while let Some(node) = at {
                let Some(gone) = ctx[node].next else { break };
                let after = ctx[gone].next;
                ctx[node].next = after;
                match after {
                    Some(after) => ctx[after].prev = Some(node),
                    None => list.tail = Some(node),
                }
                at = after;
            }
        });
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list(n));
    lap.put_weight(Step::Own, build_list(n).bytes() as f64);
}

#[derive(Rebrand)]
struct Spot<'r> {
    marked: bool,
    val: u64,
    edges: [Option<Ref<'r, Spot<'r>>>; 4],
}

#[derive(Rebrand)]
struct Graph<'r> {
    first: Ref<'r, Spot<'r>>,
}

fn build_graph(n: usize) -> Region<Graph<'static>> {
    Region::new(|ctx| {
        let mut edges = steps::edges(n);
        let spots: Vec<Ref<'_, Spot<'_>>> =
            (0..n as u64).map(|val| ctx.alloc(Spot { marked: false, val, edges: [None; 4] })).collect();
        for &spot in &spots {
            ctx[spot].edges = edges.deal().map(|to| Some(spots[to]));
        }
        Graph { first: spots[0] }
    })
}

impl GraphSteps for Region<Graph<'static>> {
    fn mark(&mut self, mark: bool) -> u64 {
        self.open(|graph, ctx| {
            let (mut count, mut sum) = (0, 0u64);
            let mut open = vec![graph.first];
            while let Some(spot) = open.pop() {
                let spot = &mut ctx[spot];
                if spot.marked == mark {
                    continue;
                }
                spot.marked = mark;
                count += 1;
                sum = sum.wrapping_add(spot.val);
                open.extend(spot.edges.iter().flatten());
            }
            steps::digest(count, sum)
        })
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::sent_graph(lap, || build_graph(n));
}

/// The threads share one session of a frozen region: its view is as good on any of them.
pub(super) fn walked(lap: &mut Lap, n: usize, threads: usize) {
    build_list(n).freeze().read(|list, view| {
        frozen::together(lap, threads, &list.head, |node| {
            let node = view.get(node);
            (node.val, node.next)
        });
    });
}

/// Collecting garbage by compaction: with nothing to free, then with every second node unlinked.
pub(super) fn collect(lap: &mut Lap, n: usize) {
    let list = build_list(n);
    let mut list = lap.time(Step::CollectLive, || list.compact());
    list.unlink_half();
    let before = list.bytes();
    let list = lap.time(Step::CollectHalf, || list.compact());
    assert!(list.bytes() <= before, "compaction gave memory back");
    lap.check(list.walk());
}
