//! From persistent maps and sets to frozen ones and back, against those of std; with foreign code that panics.
#![cfg(not(polder_loom))]

#[path = "support/shape.rs"]
mod shape;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    hash::{BuildHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
};

use polder_collections::{frozen, persistent};
use shape::{SHAPES, Shape};

const SIZES: &[u64] = if cfg!(miri) { &[0, 3, 20] } else { &[0, 1, 2, 7, 8, 9, 16, 17, 33, 400, 6000] };

fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Small entries, and such as own something.
trait Key: Clone + Ord + Hash + Debug {
    fn of(number: u64) -> Self;
}

impl Key for u64 {
    fn of(number: u64) -> Self {
        spread(number)
    }
}

impl Key for String {
    fn of(number: u64) -> Self {
        format!("key {number}")
    }
}

fn all_ways<K: Key>(shape: Shape, size: u64) {
    let model: BTreeMap<K, u64> = (0..size).map(|number| (K::of(number), number)).collect();
    let entries = || model.iter().map(|(key, value)| (key.clone(), *value));
    let mut map = persistent::Map::with_hasher(shape);
    map.extend(entries());
    let flat = frozen::Map::from_vec(entries().collect(), shape);

    let frozen = [map.to_frozen(), frozen::Map::from(&map), frozen::Map::from(map.clone()), frozen::Map::from(map)];
    for frozen in &frozen {
        assert_eq!(frozen, &flat);
        assert_eq!(frozen.hasher(), &shape);
        assert!(frozen.as_slice().is_sorted_by_key(|(key, _)| shape.hash_one(key)), "in order");
        assert!(model.iter().all(|(key, value)| frozen.get(key) == Some(value)));
        assert_eq!(frozen.get(&K::of(size)), None);
    }

    let mut expected = persistent::Map::with_hasher(shape);
    expected.extend(entries());
    let versions = [flat.to_persistent(), (&flat).into(), flat.clone().into()];
    for version in &versions {
        assert_eq!(version, &expected);
        assert_eq!(version.hasher(), &shape);
        assert!(model.iter().all(|(key, value)| version.get(key) == Some(value)));
        // It is in shape: it becomes another, and the same again.
        let more = version.insert(K::of(size), 0);
        assert_eq!(more.len() as u64, size + 1);
        assert_eq!(more.remove(&K::of(size)), expected);
    }

    let items: BTreeSet<K> = model.into_keys().collect();
    let mut set = persistent::Set::with_hasher(shape);
    set.extend(items.iter().cloned());
    let flat = frozen::Set::from_vec(items.iter().cloned().collect(), shape);
    assert_eq!(set.to_frozen(), flat);
    assert_eq!(frozen::Set::from(&set), flat);
    assert_eq!(frozen::Set::from(set.clone()), flat);
    assert_eq!(flat.to_persistent(), set);
    assert_eq!(persistent::Set::from(&flat), set);
    assert_eq!(persistent::Set::from(flat), set);
}

#[test]
fn all_entries_are_there_whatever_the_hashes() {
    for &shape in if cfg!(miri) { &[Shape::Good, Shape::Constant][..] } else { &SHAPES } {
        // Where there are few hashes, each of them is searched one by one.
        let most = if matches!(shape, Shape::Good | Shape::High) { u64::MAX } else { 400 };
        for &size in SIZES.iter().filter(|&&size| size <= most) {
            all_ways::<u64>(shape, size);
            all_ways::<String>(shape, size);
        }
    }
}

thread_local! {
    static HASHED: Cell<u32> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
    /// After how many more calls of foreign code one panics.
    static COUNTDOWN: Cell<Option<u32>> = const { Cell::new(None) };
}

fn step() {
    if let Some(left) = COUNTDOWN.get() {
        COUNTDOWN.set(left.checked_sub(1));
        assert!(left != 0, "injected");
    }
}

/// Its objects are counted, and its hashes, and both may panic.
#[derive(Debug)]
struct Watched(u64);

impl Watched {
    fn new(number: u64) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(number)
    }
}

impl Clone for Watched {
    fn clone(&self) -> Self {
        step();
        Self::new(self.0)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        step();
        self.0 == other.0
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        step();
        HASHED.set(HASHED.get() + 1);
        state.write_u64(self.0);
    }
}

type Versions = persistent::Map<Watched, Watched, Shape>;
type Flat = frozen::Map<Watched, Watched, Shape>;

const LEN: u64 = if cfg!(miri) { 9 } else { 70 };

fn versions(shape: Shape, len: u64) -> Versions {
    let mut map = Versions::with_hasher(shape);
    map.extend((0..len).map(|number| (Watched::new(number), Watched::new(number))));
    map
}

#[test]
fn no_key_is_hashed_whose_hash_is_known() {
    let map = versions(Shape::Good, LEN);
    HASHED.set(0);
    let live = LIVE.get();
    let flat = map.to_frozen();
    assert_eq!((HASHED.get(), LIVE.get()), (0, 2 * live));
    drop(flat);
    let flat = Flat::from(map);
    assert_eq!((HASHED.get(), LIVE.get()), (0, live), "moved");
    let map = Versions::from(flat);
    assert_eq!((HASHED.get(), LIVE.get()), (LEN as u32, live), "moved, and each hashed once");
    drop(map);

    // Of many bad hashes, the frozen map keeps all.
    let flat = Flat::from(versions(Shape::Constant, 40));
    HASHED.set(0);
    let map = Versions::from(flat);
    assert_eq!((HASHED.get(), map.len()), (0, 40));
}

#[test]
fn what_is_shared_stays_with_the_other_version() {
    let mut one = versions(Shape::Good, LEN);
    let two = one.clone();
    one.insert_mut(Watched::new(LEN), Watched::new(0));
    let flat = Flat::from(one);
    assert_eq!((flat.len() as u64, two.len() as u64), (LEN + 1, LEN));
    assert!(two.iter().all(|(key, value)| flat.get(key) == Some(value)));
    drop((flat, two));
    assert_eq!(LIVE.get(), 0);
}

/// Runs it again and again, with the panic one call later each time, until there is none.
fn at_each_call(mut run: impl FnMut()) -> u32 {
    for calls in 0.. {
        COUNTDOWN.set(Some(calls));
        let outcome = catch_unwind(AssertUnwindSafe(&mut run));
        let is_over = COUNTDOWN.take().is_some();
        assert_eq!(outcome.is_ok(), is_over);
        if is_over {
            return calls;
        }
    }
    unreachable!("the loop returns")
}

#[test]
fn panics_lose_and_leak_nothing() {
    for shape in [Shape::Good, Shape::Constant] {
        let map = versions(shape, LEN);
        let flat = map.to_frozen();
        let live = LIVE.get();
        let panics = [
            at_each_call(|| drop(map.to_frozen())),
            at_each_call(|| drop(flat.to_persistent())),
            at_each_call(|| drop(Flat::from(map.clone()))),
        ];
        assert_eq!(LIVE.get(), live);
        assert!(panics.iter().all(|&panics| panics as u64 >= 2 * LEN), "{panics:?}");
        // Used up, whether it panics or not.
        for calls in 0..LEN as u32 {
            let mine = flat.clone();
            COUNTDOWN.set(Some(calls));
            let outcome = catch_unwind(AssertUnwindSafe(|| Versions::from(mine)));
            assert_eq!(outcome.is_err(), COUNTDOWN.take().is_none());
            drop(outcome);
            assert_eq!(LIVE.get(), live);
        }
        assert!(map.iter().all(|(key, value)| flat.get(key) == Some(value)));
        drop((map, flat));
        assert_eq!(LIVE.get(), 0);
    }
}
