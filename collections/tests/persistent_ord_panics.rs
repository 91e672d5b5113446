//! Comparisons, clones, drops and closures that panic in the middle of a call, at each place in turn: the map is usable afterwards, is
//! what the documentation says, and every key and value is dropped once.
#![cfg(not(polder_loom))]

use std::{
    cell::{Cell, RefCell},
    cmp::Ordering,
    panic::{AssertUnwindSafe, catch_unwind},
};

use polder_collections::persistent::{OrdMap, ord_map::Entry};

/// Foreign code that a map runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Site {
    Ord,
    Clone,
    Drop,
    Closure,
}

thread_local! {
    static FUSE: Cell<Option<(Site, u32)>> = const { Cell::new(None) };
    /// How often each that was made is there: none or one time.
    static ALIVE: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

/// Panics if the fuse has burnt down.
fn burn(site: Site) {
    match FUSE.get() {
        Some((armed, 0)) if armed == site => {
            FUSE.set(None);
            panic!("a fuse in {site:?}");
        }
        Some((armed, length)) if armed == site => FUSE.set(Some((site, length - 1))),
        _ => {}
    }
}

/// A key or a value that tells when it is dropped twice.
#[derive(Debug)]
struct Item {
    number: u32,
    id: usize,
}

fn item(number: u32) -> Item {
    ALIVE.with_borrow_mut(|alive| {
        alive.push(true);
        Item { number, id: alive.len() - 1 }
    })
}

impl Clone for Item {
    fn clone(&self) -> Self {
        burn(Site::Clone);
        item(self.number)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        let was_alive = ALIVE.with_borrow_mut(|alive| std::mem::replace(&mut alive[self.id], false));
        // A second panic would end the process, and with it what is to be seen.
        assert!(was_alive || std::thread::panicking(), "dropped twice");
        if !std::thread::panicking() {
            burn(Site::Drop);
        }
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        burn(Site::Ord);
        self.number.cmp(&other.number)
    }
}

type Map = OrdMap<Item, Item>;

/// Enough for two levels of branches, with leaves that are full, and such as are as small as they may be.
const COUNT: u32 = if cfg!(miri) { 48 } else { 1_200 };

fn map() -> Map {
    let mut map: Map = (0..COUNT).map(|n| (item(2 * n), item(n))).collect();
    for n in COUNT / 4..COUNT / 2 {
        if !n.is_multiple_of(4) {
            map.remove_mut(&item(2 * n));
        }
    }
    map
}

fn numbers(map: &Map) -> Vec<(u32, u32)> {
    map.iter().map(|(key, value)| (key.number, value.number)).collect()
}

/// What a map may be after a panic.
#[derive(Clone, Copy, Debug)]
enum After {
    /// As it was, or as it would be without the panic.
    BeforeOrDone,
    /// The same, or with nothing in it.
    OrEmpty,
}

/// Works on a map, alone or with a second version of it, again and again, with a panic in another call of foreign code at the site each time.
fn at_each_call(site: Site, after: After, work: impl Fn(&mut Map)) {
    for is_shared in [false, true] {
        let (before, done) = {
            let mut map = map();
            let before = numbers(&map);
            work(&mut map);
            (before, numbers(&map))
        };
        ALIVE.with_borrow_mut(Vec::clear);
        let mut length = 0;
        loop {
            let mut subject = map();
            let version = is_shared.then(|| subject.clone());
            FUSE.set(Some((site, length)));
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut subject)));
            let is_over = FUSE.take().is_some();
            assert_eq!(
                is_over,
                outcome.is_ok(),
                "the panic of call {length} in {site:?} was swallowed, or is not of the fuse"
            );
            if let Some(version) = version {
                assert_eq!(numbers(&version), before, "the other version has changed");
            }
            let found = numbers(&subject);
            let is_allowed = found == done
                || found == before && !is_over
                || matches!(after, After::OrEmpty) && found.is_empty() && subject.is_empty();
            assert!(is_allowed, "after a panic in call {length} in {site:?}: {found:?}");
            assert_eq!(found.len(), subject.len());
            usable(&mut subject);
            drop(subject);
            let leaked = ALIVE.with_borrow(|alive| alive.iter().filter(|alive| **alive).count());
            assert_eq!(leaked, 0, "not dropped, after a panic in call {length} in {site:?}");
            ALIVE.with_borrow_mut(Vec::clear);
            if is_over {
                assert!(length > 0, "nothing is called at {site:?}");
                break;
            }
            // Each call at first; of thousands, some.
            length += 1 + length / if cfg!(miri) { 2 } else { 24 };
        }
    }
}

