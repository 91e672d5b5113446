//! petgraph: nodes and edges in the vectors of a graph, adjacency by chains of edges.
//!
//! The list is a `StableDiGraph` with one edge to the next node, since nodes leave it: the way back is the incoming
//! edge, which petgraph keeps anyway. The graph, which never shrinks, is a `DiGraph`.

use std::sync::Arc;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::stable_graph::StableDiGraph;

use super::frozen;
use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

struct List {
    nodes: StableDiGraph<u64, ()>,
    head: Option<NodeIndex>,
}

fn build_list(n: usize) -> List {
    let mut nodes = StableDiGraph::new();
    let mut head = None;
    let mut tail = None;
    for val in 0..n as u64 {
        let node = nodes.add_node(val);
        match tail {
            Some(tail) => drop(nodes.add_edge(tail, node, ())),
            None => head = Some(node),
        }
        tail = Some(node);
    }
    List { nodes, head }
}

impl List {
    fn after(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.nodes.neighbors_directed(node, Outgoing).next()
    }
}

impl ListSteps for List {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head;
        while let Some(node) = at {
            sum = sum.wrapping_add(self.nodes[node]);
            at = self.after(node);
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            self.nodes[node] += 1;
            at = self.after(node);
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head;
        while let Some(node) = at {
            let Some(gone) = self.after(node) else { break };
            let after = self.after(gone);
            self.nodes.remove_node(gone);
            if let Some(after) = after {
                self.nodes.add_edge(node, after, ());
                debug_assert_eq!(self.nodes.neighbors_directed(after, Incoming).next(), Some(node));
            }
            at = after;
        }
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list(n));
}

/// The threads share the whole graph by one `Arc`.
pub(super) fn walked(lap: &mut Lap, n: usize, threads: usize) {
    let list = Arc::new(build_list(n));
    frozen::together(lap, threads, &list.head, |node| (list.nodes[node], list.after(node)));
}

struct Spot {
    marked: bool,
    val: u64,
}

struct Graph {
    spots: DiGraph<Spot, ()>,
}

fn build_graph(n: usize) -> Graph {
    let mut edges = steps::edges(n);
    let mut spots = DiGraph::new();
    for val in 0..n as u64 {
        spots.add_node(Spot { marked: false, val });
    }
    for from in 0..n {
        for to in edges.deal() {
            spots.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
    }
    Graph { spots }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![NodeIndex::new(0)];
        while let Some(at) = open.pop() {
            let spot = &mut self.spots[at];
            if spot.marked == mark {
                continue;
            }
            spot.marked = mark;
            count += 1;
            sum = sum.wrapping_add(spot.val);
            open.extend(self.spots.neighbors_directed(at, Outgoing));
        }
        steps::digest(count, sum)
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::sent_graph(lap, || build_graph(n));
}
