//! Foreign code that panics or lies, at every point where a persistent map runs any: old versions stay whole, nothing is dropped twice
//! or lost for ever, and the map is as usable as before.

use std::{
    cell::Cell,
    collections::BTreeSet,
    hash::{BuildHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use polder_collections::persistent::{Discard, Keep, Map, Patch};

thread_local! {
    /// Objects that are there.
    static LIVE: Cell<i64> = const { Cell::new(0) };
    /// After how many more calls of foreign code one panics.
    static COUNTDOWN: Cell<Option<u32>> = const { Cell::new(None) };
    /// Whether drops are calls that panic too.
    static DROPS_PANIC: Cell<bool> = const { Cell::new(false) };
    /// The state of what lies.
    static LIES: Cell<Option<u64>> = const { Cell::new(None) };
}

fn step() {
    if let Some(left) = COUNTDOWN.get() {
        COUNTDOWN.set(left.checked_sub(1));
        assert!(left != 0, "injected");
    }
}

/// Now and then something else than the truth.
fn or_a_lie(truth: u64) -> u64 {
    let Some(state) = LIES.get() else { return truth };
    let state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    LIES.set(Some(state));
    if state >> 62 == 0 { state >> 30 } else { truth }
}

trait Sample: Clone + Eq + Hash {
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

/// With a destructor: entries are counted.
struct Large(u64);

/// Without: entries are in place.
struct Small(u64);

impl Sample for Large {
    fn of(number: u64) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(number)
    }

    fn number(&self) -> u64 {
        self.0
    }
}

impl Sample for Small {
    fn of(number: u64) -> Self {
        Self(number)
    }

    fn number(&self) -> u64 {
        self.0
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
        if DROPS_PANIC.get() && !thread::panicking() {
            step();
        }
    }
}

macro_rules! foreign {
    ($name:ident) => {
        impl Clone for $name {
            fn clone(&self) -> Self {
                step();
                Self::of(self.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                step();
                or_a_lie(u64::from(self.0 == other.0)) & 1 == 1
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                step();
                state.write_u64(or_a_lie(self.0));
            }
        }
    };
}

foreign!(Large);
foreign!(Small);

/// Hashes by which leaves of several sizes, branches below each other and collisions come up.
#[derive(Clone, Default)]
struct Grouped(u64);

impl BuildHasher for Grouped {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Grouped {
    fn finish(&self) -> u64 {
        (self.0 / 3).wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("numbers only");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Tested<T> = Map<T, T, Grouped>;

/// What the operations begin with.
struct Start<T> {
    /// A version that another one shares everything with, but for some keys.
    shared: Tested<T>,
    map: Tested<T>,
    /// Half of it is there too.
    other: Tested<T>,
}

const LEN: u64 = if cfg!(miri) { 40 } else { 120 };

fn numbers<T: Sample>(map: &Tested<T>) -> BTreeSet<(u64, u64)> {
    map.iter().map(|(key, value)| (key.number(), value.number())).collect()
}

fn grown<T: Sample>(numbers: impl Iterator<Item = u64>) -> Tested<T> {
    let mut map = Tested::default();
    map.extend(numbers.map(|number| (T::of(number), T::of(number))));
    map
}

/// What versions are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Nodes,
    Units,
}

fn start<T: Sample>(from: From) -> Start<T> {
    let (mut shared, mut other) = (grown(0..LEN), grown(LEN / 2..LEN + LEN / 2));
    if from == From::Units {
        shared.compact_mut();
        other = other.compact();
    }
    let mut map = shared.clone();
    for key in LEN / 2..LEN / 2 + 5 {
        map.insert_mut(T::of(key), T::of(key + 1000));
    }
    Start { shared, map, other }
}

/// Whether the map is what it says it is.
fn check<T: Sample>(map: &Tested<T>) {
    let entries = numbers(map);
    let keys: BTreeSet<u64> = entries.iter().map(|(key, _)| *key).collect();
    assert_eq!(entries.len(), keys.len(), "no key twice");
    assert_eq!(map.iter().count(), map.len(), "as many as are counted");
    assert_eq!(entries.len(), map.len());
    for (key, value) in entries {
        assert_eq!(map.get(&T::of(key)).map(T::number), Some(value));
    }
}

type Operation<T> = (&'static str, fn(&mut Start<T>));

fn operations<T: Sample>() -> Vec<Operation<T>> {
    let all: &[Operation<T>] = &[
        ("insert", |start| drop(start.map.insert(T::of(LEN), T::of(0)))),
        ("insert, replacing", |start| drop(start.map.insert(T::of(1), T::of(0)))),
        ("insert_mut", |start| drop(start.map.insert_mut(T::of(LEN), T::of(0)))),
        ("insert_mut, replacing", |start| drop(start.map.insert_mut(T::of(1), T::of(0)))),
        ("insert_mut, many", |start| {
            for key in LEN..LEN + 70 {
                start.map.insert_mut(T::of(key), T::of(key));
            }
        }),
        ("remove", |start| drop(start.map.remove(&T::of(3)))),
        ("remove_mut, many", |start| {
            for key in 0..LEN - 5 {
                start.map.remove_mut(&T::of(key));
            }
        }),
        ("remove_entry_mut", |start| drop(start.map.remove_entry_mut(&T::of(7)))),
        ("update", |start| drop(start.map.update(T::of(7), |value| value.cloned()))),
        ("get_mut", |start| *start.map.get_mut(&T::of(5)).unwrap() = T::of(50)),
        ("entry_mut, occupied", |start| *start.map.entry_mut(T::of(5)).or_insert_with(|| T::of(0)) = T::of(9)),
        ("entry_mut, vacant", |start| {
            for key in LEN..LEN + 40 {
                *start.map.entry_mut(T::of(key)).or_insert_with(|| T::of(0)) = T::of(9);
            }
        }),
        ("iter_mut", |start| start.map.iter_mut().for_each(|(_, value)| *value = T::of(value.number() + 1))),
        ("into_iter", |start| {
            let map = start.map.clone();
            start.map.clear_mut();
            map.into_iter().for_each(drop);
        }),
        ("retain", |start| {
            drop(start.map.retain(|key, _| {
                step();
                key.number() % 3 == 0
            }));
        }),
        ("retain_mut", |start| {
            start.map.retain_mut(|key, _| {
                step();
                key.number() % 5 == 0
            });
        }),
        ("union", |start| start.map = start.map.union(&start.other)),
        ("intersection", |start| start.map = start.map.intersection(&start.other)),
        ("difference", |start| start.map = start.map.difference(&start.other)),
        ("symmetric_difference", |start| start.map = start.map.symmetric_difference(&start.shared)),
        ("merge_with", |start| {
            start.map = start.map.merge_with(&start.other, Keep, Discard, |_, _, value| Some(value.clone()));
        }),
        ("merge_with, asking", |start| {
            let all = |_: &T, value: &T| Some(value.clone());
            start.map = start.map.merge_with(&start.other, all, all, |_, _, _| None);
        }),
        ("==", |start| assert!(start.map != start.shared)),
        ("diff and apply", |start| {
            let patch: Patch<_, _> = start.map.diff(&start.other).collect();
            start.map.apply_mut(&patch);
        }),
        ("collect", |start| {
            start.map = start.other.iter().chain(&start.map).map(|(key, value)| (key.clone(), value.clone())).collect();
        }),
        ("compact", |start| start.map = start.map.compact()),
        ("compact_mut", |start| start.map.compact_mut()),
        ("compact_mut, alone", |start| {
            start.shared.clear_mut();
            start.map.compact_mut();
        }),
        ("replace the last version", |start| start.shared = start.other.clone()),
        ("clear_mut", |start| start.other.clear_mut()),
    ];
    all.to_vec()
}

/// Each operation, once for each call of foreign code in it, which panics.
fn at_every_point<T: Sample>(from: From, drops_panic: bool) -> u32 {
    let mut panics = 0;
    for (name, operation) in operations::<T>() {
        let limit = if cfg!(miri) { 6 } else { u32::MAX };
        for after in 0..limit {
            // Under Miri, some points that are apart; of units, every eleventh.
            let after = match from {
                _ if cfg!(miri) => after * after * 7,
                From::Nodes => after,
                From::Units => after * 11 + 1,
            };
            let mut start = start::<T>(from);
            let (shared, other) = (numbers(&start.shared), numbers(&start.other));
            let witness = start.map.clone();
            let before = numbers(&witness);
            DROPS_PANIC.set(drops_panic);
            COUNTDOWN.set(Some(after));
            let outcome = catch_unwind(AssertUnwindSafe(|| operation(&mut start)));
            let is_over = COUNTDOWN.take().is_some();
            DROPS_PANIC.set(false);
            assert!(is_over || outcome.is_err() || drops_panic, "{name}: the panic of call {after} was swallowed");
            panics += u32::from(outcome.is_err());
            check(&start.map);
            check(&witness);
            assert_eq!(numbers(&witness), before, "{name}, {after}: another version has changed");
            if outcome.is_err() {
                if !matches!((drops_panic, name), (true, "replace the last version") | (_, "compact_mut, alone")) {
                    assert_eq!(numbers(&start.shared), shared);
                }
                if !drops_panic {
                    assert_eq!(numbers(&start.other), other);
                }
            }
            // As usable as before.
            let more = start.map.insert(T::of(7777), T::of(1)).union(&start.other);
            check(&more);
            assert!(more.remove(&T::of(7777)).union(&start.map) == more.remove(&T::of(7777)));
            drop((start, witness, more));
            assert_eq!(LIVE.get(), 0, "{name}, {after}: leaked or dropped twice");
            if is_over {
                break;
            }
        }
    }
    panics
}

#[test]
fn panics_of_counted_entries_leave_all_versions_whole() {
    assert!(at_every_point::<Large>(From::Nodes, false) > 100);
    assert!(at_every_point::<Large>(From::Units, false) > 100);
}

#[test]
fn panics_of_entries_in_place_leave_all_versions_whole() {
    assert!(at_every_point::<Small>(From::Nodes, false) > 100);
    assert!(at_every_point::<Small>(From::Units, false) > 100);
}

#[test]
fn drops_that_panic_leak_nothing() {
    assert!(at_every_point::<Large>(From::Nodes, true) > 100);
    assert!(at_every_point::<Large>(From::Units, true) > 100);
}

#[test]
fn what_lies_is_lost_at_worst() {
    for seed in 0..if cfg!(miri) { 2 } else { 60 } {
        fn lie<T: Sample>(seed: u64) {
            for (_, operation) in operations::<T>() {
                let mut start = start::<T>(if seed.is_multiple_of(2) { From::Nodes } else { From::Units });
                LIES.set(Some(seed));
                // It may panic where it finds out.
                drop(catch_unwind(AssertUnwindSafe(|| {
                    operation(&mut start);
                    operation(&mut start);
                })));
                let seen = numbers(&start.map).len();
                assert!(seen <= start.map.iter().count());
                start.map.insert_mut(T::of(1), T::of(2));
                drop(start.map.union(&start.other));
                LIES.set(None);
                drop(start);
                assert_eq!(LIVE.get(), 0);
            }
        }
        lie::<Large>(seed);
        lie::<Small>(seed);
    }
}
