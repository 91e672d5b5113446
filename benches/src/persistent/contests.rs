//! Who meets whom: the contests of the family and their contenders.

use super::rivals::{
    Bare, BareOrd, ChunkMap, ImHash, ImOrd, ImVector, ImblHash, ImblOrd, ImblVector, PVec, PolderFrozen, PolderMap,
    PolderOrd, PolderVector, RpdsHash, RpdsVector,
};
use super::{Job, changes, reads, threads, vectors, weight};
use crate::workload::Outcome;

/// One way to do the work of a contest.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// Its name.
    pub name: &'static str,
    /// Whether it does less than the others: shown, not ranked.
    pub limit: bool,
    /// Does the work, in this process.
    pub run: fn(&Job) -> Outcome,
}

/// Contenders over the same work.
#[derive(Clone, Copy, Debug)]
pub struct Contest {
    /// Its name.
    pub workload: &'static str,
    /// What the keys are; empty where there are none.
    pub key: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Whether it is for two threads, too.
    pub shared: bool,
    /// Whether something is said about how its figures grow with the size.
    pub grows: bool,
    /// Who takes part.
    pub contenders: &'static [Contender],
}

const fn rival(name: &'static str, run: fn(&Job) -> Outcome) -> Contender {
    Contender { name, limit: false, run }
}

const fn limit(name: &'static str, run: fn(&Job) -> Outcome) -> Contender {
    Contender { name, limit: true, run }
}

/// All persistent maps that do `$work` with these keys, and whoever else is named.
macro_rules! maps {
    ($key:ty, $($work:ident)::+ $(, $more:expr)*) => {
        &[
            rival("polder-map", $($work)::+::<$key, PolderMap<$key>>),
            rival("polder-ord-map", $($work)::+::<$key, PolderOrd<$key>>),
            rival("imbl-hashmap", $($work)::+::<$key, ImblHash<$key>>),
            rival("imbl-ordmap", $($work)::+::<$key, ImblOrd<$key>>),
            rival("im-hashmap", $($work)::+::<$key, ImHash<$key>>),
            rival("im-ordmap", $($work)::+::<$key, ImOrd<$key>>),
            rival("rpds-hashmap", $($work)::+::<$key, RpdsHash<$key>>),
            rival("chunkmap", $($work)::+::<$key, ChunkMap<$key>>),
            $($more,)*
        ]
    };
}

/// The same, with those beside them that have no versions.
macro_rules! any_maps {
    ($key:ty, $($work:ident)::+, $($limit:ident)::+) => {
        maps!(
            $key,
            $($work)::+,
            limit("hashbrown", $($limit)::+::<$key, Bare<$key>>),
            limit("btreemap", $($limit)::+::<$key, BareOrd<$key>>)
        )
    };
    ($key:ty, $($work:ident)::+) => {
        any_maps!($key, $($work)::+, $($work)::+)
    };
}

/// All vectors that do `$work`, and whoever else is named.
macro_rules! vectors {
    ($($work:ident)::+ $(, $more:expr)*) => {
        &[
            rival("polder-vector", $($work)::+::<PolderVector>),
            rival("imbl-vector", $($work)::+::<ImblVector>),
            rival("im-vector", $($work)::+::<ImVector>),
            $($more,)*
        ]
    };
}

/// Those that are read only: flat.
macro_rules! flat {
    ($key:ty) => {
        &[
            rival("polder-frozen", reads::flat::<$key, PolderFrozen<$key>>),
            rival("polder-map", reads::flat::<$key, PolderMap<$key>>),
            rival("imbl-hashmap", reads::flat::<$key, ImblHash<$key>>),
            rival("hashbrown", reads::flat::<$key, Bare<$key>>),
            rival("btreemap", reads::flat::<$key, BareOrd<$key>>),
        ]
    };
}

/// A contest of maps with numbers for keys.
const fn words(workload: &'static str, about: &'static str, contenders: &'static [Contender]) -> Contest {
    Contest { workload, key: "u64", about, shared: false, grows: false, contenders }
}

/// One with strings.
const fn strings(contest: Contest, contenders: &'static [Contender]) -> Contest {
    Contest { key: "String", contenders, ..contest }
}

/// A contest of vectors.
const fn elements(workload: &'static str, about: &'static str, contenders: &'static [Contender]) -> Contest {
    Contest { key: "", ..words(workload, about, contenders) }
}

const BUILD: Contest = words(
    "map-build",
    "Builds a map of all entries at once, in no order, by the quickest way there is; builds it entry by entry, in place; and \
     drops that.",
    any_maps!(u64, reads::build),
);

const GET: Contest = words(
    "map-get",
    "Looks up random keys that are there; keys that follow from the value found before, so that no two lookups overlap; and \
     keys that are not there. The map has grown entry by entry.",
    any_maps!(u64, reads::get),
);

const CHANGE: Contest = words(
    "map-change",
    "Versions, each with a new entry, or with one entry less, than the one before; the last 32 are kept, the oldest is \
     dropped within the time.",
    maps!(u64, changes::versions),
);