/// Everything still works.
fn usable(map: &mut Map) {
    let mut expected: std::collections::BTreeMap<_, _> = numbers(map).into_iter().collect();
    for number in (0..2 * COUNT).step_by(if cfg!(miri) { 13 } else { 97 }) {
        let old = map.insert_mut(item(number), item(7)).map(|old| old.number);
        assert_eq!(old, expected.insert(number, 7));
        let removed = map.remove_mut(&item(number / 2)).map(|old| old.number);
        assert_eq!(removed, expected.remove(&(number / 2)));
    }
    assert!(numbers(map).into_iter().eq(expected));
}

/// Middle, ends, into full leaves and out of small ones.
fn places() -> [u32; 5] {
    [0, COUNT / 2 + 8, COUNT - COUNT % 8, 2 * COUNT - 4, 2 * COUNT - 2]
}

#[test]
fn insertions() {
    for place in places() {
        for site in [Site::Ord, Site::Clone] {
            if site == Site::Clone {
                // Alone, only a leaf that is divided clones: its separator.
                at_each_call_if_any(site, |map| drop(map.insert_mut(item(place + 1), item(0))));
            } else {
                at_each_call(site, After::BeforeOrDone, |map| drop(map.insert_mut(item(place + 1), item(0))));
            }
        }
    }
}

/// As `at_each_call`, where the work itself need not call.
fn at_each_call_if_any(site: Site, work: impl Fn(&mut Map)) {
    at_each_call(site, After::BeforeOrDone, |map| {
        work(map);
        // One call for certain, when all is done.
        drop(item(0).clone());
    });
}

#[test]
fn removals() {
    for place in places() {
        at_each_call(Site::Ord, After::BeforeOrDone, |map| drop(map.remove_mut(&item(place))));
        at_each_call_if_any(Site::Clone, |map| drop(map.remove_mut(&item(place))));
    }
}

#[test]
fn drops_of_what_is_taken_out() {
    for place in places() {
        at_each_call(Site::Drop, After::BeforeOrDone, |map| drop(map.remove_mut(&item(place))));
        at_each_call_if_any(Site::Drop, |map| drop(map.insert_mut(item(place), item(0))));
    }
}

#[test]
fn ends() {
    for site in [Site::Ord, Site::Drop] {
        at_each_call(site, After::BeforeOrDone, |map| drop(map.pop_first_mut()));
        at_each_call(site, After::BeforeOrDone, |map| drop(map.pop_last_mut()));
    }
}

#[test]
fn changes_of_values() {
    at_each_call_if_any(Site::Clone, |map| map.iter_mut().step_by(7).for_each(drop));
    at_each_call_if_any(Site::Clone, |map| {
        map.get_mut(&item(COUNT)).unwrap();
    });
    at_each_call_if_any(Site::Clone, |map| map.range_mut(item(4)..item(30)).for_each(drop));
    at_each_call(Site::Closure, After::BeforeOrDone, |map| {
        map.entry_mut(item(1)).or_insert_with(|| {
            burn(Site::Closure);
            item(3)
        });
        burn(Site::Closure);
    });
}

