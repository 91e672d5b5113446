//! The shape is a function of the content, by all ways there.

mod versions;

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::{BuildHasher, Hash, Hasher},
};

use proptest::prelude::*;

use super::{
    Map,
    change::hash_of,
    hash::Hashed,
    node::{Form, Kind, Link, MAX_WIDTH, Run},
    shape::bit_of,
};
use crate::persistent::{Discard, Footprint, Keep, Patch};

/// What a number's hash becomes: all sorts of prefixes and collisions.
#[derive(Clone, Copy, Debug, Default)]
enum Kindly {
    #[default]
    Spread,
    /// Two bits at the end tell four hashes apart.
    Late,
    /// Small numbers share some fifty bits.
    Small,
    Constant,
    /// Groups of 40 with one hash, next to each other.
    Crowds,
}

const KINDS: [Kindly; 5] = [Kindly::Spread, Kindly::Late, Kindly::Small, Kindly::Constant, Kindly::Crowds];

struct Folding(Kindly, u64);

impl BuildHasher for Kindly {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding(*self, 0)
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.1 = self.1.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')));
        }
    }

    fn write_u8(&mut self, _: u8) {}

    fn write_u64(&mut self, number: u64) {
        self.1 = number;
    }

    fn finish(&self) -> u64 {
        /// Of the factor by which hashes are spread, modulo 2⁶⁴: so what is wanted is what the trie goes by.
        const INVERSE: u64 = 0xF1DE_83E1_9937_733D;
        let wanted = match self.0 {
            Kindly::Spread => self.1.wrapping_mul(0xD6E8_FEB8_6659_FD93),
            Kindly::Late => 0xABCD_EF01_2345_6780 | self.1 & 3,
            Kindly::Small => self.1,
            Kindly::Constant => 0x1234_5678_9ABC_DEF0,
            Kindly::Crowds => (self.1 / 40).wrapping_mul(0xD6E8_FEB8_6659_FD93),
        };
        wanted.wrapping_mul(INVERSE)
    }
}

/// Keys and values of the forms that cells have.
trait Sample: Clone + Debug + Eq + Hash {
    fn of(number: u64) -> Self;
}

impl Sample for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Sample for String {
    fn of(number: u64) -> Self {
        number.to_string()
    }
}

impl Sample for [u64; 2] {
    fn of(number: u64) -> Self {
        [number, !number]
    }
}

/// Looks whether the trie has the shape that its entries ask for.
fn check<K: Sample, V: Sample>(map: &Map<K, V, Kindly>) {
    let mut hashes: Vec<u64> = map.keys().map(|key| Hashed::of(map.hasher(), key).bits()).collect();
    assert_eq!(hashes.len(), map.len());
    hashes.sort_unstable();
    check_below(&map.root, map.hasher(), &hashes, 0);
}

/// The depth that a prefix asks for, from a bit on, in branches of the full width.
fn depth_of<K, V>(hashes: &[u64], bit: u32, most: u32) -> u32 {
    if most == 0 || bit == 64 || hashes.len() <= Form::<K, V>::MOST {
        return 0;
    }
    let middle = hashes.partition_point(|hash| hash << bit >> 63 == 0);
    let (low, high) = hashes.split_at(middle);
    1 + depth_of::<K, V>(low, bit + 1, most - 1).max(depth_of::<K, V>(high, bit + 1, most - 1))
}

fn check_below<K: Sample, V: Sample>(link: &Link<K, V>, hasher: &Kindly, hashes: &[u64], begin: u32) {
    let Kind::Branch(branch) = link.kind() else { return check_leaf(link, hasher, hashes, begin) };
    assert_eq!(branch.len(), hashes.len());
    assert_eq!(branch.width(), depth_of::<K, V>(hashes, begin, MAX_WIDTH), "as wide as it must be");
    check_run(link, Run { start: 0, length: 1 << branch.width() }, hasher, hashes, begin);
}

