//! Compact versions: one allocation with one count, which lives as long as anything of it is used, and no longer.
#![cfg(not(polder_loom))]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    collections::BTreeMap,
    fmt::Debug,
    hash::{BuildHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::persistent::{Change, FastProcessState, Footprint, Map, Patch, Set};

/// The system's allocator, with what this thread has of it.
struct Counting;

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is passed on to the system's allocator, with what it is given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get().wrapping_add(layout.size()));
        ALLOCATIONS.set(ALLOCATIONS.get().wrapping_add(1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get().wrapping_sub(layout.size()));
        ALLOCATIONS.set(ALLOCATIONS.get().wrapping_sub(1));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes and allocations that stay for what the closure makes.
fn taken_by<T>(make: impl FnOnce() -> T) -> ([usize; 2], T) {
    let before = [BYTES.get(), ALLOCATIONS.get()];
    let made = make();
    ([BYTES.get().wrapping_sub(before[0]), ALLOCATIONS.get().wrapping_sub(before[1])], made)
}

type Numbers = Map<u64, u64, FastProcessState>;

const LEN: u64 = if cfg!(miri) { 300 } else { 50_000 };

fn numbers() -> Numbers {
    (0..LEN).map(|number| (number, number * 2)).collect()
}

#[test]
fn it_is_one_allocation_which_is_freed_at_once() {
    let mut grown = Numbers::default();
    grown.extend((0..LEN).map(|number| (number, number * 2)));
    let ([nodes, many], built) = taken_by(numbers);
    let ([bytes, count], compact) = taken_by(|| built.compact());
    assert!(many as u64 > LEN / 32);
    assert_eq!(count, 1);
    assert!(bytes <= nodes + nodes / 20, "{bytes} of {nodes}");
    assert!(compact == built && grown == compact);
    assert_eq!(compact.footprint().kept, bytes);
    assert_eq!(built.footprint(), Footprint { used: nodes, kept: nodes });

    // A version of a path, then all of it again.
    let ([path, nodes], other) = taken_by(|| compact.insert(LEN, 0));
    assert!((2..=6).contains(&nodes), "{nodes}");
    assert_eq!(other.footprint().kept, bytes + path);
    let ([freed, _], ()) = taken_by(|| drop(compact));
    assert_eq!(freed, 0, "the other version keeps it");
    let ([freed, allocations], ()) = taken_by(|| drop(other));
    assert_eq!(freed.wrapping_neg(), bytes + path);
    assert_eq!(allocations.wrapping_neg(), nodes + 1);
}

#[test]
fn a_small_version_keeps_a_large_one_until_it_is_compact_too() {
    let start = BYTES.get();
    // What this thread has freed of another's may be more than it has.
    let taken = || BYTES.get().wrapping_sub(start);
    let ([base, _], compact) = taken_by(|| {
        let mut map = numbers();
        map.compact_mut();
        map
    });
    let mut small = compact.retain(|number, _| *number < LEN / 2);
    let mut tiny = small.retain(|number, _| *number % 50 == 1);
    drop(compact);
    let Footprint { used, kept } = small.footprint();
    // Leaves in part are its own; what it has of the base is little.
    assert!(used <= kept && kept <= used + base);
    let before = taken();
    tiny.compact_mut();
    small.compact_mut();
    assert_eq!(tiny.len() as u64, LEN / 100);
    assert!(small.iter().all(|(number, double)| number * 2 == *double));
    assert_eq!(small.footprint().kept - small.footprint().used, tiny.footprint().kept - tiny.footprint().used);
    assert!(taken() < before, "the base is gone");
    assert_eq!(taken(), small.footprint().kept + tiny.footprint().kept);
    let again = small.compact();
    assert!(again.ptr_eq(&small), "it is so already");
    let whole = taken();
    small.clear_mut();
    assert_eq!(taken(), whole);
    drop(again);
    assert_eq!(taken(), tiny.footprint().kept);
    assert!(small.is_compact() && small.footprint() == Footprint::default());
}

#[test]
fn what_is_shared_is_passed_over() {
    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Clone, Debug)]
    struct Value(u64);

    impl PartialEq for Value {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Value {}

    let map: Map<u64, Value, FastProcessState> = (0..LEN).map(|number| (number, Value(number))).collect();
    let base = map.compact();
    let left = base.insert(LEN, Value(0)).remove(&3);
    let right = base.insert(5, Value(55));
    COMPARED.set(0);
    let mut changes: Vec<_> = left.diff(&right).map(|change| *change.key()).collect();
    changes.sort_unstable();
    assert_eq!(changes, [3, 5, LEN]);
    assert!(left != right);
    let union = left.union(&right);
    assert_eq!(union.len() as u64, LEN + 1);
    assert_eq!(left.intersection(&right).len() as u64, LEN - 1);
    assert_eq!(right.difference(&base).len(), 0);
    assert!(base.union(&base.remove(&7)).ptr_eq(&base));
    assert!(COMPARED.get() < 400, "{} values were compared", COMPARED.get());
    // With the nodes from which it was made, only the contents are the same.
    assert_eq!(map.diff(&right).collect::<Vec<_>>(), [Change::Changed { key: &5, old: &Value(5), new: &Value(55) }]);
}

#[test]
fn changes_in_place_copy() {
    let base = numbers().compact();
    let mut other = base.clone();
    other.iter_mut().for_each(|(_, value)| *value += 1);
    *other.entry_mut(LEN + 1).or_insert(0) += 7;
    assert_eq!(other.remove_mut(&0), Some(1));
    *other.get_mut(&1).unwrap() = 100;
    assert!(base.iter().all(|(key, value)| key * 2 == *value));
    assert!(!other.is_compact() && base.is_compact());
    assert_eq!((other[&1], other[&2], other[&(LEN + 1)]), (100, 5, 7));
    let taken: Vec<_> = base.clone().into_iter().collect();
    assert_eq!(taken.len() as u64, LEN);
    other.retain_mut(|key, _| *key == 1);
    assert_eq!((other.len(), other[&1]), (1, 100));
    assert_eq!(base.values().sum::<u64>(), LEN * (LEN - 1));
}

#[test]
fn entries_that_own_something_are_dropped_once_and_where_they_are_last() {
    struct Live(Arc<AtomicUsize>);

    impl Clone for Live {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Relaxed);
            Self(self.0.clone())
        }
    }

    impl Drop for Live {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Relaxed);
        }
    }

    let live = Arc::new(AtomicUsize::new(0));
    let new = |live: &Arc<AtomicUsize>| {
        live.fetch_add(1, Relaxed);
        Live(live.clone())
    };
    const ENTRIES: u64 = if cfg!(miri) { 100 } else { 3000 };
    let nodes: Map<u64, Live, FastProcessState> = (0..ENTRIES).map(|key| (key, new(&live))).collect();
    let compact = nodes.compact();
    assert_eq!(live.load(Relaxed) as u64, ENTRIES, "shared");
    let mut moved = compact.remove(&0);
    moved.compact_mut();
    drop(nodes);
    drop(compact);
    assert_eq!(live.load(Relaxed) as u64, ENTRIES - 1);

    // Threads make versions of it and drop them.
    thread::scope(|scope| {
        for thread in 0..4 {
            let (moved, live) = (moved.clone(), &live);
            scope.spawn(move || {
                let mut mine = moved.clone();
                for key in 0..ENTRIES / 4 {
                    mine.insert_mut(key * 4 + thread, new(live));
                    if key % 16 == 0 {
                        mine = mine.union(&moved).retain(|key, _| key % 100 != 0);
                    }
                    if key % 100 == 50 {
                        mine.compact_mut();
                    }
                }
                drop(moved);
                assert!(mine.len() as u64 >= ENTRIES - 1 - ENTRIES / 100);
            });
        }
    });
    assert_eq!(live.load(Relaxed) as u64, ENTRIES - 1);
    drop(moved);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn sets_are_compact_as_maps_are() {
    let items: Set<u64> = (0..LEN / 2).collect();
    let compact = items.compact();
    assert!(compact.is_compact() && !items.is_compact() && items == compact);
    let mut more = compact.insert(LEN);
    assert!(compact.is_subset(&more) && !more.is_compact());
    assert!(more.footprint().kept > compact.footprint().kept);
    more.compact_mut();
    drop(compact);
    assert!(more.is_compact() && more.contains(&LEN) && more.len() as u64 == LEN / 2 + 1);
    let empty: Set<u64> = Set::new();
    assert!(empty.compact().is_compact());
    // One leaf is a unit, too.
    let few = Set::from([1, 2, 3]).compact();
    assert_eq!(few.insert(4).remove(&4), few);
}