#[test]
fn entries() {
    let insert = |map: &mut Map| {
        map.entry_mut(item(1)).or_insert_with(|| item(3));
    };
    at_each_call(Site::Ord, After::BeforeOrDone, insert);
    at_each_call(Site::Clone, After::BeforeOrDone, insert);
    let remove = |map: &mut Map| match map.entry_mut(item(COUNT)) {
        Entry::Occupied(entry) => drop(entry.remove()),
        Entry::Vacant(_) => unreachable!("the key is there"),
    };
    at_each_call(Site::Ord, After::BeforeOrDone, remove);
    at_each_call(Site::Clone, After::BeforeOrDone, remove);
    at_each_call(Site::Drop, After::BeforeOrDone, remove);
}

#[test]
fn two_maps() {
    let other = || (0..COUNT / 4).map(|n| (item(8 * n + 1), item(1))).collect::<Map>();
    for site in [Site::Ord, Site::Clone, Site::Closure] {
        at_each_call(site, After::BeforeOrDone, |map| {
            let fuse = FUSE.take();
            let other = map.append(&other()).remove(&item(8));
            FUSE.set(fuse);
            let merged = map.union_with(&other, |_, one, _| {
                burn(Site::Closure);
                one.clone()
            });
            burn(Site::Closure);
            *map = merged;
        });
    }
    at_each_call(Site::Clone, After::BeforeOrDone, |map| drop(map.split_off_mut(&item(COUNT))));
    at_each_call(Site::Clone, After::BeforeOrDone, |map| {
        let filtered = map.filter(|key, _| !key.number.is_multiple_of(8));
        *map = filtered;
    });
}

#[test]
fn a_panic_while_retaining_leaves_nothing() {
    at_each_call(Site::Closure, After::OrEmpty, |map| {
        map.retain_mut(|key, _| {
            burn(Site::Closure);
            key.number.is_multiple_of(3)
        });
    });
}

/// A drop that panics does not keep the other items from being dropped.
#[test]
fn a_whole_map_is_dropped() {
    for length in [0, 1, COUNT / 2, COUNT] {
        ALIVE.with_borrow_mut(Vec::clear);
        let map = map();
        FUSE.set(Some((Site::Drop, length)));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(map))).is_err());
        assert_eq!(ALIVE.with_borrow(|alive| alive.iter().filter(|alive| **alive).count()), 0);
    }
}

/// So does the rest of an iteration by value.
#[test]
fn the_rest_of_an_iteration_is_dropped() {
    ALIVE.with_borrow_mut(Vec::clear);
    let mut entries = map().into_iter();
    entries.by_ref().take(40).for_each(drop);
    FUSE.set(Some((Site::Drop, 3)));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(entries))).is_err());
    assert_eq!(ALIVE.with_borrow(|alive| alive.iter().filter(|alive| **alive).count()), 0);
}

/// An `Ord` that contradicts itself makes wrong answers, and nothing else.
#[test]
fn an_order_that_is_none_is_survived() {
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    struct Liar(u32);
    impl PartialOrd for Liar {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Liar {
        fn cmp(&self, other: &Self) -> Ordering {
            thread_local!(static STATE: Cell<u32> = const { Cell::new(1) });
            STATE.set(STATE.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            match STATE.get() >> 30 {
                0 => Ordering::Less,
                1 => Ordering::Greater,
                _ => self.0.cmp(&other.0),
            }
        }
    }
    for round in 0..if cfg!(miri) { 2 } else { 100 } {
        let mut map = OrdMap::new();
        for n in 0..400 {
            map.insert_mut(Liar(n * 7919 % 1_000), n);
        }
        let version = map.clone();
        for n in 0..300 {
            map.remove_mut(&Liar(n * (round + 3) % 1_000));
        }
        let united = map.union(&version);
        let (below, _, above) = united.split(&Liar(500));
        for map in [&map, &version, &united, &below, &above, &map.intersection(&version), &version.difference(&map)] {
            assert_eq!(map.iter().count(), map.len());
            assert_eq!(map.iter().rev().count(), map.len());
            let _ = map.range(Liar(300)..Liar(200)).count() + map.range(Liar(200)..Liar(300)).rev().count();
            let _ = map.diff(&version).count();
        }
    }
}
