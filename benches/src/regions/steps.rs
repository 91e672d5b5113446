//! What every contender of the family does, step by step, and what each step must find.
//!
//! A contender implements [`ListSteps`] or [`GraphSteps`] for its handle and calls one of the drivers below, so
//! that the order of the steps, what is timed and what is checked are the same for all of them.

use std::thread;

use super::lap::Lap;
use super::step::Step;
use crate::rng::SplitMix;

/// A doubly linked list of `{u64, prev, next}` whose values are 0, 1, 2, … in order.
pub(super) trait ListSteps {
    /// Follows `next` from the head and adds the values up, wrapping.
    fn walk(&self) -> u64;
    /// Follows `next` from the head and adds one to each value.
    fn update(&mut self);
    /// Unlinks the second, fourth, … node, on both sides.
    fn unlink_half(&mut self);
}

/// The steps of a list that work where it was built.
pub(super) fn use_list(lap: &mut Lap, list: &mut impl ListSteps) {
    follow(lap, list);
    unlink(lap, list);
}

/// An untimed walk comes first, whoever the contender is: nobody's caches are warmer. Gives back the sum of the values
/// as they are in the end.
fn follow(lap: &mut Lap, list: &mut impl ListSteps) -> u64 {
    lap.check(list.walk());
    let sum = lap.time(Step::Walk, || list.walk());
    lap.check(sum);
    lap.time(Step::Update, || list.update());
    let sum = list.walk();
    lap.check(sum);
    sum
}

/// The list may have been on another core, which shares its cache lines since: the first write to each would wait for
/// them. So each is written once, untimed, whoever the contender is.
fn unlink(lap: &mut Lap, list: &mut impl ListSteps) {
    list.update();
    lap.check(list.walk());
    lap.time(Step::Unlink, || list.unlink_half());
    lap.check(list.walk());
}

/// The whole life of a list that cannot leave its thread.
pub(super) fn local_list<L: ListSteps>(lap: &mut Lap, build: impl FnOnce() -> L) {
    let mut list = lap.build(build);
    use_list(lap, &mut list);
    lap.time(Step::Drop, || drop(list));
}

/// The whole life of a list that another thread may own: it is shipped whole, before half of it is unlinked.
pub(super) fn sent_list<L: ListSteps + Send + 'static>(lap: &mut Lap, build: impl FnOnce() -> L) {
    let mut list = lap.build(build);
    let here = follow(lap, &mut list);
    let (there, mut list) = lap.time(Step::Ship, || {
        let thread = thread::spawn(move || (list.walk(), list));
        thread.join().expect("the receiving thread only walks")
    });
    assert_eq!(there, here, "both threads met the same nodes");
    unlink(lap, &mut list);
    lap.time(Step::Drop, || drop(list));
}

/// A graph of `{bool, u64, four edges}`; node `i` has the value `i` and the edges [`edges`] deals to it.
pub(super) trait GraphSteps {
    /// Depth-first from node 0: sets the mark of every node that does not have `mark` yet. Gives back the number
    /// of nodes met, mixed with the sum of their values.
    fn mark(&mut self, mark: bool) -> u64;
}

/// Folds the two results of a marking into one checksum.
pub(super) fn digest(count: u64, sum: u64) -> u64 {
    sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ count
}

/// The whole life of a graph that cannot leave its thread.
pub(super) fn local_graph<G: GraphSteps>(lap: &mut Lap, build: impl FnOnce() -> G) {
    let mut graph = lap.build(build);
    use_graph(lap, &mut graph);
    lap.time(Step::Drop, || drop(graph));
}

/// The marking where the graph was built.
pub(super) fn use_graph(lap: &mut Lap, graph: &mut impl GraphSteps) -> u64 {
    let met = lap.time(Step::Mark, || graph.mark(true));
    lap.check(met);
    met
}

/// The whole life of a graph that another thread may own.
pub(super) fn sent_graph<G: GraphSteps + Send + 'static>(lap: &mut Lap, build: impl FnOnce() -> G) {
    let mut graph = lap.build(build);
    let here = use_graph(lap, &mut graph);
    let (there, graph) = lap.time(Step::ShipMark, || {
        let thread = thread::spawn(move || (graph.mark(false), graph));
        thread.join().expect("the receiving thread only marks")
    });
    assert_eq!(there, here, "both threads met the same nodes");
    lap.time(Step::Drop, || drop(graph));
}

/// Deals the random edges: the same sequence to each contender, four ends per node, in node order.
pub(super) struct Edges {
    choices: SplitMix,
    nodes: usize,
}

/// The edges of a graph of `nodes` nodes.
pub(super) fn edges(nodes: usize) -> Edges {
    Edges { choices: SplitMix::new(4), nodes }
}

impl Edges {
    /// The four nodes that the next node points to.
    pub(super) fn deal(&mut self) -> [usize; 4] {
        std::array::from_fn(|_| self.choices.below(self.nodes))
    }
}