const IN_PLACE: Contest = words(
    "map-in-place",
    "Puts a tenth more entries into a map that nobody shares, in place, and takes them out again.",
    any_maps!(u64, changes::in_place),
);

const ITERATE: Contest = words(
    "map-iterate",
    "Looks at all entries of a map that has grown entry by entry.",
    any_maps!(u64, reads::iterate),
);

const NEAR: Contest = Contest {
    grows: true,
    ..words(
        "map-near",
        "Two versions 10 keys apart, half of them new and half with new values: joined (the dropping is not timed), and \
         their differences counted; and two that are equal, after 10 values were changed and changed back. Who has no diff \
         looks all entries up, or goes along both in order.",
        maps!(u64, changes::near),
    )
};

const FAR: Contest = words("map-far", "The same with a tenth of the keys.", maps!(u64, changes::far));

const MEMORY: Contest = words(
    "map-memory",
    "What malloc has handed out for an entry of a map that has grown entry by entry, of one that was built at once, and for \
     one more version with one more entry; its headers and its rounding are part of it, and so are the keys' own bytes.",
    any_maps!(u64, weight::versions, weight::entries_alone),
);

const CLONE: Contest = Contest {
    shared: true,
    ..words("map-clone", "Threads clone one map and drop the clone.", maps!(u64, threads::clone))
};

const DERIVE: Contest = Contest {
    shared: true,
    ..words(
        "map-derive",
        "Threads make versions of one map, each with a new entry, and drop them.",
        maps!(u64, threads::derive),
    )
};

const FLAT: Contest = Contest {
    grows: true,
    ..words(
        "flat-map",
        "Maps that were built at once and are only read: lookups as for other maps, a walk over all entries, building, \
         dropping one as a whole (malloc keeps the memory), and the bytes of an entry.",
        flat!(u64),
    )
};

const VECTOR_BUILD: Contest = elements(
    "vector-build",
    "Builds a vector from an iterator, and element by element in place; drops that.",
    vectors!(
        vectors::build,
        rival("rpds-vector", vectors::build::<RpdsVector>),
        rival("pvec", vectors::build::<PVec>),
        limit("vec", vectors::build::<Vec<u64>>)
    ),
);

const VECTOR_INDEX: Contest = elements(
    "vector-index",
    "Looks at elements by random indices, at all by index, and at all by an iterator (pvec has none that borrows).",
    vectors!(
        vectors::index,
        rival("rpds-vector", vectors::index::<RpdsVector>),
        rival("pvec", vectors::index::<PVec>),
        limit("vec", vectors::index::<Vec<u64>>)
    ),
);

const VECTOR_PUSH: Contest = elements(
    "vector-push",
    "Versions, each with one element more at the end than the one before; the last 32 are kept.",
    vectors!(vectors::push, rival("rpds-vector", vectors::push::<RpdsVector>), rival("pvec", vectors::push::<PVec>)),
);

const VECTOR_FRONT: Contest =
    elements("vector-front", "Builds a vector from its end to its front, in place.", vectors!(vectors::push_front));

const VECTOR_CUT: Contest = Contest {
    grows: true,
    ..elements(
        "vector-cut",
        "Joins a vector with itself, and cuts the middle half out of one; both stay. The dropping is not timed.",
        vectors!(vectors::cut, rival("pvec", vectors::cut::<PVec>)),
    )
};

const VECTOR_MEMORY: Contest = elements(
    "vector-memory",
    "What malloc has handed out for an element, and for one more version with one more element.",
    vectors!(
        weight::vectors,
        rival("rpds-vector", weight::vectors::<RpdsVector>),
        rival("pvec", weight::vectors::<PVec>)
    ),
);

/// The contests of the family.
pub const ALL: &[Contest] = &[
    GET,
    CHANGE,
    IN_PLACE,
    BUILD,
    ITERATE,
    NEAR,
    FAR,
    MEMORY,
    CLONE,
    DERIVE,
    FLAT,
    VECTOR_INDEX,
    VECTOR_PUSH,
    VECTOR_BUILD,
    VECTOR_FRONT,
    VECTOR_CUT,
    VECTOR_MEMORY,
    strings(GET, any_maps!(String, reads::get)),
    strings(CHANGE, maps!(String, changes::versions)),
    strings(IN_PLACE, any_maps!(String, changes::in_place)),
    strings(BUILD, any_maps!(String, reads::build)),
    strings(ITERATE, any_maps!(String, reads::iterate)),
    strings(NEAR, maps!(String, changes::near)),
    strings(FAR, maps!(String, changes::far)),
    strings(MEMORY, any_maps!(String, weight::versions, weight::entries_alone)),
    strings(FLAT, flat!(String)),
];

/// The contender of that name in the contest of that name.
pub(super) fn find(workload: &str, key: &str, name: &str) -> Option<&'static Contender> {
    let contest = ALL.iter().find(|contest| contest.workload == workload && contest.key == key)?;
    contest.contenders.iter().find(|contender| contender.name == name)
}
