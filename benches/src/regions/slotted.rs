//! slotmap: nodes by value in one `SlotMap`, linked by generational keys.
//!
//! It frees single nodes at once, and a key outlives its node without harm: each hop pays with a check of the
//! generation.

use std::sync::Arc;

use slotmap::{DefaultKey, SlotMap};

use super::frozen;
use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

struct Node {
    val: u64,
    prev: Option<DefaultKey>,
    next: Option<DefaultKey>,
}

struct List {
    nodes: SlotMap<DefaultKey, Node>,
    head: Option<DefaultKey>,
}

fn build_list(n: usize) -> List {
    let mut nodes = SlotMap::new();
    let mut head = None;
    let mut tail: Option<DefaultKey> = None;
    for val in 0..n as u64 {
        let node = nodes.insert(Node { val, prev: tail, next: None });
        match tail {
            Some(tail) => nodes[tail].next = Some(node),
            None => head = Some(node),
        }
        tail = Some(node);
    }
    List { nodes, head }
}

impl ListSteps for List {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head;
        while let Some(key) = at {
            let node = &self.nodes[key];
            sum = sum.wrapping_add(node.val);
            at = node.next;
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head;
        while let Some(key) = at {
            let node = &mut self.nodes[key];
            node.val += 1;
            at = node.next;
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head;
        while let Some(key) = at {
            let Some(gone) = self.nodes[key].next else { break };
            let after = self.nodes.remove(gone).and_then(|gone| gone.next);
            self.nodes[key].next = after;
            if let Some(after) = after {
                self.nodes[after].prev = Some(key);
            }
            at = after;
        }
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list(n));
}

/// The threads share the whole map by one `Arc`.
pub(super) fn walked(lap: &mut Lap, n: usize, threads: usize) {
    let list = Arc::new(build_list(n));
    frozen::together(lap, threads, &list.head, |key| {
        let node = &list.nodes[key];
        (node.val, node.next)
    });
}

struct Spot {
    marked: bool,
    val: u64,
    edges: [Option<DefaultKey>; 4],
}

struct Graph {
    spots: SlotMap<DefaultKey, Spot>,
    first: DefaultKey,
}

fn build_graph(n: usize) -> Graph {
    let mut edges = steps::edges(n);
    let mut spots = SlotMap::new();
    let keys: Vec<DefaultKey> =
        (0..n as u64).map(|val| spots.insert(Spot { marked: false, val, edges: [None; 4] })).collect();
    for &key in &keys {
        spots[key].edges = edges.deal().map(|to| Some(keys[to]));
    }
    Graph { spots, first: keys[0] }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![self.first];
        while let Some(key) = open.pop() {
            let spot = &mut self.spots[key];
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

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::sent_graph(lap, || build_graph(n));
}
