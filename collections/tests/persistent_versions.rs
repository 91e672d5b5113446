//! Versions by serde: what they share is written once, and shared when it is read; and input that is not to be trusted.
#![cfg(all(not(polder_loom), feature = "serde"))]

#[path = "support/heap.rs"]
mod heap;

use std::{cell::Cell, collections::hash_map::RandomState, fmt::Debug, hash::Hash};

use heap::bytes_of;
use polder_collections::persistent::{Map, OrdMap, OrdSet, Set, Vector, Versions};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const ENTRIES: u32 = if cfg!(miri) { 100 } else { 2_000 };
const VERSIONS: u32 = if cfg!(miri) { 4 } else { 50 };

fn written<C>(versions: &Versions<C>) -> String
where
    Versions<C>: Serialize,
{
    serde_json::to_string(versions).unwrap()
}

fn read<C>(text: &str) -> Result<Versions<C>, serde_json::Error>
where
    Versions<C>: DeserializeOwned,
{
    serde_json::from_str(text)
}

/// Writes and reads them; what is read is written with as few changes again.
#[track_caller]
fn back<C: Debug + Eq>(versions: &Versions<C>) -> String
where
    Versions<C>: Serialize + DeserializeOwned,
{
    let text = written(versions);
    let again = read::<C>(&text).unwrap();
    assert_eq!(&again, versions);
    assert_eq!(read::<C>(&written(&again)).unwrap(), again);
    text
}

/// Versions with a change between neighbours are written as little more than one of them, and read into memory of little more than one.
#[track_caller]
fn stay_shared<C: Clone + Debug + Eq>(first: C, change: impl Fn(&C, u32) -> C)
where
    Versions<C>: Serialize + DeserializeOwned,
{
    let mut versions = vec![first];
    for number in 1..VERSIONS {
        versions.push(change(&versions[versions.len() - 1], number));
    }
    let one = Versions(vec![versions[0].clone()]);
    let all = Versions(versions);
    let (alone, text) = (written(&one), back(&all));
    // Of a vector, a change writes a leaf.
    let by_change = (text.len() - alone.len()) / (VERSIONS as usize - 1);
    assert!(by_change < 320, "{by_change} bytes for a change");
    let (single, _one) = bytes_of(|| read::<C>(&alone).unwrap());
    let (several, _all) = bytes_of(|| read::<C>(&text).unwrap());
    let by_version = (several - single) / (VERSIONS as usize - 1);
    // Under Miri, one by itself is hardly larger than a path.
    assert!(
        cfg!(miri) || by_version < 4500.min(single),
        "{by_version} bytes for a version, {single} for one by itself"
    );
}

#[test]
fn what_is_read_is_shared_again() {
    let entries = || (0..ENTRIES).map(|number| (number * 7, u64::from(number)));
    let change = |number: u32| (number * 31 % ENTRIES * 7, u64::MAX);
    let insert = |map: &Map<_, _>, number| map.insert(change(number).0, change(number).1).remove(&(number * 7));
    stay_shared(entries().collect::<Map<u32, u64>>(), insert);
    let insert = |map: &OrdMap<_, _>, number| map.insert(change(number).0, change(number).1).remove(&(number * 7));
    stay_shared(entries().collect::<OrdMap<u32, u64>>(), insert);
    let items = || (0..ENTRIES).map(|number| number * 7);
    stay_shared(items().collect::<Set<u32>>(), |set, number| set.insert(number * 9).remove(&(number * 14)));
    stay_shared(items().collect::<OrdSet<u32>>(), |set, number| set.insert(number * 9).remove(&(number * 14)));
    stay_shared(items().collect::<Vector<u32>>(), |vector, number| vector.set(number as usize * 3 % 77, number));
    // Elements behind the change are at other places.
    stay_shared(items().collect::<Vector<u32>>(), |vector, number| vector.insert(number as usize * 3 % 77 + 1, 0));
    stay_shared(items().collect::<Vector<u32>>(), |vector, _| vector.skip(1).push_back(1));
}

