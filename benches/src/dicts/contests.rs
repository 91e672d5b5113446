//! Who meets whom: the contests of the family and their contenders.

use super::tables::{
    Bare, DashMap, DashMap7, DashMap64, Flurry, Leapfrog, OneMutex, Papaya, PapayaAtomic, PapayaHeld, PolderDict,
    PolderPinned, PolderWord, SccIndex, SccMap, Sharded, Whirlwind,
};
use super::{Job, growth, latency, memory, steady};
use crate::workload::Outcome;

/// One way to do the work of a contest.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// Its name.
    pub name: &'static str,
    /// Whether it does less than the others: shown, not ranked.
    pub limit: bool,
    /// Whether it is for one thread alone.
    pub alone: bool,
    /// Does the work, in this process.
    pub run: fn(&Job<'_>) -> Outcome,
}

/// With how many threads a contest makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// With one.
    One,
    /// With one, and with two.
    Few,
    /// With any number.
    Any,
    /// With two that do different things.
    Two,
}

/// How large the dictionaries of a contest are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// One that fits in the caches; with little time, only that. And one that does not.
    Both,
    /// One that fits in the caches.
    Cached,
    /// One of a million entries.
    Million,
    /// One that grows for long.
    Long,
}

/// Contenders over the same work.
#[derive(Clone, Copy, Debug)]
pub struct Contest {
    /// Its name.
    pub workload: &'static str,
    /// What the keys are.
    pub key: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// With how many threads it makes sense.
    pub threads: Threads,
    /// How large the dictionaries are.
    pub size: Size,
    /// Whether it is done once, in a process of its own, and not over and over.
    pub once: bool,
    /// Who takes part.
    pub contenders: &'static [Contender],
}

const fn rival(name: &'static str, run: fn(&Job<'_>) -> Outcome) -> Contender {
    Contender { name, limit: false, alone: false, run }
}

const fn limit(name: &'static str, run: fn(&Job<'_>) -> Outcome) -> Contender {
    Contender { name, limit: true, alone: false, run }
}

/// Everyone who does `$work` with these keys, and whoever else is named.
macro_rules! all {
    ($key:ty, [$($words:expr)?], $($work:ident)::+ $(, $more:expr)*) => {
        &[
            $($words,)?
            rival("polder-dict", $($work)::+::<$key, PolderDict<$key>>),
            rival("polder-dict-pinned", $($work)::+::<$key, PolderPinned<$key>>),
            rival("papaya", $($work)::+::<$key, Papaya<$key>>),
            rival("papaya-g", $($work)::+::<$key, PapayaHeld<$key>>),
            rival("scc-hashmap", $($work)::+::<$key, SccMap<$key>>),
            rival("scc-hashindex", $($work)::+::<$key, SccIndex<$key>>),
            rival("dashmap", $($work)::+::<$key, DashMap<$key>>),
            rival("dashmap-64", $($work)::+::<$key, DashMap64<$key>>),
            rival("dashmap-7", $($work)::+::<$key, DashMap7<$key>>),
            rival("flurry", $($work)::+::<$key, Flurry<$key>>),
            rival("whirlwind", $($work)::+::<$key, Whirlwind<$key>>),
            rival("sharded-rwlock", $($work)::+::<$key, Sharded<$key>>),
            rival("one-mutex", $($work)::+::<$key, OneMutex<$key>>),
            $($more,)*
            Contender { alone: true, ..limit("hashbrown", $($work)::+::<$key, Bare<$key>>) },
        ]
    };
}

/// Everyone, with numbers for keys.
macro_rules! words {
    ($($work:ident)::+ $(, $more:expr)*) => {
        all!(
            u64,
            [rival("polder-word", $($work)::+::<u64, PolderWord>)],
            $($work)::+
            $(, $more)*,
            limit("leapfrog", $($work)::+::<u64, Leapfrog>)
        )
    };
}

/// The same where threads take out what others put in. With several of them leapfrog gives the same old value to two,
/// when one removes an entry and the other replaces it: its books cannot be balanced.
macro_rules! balanced {
    ($($work:ident)::+) => {
        all!(
            u64,
            [rival("polder-word", $($work)::+::<u64, PolderWord>)],
            $($work)::+,
            Contender { alone: true, ..limit("leapfrog", $($work)::+::<u64, Leapfrog>) }
        )
    };
}

/// Everyone, with strings for keys.
macro_rules! texts {
    ($($work:ident)::+) => {
        all!(String, [], $($work)::+)
    };
}

/// A contest with numbers for keys.
const fn words(workload: &'static str, about: &'static str, contenders: &'static [Contender]) -> Contest {
    Contest { workload, key: "u64", about, threads: Threads::Any, size: Size::Both, once: false, contenders }
}

/// One with strings.
const fn strings(contest: Contest, contenders: &'static [Contender]) -> Contest {
    Contest { key: "String", contenders, ..contest }
}

const GET_HIT: Contest =
    words("get-hit", "Looks up random keys, all of which are there, and checks each value.", words!(steady::get_hit));

const GET_MISS: Contest = words("get-miss", "Looks up random keys, none of which is there.", words!(steady::get_miss));

const GET_DEP: Contest = Contest {
    threads: Threads::One,
    ..words(
        "get-dep",
        "Looks up keys that are there; each follows from the value found before, so that no two lookups overlap.",
        words!(steady::get_dependent),
    )
};

