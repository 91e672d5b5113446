//! Who meets whom: the contests of the family and their contenders.

use super::lap::Lap;
use super::{arc, bump, gc, ghost, ops, pet, polder, rc, slotted, vec_links};

/// What one life of a contender does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// With so many nodes.
    Alone(fn(&mut Lap, usize)),
    /// With so many nodes and threads.
    Together(fn(&mut Lap, usize, usize)),
}

impl Work {
    /// Lives one life.
    pub(super) fn run(self, lap: &mut Lap, nodes: usize, threads: usize) {
        match self {
            Self::Alone(work) => work(lap, nodes),
            Self::Together(work) => work(lap, nodes, threads),
        }
    }
}

/// One way to do the work of a contest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// Whether it gives less than the others promise: shown, not ranked.
    pub(super) limit: bool,
    pub(super) work: Work,
}

/// How malloc is set up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Heap {
    /// It keeps what it has: the structures are compared, not the kernel's page faults.
    Kept,
    /// As it comes: large chunks go back to the kernel and are faulted in again.
    Default,
}

impl Heap {
    /// Its name on a command line.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Default => "default",
        }
    }
}

/// Contenders over the same work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contest {
    pub(super) workload: &'static str,
    pub(super) about: &'static str,
    pub(super) contenders: &'static [Contender],
}

const fn alone(name: &'static str, work: fn(&mut Lap, usize)) -> Contender {
    Contender { name, limit: false, work: Work::Alone(work) }
}

const fn together(name: &'static str, work: fn(&mut Lap, usize, usize)) -> Contender {
    Contender { name, limit: false, work: Work::Together(work) }
}

const fn limit(contender: Contender) -> Contender {
    Contender { limit: true, ..contender }
}

pub(super) const LIST: Contest = Contest {
    workload: "list",
    about: "A doubly linked list of {u64, prev, next}: built, walked, changed, shipped, half unlinked, dropped. What is \
            unlinked is freed at once by slotmap, petgraph, Rc and Arc; polder, bumpalo, ghost-cell, gc-arena and \
            vec-u32 keep it, and their row is cheaper for it. bumpalo and ghost-cell nodes borrow their arena, Rc and \
            gc-arena are not Send: they cannot be shipped. An arena with ghost-cells in it cannot be dropped by name.",
    contenders: &[
        alone("polder", polder::list),
        alone("bumpalo-cell", bump::list),
        alone("typed-arena-ghost-cell", ghost::list),
        alone("slotmap", slotted::list),
        alone("petgraph", pet::list),
        alone("gc-arena", gc::list),
        alone("rc-refcell", rc::list),
        alone("arc-mutex", arc::mutex_list),
        alone("arc-rwlock", arc::rwlock_list),
        limit(alone("vec-u32", vec_links::list)),
    ],
};

pub(super) const GRAPH: Contest = Contest {
    workload: "graph",
    about: "A random graph of {bool, u64, 4 edges}: built, marked depth-first, shipped and marked there, dropped. Who \
            cannot ship or drop a list by name cannot do it with a graph.",
    contenders: &[
        alone("polder", polder::graph),
        alone("bumpalo-cell", bump::graph),
        alone("typed-arena-ghost-cell", ghost::graph),
        alone("slotmap", slotted::graph),
        alone("petgraph", pet::graph),
        alone("gc-arena", gc::graph),
        alone("rc-refcell", rc::graph),
        alone("arc-mutex", arc::graph),
        limit(alone("vec-u32", vec_links::graph)),
    ],
};

pub(super) const FROZEN: Contest = Contest {
    workload: "frozen",
    about: "A list that nobody changes any more, walked by all threads at once; time of each thread per node. Nodes \
            have 24 bytes, but for vec-u32's 16, slotmap's generations and petgraph's edges apart; those of \
            arc-borrowed and arc-cloned have 32 (two counts, value, next: linked one way) and malloc's header, those \
            of the locks a lock more.",
    contenders: &[
        together("polder", polder::walked),
        together("typed-arena-ghost-cell-scoped", ghost::walked),
        together("slotmap", slotted::walked),
        together("petgraph", pet::walked),
        together("arc-borrowed", arc::borrowed_walked),
        together("arc-cloned", arc::cloned_walked),
        together("arc-mutex", arc::mutex_walked),
        together("arc-rwlock", arc::rwlock_walked),
        limit(together("vec-u32", vec_links::walked)),
    ],
};

pub(super) const WHOLE: Contest = Contest {
    workload: "whole-region",
    about: "Freezing, thawing and merging a list, in one shot each with cold caches: the same at every size.",
    contenders: &[alone("polder", ops::whole)],
};

pub(super) const OPEN: Contest = Contest {
    workload: "open-write",
    about: "A session that adds one to a node.",
    contenders: &[alone("polder", ops::open_write)],
};

pub(super) const TINY: Contest = Contest {
    workload: "tiny",
    about: "A list of four nodes, built and dropped: 24 bytes each and linked both ways, but for vec-u32's 16 (half \
            the link size) and 4-boxes, which is linked one way and has a second number instead.",
    contenders: &[
        alone("polder", ops::tiny_region),
        alone("bumpalo-cell", ops::tiny_bump),
        alone("4-boxes", ops::tiny_boxes),
        limit(alone("vec-u32", ops::tiny_vec)),
    ],
};

pub(super) const COLLECT: Contest = Contest {
    workload: "collect",
    about: "A list collected, with nothing to free and with every second node unlinked; per node before. polder moves \
            the live nodes together: that takes a second copy of them while it runs, gives memory back and leaves the \
            list in order. gc-arena marks and sweeps in place, and could do it in steps: nothing moves, holes stay.",
    contenders: &[alone("polder", polder::collect), alone("gc-arena", gc::collect)],
};

/// All of them.
pub(super) const ALL: [Contest; 7] = [LIST, GRAPH, FROZEN, WHOLE, OPEN, TINY, COLLECT];

/// The contender of that name in the contest of that name.
pub(super) fn find(workload: &str, name: &str) -> Option<Contender> {
    let contest = ALL.iter().find(|contest| contest.workload == workload)?;
    contest.contenders.iter().copied().find(|contender| contender.name == name)
}