fn check_leaf<K: Sample, V: Sample>(link: &Link<K, V>, hasher: &Kindly, hashes: &[u64], bit: u32) {
    assert_eq!(link.leaf_len(), Some(hashes.len()), "all with the prefix are in the leaf");
    assert!(bit >= 64 || hashes.len() <= Form::<K, V>::MOST);
    match link.kind() {
        Kind::Empty => assert!(hashes.is_empty()),
        Kind::Leaf(leaf) => {
            assert_ne!(leaf.len(), 0, "an empty leaf is nothing");
            let mut found: Vec<u64> = (0..leaf.len())
                .map(|index| {
                    let hash = hash_of(leaf, index, hasher);
                    assert_eq!(hash, Hashed::of(hasher, leaf.pair(index).0));
                    assert_eq!(leaf.tag(index), hash.tag());
                    hash.bits()
                })
                .collect();
            found.sort_unstable();
            assert_eq!(found, hashes);
        }
        Kind::Branch(_) => unreachable!(),
    }
}

fn check_run<K: Sample, V: Sample>(link: &Link<K, V>, run: Run, hasher: &Kindly, hashes: &[u64], begin: u32) {
    let Kind::Branch(branch) = link.kind() else { unreachable!() };
    let bit = bit_of(begin, branch.width(), run);
    if bit == 64 || hashes.len() <= Form::<K, V>::MOST {
        if !hashes.is_empty() {
            assert_eq!(branch.run(run.start), run, "a leaf is as long as its prefix");
        }
        assert!((run.start..run.start + run.length).all(|slot| branch.link(slot).ptr_eq(branch.link(run.start))));
        check_leaf(branch.link(run.start), hasher, hashes, bit);
    } else if run.length == 1 {
        check_below(branch.link(run.start), hasher, hashes, bit);
    } else {
        let middle = hashes.partition_point(|hash| hash << bit >> 63 == 0);
        let [low, high] = run.halves();
        check_run(link, low, hasher, &hashes[..middle], begin);
        check_run(link, high, hasher, &hashes[middle..], begin);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u64, u64),
    Remove(u64),
    InsertMut(u64, u64),
    RemoveMut(u64),
    GetMut(u64, u64),
    Entry(u64, u64),
    /// Keeps the version, which must not change any more.
    Keep,
    Retain(u64),
    /// A range of keys at once.
    Fill(u64, u64),
    Drain(u64, u64),
    /// Into a unit of its own.
    Compact,
    CompactMut,
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..200_u64;
    prop_oneof![
        4 => (key.clone(), 0..5_u64).prop_map(|(key, value)| Step::Insert(key, value)),
        3 => key.clone().prop_map(Step::Remove),
        6 => (key.clone(), 0..5_u64).prop_map(|(key, value)| Step::InsertMut(key, value)),
        5 => key.clone().prop_map(Step::RemoveMut),
        2 => (key.clone(), 0..5_u64).prop_map(|(key, value)| Step::GetMut(key, value)),
        2 => (key.clone(), 0..5_u64).prop_map(|(key, value)| Step::Entry(key, value)),
        1 => Just(Step::Keep),
        1 => (2..5_u64).prop_map(Step::Retain),
        3 => (key.clone(), 1..80_u64).prop_map(|(key, len)| Step::Fill(key, len)),
        2 => (key, 1..80_u64).prop_map(|(key, len)| Step::Drain(key, len)),
        1 => Just(Step::Compact),
        1 => Just(Step::CompactMut),
    ]
}

type Model<K, V> = HashMap<K, V>;

fn check_model<K: Sample, V: Sample>(map: &Map<K, V, Kindly>, model: &Model<K, V>) {
    check(map);
    assert_eq!(map.len(), model.len());
    assert!(map.iter().all(|(key, value)| model.get(key) == Some(value)));
    assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)));
}

