//! `Rc<RefCell<_>>` forwards, `Weak` backwards: the textbook list. In the graph a vector owns the nodes and every
//! edge is `Weak`, since an `Rc` cycle leaks.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

type Shared = Rc<RefCell<Node>>;

struct Node {
    val: u64,
    prev: Weak<RefCell<Node>>,
    next: Option<Shared>,
}

struct List {
    head: Option<Shared>,
}

/// A chain of `Rc` must be cut node by node: left to itself it drops recursively, and a long one overflows the stack.
impl Drop for List {
    fn drop(&mut self) {
        let mut at = self.head.take();
        while let Some(node) = at {
            at = node.borrow_mut().next.take();
        }
    }
}

fn build_list(n: usize) -> List {
    let mut head = None;
    let mut tail: Option<Shared> = None;
    for val in 0..n as u64 {
        let prev = tail.as_ref().map_or_else(Weak::new, Rc::downgrade);
        let node = Rc::new(RefCell::new(Node { val, prev, next: None }));
        match tail.replace(Rc::clone(&node)) {
            Some(before) => before.borrow_mut().next = Some(node),
            None => head = Some(node),
        }
    }
    List { head }
}

impl ListSteps for List {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head.clone();
        while let Some(node) = at {
            let node = node.borrow();
            sum = sum.wrapping_add(node.val);
            at = node.next.clone();
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head.clone();
        while let Some(node) = at {
            let mut node = node.borrow_mut();
            node.val += 1;
            at = node.next.clone();
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head.clone();
        while let Some(node) = at {
            let Some(gone) = node.borrow_mut().next.take() else { break };
            let after = gone.borrow_mut().next.take();
            if let Some(after) = &after {
                after.borrow_mut().prev = Rc::downgrade(&node);
            }
            node.borrow_mut().next.clone_from(&after);
            at = after;
        }
    }
}

pub(super) fn list(lap: &mut Lap, n: usize) {
    steps::local_list(lap, || build_list(n));
}

struct Spot {
    marked: bool,
    val: u64,
    edges: [Weak<RefCell<Spot>>; 4],
}

struct Graph {
    spots: Vec<Rc<RefCell<Spot>>>,
}

fn build_graph(n: usize) -> Graph {
    let mut edges = steps::edges(n);
    let spots: Vec<_> = (0..n as u64)
        .map(|val| Rc::new(RefCell::new(Spot { marked: false, val, edges: [const { Weak::new() }; 4] })))
        .collect();
    for spot in &spots {
        spot.borrow_mut().edges = edges.deal().map(|to| Rc::downgrade(&spots[to]));
    }
    Graph { spots }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![Rc::clone(&self.spots[0])];
        while let Some(spot) = open.pop() {
            let mut spot = spot.borrow_mut();
            if spot.marked == mark {
                continue;
            }
            spot.marked = mark;
            count += 1;
            sum = sum.wrapping_add(spot.val);
            open.extend(spot.edges.iter().filter_map(Weak::upgrade));
        }
        steps::digest(count, sum)
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::local_graph(lap, || build_graph(n));
}
