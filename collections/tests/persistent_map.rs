//! Persistent maps and sets against those of std.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    fmt::Debug,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
    thread,
};

use polder_collections::persistent::{
    Change, Discard, FastProcessState, Keep, Map, Patch, ProcessState, Set,
    map::{self, Entry},
};
use proptest::prelude::*;

#[path = "support/hashers.rs"]
mod hashers;

use hashers::{Clustered, Constant, Four, Identity};

type Pairs = Vec<(u16, u8)>;

fn pairs() -> impl Strategy<Value = Pairs> {
    prop::collection::vec((0..300_u16, 0..4_u8), 0..if cfg!(miri) { 40 } else { 300 })
}

fn built<S: BuildHasher + Default>(pairs: &Pairs) -> (Map<u64, String, S>, HashMap<u64, String>) {
    let entries = || pairs.iter().map(|(key, value)| (u64::from(*key), value.to_string()));
    (entries().collect(), entries().collect())
}

#[track_caller]
fn same<K: Hash + Eq + Debug, V: Eq + Debug, S: BuildHasher>(map: &Map<K, V, S>, model: &HashMap<K, V>) {
    assert_eq!(map.len(), model.len());
    assert_eq!(map.is_empty(), model.is_empty());
    assert_eq!(map.iter().collect::<HashMap<_, _>>(), model.iter().collect());
    assert_eq!(map.keys().collect::<HashSet<_>>(), model.keys().collect());
    for (key, value) in model {
        assert_eq!(map.get_key_value(key), Some((key, value)));
    }
}

fn one_map<S: BuildHasher + Default + Clone>(first: &Pairs, second: &Pairs) {
    let (start, model) = built::<S>(first);
    same(&start, &model);
    let mut map = start.clone();
    let mut expected = model.clone();
    for (key, value) in second {
        let (key, value) = (u64::from(*key), value.to_string());
        let version = map.clone();
        let was = expected.clone();
        match value.as_str() {
            "0" => assert_eq!(map.remove_mut(&key), expected.remove(&key)),
            "1" => assert_eq!(map.insert_mut(key, value.clone()), expected.insert(key, value)),
            "2" => {
                map = map.update(key, |old| old.map(|old| format!("{old}+")));
                if let Some(old) = expected.get_mut(&key) {
                    old.push('+');
                }
            }
            _ => match map.entry_mut(key) {
                Entry::Occupied(entry) => assert_eq!(Some(entry.remove()), expected.remove(&key)),
                Entry::Vacant(entry) => {
                    entry.insert(value.clone()).push('!');
                    expected.insert(key, value + "!");
                }
            },
        }
        if version.len() < 20 {
            same(&version, &was);
        }
    }
    same(&map, &expected);
    same(&start, &model);
    assert_eq!(start == map, model == expected);
    assert!(start.eq_by(&model.clone().into_iter().collect::<Map<_, _, RandomState>>(), |one, other| one == other));
    let patch: Patch<_, _> = start.diff(&map).collect();
    assert_eq!(start.apply(&patch), map);
    for change in start.diff(&map) {
        assert_eq!(change.before(), model.get(change.key()));
        assert_eq!(change.after(), expected.get(change.key()));
        assert_ne!(change.before(), change.after());
    }
    let mut longer = map.clone();
    longer.values_mut().for_each(|value| value.push('x'));
    assert!(longer.values().all(|value| value.ends_with('x')));
    same(&map, &expected);
    assert_eq!(map.clone().into_iter().collect::<HashMap<_, _>>(), expected);
    assert_eq!(longer.into_iter().count(), expected.len(), "alone, so that it is moved");
    let (kept, mut rest) = (map.retain(|key, _| key % 2 == 0), map.clone());
    rest.retain_mut(|key, _| key % 2 == 1);
    assert_eq!(kept.len() + rest.len(), map.len());
    assert_eq!(kept.union(&rest), map);
}

