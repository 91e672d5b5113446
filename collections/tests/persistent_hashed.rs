//! Collections that know the hash of their content: it is that of the content, whatever the history, and costs what changed.
#![cfg(not(polder_loom))]

use std::{
    cell::Cell,
    fmt::Debug,
    hash::{Hash, Hasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
};

use polder_collections::persistent::{Content, Hashed, Map, OrdMap, OrdSet, Set, Vector};
use proptest::prelude::*;

const COUNT: u32 = if cfg!(miri) { 150 } else { 3_000 };

thread_local! {
    static HASHED: Cell<usize> = const { Cell::new(0) };
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often it is hashed and compared.
#[derive(Clone, Debug)]
struct Watched(u32);

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HASHED.set(HASHED.get() + 1);
        self.0.hash(state);
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Watched {}

/// Takes each thing that is written for one word.
#[derive(Default)]
struct Words(Vec<u64>);

impl Hasher for Words {
    fn write(&mut self, _: &[u8]) {
        unreachable!("it is a word that is written");
    }

    fn write_u64(&mut self, word: u64) {
        self.0.push(word);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Its hash is that which would be computed from everything.
#[track_caller]
fn check<C: Content + Debug + Eq>(hashed: &Hashed<C>) {
    let anew = Hashed::new((**hashed).clone());
    assert_eq!(hashed.content_hash(), anew.content_hash(), "{hashed:?}");
    assert_eq!(*hashed, anew);
    let mut words = Words::default();
    hashed.hash(&mut words);
    assert_eq!(words.0, [hashed.content_hash()]);
}

fn grown<C: Content + Debug + Default + Eq>(steps: &[(u8, u8, u8)], change: impl Fn(&C, u8, u8) -> C) {
    let mut versions = vec![Hashed::<C>::default()];
    for (from, what, number) in steps {
        let from = versions[usize::from(*from) % versions.len()].clone();
        let version = from.change(|version| change(version, *what, *number));
        check(&version);
        let mut in_place = from;
        in_place.change_mut(|version| *version = change(version, *what, *number));
        assert_eq!((in_place.content_hash(), &in_place), (version.content_hash(), &version));
        versions.push(version);
    }
    for one in &versions {
        for other in &versions {
            assert_eq!(one == other, **one == **other);
            assert_eq!(one.content_hash() == other.content_hash(), one == other);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 40 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_the_hash_of_the_content(
        steps in prop::collection::vec(any::<(u8, u8, u8)>(), 0..if cfg!(miri) { 8 } else { 40 })
    ) {
        grown::<Map<u8, String>>(&steps, |map, what, number| match what % 4 {
            0 => map.remove(&number),
            1 => map.union(&(0..number).map(|key| (key, "new".to_owned())).collect()),
            _ => map.insert(number, (what % 8).to_string()),
        });
        grown::<OrdMap<u8, u8>>(&steps, |map, what, number| match what % 4 {
            0 => map.remove(&number),
            1 => map.union(&(0..number).map(|key| (key, what)).collect()),
            _ => map.insert(number, what % 8),
        });
        grown::<Set<u8>>(&steps, |set, what, number| if what % 3 == 0 { set.remove(&number) } else { set.insert(number) });
        grown::<OrdSet<u8>>(&steps, |set, what, number| if what % 3 == 0 { set.remove(&number) } else { set.insert(number) });
        grown::<Vector<u8>>(&steps, |vector, what, number| {
            let place = usize::from(number) % (vector.len() + 1);
            match what % 6 {
                0 => vector.take(place),
                1 => vector.concat(&(0..number).collect()),
                2 => vector.push_front(what),
                3 if place < vector.len() => vector.set(place, what % 4),
                _ => vector.insert(place, what % 4),
            }
        });
    }
}

/// How often elements are hashed meanwhile.
fn hashed<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = HASHED.get();
    let result = work();
    (HASHED.get() - before, result)
}

#[test]
fn a_change_hashes_what_changed() {
    let map: Hashed<Map<u32, Watched>> = (0..COUNT).map(|number| (number, Watched(number))).collect();
    assert_eq!(hashed(|| map.change(|map| map.insert(7, Watched(0)))).0, 2);
    assert_eq!(hashed(|| map.change(|map| map.remove(&7))).0, 1);
    let map: Hashed<OrdMap<u32, Watched>> = (0..COUNT).map(|number| (number, Watched(number))).collect();
    assert_eq!(hashed(|| map.change(|map| map.insert(COUNT, Watched(0)))).0, 1);
    let vector: Hashed<Vector<Watched>> = (0..COUNT).map(Watched).collect();
    let (count, pushed) = hashed(|| vector.change(|vector| vector.push_back(Watched(7))));
    assert!((1..=65).contains(&count), "{count} elements for a push");
    let (count, _) = hashed(|| pushed.change(|vector| vector.set(COUNT as usize / 2, Watched(7))));
    assert!((2..=64).contains(&count), "{count} elements for another one");
    let many: fn(&mut Vector<Watched>) = |vector| (0..100).for_each(|_| vector.push_back_mut(Watched(1)));
    let (count, ()) = hashed(|| pushed.clone().change_mut(many));
    assert!((100..=170).contains(&count), "{count} elements for a hundred pushes");
}

#[test]
fn what_is_different_is_not_looked_at() {
    let one: Hashed<Vector<Watched>> = (0..COUNT).map(Watched).collect();
    let other = one.change(|vector| vector.set(COUNT as usize - 40, Watched(0)));
    let before = COMPARED.get();
    assert!(one != other);
    assert_eq!(COMPARED.get(), before);
    let back = other.change(|vector| vector.set(COUNT as usize - 40, Watched(COUNT - 40)));
    assert!(one == back);
    assert!(COMPARED.get() > before);
}

#[test]
fn a_panic_changes_nothing() {
    let start: Hashed<Map<u32, u32>> = (0..COUNT).map(|number| (number, number)).collect();
    let mut map = start.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        map.change_mut(|map| {
            map.insert_mut(1, 100);
            panic!("in the middle");
        })
    }));
    assert!(outcome.is_err());
    check(&map);
    assert_eq!(map, start);
    assert!(map.ptr_eq(&start));
}

#[test]
fn hashers_and_histories_make_no_difference() {
    let one: Hashed<Map<u32, u32, RandomState>> = (0..COUNT).map(|number| (number, number)).collect();
    let other: Hashed<Map<u32, u32, RandomState>> = (0..COUNT).rev().map(|number| (number, number)).collect();
    assert_eq!(one.content_hash(), other.content_hash());
    assert_eq!(one, other);
    let set = Hashed::from(Set::from([1, 2]));
    assert_eq!(set.content_hash(), Hashed::from(OrdSet::from([2, 1])).content_hash());
    assert_eq!(set.into_inner(), Set::from([2, 1]));
    // Order makes one, in a vector, and so does the length.
    let vectors =
        [Vector::from([0, 1]), Vector::from([1, 0]), Vector::from([0, 1, 0]), Vector::from([0])].map(Hashed::new);
    for (place, one) in vectors.iter().enumerate() {
        assert!(vectors[..place].iter().all(|other| other.content_hash() != one.content_hash()));
    }
    assert_eq!(format!("{:?}", vectors[1]), "[1, 0]");
}
