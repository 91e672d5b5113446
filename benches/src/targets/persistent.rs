//! The bars of the family `persistent`.

use super::{Bar, Peer, Target};

/// As many entries as the bars are about.
const MIDDLE: u64 = 100_000;
/// As many as those beside which a cost that does not grow is shown.
const SMALL: u64 = 1000;
/// What does not grow, or with the logarithm, costs at most so many times as much with a hundred times the entries: what is
/// walked would cost a hundred times as much.
const FLAT: Bar = Bar::CostAtMost(10.0);

const IMBL: Peer = Peer::Named("imbl-hashmap");
const IMBL_ORD: Peer = Peer::Named("imbl-ordmap");
const RPDS: Peer = Peer::Named("rpds-hashmap");
const CHUNKMAP: Peer = Peer::Named("chunkmap");
const HASHBROWN: Peer = Peer::Named("hashbrown");
const PVEC: Peer = Peer::Named("pvec");
const IMBL_VECTOR: Peer = Peer::Named("imbl-vector");
const BY_HASH: Peer = Peer::BestOf(&["imbl-hashmap", "im-hashmap", "rpds-hashmap"]);
const ALL: Peer = Peer::BestOf(&["imbl-hashmap", "im-hashmap", "rpds-hashmap", "imbl-ordmap", "im-ordmap", "chunkmap"]);

const fn map(workload: &'static str, metric: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("persistent", workload), metric, peer, bar).size(MIDDLE).key("u64").ours("polder-map")
}

const fn ordered(workload: &'static str, metric: &'static str, peer: Peer, bar: Bar) -> Target {
    map(workload, metric, peer, bar).ours("polder-ord-map")
}

const fn frozen(metric: &'static str, peer: Peer, bar: Bar) -> Target {
    map("flat-map", metric, peer, bar).ours("polder-frozen")
}

const fn vector(workload: &'static str, metric: &'static str, peer: Peer, bar: Bar) -> Target {
    Target::new(("persistent", workload), metric, peer, bar).size(MIDDLE).ours("polder-vector")
}

pub(super) const TARGETS: &[Target] = &[
    map("map-get", "hit", IMBL, Bar::Times(1.1)),
    map("map-get", "hit", RPDS, Bar::Times(1.6)),
    map("map-change", "insert", IMBL, Bar::Times(2.0)),
    map("map-change", "insert", IMBL_ORD, Bar::Times(1.3)),
    map("map-change", "insert", CHUNKMAP, Bar::Times(2.0)),
    map("map-change", "remove", IMBL, Bar::Times(2.0)),
    map("map-change", "remove", IMBL_ORD, Bar::Times(1.3)),
    map("map-change", "remove", CHUNKMAP, Bar::Times(2.0)),
    map("map-in-place", "insert in place", IMBL, Bar::Parity),
    map("map-build", "collect", IMBL, Bar::Times(1.1)),
    map("map-build", "collect", RPDS, Bar::Times(2.5)),
    // Nobody else builds all at once by hash: entry by entry is what theirs is compared with.
    map("map-build", "one by one", IMBL, Bar::Times(1.1)).control(),
    map("map-build", "one by one", RPDS, Bar::Times(2.5)).control(),
    map("map-iterate", "iterate", IMBL, Bar::Times(4.0)),
    ordered("map-iterate", "iterate", CHUNKMAP, Bar::Parity),
    map("map-near", "union", BY_HASH, Bar::Times(100.0)),
    map("map-near", "diff", BY_HASH, Bar::Times(100.0)),
    map("map-near", "==", BY_HASH, Bar::Times(100.0)),
    map("map-near", "diff", IMBL_ORD, Bar::Times(2.0)),
    ordered("map-near", "diff", IMBL_ORD, Bar::Times(2.0)).control(),
    map("map-near", "union", Peer::ItselfAt(SMALL), FLAT),
    map("map-near", "diff", Peer::ItselfAt(SMALL), FLAT),
    map("map-near", "==", Peer::ItselfAt(SMALL), FLAT),
    map("map-far", "union", ALL, Bar::Times(4.0)),
    map("map-far", "diff", ALL, Bar::Times(4.0)),
    // Those that are no chunks in order, which one goes along as fast as memory allows.
    map("map-far", "union", BY_HASH, Bar::Times(4.0)).control(),
    map("map-far", "diff", BY_HASH, Bar::Times(4.0)).control(),
    map("map-memory", "held", Peer::Nobody, Bar::AtMost(24.0)),
    map("map-memory", "held, collected", Peer::Nobody, Bar::AtMost(24.0)).control(),
    map("map-memory", "kept version", Peer::Nobody, Bar::AtMost(1600.0)),
    map("map-build", "drop", IMBL, Bar::Times(2.0)),
    frozen("drop of all", Peer::ItselfAt(SMALL), FLAT),
    frozen("hit", HASHBROWN, Bar::Parity),
    frozen("dependent hit", HASHBROWN, Bar::Times(1.2)),
    frozen("iterate", HASHBROWN, Bar::Times(1.5)),
    frozen("held, collected", Peer::Nobody, Bar::AtMost(20.0)),
    vector("vector-index", "random index", IMBL_VECTOR, Bar::Times(2.0)),
    vector("vector-index", "index in order", IMBL_VECTOR, Bar::Times(5.0)),
    vector("vector-push", "push, old kept", PVEC, Bar::Times(1.2)),
    vector("vector-build", "one by one", PVEC, Bar::Times(1.2)),
    vector("vector-cut", "concat", Peer::ItselfAt(SMALL), FLAT),
    vector("vector-cut", "slice", Peer::ItselfAt(SMALL), FLAT),
    ordered("map-get", "hit", IMBL_ORD, Bar::Times(1.2)),
    ordered("map-change", "insert", IMBL_ORD, Bar::Times(1.2)),
];