const GET_BATCH: Contest = Contest {
    threads: Threads::One,
    ..words(
        "get-batch",
        "Looks up random keys that are there, 16 at a time where a contender has a call for that; a key is an operation.",
        words!(steady::get_batch),
    )
};

const READ_HEAVY: Contest = words(
    "read-heavy",
    "98 % get, 1 % insert, 1 % remove, over twice as many keys as given: about half of them are there.",
    balanced!(steady::read_heavy),
);

const EXCHANGE: Contest = words(
    "exchange",
    "10 % get, 40 % insert, 40 % remove, 10 % update, over twice as many keys as given: about half of them are there. \
     Inserts and removes give back the old value; entries and their sum must come out right.",
    balanced!(steady::exchange),
);

const HOT_KEY: Contest = Contest {
    size: Size::Cached,
    ..words(
        "hot-key",
        "Adds one to the value of one key. papaya-av has atomic numbers for values.",
        words!(steady::hot_key, rival("papaya-av", steady::hot_key::<u64, PapayaAtomic<u64>>)),
    )
};

const ZIPF: Contest = words(
    "zipf-0.99",
    "Updates values, adding one, of keys drawn with Zipf's law, exponent 0.99. papaya-av has atomic numbers for values.",
    words!(steady::zipf, rival("papaya-av", steady::zipf::<u64, PapayaAtomic<u64>>)),
);

const RAPID_GROW: Contest = Contest {
    once: true,
    size: Size::Million,
    ..words(
        "rapid-grow",
        "5 % get, 80 % insert, 5 % remove, 10 % update, from an empty dictionary, as many operations as given: inserts \
         bring new keys, the others go to keys that the thread has put in. In a process of its own.",
        words!(growth::rapid_grow),
    )
};

const BUILD: Contest = Contest {
    once: true,
    size: Size::Million,
    ..words(
        "build",
        "Puts all entries into an empty dictionary; threads share them evenly. In a process of its own.",
        words!(growth::build),
    )
};

const BUILD_PRESET: Contest = Contest {
    once: true,
    size: Size::Million,
    ..words(
        "build-preset",
        "The same into a dictionary that was made for so many; making it is not timed.",
        words!(growth::build_preset),
    )
};

const INSERT_LATENCY: Contest = Contest {
    once: true,
    size: Size::Long,
    threads: Threads::Few,
    ..words(
        "insert-latency",
        "How long each single insert takes while the dictionary grows from empty; run-queue wait (schedstat) is \
         subtracted, the clock's own 20 ns are not. In a process of its own.",
        words!(latency::insert),
    )
};

const READER: Contest = Contest {
    once: true,
    size: Size::Million,
    threads: Threads::Two,
    ..words(
        "reader-beside-writer",
        "How long each single get takes while another thread fills the dictionary from empty; run-queue wait is \
         subtracted. In a process of its own.",
        words!(latency::reader),
    )
};

const MEMORY: Contest = Contest {
    once: true,
    size: Size::Million,
    threads: Threads::One,
    ..words(
        "memory",
        "Resident memory, counted by the kernel: on average while the dictionary grows from so many entries to twice as \
         many, and when all of them were removed.",
        words!(memory::life),
    )
};

/// Who can be walked.
const ITERATE: Contest = Contest {
    size: Size::Million,
    threads: Threads::One,
    ..words(
        "iterate",
        "Looks at all entries and adds their values up. whirlwind cannot.",
        &[
            rival("polder-word", steady::iterate::<u64, PolderWord>),
            rival("polder-dict", steady::iterate::<u64, PolderDict<u64>>),
            rival("papaya", steady::iterate::<u64, Papaya<u64>>),
            rival("scc-hashmap", steady::iterate::<u64, SccMap<u64>>),
            rival("scc-hashindex", steady::iterate::<u64, SccIndex<u64>>),
            rival("dashmap", steady::iterate::<u64, DashMap<u64>>),
            rival("dashmap-64", steady::iterate::<u64, DashMap64<u64>>),
            rival("dashmap-7", steady::iterate::<u64, DashMap7<u64>>),
            rival("flurry", steady::iterate::<u64, Flurry<u64>>),
            rival("sharded-rwlock", steady::iterate::<u64, Sharded<u64>>),
            rival("one-mutex", steady::iterate::<u64, OneMutex<u64>>),
            limit("leapfrog", steady::iterate::<u64, Leapfrog>),
            limit("hashbrown", steady::iterate::<u64, Bare<u64>>),
        ],
    )
};

/// The contests of the family, those over the same large dictionaries side by side.
pub const ALL: &[Contest] = &[
    GET_HIT,
    GET_MISS,
    GET_DEP,
    GET_BATCH,
    READ_HEAVY,
    EXCHANGE,
    HOT_KEY,
    ZIPF,
    strings(GET_HIT, texts!(steady::get_hit)),
    strings(GET_MISS, texts!(steady::get_miss)),
    strings(EXCHANGE, texts!(steady::exchange)),
    ITERATE,
    BUILD,
    BUILD_PRESET,
    RAPID_GROW,
    INSERT_LATENCY,
    READER,
    MEMORY,
];

/// The contender of that name in the contest of that name.
pub(super) fn find(workload: &str, key: &str, name: &str) -> Option<&'static Contender> {
    let contest = ALL.iter().find(|contest| contest.workload == workload && contest.key == key)?;
    contest.contenders.iter().find(|contender| contender.name == name)
}
