//! The orders that all threads have shown: a directed graph of lock numbers without cycles (I1).
//!
//! Orderings: none that a proof relies on. The graph has a mutex; the number of the process is one, read for itself.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry},
    fmt,
    panic::Location,
    process,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    thread::Thread,
};

use crate::primitive::AtomicU32;

/// The edges, by their beginnings and their ends.
#[derive(Debug, Default)]
pub(super) struct Graph {
    after: BTreeMap<u64, BTreeMap<u64, Seen>>,
    before: BTreeMap<u64, BTreeSet<u64>>,
}

/// Where an order was seen first.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) thread: Thread,
    pub(super) held_at: &'static Location<'static>,
    pub(super) wanted_at: &'static Location<'static>,
}

/// An order that was seen.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) held: u64,
    pub(super) wanted: u64,
    pub(super) seen: Seen,
}

/// The graph of the process. A std mutex, held for searches and changes and no code but this module's.
static GRAPH: Mutex<Graph> = Mutex::new(Graph { after: BTreeMap::new(), before: BTreeMap::new() });

/// The process that the graph belongs to; 0 before its first use.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// The graph, unless this process was forked from the one that made it.
pub(super) fn graph() -> Option<MutexGuard<'static, Graph>> {
    let me = process::id();
    // Relaxed: the only other value that this process can find is an ancestor's, from before the fork.
    let owner = PROCESS.compare_exchange(0, me, Relaxed, Relaxed).unwrap_or_else(|owner| owner);
    // A panic under the mutex would be an error in here; the edges that are there are true all the same.
    (owner == 0 || owner == me).then(|| GRAPH.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Graph {
    /// Adds an edge that closes no cycle (I1), unless it is there: what was seen first stays.
    pub(super) fn add(&mut self, edge: Edge) {
        if let Entry::Vacant(place) = self.after.entry(edge.held).or_default().entry(edge.wanted) {
            place.insert(edge.seen);
            self.before.entry(edge.wanted).or_default().insert(edge.held);
        }
    }

    /// A shortest way from `from` to one of `to`, which is another lock.
    pub(super) fn way(&self, from: u64, to: &BTreeSet<u64>) -> Option<Vec<Edge>> {
        let mut came_from = BTreeMap::from([(from, None)]);
        let mut queue = VecDeque::from([from]);
        while let Some(held) = queue.pop_front() {
            for &wanted in self.after.get(&held).into_iter().flat_map(BTreeMap::keys) {
                if let Entry::Vacant(place) = came_from.entry(wanted) {
                    place.insert(Some(held));
                    if to.contains(&wanted) {
                        return Some(self.walked(&came_from, wanted));
                    }
                    queue.push_back(wanted);
                }
            }
        }
        None
    }

    /// The way that a search took to `end`.
    fn walked(&self, came_from: &BTreeMap<u64, Option<u64>>, end: u64) -> Vec<Edge> {
        let mut way = Vec::new();
        let mut wanted = end;
        while let Some(held) = came_from[&wanted] {
            way.push(Edge { held, wanted, seen: self.after[&held][&wanted].clone() });
            wanted = held;
        }
        way.reverse();
        way
    }

    /// Forgets a lock and all its edges.
    pub(super) fn remove(&mut self, lock: u64) {
        for end in self.after.remove(&lock).unwrap_or_default().into_keys() {
            if let Entry::Occupied(mut begins) = self.before.entry(end)
                && begins.get_mut().remove(&lock)
                && begins.get().is_empty()
            {
                begins.remove();
            }
        }
        for begin in self.before.remove(&lock).unwrap_or_default() {
            if let Entry::Occupied(mut ends) = self.after.entry(begin)
                && ends.get_mut().remove(&lock).is_some()
                && ends.get().is_empty()
            {
                ends.remove();
            }
        }
    }

    /// How many locks have edges from `held`, and how many edges there are in both books.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.after.values().map(BTreeMap::len).sum::<usize>() + self.before.values().map(BTreeSet::len).sum::<usize>()
    }

    /// How many edges begin or end at a lock.
    #[cfg(test)]
    pub(super) fn degree(&self, lock: u64) -> usize {
        self.after.get(&lock).map_or(0, BTreeMap::len) + self.before.get(&lock).map_or(0, BTreeSet::len)
    }
}

/// A thread as messages call it.
struct Name<'a>(&'a Thread);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => write!(f, "thread `{name}`"),
            None => write!(f, "an unnamed thread, {:?}", self.0.id()),
        }
    }
}

/// A cycle: the edge that would close it, then the ones that are there, from its end to its beginning.
#[derive(Debug)]
pub(super) struct Cycle {
    pub(super) closing: Edge,
    pub(super) way: Vec<Edge>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Edge { held, wanted, seen: Seen { thread, held_at, wanted_at } } = &self.closing;
        write!(
            f,
            "potential deadlock: these locks are taken in orders that form a circle\n  \
             now {} wants lock {wanted} at {wanted_at},\n    while it holds lock {held}, taken at {held_at}",
            Name(thread)
        )?;
        for Edge { held, wanted, seen: Seen { thread, held_at, wanted_at } } in &self.way {
            write!(
                f,
                "\n  before, {} wanted lock {wanted} at {wanted_at},\n    while it held lock {held}, taken at {held_at}",
                Name(thread)
            )?;
        }
        Ok(())
    }
}