fn run<K: Sample, V: Sample>(
    steps: &[Step],
    kind: Kindly,
    kept: &mut Vec<(Map<K, V, Kindly>, Model<K, V>)>,
) -> (Map<K, V, Kindly>, Model<K, V>) {
    let (mut map, mut model) = kept.last().cloned().unwrap_or((Map::with_hasher(kind), Model::new()));
    for step in steps {
        match *step {
            Step::Insert(key, value) => {
                let (key, value) = (K::of(key), V::of(value));
                map = map.insert(key.clone(), value.clone());
                model.insert(key, value);
            }
            Step::Remove(key) => {
                map = map.remove(&K::of(key));
                model.remove(&K::of(key));
            }
            Step::InsertMut(key, value) => {
                let (key, value) = (K::of(key), V::of(value));
                assert_eq!(map.insert_mut(key.clone(), value.clone()), model.insert(key, value));
            }
            Step::RemoveMut(key) => assert_eq!(map.remove_mut(&K::of(key)), model.remove(&K::of(key))),
            Step::GetMut(key, value) => {
                let (mine, its) = (map.get_mut(&K::of(key)), model.get_mut(&K::of(key)));
                assert_eq!(mine, its);
                if let (Some(mine), Some(its)) = (mine, its) {
                    *mine = V::of(value);
                    *its = V::of(value);
                }
            }
            Step::Entry(key, value) => {
                let (mine, its) = (map.entry_mut(K::of(key)), model.entry(K::of(key)));
                assert_eq!(mine.or_insert(V::of(value)), its.or_insert(V::of(value)));
            }
            Step::Keep => kept.push((map.clone(), model.clone())),
            Step::Compact => {
                let compact = map.compact();
                assert!(compact == map && compact.is_compact());
                kept.push((core::mem::replace(&mut map, compact), model.clone()));
            }
            Step::CompactMut => {
                map.compact_mut();
                assert!(map.is_compact());
                let Footprint { used, kept } = map.footprint();
                assert!(used <= kept && kept <= used + 48, "only a head is kept besides: {used}, {kept}");
            }
            Step::Retain(part) => {
                let mut count = 0;
                let keep: Vec<K> = map
                    .keys()
                    .filter(|_| {
                        count += 1;
                        count % part != 0
                    })
                    .cloned()
                    .collect();
                map.retain_mut(|key, _| keep.contains(key));
                model.retain(|key, _| keep.contains(key));
            }
            Step::Fill(from, len) => {
                let entries = || (from..from + len).map(|key| (K::of(key), V::of(key % 5)));
                map.extend(entries());
                model.extend(entries());
            }
            Step::Drain(from, len) => {
                for key in from..from + len {
                    map = if key % 2 == 0 {
                        map.remove(&K::of(key))
                    } else {
                        map.remove_mut(&K::of(key));
                        map
                    };
                    model.remove(&K::of(key));
                }
            }
        }
        check(&map);
    }
    check_model(&map, &model);
    (map, model)
}

fn two_maps<K: Sample, V: Sample>(
    (one, left): &(Map<K, V, Kindly>, Model<K, V>),
    (two, right): &(Map<K, V, Kindly>, Model<K, V>),
) {
    let merged = |from_left: bool, from_right: bool, both: &dyn Fn(&V, &V) -> Option<V>| {
        let mut model = Model::new();
        for (key, value) in left {
            let kept = match right.get(key) {
                Some(other) => both(value, other),
                None => from_left.then(|| value.clone()),
            };
            model.extend(kept.map(|value| (key.clone(), value)));
        }
        let alone = right.iter().filter(|(key, _)| from_right && !left.contains_key(*key));
        model.extend(alone.map(|(key, value)| (key.clone(), value.clone())));
        model
    };
    let first = |value: &V, _: &V| Some(value.clone());
    check_model(&one.union(two), &merged(true, true, &first));
    check_model(&one.intersection(two), &merged(false, false, &first));
    check_model(&one.difference(two), &merged(true, false, &|_, _| None));
    check_model(&one.symmetric_difference(two), &merged(true, true, &|_, _| None));
    let second = |_: &K, _: &V, value: &V| Some(value.clone());
    check_model(&one.merge_with(two, Keep, Discard, second), &merged(true, false, &|_, value| Some(value.clone())));
    let all = |_: &K, value: &V| Some(value.clone());
    check_model(&one.merge_with(two, all, all, second), &merged(true, true, &|_, value| Some(value.clone())));
    let patch: Patch<_, _> = one.diff(two).collect();
    assert!(patch.iter().all(|(key, value)| left.get(key) != value && right.get(key) == value));
    assert_eq!(patch.len(), {
        let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
        keys.filter(|key| left.get(*key) != right.get(*key)).count()
    });
    check_model(&one.apply(&patch), right);
    assert_eq!(one == two, left == right);
}