/// What is kept is never said to be less than it is, and is more by what is counted twice at most.
#[test]
fn entries_that_a_compact_version_shares_are_kept() {
    type Wide = Map<u64, [u64; 8], FastProcessState>;
    const LEN: u64 = if cfg!(miri) { 100 } else { 2000 };
    let mut map = (0..LEN).map(|key| (key, [key; 8])).collect::<Wide>().compact();
    // Most leaves come to be its own, with entries that the compact version has too.
    map.extend((LEN..LEN + LEN / 6).map(|key| (key, [0; 8])));
    let Footprint { used, kept } = map.footprint();
    let ([freed, _], ()) = taken_by(|| drop(map));
    let freed = freed.wrapping_neg();
    assert!(used <= freed && freed <= kept && kept <= freed + used, "{used} used, {kept} kept, {freed} freed");
}

/// Leaves of several sizes, branches below each other, and collisions.
#[derive(Clone, Default)]
struct Rough(u64);

impl BuildHasher for Rough {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Rough {
    fn finish(&self) -> u64 {
        (self.0 / 3).wrapping_mul(0x2545_F491_4F6C_DD1D) << (self.0 % 2 * 20)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |state, byte| state.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    }
}

type Tested<K, V> = Map<K, V, Rough>;

/// Versions that come of each other, some of them compact, against maps of std; of so many keys.
fn histories<K: Ord + Hash + Clone + Debug, V: Eq + Clone + Debug>(
    seed: u64,
    keys: u64,
    key: impl Fn(u64) -> K,
    value: impl Fn(u64) -> V,
) {
    let mut state = seed;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let run = || {
        let mut pool: Vec<(Tested<K, V>, BTreeMap<K, V>)> = vec![Default::default()];
        for _ in 0..if cfg!(miri) { 4 } else { 1000 } {
            let of = pool.len() as u64;
            let ((mut map, mut model), (other, others)) =
                (pool[random(of) as usize].clone(), pool[random(of) as usize].clone());
            match random(12) {
                0 | 1 => map.compact_mut(),
                2 => map = map.compact(),
                3 => {
                    map = map.union(&other);
                    for (key, value) in &others {
                        model.entry(key.clone()).or_insert(value.clone());
                    }
                }
                4 => {
                    map = map.intersection(&other);
                    model.retain(|key, _| others.contains_key(key));
                }
                5 => {
                    map = map.difference(&other);
                    model.retain(|key, _| !others.contains_key(key));
                }
                6 => {
                    map = map.apply(&map.diff(&other).collect::<Patch<_, _>>());
                    model = others.clone();
                }
                7 => {
                    let new = value(random(100));
                    map.iter_mut().for_each(|(_, value)| *value = new.clone());
                    model.values_mut().for_each(|value| *value = new.clone());
                }
                8 => {
                    let end = key(random(keys));
                    map.retain_mut(|key, _| *key < end);
                    model.retain(|key, _| *key < end);
                }
                9 => (0..random(keys)).map(|_| key(random(keys))).for_each(|key| {
                    assert_eq!(map.remove_mut(&key), model.remove(&key));
                }),
                _ => (0..random(keys)).map(|number| (key(random(keys)), value(number))).for_each(|(key, value)| {
                    assert_eq!(map.insert_mut(key.clone(), value.clone()), model.insert(key, value));
                }),
            }
            assert_eq!(map.len(), model.len());
            assert!(map.iter().all(|(key, value)| model.get(key) == Some(value)));
            let differ = |(key, value): &(&K, &V)| others.get(key) != Some(*value);
            let gone = others.keys().filter(|key| !model.contains_key(key)).count();
            assert_eq!(map.diff(&other).count(), model.iter().filter(differ).count() + gone);
            assert!(map == model.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
            let Footprint { used, kept } = map.footprint();
            // Of a compact one, what is in front of the nodes is kept, too.
            let most = if map.is_compact() { used + 64 } else { usize::MAX };
            assert!((used..=most).contains(&kept), "{used} used, {kept} kept");
            pool.push((map, model));
            if pool.len() > 12 {
                pool.swap_remove(random(12) as usize);
            }
        }
    };
    assert_eq!(taken_by(run).0, [0; 2], "all is freed");
}

#[test]
fn compact_versions_and_others_come_of_each_other() {
    #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[repr(align(16))]
    struct Aligned(u64);

    #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[repr(align(4096))]
    struct Apart(u64);

    histories(1, 150, |number| number, |number| number);
    histories(2, 100, |number| number as u8, drop);
    histories(3, 150, |number| number.to_string(), |number| number.to_string());
    histories(4, 80, Aligned, Aligned);
    histories(5, 40, Apart, |number| number as u8);
    histories(6, 40, |number| number as u8, Apart);
    histories(7, 2, drop, |number| number.to_string());
    histories(8, 2, drop, drop);
}
