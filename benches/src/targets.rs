//! The bars that polder means to reach, as data. What is measured for each is a figure of `contention` itself, so that
//! a target cannot be reached by measuring something else. `judge` compares.

mod persistent;

use crate::workload::Group;

/// How a figure is held against its bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// So many times as good as the peer, or better.
    Times(f64),
    /// As good as the peer: 0.95 times counts, because of the noise.
    Parity,
    /// At most so many times what the peer costs.
    CostAtMost(f64),
    /// At most so much, in the metric's unit.
    AtMost(f64),
    /// At least so much, in the metric's unit.
    AtLeast(f64),
}

/// Whom polder is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Nobody: the bar is absolute.
    Nobody,
    /// One rival, or a limit, by name.
    Named(&'static str),
    /// The best of these.
    BestOf(&'static [&'static str]),
    /// polder itself, at another size.
    ItselfAt(u64),
}

/// One bar.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The family.
    pub family: &'static str,
    /// The workload.
    pub workload: &'static str,
    /// The number of elements; `None` where the workload has one size.
    pub size: Option<u64>,
    /// The key; `None` where the workload has one.
    pub key: Option<&'static str>,
    /// How many threads.
    pub threads: usize,
    /// The metric.
    pub metric: &'static str,
    /// Ours.
    pub backend: &'static str,
    /// Theirs.
    pub peer: Peer,
    /// The bar.
    pub bar: Bar,
    /// Whether it is no target, but stands beside one: what the target's figure leaves out, or a rival that it does not
    /// name. It is held against its bar all the same.
    pub control: bool,
}

impl Target {
    const fn new(place: (&'static str, &'static str), metric: &'static str, peer: Peer, bar: Bar) -> Self {
        let (family, workload) = place;
        Self {
            family,
            workload,
            size: None,
            key: None,
            threads: 1,
            metric,
            backend: "polder",
            peer,
            bar,
            control: false,
        }
    }

    const fn size(self, size: u64) -> Self {
        Self { size: Some(size), ..self }
    }

    const fn key(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    const fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    const fn ours(self, backend: &'static str) -> Self {
        Self { backend, ..self }
    }

    const fn control(self) -> Self {
        Self { control: true, ..self }
    }
}

impl Target {
    /// Leaves what the targets need of the groups.
    pub fn needed(groups: Vec<Group>) -> Vec<Group> {
        let mut needed = Vec::new();
        for mut group in groups {
            let there: Vec<&Self> = TARGETS.iter().filter(|target| target.needs(&group)).collect();
            group.backends.retain(|backend| there.iter().any(|target| target.names(backend.name)));
            if !group.backends.is_empty() {
                needed.push(group);
            }
        }
        needed
    }

    fn needs(&self, group: &Group) -> bool {
        let size = |size| match self.peer {
            Peer::ItselfAt(other) => group.size == size || group.size == other,
            _ => group.size == size,
        };
        group.family == self.family
            && group.workload == self.workload
            && group.threads == self.threads
            && self.key.is_none_or(|key| group.key == key)
            && self.size.is_none_or(size)
    }

    fn names(&self, backend: &str) -> bool {
        self.backend == backend
            || match self.peer {
                Peer::Nobody | Peer::ItselfAt(_) => false,
                Peer::Named(name) => name == backend,
                Peer::BestOf(names) => names.contains(&backend),
            }
    }
}

/// A bar that `contention` cannot judge, and where it is judged instead.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// The family.
    pub family: &'static str,
    /// What and how much.
    pub what: &'static str,
    /// Why there is no figure here.
    pub why: &'static str,
}