fn two_maps<S: BuildHasher + Default + Clone>(first: &Pairs, second: &Pairs) {
    let ((one, left), (two, right)) = (built::<S>(first), built::<S>(second));
    // The second is a version of the first one too.
    let mut versions = one.clone();
    versions.extend(two.iter());
    let mut joined = left.clone();
    joined.extend(right.clone());
    same(&versions, &joined);
    same(&two.union(&one), &joined);
    for (two, right) in [(two, right), (versions, joined)] {
        let mut model = right.clone();
        model.extend(left.clone());
        same(&one.union(&two), &model);
        let both = |key: &u64| left.contains_key(key) && right.contains_key(key);
        let part = |from: &HashMap<u64, String>, wants: &dyn Fn(&u64) -> bool| -> HashMap<u64, String> {
            from.iter().filter(|(key, _)| wants(key)).map(|(key, value)| (*key, value.clone())).collect()
        };
        same(&one.intersection(&two), &part(&left, &both));
        same(&one.difference(&two), &part(&left, &|key| !right.contains_key(key)));
        let mut apart = part(&left, &|key| !right.contains_key(key));
        apart.extend(part(&right, &|key| !left.contains_key(key)));
        same(&one.symmetric_difference(&two), &apart);
        // What both share is not asked for, so the answer has to be that value where values are the same.
        let most = |_: &u64, one: &String, two: &String| one.max(two).clone();
        let mut model = part(&left, &|key| !right.contains_key(key));
        model.extend(left.iter().filter(|(key, _)| both(key)).map(|(key, one)| (*key, most(key, one, &right[key]))));
        let common: HashMap<_, _> = model.iter().filter(|(key, _)| both(key)).map(|(k, v)| (*k, v.clone())).collect();
        same(&one.intersection_with(&two, most), &common);
        same(&one.merge_with(&two, Keep, Discard, |key, one, two| Some(most(key, one, two))), &model);
        let mark = |_: &u64, value: &String| (value != "1").then(|| format!("{value}?"));
        let merged =
            one.merge_with(&two, mark, Keep, |key, one, two| (one != "2" || one == two).then(|| most(key, one, two)));
        for key in left.keys().chain(right.keys()) {
            let expected = match (left.get(key), right.get(key)) {
                (Some(one), Some(two)) => (one != "2" || one == two).then(|| one.max(two).clone()),
                (Some(one), None) => mark(key, one),
                (None, two) => two.cloned(),
            };
            assert_eq!(merged.get(key), expected.as_ref());
        }
        model.extend(part(&right, &|key| !left.contains_key(key)));
        same(&one.union_with(&two, most), &model);
        assert_eq!(one == two, left == right);
        assert_eq!(one.diff(&two).count(), two.diff(&one).count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 1 } else { 48 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_map_does_what_std_s_does(first in pairs(), second in pairs()) {
        one_map::<ProcessState>(&first, &second);
        one_map::<FastProcessState>(&first, &second);
        one_map::<Constant>(&first, &second);
        one_map::<Identity>(&first, &second);
        one_map::<Four>(&first, &second);
        one_map::<Clustered>(&first, &second);
    }

    #[test]
    fn two_maps_do_what_std_s_do(first in pairs(), second in pairs()) {
        two_maps::<ProcessState>(&first, &second);
        two_maps::<Constant>(&first, &second);
        two_maps::<Identity>(&first, &second);
        two_maps::<Four>(&first, &second);
        two_maps::<Clustered>(&first, &second);
        // Each of them has another state, so these go entry by entry.
        two_maps::<RandomState>(&first, &second);
    }

    #[test]
    fn a_set_does_what_std_s_does(first in pairs(), second in pairs()) {
        let items = |pairs: &Pairs| pairs.iter().map(|(item, _)| item.to_string()).collect::<Vec<_>>();
        let (one, two): (Set<String>, Set<String>) = (items(&first).into_iter().collect(), items(&second).into_iter().collect());
        let (left, right): (HashSet<String>, HashSet<String>) = (items(&first).into_iter().collect(), items(&second).into_iter().collect());
        let check = |set: &Set<String>, model: HashSet<String>| {
            assert_eq!(set.len(), model.len());
            assert!(set.iter().all(|item| model.contains(item)));
            assert!(model.iter().all(|item| set.contains(item.as_str()) && set.get(item.as_str()) == Some(item)));
        };
        check(&one.union(&two), &left | &right);
        assert_eq!(&one | &two, one.union(&two));
        check(&one.intersection(&two), &left & &right);
        assert_eq!(&one & &two, one.intersection(&two));
        check(&one.difference(&two), &left - &right);
        assert_eq!(&one - &two, one.difference(&two));
        check(&one.symmetric_difference(&two), &left ^ &right);
        assert_eq!(&one ^ &two, one.symmetric_difference(&two));
        assert_eq!(one.is_subset(&two), left.is_subset(&right));
        assert!(one.intersection(&two).is_subset(&two) && one.union(&two).is_superset(&two));
        assert_eq!(one.is_disjoint(&two), left.is_disjoint(&right));
        assert!(one.difference(&two).is_disjoint(&two));
        assert_eq!(one == two, left == right);
        let patch: Patch<String, ()> = one.diff(&two).collect();
        assert_eq!(one.apply(&patch), two);
        let mut changed = one.clone();
        changed.apply_mut(&patch);
        assert_eq!(changed, two);
        let mut changed = one.clone();
        let mut model = left.clone();
        for item in items(&second) {
            assert_eq!(changed.insert_mut(item.clone()), model.insert(item));
        }
        for item in items(&first) {
            let without = changed.remove(item.as_str());
            assert_eq!(changed.take_mut(item.as_str()), model.take(item.as_str()));
            assert_eq!(without, changed);
            assert!(!changed.remove_mut(item.as_str()));
        }
        check(&changed, model);
        check(&one, left);
        changed.retain_mut(|_| false);
        assert!(changed.is_empty());
        assert_eq!(one.into_iter().collect::<Set<_>>().union(&two), two.union(&items(&first).into_iter().collect()));
    }
}

/// immutable-chunkmap 2.1.5 gives values to the closure of `union` the wrong way round where the first map is the smaller one.
#[test]
fn the_sides_of_a_conflict_do_not_depend_on_sizes() {
    let large = if cfg!(miri) { 200 } else { 20_000 };
    for (one, two) in [(10, large), (large, 10), (large, large), (1, 1)] {
        let left: Map<u64, &str> = (0..one).map(|key| (key, "left")).collect();
        let right: Map<u64, &str> = (0..two).map(|key| (key, "right")).collect();
        assert!(left.union(&right).iter().all(|(key, side)| (*key < one) == (*side == "left")));
        assert!(left.intersection(&right).values().all(|side| *side == "left"));
        let asked = left.union_with(&right, |_, one, two| {
            assert_eq!((*one, *two), ("left", "right"));
            *two
        });
        assert!(asked.iter().all(|(key, side)| (*key < two) == (*side == "right")));
    }
}

#[test]
fn versions_that_share_are_not_looked_through() {
    let len = if cfg!(miri) { 300 } else { 100_000 };
    thread_local! {
        static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }
    #[derive(Clone, Debug)]
    struct Key(u64);
    impl PartialEq for Key {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }
    impl Eq for Key {}
    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    let base: Map<Key, u64> = (0..len).map(|key| (Key(key), key)).collect();
    let new = base.insert(Key(len), 1).insert(Key(5), 50).remove(&Key(7));
    let cost = |work: &dyn Fn()| {
        COMPARED.set(0);
        work();
        COMPARED.get()
    };
    let few = 3 * 4 * 33;
    assert!(cost(&|| assert_eq!(base.diff(&new).count(), 3)) < few);
    assert!(cost(&|| assert_eq!(base.union(&new).len() as u64, len + 1)) < few);
    assert!(cost(&|| assert_eq!(base.intersection(&new).len() as u64, len - 1)) < few);
    assert!(cost(&|| assert_eq!(base.difference(&new).len(), 1)) < few);
    assert!(cost(&|| assert_ne!(base.insert(Key(9), 0), base)) < few);
    let back = new.insert(Key(7), 7).insert(Key(5), 5).remove(&Key(len));
    assert!(cost(&|| assert_eq!(back, base)) < few);
    assert!(base.union(&base.clone()).ptr_eq(&base));
    assert!(new.union(&new.intersection(&base)).ptr_eq(&new), "the same again is the same version");
}

#[test]
fn maps_of_any_history_are_compared_and_hashed_alike() {
    let len = if cfg!(miri) { 100_u32 } else { 2000 };
    let up: Map<u32, u32> = (0..len).map(|key| (key, key)).collect();
    let mut down = Map::new();
    for key in (0..2 * len).rev() {
        down.insert_mut(key, key);
    }
    for key in len..2 * len {
        down.remove_mut(&key);
    }
    assert_eq!(up, down);
    let hash = |map: &Map<u32, u32>| {
        let mut state = DefaultHasher::new();
        map.hash(&mut state);
        state.finish()
    };
    assert_eq!(hash(&up), hash(&down));
    assert_ne!(hash(&up), hash(&down.insert(0, 1)));
    assert_ne!(up, down.insert(0, 1));
    assert_ne!(up, down.remove(&0));
}

#[test]
fn nothing_is_copied_when_nothing_changes() {
    let mut map: Map<u32, String> = (0..100).map(|key| (key, key.to_string())).collect();
    let version = map.clone();
    assert!(map.remove(&100).ptr_eq(&version));
    assert_eq!(map.remove_mut(&100), None);
    assert_eq!(map.get_mut(&100), None);
    assert!(matches!(map.entry_mut(100), Entry::Vacant(_)));
    let Entry::Occupied(entry) = map.entry_mut(5) else { panic!("it is there") };
    assert_eq!((entry.key(), entry.get().as_str()), (&5, "5"));
    assert!(map.retain(|_, _| true).ptr_eq(&version));
    map.retain_mut(|_, _| true);
    assert!(map.ptr_eq(&version));
    assert!(Map::<u32, u32>::new().ptr_eq(&Map::new()));
}

#[test]
fn large_and_deep_maps_are_dropped_without_deep_recursion() {
    let len = if cfg!(miri) { 500 } else { 300_000 };
    // A stack that no recursion through many nodes would fit on.
    let small = thread::Builder::new().stack_size(512 * 1024);
    let work = move || {
        let map: Map<u64, Box<u64>> = (0..len).map(|key| (key, Box::new(key))).collect();
        let other = map.insert(len, Box::new(0));
        drop(map);
        assert_eq!(other.len() as u64, len + 1);
        let deep: Map<u64, u64, Constant> = (0..300).map(|key| (key, key)).collect();
        assert_eq!(deep.clone().insert(300, 0).len(), 301);
        assert_eq!(deep.union(&(200..400).map(|key| (key, key)).collect()).len(), 400);
    };
    small.spawn(work).unwrap().join().unwrap();
}

/// Entries on their way, from leaves that are divided, joined or merged, are not all on the stack at once.
#[test]
#[cfg_attr(miri, ignore = "has no stack of that size")]
fn large_values_take_little_of_the_stack() {
    type Value = [u8; 16 * 1024];
    const VALUE: Value = [7; 16 * 1024];
    let work = || {
        let mut map: Map<u32, Value> = Map::new();
        map.extend((0..100).map(|key| (key, VALUE)));
        let odd = map.retain(|key, _| key % 2 == 1).insert(1000, VALUE);
        let more: Map<u32, Value> = (50..150).map(|key| (key, VALUE)).collect();
        assert_eq!(map.union(&odd).union(&more).difference(&odd).len(), 100);
        assert_eq!(map.union_with(&more, |_, _, value| *value).len(), 150);
        let of_one = |_: &u32, value: &Value| Some(*value);
        assert_eq!(map.merge_with(&more, of_one, of_one, |_, value, _| Some(*value)).len(), 150);
        assert_eq!(map.merge_with(&Map::new(), of_one, Discard, |_, _, _| None).len(), 100);
        (0..90).for_each(|key| assert!(map.remove_mut(&key).is_some()));
        assert_eq!(map.len(), 10);
    };
    // Without optimisation, which keeps several copies of each that a function has.
    thread::Builder::new().stack_size(1536 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn threads_change_versions_of_their_own() {
    let base: Map<u64, String> = (0..200).map(|key| (key, key.to_string())).collect();
    let work = |mine: u64| {
        let mut map = base.clone();
        for round in 0..if cfg!(miri) { 20 } else { 2000 } {
            let key = (round * 7 + mine) % 250;
            if round % 3 == 0 {
                map.remove_mut(&key);
            } else {
                map.insert_mut(key, mine.to_string());
            }
            if round % 50 == 0 {
                map = map.union(&base);
            }
        }
        map
    };
    let maps: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|mine| scope.spawn(move || work(mine))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(base.iter().all(|(key, value)| *value == key.to_string()));
    for (mine, map) in maps.iter().enumerate() {
        assert!(map.iter().all(|(key, value)| *value == key.to_string() || *value == mine.to_string()));
    }
}

#[test]
fn a_map_may_borrow_and_goes_where_its_entries_may_go() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Map<String, Vec<u8>>>();
    is_send_and_sync::<map::Iter<'_, String, Vec<u8>>>();
    is_send_and_sync::<map::IterMut<'_, String, Vec<u8>>>();
    is_send_and_sync::<map::IntoIter<String, Vec<u8>>>();
    is_send_and_sync::<Set<String>>();
    let text = String::from("one two one");
    let mut words: Map<&str, u32> = Map::new();
    for word in text.split(' ') {
        *words.entry_mut(word).or_default() += 1;
    }
    assert_eq!(format!("{:?}", words.retain(|word, _| *word == "one")), r#"{"one": 2}"#);
    fn shorter<'a>(map: Map<&'static str, u32>, _: &'a str) -> Map<&'a str, u32> {
        map
    }
    assert!(shorter(Map::new(), &text).is_empty());
}

#[test]
fn iterators_know_how_much_is_left() {
    let map: Map<u32, u32> = (0..100).map(|key| (key, key)).collect();
    let mut iter = map.iter();
    for left in (0..100).rev() {
        assert!(iter.next().is_some());
        assert_eq!(iter.len(), left);
        assert_eq!(iter.clone().count(), left);
    }
    assert_eq!((iter.next(), iter.next()), (None, None));
    assert_eq!(map.keys().sum::<u32>(), map.values().sum::<u32>());
    let mut into = map.clone().into_iter();
    into.next();
    assert_eq!(into.size_hint().1, Some(99));
    drop(into);
    assert_eq!(map.len(), 100);
}

#[test]
fn zero_sized_entries_are_entries() {
    let mut map: Map<(), ()> = Map::new();
    assert_eq!(map.insert_mut((), ()), None);
    assert_eq!(map.insert_mut((), ()), Some(()));
    assert_eq!((map.len(), map.iter().count()), (1, 1));
    assert!(map.remove(&()).is_empty());
    assert_eq!(map.diff(&Map::new()).collect::<Vec<_>>(), [Change::Removed(&(), &())]);
}

#[test]
#[should_panic(expected = "no entry found for key")]
fn an_index_that_is_not_there_panics() {
    let _ = Map::<u32, u32>::new()[&1];
}

#[cfg(feature = "serde")]
#[test]
fn serde_gives_back_what_it_was_given() {
    let map: Map<String, u32> = (0..100).map(|key| (key.to_string(), key)).collect();
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(serde_json::from_str::<Map<String, u32>>(&text).unwrap(), map);
    assert_eq!(serde_json::from_str::<Map<String, u32>>(r#"{"a":1,"a":2}"#).unwrap()["a"], 2);
    let set: Set<u32> = (0..100).collect();
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<Set<u32>>(&text).unwrap(), set);
}

#[cfg(feature = "rayon")]
#[test]
fn rayon_meets_each_entry_once() {
    use rayon::prelude::*;

    let len = if cfg!(miri) { 60 } else { 20_000_u64 };
    let map: Map<u64, u64> = (0..len).into_par_iter().map(|key| (key, key)).collect();
    assert_eq!(map.len() as u64, len);
    assert_eq!(map.par_iter().map(|(key, _)| *key).sum::<u64>(), len * (len - 1) / 2);
    assert_eq!(map.par_iter().count() as u64, len);
    let set: Set<u64> = (0..len).into_par_iter().collect();
    assert_eq!(set.par_iter().map(|item| *item).collect::<HashSet<_>>(), (0..len).collect());
    let mut more = set.clone();
    more.par_extend((len..2 * len).into_par_iter());
    assert_eq!(more.len() as u64, 2 * len);
}
