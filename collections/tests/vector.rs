//! `persistent::Vector` against `Vec`.
#![cfg(not(polder_loom))]

#[path = "support/vector_walk.rs"]
mod vector_walk;

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use polder_collections::persistent::Vector;
use proptest::test_runner::{Config, TestRunner};

const CASES: u32 = if cfg!(miri) { 2 } else { 60 };
const CALLS: usize = if cfg!(miri) { 12 } else { 120 };
/// Some levels of nodes: under Miri they are narrow.
const MANY: usize = if cfg!(miri) { 120 } else { 40_000 };

#[test]
fn random_calls_give_what_vec_gives() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vector_walk::calls(CALLS), |calls| {
        vector_walk::walk(&calls, MANY / 10, |_| ());
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

/// Vectors of the same numbers whose trees differ: built, pushed to the front, and sewn together.
fn shapes(len: usize) -> [Vector<usize>; 3] {
    let built: Vector<usize> = (0..len).collect();
    let mut pushed = Vector::new();
    (0..len).rev().for_each(|value| pushed.push_front_mut(value));
    let mut sewn = Vector::new();
    let mut start = 0;
    for step in 1.. {
        let end = len.min(start + step * 13 % 97);
        sewn.append_mut(&built.slice(start..end));
        start = end;
        if end == len {
            break;
        }
    }
    [built, pushed, sewn]
}

#[test]
fn every_index_is_found_in_every_shape() {
    for vector in shapes(MANY) {
        assert_eq!(vector.len(), MANY);
        assert!((0..MANY).all(|index| vector[index] == index && vector.get(index) == Some(&index)));
        assert_eq!((vector.get(MANY), vector.get(usize::MAX)), (None, None));
        assert_eq!((vector.first(), vector.last()), (Some(&0), Some(&(MANY - 1))));
    }
    let none = Vector::<u8>::default();
    assert_eq!((none.len(), none.is_empty(), none.get(0), none.first(), none.last()), (0, true, None, None, None));
}

/// imbl's focus for writing gave out an element behind its part.
#[test]
fn imbl_off_by_one_focus() {
    for vector in shapes(MANY / 10) {
        let mut focus = vector.focus();
        for index in (0..vector.len()).flat_map(|index| [index, index.saturating_sub(1), index + 1, index ^ 64]) {
            assert_eq!(focus.get(index), vector.get(index));
            let (chunk, place) = focus.chunk(index);
            assert_eq!(chunk.get(place), vector.get(index));
        }
        // Each chunk ends where the next one starts.
        let mut start = 0;
        for chunk in vector.chunks() {
            assert_eq!(focus.chunk(start), (chunk, 0));
            assert_eq!(focus.chunk(start + chunk.len() - 1), (chunk, chunk.len() - 1));
            start += chunk.len();
        }
        assert_eq!((focus.get(start), focus.get(usize::MAX)), (None, None));
        let mut other = vector.clone();
        for part in 0..other.len() {
            assert_eq!(other.get_mut(part).copied(), vector.get(part).copied());
        }
        let len = other.len();
        assert_eq!(other.get_mut(len), None);
    }
}

#[test]
fn iterators_do_as_those_of_slices() {
    for vector in shapes(MANY / 100 + 41) {
        let model: Vec<usize> = vector.iter().copied().collect();
        assert!(vector.iter().eq(&model) && vector.iter().rev().eq(model.iter().rev()));
        assert_eq!(vector.chunks().collect::<Vec<_>>().concat(), model);
        assert_eq!(vector.chunks().rev().flat_map(|chunk| chunk.iter().rev()).count(), model.len());
        for step in [0, 1, 3, 31, 32, 33, 64, 100, 1000] {
            let (mut one, mut two) = (vector.iter(), model.iter());
            loop {
                let (value, expected) = (one.nth(step), two.nth(step));
                assert_eq!(value, expected);
                assert_eq!(one.len(), two.len());
                let (value, expected) = (one.nth_back(step / 2), two.nth_back(step / 2));
                assert_eq!(value, expected);
                assert_eq!(one.len(), two.len());
                assert!(one.clone().eq(two.clone()));
                assert_eq!((one.clone().count(), one.clone().last()), (two.clone().count(), two.clone().last()));
                assert_eq!(
                    one.clone().rfold(0, |sum, &value| sum * 3 % 1009 + value),
                    two.clone().rfold(0, |sum, &value| sum * 3 % 1009 + value)
                );
                if expected.is_none() {
                    break;
                }
            }
        }
        let mut mine = vector.clone();
        let mut theirs = model.clone();
        {
            let (mut one, mut two) = (mine.iter_mut(), theirs.iter_mut());
            for step in 0..model.len() {
                let (one_value, two_value) =
                    if step / 50 % 2 == 0 { (one.next(), two.next()) } else { (one.next_back(), two.next_back()) };
                let (Some(one_value), Some(two_value)) = (one_value, two_value) else { panic!("it ended at {step}") };
                assert_eq!(one_value, two_value);
                *one_value += step;
                *two_value += step;
                assert_eq!(one.len(), two.len());
            }
            assert!(one.next().is_none() && one.next_back().is_none());
        }
        assert!(mine.iter().eq(&theirs) && vector.iter().eq(&model));
        assert_eq!(Vec::from(mine), theirs);
    }
}

#[test]
fn an_iteration_that_changes_copies_only_what_it_reaches() {
    let old: Vector<usize> = (0..MANY).collect();
    let mut new = old.clone();
    *new.iter_mut().next().unwrap() = 7;
    let unlike = old.chunks().zip(new.chunks()).filter(|(one, two)| one.as_ptr() != two.as_ptr()).count();
    assert_eq!(unlike, 1);
    assert_eq!((old[0], new[0]), (0, 7));
}

#[test]
fn searches_find_what_those_of_slices_find() {
    for vector in shapes(MANY / 50 + 10) {
        let doubled: Vector<usize> = vector.iter().map(|value| value / 3 * 2).collect();
        let model: Vec<usize> = doubled.iter().copied().collect();
        for value in (0..vector.len()).chain([usize::MAX]) {
            let place = model.partition_point(|other| *other < value);
            assert_eq!(doubled.partition_point(|other| *other < value), place);
            let found = doubled.binary_search(&value);
            assert_eq!(found, if model.get(place) == Some(&value) { Ok(place) } else { Err(place) });
            assert_eq!(found, doubled.binary_search_by_key(&value, |other| *other));
            assert_eq!(found, doubled.binary_search_by(|other| other.cmp(&value)));
            if value < 20 {
                assert_eq!(doubled.contains(&value), model.contains(&value));
            }
        }
    }
}

#[test]
fn sorting_is_stable() {
    for vector in shapes(MANY / 20) {
        let pairs: Vector<(usize, usize)> = vector.iter().map(|value| (value * 7919 % 13, *value)).collect();
        let mut model: Vec<_> = pairs.iter().copied().collect();
        model.sort_by_key(|pair| pair.0);
        assert!(pairs.sort_by_key(|pair| pair.0).iter().eq(&model));
        assert!(pairs.sort_by(|one, two| one.0.cmp(&two.0)).iter().eq(&model));
        let mut mine = pairs.clone();
        mine.sort_by_key_mut(|pair| pair.0);
        assert!(mine.iter().eq(&model));
        assert!(pairs.iter().map(|pair| pair.1).eq(vector.iter().copied()));
        assert!(vector.reverse().sort().iter().eq(&vector));
    }
}

#[test]
fn equality_and_order_and_hashes_do_not_depend_on_the_shape() {
    let hash = |vector: &Vector<usize>| {
        let mut hasher = DefaultHasher::new();
        vector.hash(&mut hasher);
        hasher.finish()
    };
    let [built, pushed, sewn] = shapes(MANY / 10);
    assert!(built == pushed && pushed == sewn && sewn == built);
    assert!(!built.ptr_eq(&pushed) && built.ptr_eq(&built.clone()));
    assert!(hash(&built) == hash(&pushed) && hash(&pushed) == hash(&sewn));
    for vector in [&built, &pushed, &sewn] {
        for index in (0..vector.len()).step_by(97) {
            let higher = vector.update(index, |value| value + 1);
            assert!(higher != built && higher != pushed && higher > sewn && *vector < higher);
            assert_eq!(higher.set(index, index), *vector);
        }
        assert!(*vector > vector.take(MANY / 20) && vector.skip(1) > *vector);
    }
    assert_eq!(format!("{:?}", built.take(3)), "[0, 1, 2]");
}

/// Counts comparisons.
#[derive(Clone, Copy, Debug, Eq)]
struct Counted(u32);

thread_local! {
    static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

#[test]
fn what_is_shared_is_not_compared() {
    let old: Vector<Counted> = (0..u32::try_from(MANY).unwrap()).map(Counted).collect();
    let new = old.set(MANY / 2, Counted(0)).set(MANY / 2, old[MANY / 2]).push_back(Counted(1)).take(MANY);
    COMPARED.set(0);
    assert_eq!(old, new);
    assert!(COMPARED.get() <= 3 * 32, "{} comparisons", COMPARED.get());
    // Elsewhere in the middle of another vector, at the same indices.
    let front: Vector<Counted> = (0..MANY as u32 / 2).map(Counted).collect();
    let (one, two) = (front.concat(&old), front.concat(&new));
    COMPARED.set(0);
    assert_eq!(one, two);
    assert!(COMPARED.get() <= MANY / 4, "{} comparisons", COMPARED.get());
}

#[test]
fn retain_shares_what_is_in_front_of_the_first_gap() {
    let old: Vector<usize> = (0..MANY).collect();
    assert!(old.retain(|_| true).ptr_eq(&old));
    let new = old.retain(|value| *value != MANY - 2);
    assert_eq!(new.len(), MANY - 1);
    let unlike = old.chunks().zip(new.chunks()).filter(|(one, two)| one.as_ptr() != two.as_ptr()).count();
    assert!(unlike <= 2);
}

#[test]
fn indices_outside_are_refused() {
    let vector: Vector<u32> = (0..100).collect();
    let message = |call: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it ought to be refused");
        panic.downcast::<String>().map_or_else(|other| (*other.downcast::<&str>().unwrap()).to_owned(), |text| *text)
    };
    assert_eq!(message(&|| drop(vector.set(100, 0))), "index 100 is outside of a vector of 100 elements");
    assert_eq!(message(&|| drop(vector.insert(101, 0))), "cannot insert at 101 in a vector of 100 elements");
    assert_eq!(message(&|| drop(vector.remove(100))), "index 100 is outside of a vector of 100 elements");
    assert_eq!(message(&|| drop(vector.split_at(101))), "cannot split a vector of 100 elements at 101");
    assert_eq!(message(&|| drop(vector.slice(3..101))), "the range 3..101 is outside of a vector of 100 elements");
    let (start, end) = (50, 40);
    assert_eq!(message(&|| drop(vector.slice(start..end))), "the range 50..40 ends before it starts");
    assert_eq!(message(&|| drop(vector.swap(2, 100))), "index 100 is outside of a vector of 100 elements");
    assert_eq!(
        message(&|| assert_eq!(vector[usize::MAX], 0)),
        format!("index {} is outside of a vector of 100 elements", usize::MAX)
    );
    assert_eq!(vector.slice(..=9).len(), 10);
    assert_eq!(vector.slice((std::ops::Bound::Excluded(90), std::ops::Bound::Unbounded)).len(), 9);
    assert!(vector.take(1000).ptr_eq(&vector) && vector.skip(1000).is_empty() && vector.skip(0).ptr_eq(&vector));
}

#[test]
fn elements_without_a_size_take_no_room() {
    let mut vector: Vector<()> = std::iter::repeat_n((), MANY / 10).collect();
    vector.push_front_mut(());
    vector.append_mut(&vector.clone());
    let len = 2 * (MANY / 10 + 1);
    assert_eq!((vector.len(), vector.iter().count()), (len, len));
    assert_eq!((vector.get(len - 1), vector.get(len)), (Some(&()), None));
    assert_eq!(vector, std::iter::repeat_n((), len).collect());
}

#[test]
fn elements_that_cannot_be_cloned_can_be_kept() {
    struct Token(usize);
    let vector: Vector<Token> = (0..100).map(Token).collect();
    let other = vector.clone();
    assert!(vector.iter().map(|token| token.0).eq(0..100) && other[99].0 == 99);
}

#[test]
fn threads_change_versions_of_their_own() {
    let base: Vector<usize> = (0..MANY / 10).collect();
    let versions: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (1..4)
            .map(|add| {
                let mut mine = base.clone();
                let base = &base;
                scope.spawn(move || {
                    for value in mine.iter_mut().step_by(3) {
                        *value += add;
                    }
                    for round in 0..50 {
                        mine = mine.push_back(round).concat(base).skip(base.len());
                        mine.pop_front_mut();
                        mine.push_front_mut(add);
                    }
                    mine
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(base.iter().copied().eq(0..MANY / 10));
    for (version, add) in versions.iter().zip(1..) {
        assert_eq!((version.len(), version[0]), (base.len() + 50, add));
        assert!(version.skip(50) == base);
    }
}

#[cfg(feature = "serde")]
#[test]
fn serde_sees_a_sequence() {
    for vector in shapes(MANY / 100) {
        let text = serde_json::to_string(&vector).unwrap();
        assert_eq!(text, serde_json::to_string(&vector.iter().collect::<Vec<_>>()).unwrap());
        assert_eq!(serde_json::from_str::<Vector<usize>>(&text).unwrap(), vector);
    }
    assert!(serde_json::from_str::<Vector<u8>>("[1, 2, 300]").is_err());
}

#[cfg(feature = "rayon")]
#[test]
fn rayon_iterates_and_collects() {
    use rayon::prelude::*;
    for vector in shapes(MANY / 10) {
        let doubled: Vector<usize> = vector.par_iter().map(|value| value * 2).collect();
        assert!(doubled.iter().copied().eq((0..vector.len()).map(|value| value * 2)));
        assert_eq!(vector.par_iter().rev().position_first(|value| *value == 3), Some(vector.len() - 4));
        let mut more = doubled.clone();
        more.par_extend(vector.clone().into_par_iter().filter(|value| value % 2 == 0));
        assert_eq!(more.len(), doubled.len() + vector.len().div_ceil(2));
        assert!(more.skip(doubled.len()).iter().copied().eq((0..vector.len()).step_by(2)));
    }
}
