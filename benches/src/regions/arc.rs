//! `Arc<Mutex<_>>` and `Arc<RwLock<_>>` forwards, `Weak` backwards: what one writes when a graph must cross threads
//! and no region is at hand. Plain `Arc` nodes, never changed once built, are the peer of a frozen graph.

use std::sync::{Arc, Mutex, RwLock, Weak};

use super::frozen;
use super::lap::Lap;
use super::steps::{self, GraphSteps, ListSteps};

/// The two locks under one name. Nobody panics while holding one, so that poison cannot be met.
trait Lock<T>: Send + Sync + 'static {
    fn hold(value: T) -> Self;
    fn look<U>(&self, f: impl FnOnce(&T) -> U) -> U;
    fn change<U>(&self, f: impl FnOnce(&mut T) -> U) -> U;
}

impl<T: Send + 'static> Lock<T> for Mutex<T> {
    fn hold(value: T) -> Self {
        Self::new(value)
    }
    fn look<U>(&self, f: impl FnOnce(&T) -> U) -> U {
        f(&self.lock().expect("not poisoned"))
    }
    fn change<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.lock().expect("not poisoned"))
    }
}

impl<T: Send + Sync + 'static> Lock<T> for RwLock<T> {
    fn hold(value: T) -> Self {
        Self::new(value)
    }
    fn look<U>(&self, f: impl FnOnce(&T) -> U) -> U {
        f(&self.read().expect("not poisoned"))
    }
    fn change<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.write().expect("not poisoned"))
    }
}

/// The lock is named by the node type that wraps it: the node of a list must know the lock of its neighbours.
trait Node: Lock<Fields<Self>> + Sized {}
impl<N: Lock<Fields<N>>> Node for N {}

struct Fields<N> {
    val: u64,
    prev: Weak<N>,
    next: Option<Arc<N>>,
}

struct ByMutex(Mutex<Fields<ByMutex>>);
struct ByRwLock(RwLock<Fields<ByRwLock>>);

/// Passes the lock of the field on to the wrapper.
macro_rules! node {
    ($name:ident, $lock:ident) => {
        impl Lock<Fields<Self>> for $name {
            fn hold(value: Fields<Self>) -> Self {
                Self($lock::hold(value))
            }
            fn look<U>(&self, f: impl FnOnce(&Fields<Self>) -> U) -> U {
                self.0.look(f)
            }
            fn change<U>(&self, f: impl FnOnce(&mut Fields<Self>) -> U) -> U {
                self.0.change(f)
            }
        }
    };
}
node!(ByMutex, Mutex);
node!(ByRwLock, RwLock);

struct List<N: Node> {
    head: Option<Arc<N>>,
}

/// Cut node by node, as the list of `Rc` is.
impl<N: Node> Drop for List<N> {
    fn drop(&mut self) {
        let mut at = self.head.take();
        while let Some(node) = at {
            at = node.change(|node| node.next.take());
        }
    }
}

fn build_list<N: Node>(n: usize) -> List<N> {
    let mut head = None;
    let mut tail: Option<Arc<N>> = None;
    for val in 0..n as u64 {
        let prev = tail.as_ref().map_or_else(Weak::new, Arc::downgrade);
        let node = Arc::new(N::hold(Fields { val, prev, next: None }));
        match tail.replace(Arc::clone(&node)) {
            Some(before) => before.change(|before| before.next = Some(node)),
            None => head = Some(node),
        }
    }
    List { head }
}

impl<N: Node> ListSteps for List<N> {
    fn walk(&self) -> u64 {
        let mut sum = 0u64;
        let mut at = self.head.clone();
        while let Some(node) = at {
            at = node.look(|node| {
                sum = sum.wrapping_add(node.val);
                node.next.clone()
            });
        }
        sum
    }

    fn update(&mut self) {
        let mut at = self.head.clone();
        while let Some(node) = at {
            at = node.change(|node| {
                node.val += 1;
                node.next.clone()
            });
        }
    }