const LARGE: u64 = 1_000_000;
const SMALL: u64 = 10;
const KEPT: &str = "kept heap";
const DEFAULT: &str = "default heap";
const IN_ORDER: &str = "in order";
const ANY_ORDER: &str = "any order";
const BLOCKING: Peer = Peer::BestOf(&["std-mutex", "parking_lot", "parking_lot-0.12", "usync"]);
const PLAIN: Peer = Peer::Named("plain-lock");
const BARRIERS: Peer = Peer::BestOf(&["std-barrier", "plain-lock"]);
const CHANNELS: Peer = Peer::BestOf(&["std-sync-channel", "crossbeam", "plain-lock"]);
const RAYON: Peer = Peer::BestOf(&["rayon-mutexes", "rayon-scope"]);
/// Who loads without waiting for a writer, as polder does.
const WAITLESS: Peer = Peer::BestOf(&["arc-swap", "hazarc", "crossbeam-epoch", "seize", "haphazard", "sdd", "kovan"]);
const ALL_REFERENCES: Peer = Peer::BestOf(&[
    "arc-swap",
    "hazarc",
    "crossbeam-epoch",
    "seize",
    "haphazard",
    "sdd",
    "kovan",
    "std-rwlock",
    "parking_lot-rwlock",
    "parking_lot-mutex",
]);

/// The rivals that dictionaries are held against.
const DICTS: Peer = Peer::BestOf(&[
    "papaya",
    "papaya-g",
    "scc-hashmap",
    "scc-hashindex",
    "dashmap",
    "dashmap-64",
    "dashmap-7",
    "flurry",
    "whirlwind",
    "sharded-rwlock",
]);
/// Those with an allocation for each entry and a guard for each operation, as `polder-dict`.
const BOXED: Peer = Peer::BestOf(&["papaya", "flurry"]);
const CACHED: u64 = 700;
const DRAM: u64 = 3_000_000;
const DRAM_STRINGS: u64 = 700_000;

const fn list(metric: &'static str, peer: &'static str, bar: Bar) -> Target {
    Target::new(("regions", "list"), metric, Peer::Named(peer), bar).size(LARGE).key(KEPT)
}

const fn whole(metric: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("regions", "whole-region"), metric, peer, bar).size(LARGE)
}

const fn lock(workload: &'static str, metric: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("locks", workload), metric, peer, bar).ours("polder-mutex")
}

const fn combine(workload: &'static str, metric: &'static str, peer: Peer, bar: Bar) -> Target {
    lock(workload, metric, peer, bar).ours("polder-combine")
}

const fn bank(key: &'static str, peer: Peer, bar: Bar) -> Target {
    lock("bank", "throughput", peer, bar).ours("polder-lock-many").key(key)
}

const fn blocking(workload: &'static str, ours: &'static str, peer: Peer) -> Target {
    lock(workload, "operation", peer, Bar::Parity).ours(ours)
}

/// A primitive beside the same, written with a mutex and a condition variable, and whoever else there is.
const fn plain(workload: &'static str, metric: &'static str, ours: &'static str, peer: Peer) -> Target {
    lock(workload, metric, peer, Bar::Parity).ours(ours).control()
}

const fn reference(workload: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("references", workload), "throughput", peer, bar)
}

/// A dictionary of plain words that fits in the caches, on one thread.
const fn words(workload: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("dicts", workload), "throughput", peer, bar).key("u64").size(CACHED).ours("polder-word")
}

/// One that does not fit.
const fn dram(workload: &'static str, peer: Peer, bar: Bar) -> Target {
    words(workload, peer, bar).size(DRAM)
}

/// On eight threads there are no clean windows on few cores.
const fn crowd(workload: &'static str, size: u64) -> Target {
    Target { metric: "whole-run rate", ..words(workload, DICTS, Bar::Parity).size(size).threads(8) }
}

/// No collapse: beside the rate of one thread per core.
const fn kept(workload: &'static str, size: u64) -> Target {
    Target { metric: "rate kept", ..words(workload, Peer::Nobody, Bar::AtLeast(0.8)).size(size).threads(8) }
}

/// What is measured once, in a process of its own.
const fn once(workload: &'static str, metric: &'static str, size: u64, bar: Bar) -> Target {
    Target { metric, ..words(workload, Peer::Nobody, bar).size(size) }
}

/// A dictionary of entries by pointer, with a guard for each operation.
const fn entries(workload: &'static str, key: &'static str, size: u64, peer: Peer, bar: Bar) -> Target {
    words(workload, peer, bar).key(key).size(size).ours("polder-dict")
}

/// The same with a guard that is held.
const fn held(workload: &'static str, key: &'static str, size: u64) -> Target {
    entries(workload, key, size, Peer::Named("papaya-g"), Bar::Times(1.1)).ours("polder-dict-pinned")
}