#[test]
fn hashers_with_a_state_of_their_own_share_too() {
    let map: Map<u32, u32, RandomState> = (0..ENTRIES).map(|number| (number, number)).collect();
    stay_shared(map, |map, number| map.insert(number, 0));
}

#[test]
fn a_version_that_shares_nothing_is_written_by_itself() {
    let maps =
        Versions(vec![Map::from([(1, 1), (2, 2), (3, 3)]), Map::from([(7, 7)]), Map::new(), Map::from([(7, 7)])]);
    assert_eq!(
        back(&Versions(maps.0[1..].to_vec())),
        r#"[{"from":0,"change":{"removed":[],"put":[[7,7]]}},{"from":0,"change":{"removed":[],"put":[]}},{"from":2,"change":{"removed":[],"put":[[7,7]]}}]"#
    );
    assert_eq!(back(&maps).matches(r#""from":0"#).count(), 3);
    let vectors = Versions(vec![Vector::from([1, 2]), Vector::from([3]), Vector::new()]);
    assert_eq!(
        back(&vectors),
        r#"[{"from":0,"change":[[[0,0],[1,2]]]},{"from":0,"change":[[[0,0],[3]]]},{"from":2,"change":[[[0,0],[]]]}]"#
    );
    assert_eq!(back(&Versions::<Map<u8, u8>>::default()), "[]");
}

#[test]
fn one_version_again_costs_a_few_bytes() {
    let set: Set<u32> = (0..ENTRIES).collect();
    let versions = Versions(vec![set; 3]);
    assert!(
        back(&versions)
            .ends_with(r#",{"from":1,"change":{"removed":[],"put":[]}},{"from":2,"change":{"removed":[],"put":[]}}]"#)
    );
    let versions = read::<Vector<u32>>(&back(&Versions(vec![(0..ENTRIES).collect::<Vector<u32>>(); 2]))).unwrap().0;
    assert!(versions[0].ptr_eq(&versions[1]));
}

/// Where nothing is what a format says of an absent value.
#[test]
fn values_that_look_like_nothing_are_not_lost() {
    back(&Versions(vec![Map::from([(1, None), (2, Some(2))]), Map::from([(1, Some(1)), (2, None)])]));
    back(&Versions(vec![OrdMap::from([(1, ()), (2, ())]), OrdMap::from([(2, ())])]));
    back(&Versions(vec![OrdMap::from([((1, 'a'), None::<u8>)]), OrdMap::from([((1, 'a'), Some(1))])]));
}

#[test]
fn a_vector_joined_with_itself_comes_back() {
    const LEN: u32 = if cfg!(miri) { 100 } else { 1000 };
    let one: Vector<u32> = (0..LEN).collect();
    let twice = one.concat(&one);
    let text = back(&Versions(vec![
        one.clone(),
        twice.clone(),
        twice.skip(LEN as usize / 2),
        one.skip(10).concat(&twice.take(LEN as usize / 10 * 7)),
    ]));
    assert!(text.len() < 4 * written(&Versions(vec![one])).len(), "{text}");
}

fn refused<C: Debug>(text: &str, why: &str)
where
    Versions<C>: DeserializeOwned,
{
    let error = read::<C>(text).expect_err(text).to_string();
    assert!(error.contains(why), "{text}: {error}");
}

#[test]
fn input_that_contradicts_itself_is_refused() {
    let base = r#"{"from":0,"change":{"removed":[],"put":[[1,1],[2,2],[3,3]]}}"#;
    let maps = [
        (
            r#"[{"from":1,"change":{"removed":[],"put":[]}}]"#.to_owned(),
            "version 1 is made of 1, which is not before it",
        ),
        (format!(r#"[{base},{{"from":2,"change":{{"removed":[],"put":[]}}}}]"#), "version 2 is made of 2"),
        (
            format!(r#"[{base},{{"from":18446744073709551615,"change":{{"removed":[],"put":[]}}}}]"#),
            "version 2 is made of",
        ),
        (format!(r#"[{base},{{"from":-1,"change":{{"removed":[],"put":[]}}}}]"#), "invalid value"),
        (
            format!(r#"[{base},{{"from":1,"change":{{"removed":[4],"put":[]}}}}]"#),
            "version 2: something is removed that is not there",
        ),
        (
            format!(r#"[{base},{{"from":0,"change":{{"removed":[1],"put":[]}}}}]"#),
            "version 2: something is removed that is not there",
        ),
        (
            format!(r#"[{base},{{"from":1,"change":{{"removed":[1],"put":[[1,2]]}}}}]"#),
            "version 2: two entries have equal keys",
        ),
        (format!(r#"[{base},{{"from":1,"change":{{"removed":[]}}}}]"#), "missing field `put`"),
        (format!(r#"[{base},{{"from":1,"change":{{"removed":[],"put":[],"more":1}}}}]"#), "unknown field"),
        (format!(r#"[{base},{{"from":1,"change":{{"removed":[],"put":[[1]]}}}}]"#), "invalid length"),
        ("{}".to_owned(), "a sequence of versions"),
    ];
    for (text, why) in maps {
        refused::<Map<u8, u8>>(&text, why);
        refused::<OrdMap<u8, u8>>(&text, why);
    }
    let twice = |change: &str| format!(r#"[{base},{{"from":1,"change":{change}}}]"#);
    let pairs = r#"{"removed":[],"put":[[4,1],[4,2]]}"#;
    refused::<Map<u8, u8>>(&twice(pairs), "version 2: two entries have equal keys");
    refused::<OrdMap<u8, u8>>(&twice(pairs), "version 2: keys are not in order");
    let removed = r#"{"removed":[2,2],"put":[]}"#;
    refused::<Map<u8, u8>>(&twice(removed), "version 2: something is removed that is not there");
    refused::<OrdMap<u8, u8>>(&twice(removed), "version 2: keys are not in order");
    refused::<OrdMap<u8, u8>>(&twice(r#"{"removed":[],"put":[[5,1],[4,2]]}"#), "version 2: keys are not in order");
    refused::<OrdMap<u8, u8>>(&twice(r#"{"removed":[3,2],"put":[]}"#), "version 2: keys are not in order");
    refused::<Set<u8>>(r#"[{"from":0,"change":{"removed":[],"put":[4,4]}}]"#, "version 1: two entries have equal keys");
    refused::<OrdSet<u8>>(r#"[{"from":0,"change":{"removed":[],"put":[4,3]}}]"#, "version 1: keys are not in order");
}

#[test]
fn what_is_kept_of_a_vector_is_there_once_and_in_order() {
    let all: Vector<u8> = (0..100).collect();
    let base = written(&Versions(vec![all.clone()]));
    let with = |pieces: &str| format!(r#"{},{{"from":1,"change":{pieces}}}]"#, base.strip_suffix(']').unwrap());
    let why = "version 2: what is kept is not there, or not in order";
    for pieces in [
        "[[[0,101],[]]]",
        "[[[50,40],[]]]",
        "[[[0,50],[]],[[49,60],[]]]",
        "[[[50,60],[]],[[0,10],[]]]",
        "[[[0,100],[]],[[0,100],[]]]",
        "[[[101,101],[]]]",
        "[[[18446744073709551615,0],[]]]",
    ] {
        refused::<Vector<u8>>(&with(pieces), why);
    }
    let made =
        read::<Vector<u8>>(&with("[[[3,3],[9]],[[3,50],[]],[[50,50],[7,7]],[[99,100],[]],[[100,100],[1]]]")).unwrap();
    let expected = Vector::from([9]).concat(&all.slice(3..50)).concat(&Vector::from([7, 7, 99, 1]));
    assert_eq!(made.0, [all, expected]);
}

/// Many of them are as short as one that keeps something, so they may cost no more.
#[test]
fn nothing_is_cloned_where_nothing_is_kept() {
    thread_local! {
        static CLONES: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Serialize, Deserialize)]
    struct Counted(u8);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.set(CLONES.get() + 1);
            Self(self.0)
        }
    }

    let text = written(&Versions(vec![(0..31).map(Counted).collect::<Vector<_>>()]));
    let pieces = vec!["[[30,30],[]]"; 200].join(",");
    let text = format!(r#"{},{{"from":1,"change":[{pieces}]}}]"#, text.strip_suffix(']').unwrap());
    CLONES.set(0);
    let versions = read::<Vector<Counted>>(&text).unwrap().0;
    assert_eq!((versions[0].len(), versions[1].len()), (31, 0));
    assert_eq!(CLONES.get(), 0);
}

/// Other than of ordered maps and vectors, a step makes a path, and no copies of strings in it.
#[test]
fn versions_of_hashed_maps_have_their_strings_in_common() {
    let long = "x".repeat(2000);
    let base: Map<u32, String> = (0..15).map(|key| (key, long.clone())).collect();
    let steps = vec![r#"{"from":1,"change":{"removed":[],"put":[[99,""]]}}"#; 50].join(",");
    let text = format!("{},{steps}]", written(&Versions(vec![base])).strip_suffix(']').unwrap());
    let (bytes, versions) = bytes_of(|| read::<Map<u32, String>>(&text).unwrap());
    assert_eq!((versions.0.len(), versions.0[50].len()), (51, 16));
    assert!(bytes < 2 * text.len() + 50 * 1000, "{bytes} bytes for {} of input", text.len());
}

/// Each made of the one before, so a recursion would end the stack.
#[test]
fn many_steps_are_read_one_after_the_other() {
    let count = if cfg!(miri) { 50 } else { 10_000 };
    let step = |number: usize| format!(r#"{{"from":{number},"change":{{"removed":[],"put":[{number}]}}}}"#);
    let text = format!("[{}]", (0..count).map(step).collect::<Vec<_>>().join(","));
    let versions = read::<Set<usize>>(&text).unwrap().0;
    assert_eq!((versions.len(), versions[count - 1].len()), (count, count));
    drop(versions);
    assert_eq!(read::<OrdSet<usize>>(&text).unwrap().0[count / 2].len(), count / 2 + 1);
}

fn histories(steps: impl Strategy<Value = (u8, u8, u8)>) -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec(steps, 0..if cfg!(miri) { 10 } else { 60 })
}

/// A tree of versions in the order in which they came about: of steps with the one to start from, what to do and with what.
fn grown<C: Clone>(empty: C, steps: &[(u8, u8, u8)], change: impl Fn(&C, u8, u8) -> C) -> Versions<C> {
    let mut versions = vec![empty];
    for (from, what, number) in steps {
        versions.push(change(&versions[usize::from(*from) % versions.len()], *what, *number));
    }
    Versions(versions)
}

fn maps_come_back<K: Hash + Ord + Clone + Debug + Serialize + DeserializeOwned>(
    steps: &[(u8, u8, u8)],
    key: impl Fn(u8) -> K,
) {
    back(&grown(Map::<K, u8>::new(), steps, |map, what, number| match what % 4 {
        0 => map.remove(&key(number)),
        1 => map.union(&(0..number).map(|other| (key(other), what)).collect()),
        _ => map.insert(key(number), what),
    }));
    back(&grown(OrdMap::<K, u8>::new(), steps, |map, what, number| match what % 4 {
        0 => map.remove(&key(number)),
        1 => map.union(&(0..number).map(|other| (key(other), what)).collect()),
        _ => map.insert(key(number), what),
    }));
    back(&grown(Set::<K>::new(), steps, |set, what, number| match what % 3 {
        0 => set.remove(&key(number)),
        _ => set.insert(key(number)),
    }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 24 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_comes_back(steps in histories(any::<(u8, u8, u8)>())) {
        maps_come_back(&steps, |number| number);
        maps_come_back(&steps, |number| number.to_string());
        back(&grown(Vector::<u16>::new(), &steps, |vector, what, number| {
            let place = usize::from(number) % (vector.len() + 1);
            match what % 6 {
                0 => vector.take(place),
                1 => vector.concat(&(0..u16::from(number)).collect()),
                2 => vector.skip(place / 4).concat(vector),
                3 if place < vector.len() => vector.remove(place),
                _ => vector.insert(place, number.into()),
            }
        }));
    }
}