fn all<K: Sample, V: Sample>(base: &[Step], one: &[Step], two: &[Step], kind: Kindly) {
    let mut kept = Vec::new();
    let start = run::<K, V>(base, kind, &mut kept);
    kept.push(start);
    let one = run(one, kind, &mut kept);
    let two = run(two, kind, &mut kept);
    two_maps(&one, &two);
    two_maps(&two, &one);
    let rebuilt: Model<K, V> = one.1.clone();
    let mut again = Map::with_hasher(kind);
    again.extend(rebuilt.clone());
    check_model(&again, &rebuilt);
    assert_eq!(again, one.0, "another history");
    two_maps(&one, &(again, rebuilt));
    // Another hasher: element by element.
    let other = if matches!(kind, Kindly::Spread) { Kindly::Small } else { Kindly::Spread };
    let mut strange = Map::with_hasher(other);
    strange.extend(two.1.clone());
    two_maps(&one, &(strange, two.1.clone()));
    for (map, model) in &kept {
        check_model(map, model);
    }
    let mut changed = one.0.clone();
    changed.iter_mut().for_each(|(_, value)| *value = V::of(7));
    assert!(changed.values().all(|value| *value == V::of(7)));
    check(&changed);
    check_model(&one.0, &one.1);
    assert_eq!(two.0.into_iter().collect::<Model<K, V>>(), two.1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 1 } else { 12 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_gives_the_shape_of_the_content(
        base in prop::collection::vec(step(), 0..if cfg!(miri) { 6 } else { 60 }),
        one in prop::collection::vec(step(), 0..if cfg!(miri) { 4 } else { 30 }),
        two in prop::collection::vec(step(), 0..if cfg!(miri) { 4 } else { 30 }),
    ) {
        for kind in if cfg!(miri) { KINDS[..1].to_vec() } else { KINDS.to_vec() } {
            all::<u64, u64>(&base, &one, &two, kind);
            all::<String, u64>(&base, &one, &two, kind);
            all::<u64, [u64; 2]>(&base, &one, &two, kind);
        }
    }
}

#[test]
fn a_built_map_has_the_shape_of_one_that_grew() {
    for kind in KINDS {
        for len in [0, 1, 16, 17, 32, 33, 70, 1000] {
            if cfg!(miri) && len > 33 {
                continue;
            }
            let mut grown = Map::with_hasher(kind);
            grown.extend((0..len).map(|key| (key, key)));
            check(&grown);
            // Every key twice: the last one counts.
            let entries = (0..len).map(|key| (key, 0)).chain((0..len).map(|key| (key, key)));
            let built = Map { root: super::two::collect(entries, &kind), hasher: kind };
            check(&built);
            assert_eq!(built, grown);
            for key in 0..len {
                grown.remove_mut(&key);
                if key % 16 == 0 {
                    check(&grown);
                }
            }
            assert!(grown.root.is_empty());
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes many minutes; the tests of nodes and of compact maps have what is unsafe")]
fn a_compact_map_is_as_any_other() {
    let base = [Step::Fill(0, 150), Step::CompactMut, Step::Keep, Step::Insert(20, 9), Step::Drain(100, 30)];
    let one = [Step::Fill(90, 80), Step::Retain(3), Step::GetMut(95, 1)];
    let two = [Step::Remove(4), Step::Compact, Step::Entry(4, 4), Step::RemoveMut(30), Step::InsertMut(31, 2)];
    for kind in KINDS {
        all::<u64, u64>(&base, &one, &two, kind);
        all::<String, u64>(&base, &one, &two, kind);
    }
}

#[test]
fn a_branch_that_becomes_wider_keeps_what_is_beside_empty_slots() {
    let one = [Step::Fill(6, 74)];
    let two = [Step::Insert(0, 0), Step::Insert(3, 4), Step::InsertMut(46, 4)];
    // Under Miri, all of it takes many minutes.
    for kind in if cfg!(miri) { &KINDS[..1] } else { &KINDS } {
        all::<u64, [u64; 2]>(&[], &one, &two, *kind);
    }
}

// Miri would have to run rayon's threads.
#[cfg(all(feature = "rayon", not(miri)))]
#[test]
fn many_threads_make_the_same_trie() {
    use rayon::prelude::*;

    for kind in KINDS {
        for len in [0, 1, 33, 70, 3000] {
            let mut map = Map::with_hasher(kind);
            map.par_extend((0..2 * len).into_par_iter().map(|number| (number / 2, number)));
            check(&map);
            assert_eq!(map, Map { root: super::two::collect((0..len).map(|n| (n, 2 * n + 1)), &kind), hasher: kind });
            let more: Vec<(u64, u64)> = (len / 2..2 * len).map(|key| (key, key)).collect();
            let mut one_by_one = map.clone();
            one_by_one.extend(more.clone());
            map.par_extend(more);
            check(&map);
            assert_eq!(map, one_by_one);
        }
    }
}