/// The bars that `--targets` judges.
pub const TARGETS: &[Target] = &joined::<{ OTHERS.len() + persistent::TARGETS.len() }>(OTHERS, persistent::TARGETS);

const fn joined<const N: usize>(first: &[Target], second: &[Target]) -> [Target; N] {
    let mut all = [first[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

/// All but those of the family `persistent`.
const OTHERS: &[Target] = &[
    list("build", "bumpalo-cell", Bar::Parity),
    list("walk", "bumpalo-cell", Bar::Parity),
    list("update", "bumpalo-cell", Bar::Parity),
    list("build", "vec-u32", Bar::Parity),
    list("walk", "vec-u32", Bar::Parity),
    list("ship and sum", "vec-u32", Bar::Parity),
    list("build", "rc-refcell", Bar::Times(4.0)),
    list("build", "arc-mutex", Bar::Times(8.0)),
    list("walk", "rc-refcell", Bar::Times(2.5)),
    list("walk", "arc-mutex", Bar::Times(8.0)),
    list("build", "typed-arena-ghost-cell", Bar::Times(0.8)).key(DEFAULT),
    Target::new(("regions", "list"), "touched (pages)", Peer::Nobody, Bar::AtMost(24.5)).size(LARGE).key(DEFAULT),
    whole("freeze", Peer::Nobody, Bar::AtMost(5_000.0)),
    whole("thaw", Peer::Nobody, Bar::AtMost(5_000.0)),
    whole("merge", Peer::Nobody, Bar::AtMost(5_000.0)),
    // 100 000 times the nodes: whatever walks them costs that much more. What remains is a few cold cache lines.
    whole("freeze", Peer::ItselfAt(SMALL), Bar::CostAtMost(10.0)),
    whole("thaw", Peer::ItselfAt(SMALL), Bar::CostAtMost(10.0)),
    whole("merge", Peer::ItselfAt(SMALL), Bar::CostAtMost(10.0)),
    Target::new(("regions", "frozen"), "walk by each", Peer::Named("arc-borrowed"), Bar::Times(2.0))
        .size(LARGE)
        .threads(2),
    Target::new(("regions", "frozen"), "walk by each", Peer::Named("arc-cloned"), Bar::Times(3.5))
        .size(LARGE)
        .threads(2),
    // The bar names std, which also keeps poison: the bare mutex that polder-region-mutex is built on stands beside it.
    Target::new(("regions", "region-mutex"), "lock and unlock", Peer::Named("std-mutex"), Bar::CostAtMost(1.15))
        .ours("polder-region-mutex"),
    Target::new(("regions", "tiny"), "build and drop", Peer::Nobody, Bar::AtMost(65.0)),
    Target::new(("regions", "collect"), "half live", Peer::Nobody, Bar::AtMost(6.0)).size(LARGE),
    Target::new(("regions", "collect"), "half live", Peer::Named("gc-arena"), Bar::Times(8.0)).size(LARGE),
    lock("uncontended", "lock and unlock", Peer::Named("std-mutex"), Bar::Times(1.4)),
    lock("uncontended", "lock and unlock", Peer::Named("parking_lot"), Bar::Times(1.4)),
    // Two threads are judged in clean windows, which leave out the stretches in which one of them slept or had no core;
    // the rate of the whole run, which leaves out nothing, stands beside each.
    lock("short", "throughput", BLOCKING, Bar::Parity).threads(2),
    lock("short", "whole-run rate", BLOCKING, Bar::Parity).threads(2).control(),
    combine("short", "throughput", BLOCKING, Bar::Times(1.4)).threads(2),
    combine("short", "whole-run rate", BLOCKING, Bar::Times(1.4)).threads(2).control(),
    // Eight threads on few cores have no clean windows.
    lock("short", "whole-run rate", BLOCKING, Bar::Parity).threads(8),
    combine("short", "whole-run rate", Peer::Named("parking_lot"), Bar::Parity).threads(8),
    combine("short", "whole-run rate", BLOCKING, Bar::Parity).threads(8).control(),
    lock("short", "max/min per thread", Peer::Nobody, Bar::AtMost(2.0)).threads(8),
    // Ten seconds a round. Judged is the upper bound of the time in which others passed a waiter over. The lower one stands beside
    // it; the longest wait, of which the machine's doings are a part; and what both come to without any lock.
    lock("starvation", "passed over, longest", Peer::Nobody, Bar::AtMost(2.0)).threads(8),
    lock("starvation", "passed over, at least", Peer::Nobody, Bar::AtMost(2.0)).threads(8).control(),
    lock("starvation", "wait, longest", Peer::Nobody, Bar::AtMost(2.0)).threads(8).control(),
    lock("starvation", "passed over, longest", Peer::Nobody, Bar::AtMost(2.0)).threads(8).ours("no-lock").control(),
    lock("starvation", "wait, longest", Peer::Nobody, Bar::AtMost(2.0)).threads(8).ours("no-lock").control(),
    combine("hand-off", "hand-off p50", Peer::Nobody, Bar::AtMost(0.5)).threads(2),
    combine("hand-off", "hand-off p99.9", Peer::Nobody, Bar::AtMost(10.0)).threads(2),
    lock("mid", "throughput", BLOCKING, Bar::Parity).threads(2).control(),
    lock("mid", "whole-run rate", BLOCKING, Bar::Parity).threads(2).control(),
    lock("mid", "whole-run rate", BLOCKING, Bar::Parity).threads(8).control(),
    combine("mid", "throughput", BLOCKING, Bar::Parity).threads(2).control(),
    combine("mid", "whole-run rate", BLOCKING, Bar::Parity).threads(2).control(),
    combine("mid", "whole-run rate", BLOCKING, Bar::Parity).threads(8).control(),
    lock("long", "throughput", BLOCKING, Bar::Parity).threads(2).control(),
    lock("long", "whole-run rate", BLOCKING, Bar::Parity).threads(2).control(),
    lock("long", "whole-run rate", Peer::Named("std-mutex"), Bar::Times(1.1)).threads(8),
    lock("long", "whole-run rate", BLOCKING, Bar::Parity).threads(8).control(),
    combine("long", "throughput", BLOCKING, Bar::Parity).threads(2).control(),
    combine("long", "whole-run rate", BLOCKING, Bar::Parity).threads(2).control(),
    combine("long", "whole-run rate", BLOCKING, Bar::Parity).threads(8).control(),
    // One thread: what it costs to take two locks, with nobody in the way and no guess at their order that goes wrong.
    bank(IN_ORDER, Peer::Named("polder-mutex"), Bar::CostAtMost(1.1)),
    bank(IN_ORDER, Peer::Named("happylock"), Bar::Times(1.7)),
    bank(ANY_ORDER, Peer::Named("polder-mutex"), Bar::CostAtMost(1.1)).control(),
    bank(ANY_ORDER, Peer::Named("happylock"), Bar::Times(1.7)).control(),
    lock("when", "spawned and done", Peer::Nobody, Bar::AtLeast(1.0)).ours("polder-when"),
    plain("when", "spawned and done", "polder-when", RAYON),
    plain("when-latency", "spawn to done p50", "polder-when", RAYON),
    blocking("semaphore", "polder-semaphore", Peer::BestOf(&["tokio", "async-lock"])),
    blocking("latch", "polder-latch", Peer::BestOf(&["latches", "crossbeam"])),
    blocking("latch-open", "polder-latch", Peer::Named("latches")),
    blocking("event", "polder-event", Peer::Named("rsevents")),
    blocking("event-set", "polder-event", Peer::Named("rsevents")),
    plain("semaphore", "operation", "polder-semaphore", PLAIN),
    plain("latch", "operation", "polder-latch", PLAIN),
    plain("event", "operation", "polder-event", PLAIN),
    plain("barrier", "meeting", "polder-barrier", BARRIERS).threads(2),
    plain("barrier", "meeting", "polder-barrier", BARRIERS).threads(8),
    plain("barrier", "meeting", "polder-phaser", BARRIERS).threads(2),
    plain("barrier", "meeting", "polder-phaser", BARRIERS).threads(8),
    plain("exchanger", "exchange", "polder-exchanger", PLAIN).threads(2),
    plain("channel", "passed", "polder-channel", CHANNELS).threads(2),
    plain("channel", "passed", "polder-channel", CHANNELS).threads(8),
    reference("load", Peer::Named("arc-swap"), Bar::Times(5.0)),
    reference("load", Peer::BestOf(&["kovan", "arcshift-shared", "seize", "haphazard"]), Bar::Times(1.2)),
    reference("load-full", Peer::Named("arc-swap"), Bar::Times(1.3)),
    reference("store", WAITLESS, Bar::Parity),
    reference("store-after-8-threads", Peer::Named("arc-swap"), Bar::Times(10.0)),
    reference("rcu", Peer::Named("kovan"), Bar::Parity),
    reference("rcu", Peer::Named("hazarc"), Bar::Times(1.3)),
    reference("rcu", ALL_REFERENCES, Bar::Times(1.3)).threads(2),
    reference("mix-99-1", ALL_REFERENCES, Bar::Times(1.2)),
    reference("load-beside-writer", ALL_REFERENCES, Bar::Times(1.2)),
    Target::new(("references", "pin"), "operation", Peer::Nobody, Bar::AtMost(4.0)),
    reference("pin", Peer::Named("seize"), Bar::Times(2.5)),
    Target::new(("references", "counter-add"), "operation", Peer::Nobody, Bar::AtMost(3.0)),
    reference("counter-add", Peer::Named("atomic-u64"), Bar::Times(2.0)),
    words("get-hit", Peer::Named("papaya"), Bar::Times(2.2)),
    words("get-hit", DICTS, Bar::Times(1.2)),
    dram("get-hit", Peer::Named("papaya"), Bar::Times(1.7)),
    words("get-hit", DICTS, Bar::Times(1.25)).threads(2),
    words("get-miss", Peer::Named("papaya"), Bar::Times(2.2)),
    words("get-miss", DICTS, Bar::Times(1.2)),
    dram("get-miss", Peer::Named("papaya"), Bar::Times(1.2)),
    words("get-miss", DICTS, Bar::Times(1.2)).threads(2),
    words("get-dep", Peer::Named("papaya"), Bar::Times(1.2)),
    dram("get-dep", DICTS, Bar::Times(1.8)),
    words("get-batch", Peer::Named("papaya"), Bar::Times(1.8)),
    dram("get-batch", Peer::Named("papaya"), Bar::Times(2.9)),
    dram("get-batch", DICTS, Bar::Times(2.0)),
    words("read-heavy", DICTS, Bar::Times(1.2)),
    dram("read-heavy", DICTS, Bar::Times(1.2)),
    words("read-heavy", DICTS, Bar::Times(1.2)).threads(2),
    words("exchange", Peer::Named("dashmap"), Bar::Times(1.05)),
    words("exchange", Peer::Named("papaya"), Bar::Times(2.3)),
    dram("exchange", Peer::Named("dashmap"), Bar::Times(1.4)),
    dram("exchange", Peer::Named("papaya"), Bar::Times(3.5)),
    words("exchange", Peer::Named("dashmap-64"), Bar::Times(1.25)).threads(2),
    words("hot-key", Peer::Named("dashmap"), Bar::Times(0.9)),
    words("hot-key", Peer::Named("papaya"), Bar::Times(2.4)),
    words("hot-key", Peer::Named("dashmap"), Bar::Times(1.2)).threads(2),
    words("zipf-0.99", Peer::Named("dashmap"), Bar::Parity),
    dram("zipf-0.99", Peer::Named("dashmap"), Bar::Times(1.3)),
    words("zipf-0.99", Peer::Named("dashmap"), Bar::Times(1.7)).threads(2),
    words("build", DICTS, Bar::Parity).size(LARGE),
    words("build-preset", DICTS, Bar::Times(1.2)).size(LARGE),
    words("build", DICTS, Bar::Times(1.2)).size(LARGE).threads(2),
    words("build-preset", DICTS, Bar::Times(1.2)).size(LARGE).threads(2),
    once("insert-latency", "insert p99", 8 * LARGE, Bar::AtMost(0.8)),
    once("insert-latency", "insert max", 8 * LARGE, Bar::AtMost(5.0)),
    once("insert-latency", "insert p99", 8 * LARGE, Bar::AtMost(0.8)).threads(2),
    once("insert-latency", "insert max", 8 * LARGE, Bar::AtMost(5.0)).threads(2),
    once("reader-beside-writer", "worst get", LARGE, Bar::AtMost(0.25)).threads(2),
    crowd("read-heavy", CACHED),
    kept("read-heavy", CACHED),
    crowd("exchange", CACHED),
    kept("exchange", CACHED),
    crowd("rapid-grow", LARGE),
    kept("rapid-grow", LARGE),
    crowd("hot-key", CACHED),
    kept("hot-key", CACHED),
    crowd("zipf-0.99", CACHED),
    kept("zipf-0.99", CACHED),
    once("memory", "average", LARGE, Bar::AtMost(26.0)),
    once("memory", "after removal", LARGE, Bar::AtMost(10.0)),
    entries("get-hit", "u64", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-hit", "u64", CACHED, BOXED, Bar::Times(1.1)),
    held("get-hit", "u64", CACHED),
    entries("get-miss", "u64", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-miss", "u64", CACHED, BOXED, Bar::Times(1.1)),
    held("get-miss", "u64", CACHED),
    entries("exchange", "u64", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("exchange", "u64", CACHED, BOXED, Bar::Times(1.1)),
    held("exchange", "u64", CACHED),
    entries("get-hit", "u64", DRAM, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-hit", "u64", DRAM, BOXED, Bar::Times(1.1)),
    held("get-hit", "u64", DRAM),
    entries("get-miss", "u64", DRAM, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-miss", "u64", DRAM, BOXED, Bar::Times(1.1)),
    held("get-miss", "u64", DRAM),
    entries("exchange", "u64", DRAM, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("exchange", "u64", DRAM, BOXED, Bar::Times(1.1)),
    held("exchange", "u64", DRAM),
    entries("get-hit", "String", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-hit", "String", CACHED, BOXED, Bar::Times(1.1)),
    held("get-hit", "String", CACHED),
    entries("get-miss", "String", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-miss", "String", CACHED, BOXED, Bar::Times(1.1)),
    held("get-miss", "String", CACHED),
    entries("exchange", "String", CACHED, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("exchange", "String", CACHED, BOXED, Bar::Times(1.1)),
    held("exchange", "String", CACHED),
    entries("get-hit", "String", DRAM_STRINGS, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-hit", "String", DRAM_STRINGS, BOXED, Bar::Times(1.1)),
    held("get-hit", "String", DRAM_STRINGS),
    entries("get-miss", "String", DRAM_STRINGS, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("get-miss", "String", DRAM_STRINGS, BOXED, Bar::Times(1.1)),
    held("get-miss", "String", DRAM_STRINGS),
    entries("exchange", "String", DRAM_STRINGS, Peer::Named("papaya"), Bar::Times(1.3)),
    entries("exchange", "String", DRAM_STRINGS, BOXED, Bar::Times(1.1)),
    held("exchange", "String", DRAM_STRINGS),
];

/// The bars that are judged elsewhere, or not yet.
pub const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        family: "regions",
        what: "linking two nodes compiles to two stores and no branch",
        why: "read from the generated code, not from a clock",
    },
    Elsewhere {
        family: "locks",
        what: "a read lock of RwLock, without a writer, moves no cache line between 64 simulated cores",
        why: "counted by the coherence model, not timed",
    },
    Elsewhere {
        family: "locks",
        what: "behaviours run in the order in which they were spawned, with one allocation each",
        why: "tests of the library: they have no rate",
    },
    Elsewhere {
        family: "references",
        what: "an old value is freed within one scan; a stalled reader or endless load_full keeps no more than a batch \
               per writer and what the slots hold",
        why: "counted by tests of the library, not timed",
    },
    Elsewhere {
        family: "references",
        what: "adding to a counter writes no line that another thread writes",
        why: "counted by the coherence model, not timed",
    },
    Elsewhere {
        family: "references",
        what: "memory stays flat over 100 000 threads that come and go",
        why: "a test of the library: it has no rate",
    },
];
