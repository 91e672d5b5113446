//! A limit, not a peer: one `Vec` of nodes with `u32` links. It has nothing to check but a bound, half the link
//! size, and no way to tell an index of one list from that of another.

use std::sync::Arc;

use super::frozen;
use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

const NONE: u32 = u32::MAX;

struct Node {
    val: u64,
    prev: u32,
    next: u32,
}

struct List {
    nodes: Vec<Node>,
    head: u32,
}

/// Grown by pushing, as the others are: nobody is told the length beforehand.
fn build_list(n: usize) -> List {
    fill(Vec::new(), n)
}

fn fill(mut nodes: Vec<Node>, n: usize) -> List {
    let mut tail = NONE;
    for val in 0..n as u64 {
        let new = nodes.len() as u32;
        nodes.push(Node { val, prev: tail, next: NONE });
        if let Some(before) = nodes.get_mut(tail as usize) {
            before.next = new;
        }
        tail = new;
    }
    List { head: if nodes.is_empty() { NONE } else { 0 }, nodes }
}

impl ListSteps for List {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head;
        while let Some(node) = self.nodes.get(at as usize) {
            sum = sum.wrapping_add(node.val);
            at = node.next;
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head;
        while let Some(node) = self.nodes.get_mut(at as usize) {
            node.val += 1;
            at = node.next;
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head;
        while let Some(node) = self.nodes.get(at as usize) {
            let Some(gone) = self.nodes.get(node.next as usize) else { break };
            let after = gone.next;
            self.nodes[at as usize].next = after;
            if let Some(node) = self.nodes.get_mut(after as usize) {
                node.prev = at;
            }
            at = after;
        }
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list(n));
}

/// The threads share the whole vector by one `Arc`.
pub(super) fn walked(lap: &mut Lap, n: usize, threads: usize) {
    let list = Arc::new(build_list(n));
    frozen::together(lap, threads, &(list.head != NONE).then_some(list.head), |at| {
        let node = &list.nodes[at as usize];
        (node.val, (node.next != NONE).then_some(node.next))
    });
}

struct Spot {
    marked: bool,
    val: u64,
    edges: [u32; 4],
}

struct Graph {
    nodes: Vec<Spot>,
}

fn build_graph(n: usize) -> Graph {
    let mut edges = steps::edges(n);
    let mut nodes = Vec::new();
    for val in 0..n as u64 {
        nodes.push(Spot { marked: false, val, edges: edges.deal().map(|to| to as u32) });
    }
    Graph { nodes }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![0u32];
        while let Some(at) = open.pop() {
            let spot = &mut self.nodes[at as usize];
            if spot.marked == mark {
                continue;
            }
            spot.marked = mark;
            count += 1;
            sum = sum.wrapping_add(spot.val);
            open.extend_from_slice(&spot.edges);
        }
        steps::digest(count, sum)
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::sent_graph(lap, || build_graph(n));
}

/// The list of [`list`], told its length: one allocation.
pub(super) fn build_sized(n: usize) -> impl ListSteps {
    fill(Vec::with_capacity(n), n)
}
