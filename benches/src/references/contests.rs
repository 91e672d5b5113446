//! Who meets whom: the contests of the family and their contenders.

use super::backends::{
    ArcShiftHandle, ArcShiftShared, ArcSwap, ArcSwapCache, Epoch, Haphazard, Hazarc, HazarcCache, Kovan, KovanArc,
    ParkingMutex, ParkingRwLock, Polder, SddOwned, SddShared, Seize, StdRwLock,
};
use super::effort::Job;
use super::{counters, pins, work};
use crate::workload::Outcome;

/// One way to do the work of a contest.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// Its name.
    pub name: &'static str,
    /// Whether it does less than the others, as handles do: shown, not ranked.
    pub limit: bool,
    /// Does the work, in this process.
    pub run: fn(&Job) -> Outcome,
}

/// With how many threads a contest makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// With one.
    One,
    /// With any number.
    Any,
}

/// Contenders over the same work.
#[derive(Clone, Copy, Debug)]
pub struct Contest {
    /// Its name.
    pub workload: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// With how many threads it makes sense.
    pub threads: Threads,
    /// Who takes part.
    pub contenders: &'static [Contender],
}

const fn rival(name: &'static str, run: fn(&Job) -> Outcome) -> Contender {
    Contender { name, limit: false, run }
}

const fn limit(name: &'static str, run: fn(&Job) -> Outcome) -> Contender {
    Contender { name, limit: true, run }
}

const LOAD: Contest = Contest {
    workload: "load",
    about: "Looks at both ends of a shared value of 40 bytes that was replaced 256 times before, but is not meanwhile. \
            The names with -handle are limits: a handle per thread, which keeps its last value alive for as long as it \
            is idle. arcshift-shared-unstored is one, too: its value was never replaced.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::load::<Polder>),
        rival("arc-swap", work::load::<ArcSwap>),
        rival("hazarc", work::load::<Hazarc>),
        rival("arcshift-shared", work::load::<ArcShiftShared>),
        rival("crossbeam-epoch", work::load::<Epoch>),
        rival("seize", work::load::<Seize>),
        rival("haphazard", work::load::<Haphazard>),
        rival("sdd", work::load::<SddOwned>),
        rival("kovan", work::load::<Kovan>),
        rival("std-rwlock", work::load::<StdRwLock>),
        rival("parking_lot-rwlock", work::load::<ParkingRwLock>),
        rival("parking_lot-mutex", work::load::<ParkingMutex>),
        limit("arcshift-shared-unstored", work::load_only::<ArcShiftShared>),
        limit("arc-swap-cache-handle", work::load::<ArcSwapCache>),
        limit("hazarc-cache-handle", work::load::<HazarcCache>),
        limit("arcshift-handle", work::load::<ArcShiftHandle>),
    ],
};

const LOAD_FULL: Contest = Contest {
    workload: "load-full",
    about: "Takes an owner of the value, an Arc where there is one, looks and drops it. kovan holds an Arc and clones \
            it; sdd is AtomicShared; arcshift clones its handle. crossbeam-epoch, seize and haphazard give out no \
            owners.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::load_full::<Polder>),
        rival("arc-swap", work::load_full::<ArcSwap>),
        rival("hazarc", work::load_full::<Hazarc>),
        rival("sdd", work::load_full::<SddShared>),
        rival("kovan", work::load_full::<KovanArc>),
        rival("std-rwlock", work::load_full::<StdRwLock>),
        rival("parking_lot-rwlock", work::load_full::<ParkingRwLock>),
        rival("parking_lot-mutex", work::load_full::<ParkingMutex>),
        limit("arcshift-handle", work::load_full::<ArcShiftHandle>),
    ],
};

const STORE: Contest = Contest {
    workload: "store",
    about: "Makes a value and stores it. What is put off is done at the end, inside the time but for clean windows; \
            what could not be freed even then is counted.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::store::<Polder>),
        rival("arc-swap", work::store::<ArcSwap>),
        rival("hazarc", work::store::<Hazarc>),
        rival("crossbeam-epoch", work::store::<Epoch>),
        rival("seize", work::store::<Seize>),
        rival("haphazard", work::store::<Haphazard>),
        rival("sdd", work::store::<SddOwned>),
        rival("kovan", work::store::<Kovan>),
        rival("std-rwlock", work::store::<StdRwLock>),
        rival("parking_lot-rwlock", work::store::<ParkingRwLock>),
        rival("parking_lot-mutex", work::store::<ParkingMutex>),
        limit("arcshift-handle", work::store::<ArcShiftHandle>),
    ],
};

const STORE_AFTER_THREADS: Contest = Contest {
    workload: "store-after-8-threads",
    about: "Stores by one thread, as above, after 8 other threads have used the reference at the same time and ended.",
    threads: Threads::One,
    contenders: &[
        rival("polder", work::store_after_threads::<Polder>),
        rival("arc-swap", work::store_after_threads::<ArcSwap>),
        rival("hazarc", work::store_after_threads::<Hazarc>),
        rival("crossbeam-epoch", work::store_after_threads::<Epoch>),
        rival("seize", work::store_after_threads::<Seize>),
        rival("haphazard", work::store_after_threads::<Haphazard>),
        rival("sdd", work::store_after_threads::<SddOwned>),
        rival("kovan", work::store_after_threads::<Kovan>),
        rival("std-rwlock", work::store_after_threads::<StdRwLock>),
        rival("parking_lot-rwlock", work::store_after_threads::<ParkingRwLock>),
        rival("parking_lot-mutex", work::store_after_threads::<ParkingMutex>),
        limit("arcshift-handle", work::store_after_threads::<ArcShiftHandle>),
    ],
};