    fn unlink_half(&mut self) {
        let mut at = self.head.clone();
        while let Some(node) = at {
            let Some(gone) = node.change(|node| node.next.take()) else { break };
            let after = gone.change(|gone| gone.next.take());
            if let Some(after) = &after {
                after.change(|after| after.prev = Arc::downgrade(&node));
            }
            node.change(|node| node.next.clone_from(&after));
            at = after;
        }
    }
}

pub(super) fn mutex_list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list::<ByMutex>(n));
}

pub(super) fn rwlock_list(lap: &mut Lap, n: usize) {
    steps::sent_list(lap, || build_list::<ByRwLock>(n));
}

fn walked<N: Node>(lap: &mut Lap, list: &List<N>, threads: usize) {
    frozen::together(lap, threads, &list.head, |node| node.look(|node| (node.val, node.next.clone())));
}

pub(super) fn mutex_walked(lap: &mut Lap, n: usize, threads: usize) {
    walked(lap, &build_list::<ByMutex>(n), threads);
}

pub(super) fn rwlock_walked(lap: &mut Lap, n: usize, threads: usize) {
    walked(lap, &build_list::<ByRwLock>(n), threads);
}

struct Spot {
    marked: bool,
    val: u64,
    edges: [Weak<Mutex<Spot>>; 4],
}

struct Graph {
    spots: Vec<Arc<Mutex<Spot>>>,
}

fn build_graph(n: usize) -> Graph {
    let mut edges = steps::edges(n);
    let spots: Vec<_> = (0..n as u64)
        .map(|val| Arc::new(Mutex::new(Spot { marked: false, val, edges: [const { Weak::new() }; 4] })))
        .collect();
    for spot in &spots {
        spot.change(|spot| spot.edges = edges.deal().map(|to| Arc::downgrade(&spots[to])));
    }
    Graph { spots }
}

impl GraphSteps for Graph {
    fn mark(&mut self, mark: bool) -> u64 {
        let (mut count, mut sum) = (0, 0u64);
        let mut open = vec![Arc::clone(&self.spots[0])];
        while let Some(spot) = open.pop() {
            spot.change(|spot| {
                if spot.marked == mark {
                    return;
                }
                spot.marked = mark;
                count += 1;
                sum = sum.wrapping_add(spot.val);
                open.extend(spot.edges.iter().filter_map(Weak::upgrade));
            });
        }
        steps::digest(count, sum)
    }
}

pub(super) fn graph(lap: &mut Lap, n: usize) {
    steps::sent_graph(lap, || build_graph(n));
}

/// A node that nobody changes once it is shared: linked one way, since the way back would be a `Weak` to upgrade.
struct Fixed {
    val: u64,
    next: Option<Arc<Fixed>>,
}

struct FixedList {
    head: Option<Arc<Fixed>>,
}

impl Drop for FixedList {
    fn drop(&mut self) {
        let mut at = self.head.take();
        while let Some(node) = at {
            at = Arc::into_inner(node).and_then(|mut node| node.next.take());
        }
    }
}

/// Allocated from the first to the last, so that the walk goes up in memory as the others do; linked from the last to
/// the first, while each node has one owner and can be written.
fn build_fixed(n: usize) -> FixedList {
    let mut nodes: Vec<_> = (0..n as u64).map(|val| Arc::new(Fixed { val, next: None })).collect();
    let mut head = None;
    while let Some(mut node) = nodes.pop() {
        Arc::get_mut(&mut node).expect("the vector was its only owner").next = head;
        head = Some(node);
    }
    FixedList { head }
}

/// Follows the nodes by reference: no count is touched.
pub(super) fn borrowed_walked(lap: &mut Lap, n: usize, threads: usize) {
    let list = build_fixed(n);
    frozen::together(lap, threads, &list.head.as_ref(), |node| (node.val, node.next.as_ref()));
}

/// Holds each node by a clone of its `Arc`, as code does that keeps the node it is at.
pub(super) fn cloned_walked(lap: &mut Lap, n: usize, threads: usize) {
    let list = build_fixed(n);
    frozen::together(lap, threads, &list.head, |node| (node.val, node.next.clone()));
}