const SWAP: Contest = Contest {
    workload: "swap",
    about: "Makes a value, swaps it in and looks at the old one. What is put off is done as with stores. arcshift does \
            not give the old value back.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::swap::<Polder>),
        rival("arc-swap", work::swap::<ArcSwap>),
        rival("hazarc", work::swap::<Hazarc>),
        rival("crossbeam-epoch", work::swap::<Epoch>),
        rival("seize", work::swap::<Seize>),
        rival("haphazard", work::swap::<Haphazard>),
        rival("sdd", work::swap::<SddOwned>),
        rival("kovan", work::swap::<Kovan>),
        rival("std-rwlock", work::swap::<StdRwLock>),
        rival("parking_lot-rwlock", work::swap::<ParkingRwLock>),
        rival("parking_lot-mutex", work::swap::<ParkingMutex>),
    ],
};

const RCU: Contest = Contest {
    workload: "rcu",
    about: "Replaces the value by a new one worked out from it: adds one. No addition may be lost. The locks are held \
            while the new value is made, the others try again when another thread was faster.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::rcu::<Polder>),
        rival("arc-swap", work::rcu::<ArcSwap>),
        rival("hazarc", work::rcu::<Hazarc>),
        rival("crossbeam-epoch", work::rcu::<Epoch>),
        rival("seize", work::rcu::<Seize>),
        rival("haphazard", work::rcu::<Haphazard>),
        rival("sdd", work::rcu::<SddOwned>),
        rival("kovan", work::rcu::<Kovan>),
        rival("std-rwlock", work::rcu::<StdRwLock>),
        rival("parking_lot-rwlock", work::rcu::<ParkingRwLock>),
        rival("parking_lot-mutex", work::rcu::<ParkingMutex>),
        limit("arcshift-handle", work::rcu::<ArcShiftHandle>),
    ],
};

const MIX: Contest = Contest {
    workload: "mix-99-1",
    about: "Every thread loads 99 times and then stores a new value, over and over; both count as an operation.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::mix::<Polder>),
        rival("arc-swap", work::mix::<ArcSwap>),
        rival("hazarc", work::mix::<Hazarc>),
        rival("crossbeam-epoch", work::mix::<Epoch>),
        rival("seize", work::mix::<Seize>),
        rival("haphazard", work::mix::<Haphazard>),
        rival("sdd", work::mix::<SddOwned>),
        rival("kovan", work::mix::<Kovan>),
        rival("std-rwlock", work::mix::<StdRwLock>),
        rival("parking_lot-rwlock", work::mix::<ParkingRwLock>),
        rival("parking_lot-mutex", work::mix::<ParkingMutex>),
        limit("arc-swap-cache-handle", work::mix::<ArcSwapCache>),
        limit("hazarc-cache-handle", work::mix::<HazarcCache>),
        limit("arcshift-handle", work::mix::<ArcShiftHandle>),
    ],
};

const BACKGROUND: Contest = Contest {
    workload: "load-beside-writer",
    about: "Loads while one more thread stores a new value every 100 µs. Only the loads count, and on one thread only \
            the processor time of the thread that loads. How often the other thread really stored stands beside.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", work::background::<Polder>),
        rival("arc-swap", work::background::<ArcSwap>),
        rival("hazarc", work::background::<Hazarc>),
        rival("crossbeam-epoch", work::background::<Epoch>),
        rival("seize", work::background::<Seize>),
        rival("haphazard", work::background::<Haphazard>),
        rival("sdd", work::background::<SddOwned>),
        rival("kovan", work::background::<Kovan>),
        rival("std-rwlock", work::background::<StdRwLock>),
        rival("parking_lot-rwlock", work::background::<ParkingRwLock>),
        rival("parking_lot-mutex", work::background::<ParkingMutex>),
        limit("arc-swap-cache-handle", work::background::<ArcSwapCache>),
        limit("hazarc-cache-handle", work::background::<HazarcCache>),
        limit("arcshift-handle", work::background::<ArcShiftHandle>),
    ],
};

const PIN: Contest = Contest {
    workload: "pin",
    about: "Enters a critical section of a reclamation scheme and leaves it, with nothing inside.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", pins::polder),
        rival("seize", pins::seize),
        rival("crossbeam-epoch", pins::epoch),
        rival("sdd", pins::sdd),
        rival("kovan", pins::kovan),
    ],
};

const COUNTER: Contest = Contest {
    workload: "counter-add",
    about: "Adds one to a counter that all threads share; the sum afterwards must be exact. striped-atomic and \
            fast-counter have as many words on cache lines of their own: four per core, at least 8.",
    threads: Threads::Any,
    contenders: &[
        rival("polder", counters::polder),
        rival("atomic-u64", counters::atomic),
        rival("striped-atomic", counters::striped),
        rival("fast-counter", counters::fast_counter),
    ],
};

/// All of them.
pub const ALL: [Contest; 10] = [LOAD, LOAD_FULL, STORE, STORE_AFTER_THREADS, SWAP, RCU, MIX, BACKGROUND, PIN, COUNTER];

/// The contender of that name in the contest of that name.
pub(super) fn find(workload: &str, name: &str) -> Option<Contender> {
    let contest = ALL.iter().find(|contest| contest.workload == workload)?;
    contest.contenders.iter().copied().find(|contender| contender.name == name)
}
