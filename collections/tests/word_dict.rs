//! What the methods of a dict of words do, one thread at a time and several.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

use std::{
    collections::{BTreeMap, HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use polder_collections::{
    CompareError, Computed, DictBuilder, FastState, Growth, OccupiedError, Op, Snapshot, WordDict, WordSet,
};

const MANY: u64 = if cfg!(miri) { 100 } else { 100_000 };

/// Not so many: in one bin, or in too few of them.
const SOME: u64 = if cfg!(miri) { 24 } else { 200 };

/// All keys collide.
#[derive(Clone, Copy, Default)]
struct Same;

impl BuildHasher for Same {
    type Hasher = SameHasher;

    fn build_hasher(&self) -> SameHasher {
        SameHasher
    }
}

struct SameHasher;

impl Hasher for SameHasher {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        0x1234_5678_9ABC_DEF0
    }
}

/// Squares, by their roots.
fn squares<S: BuildHasher>(count: u64, hasher: S) -> WordDict<u64, u64, S> {
    let dict = WordDict::with_hasher(hasher);
    dict.insert_many((0..count).map(|key| (key, key * key)));
    dict
}

fn sorted<S: BuildHasher>(dict: &WordDict<u64, u64, S>) -> BTreeMap<u64, u64> {
    let mut entries = BTreeMap::new();
    for (key, value) in dict {
        assert_eq!(entries.insert(key, value), None, "{key} was met twice");
    }
    entries
}

#[test]
fn what_is_put_in_is_found() {
    let dict = WordDict::new();
    assert_eq!(dict.get(&1), None);
    for key in 0..MANY {
        assert_eq!(dict.insert(key, key + 1), None);
    }
    for key in 0..MANY {
        assert_eq!(dict.get(&key), Some(key + 1));
        assert_eq!(dict.get(&(key + MANY)), None);
    }
    assert_eq!(dict.len() as u64, MANY);
    let mut seen = HashMap::new();
    dict.for_each(|key, value| assert!(seen.insert(key, value).is_none()));
    assert_eq!(seen.len() as u64, MANY);
    let mut all = dict.to_vec();
    all.sort_unstable();
    assert!(all.iter().copied().eq((0..MANY).map(|key| (key, key + 1))));
    for key in 0..MANY {
        assert_eq!(dict.update(&key, |value| value * 2), Some(key * 2 + 2));
        assert_eq!(dict.remove(&key), Some(key * 2 + 2), "{key}");
        assert_eq!(dict.remove(&key), None);
        assert_eq!(dict.get(&key), None);
    }
    assert!(dict.is_empty());
    assert_eq!(dict.to_vec(), []);
}

#[test]
fn threads_do_not_disturb_each_other() {
    let dict = WordDict::new();
    let threads = 4;
    thread::scope(|scope| {
        for own in 0..threads {
            let dict = &dict;
            scope.spawn(move || {
                for round in 0..3 {
                    for key in (0..MANY).map(|key| key * threads + own) {
                        assert_eq!(dict.insert(key, key + round), None);
                        assert_eq!(dict.get(&key), Some(key + round));
                    }
                    for key in (0..MANY).map(|key| key * threads + own) {
                        assert_eq!(dict.get(&key), Some(key + round));
                        assert_eq!(dict.remove(&key), Some(key + round));
                    }
                }
            });
        }
    });
    assert_eq!(dict.len(), 0);
}

#[test]
fn try_insert_gives_back_what_it_refuses() {
    let dict = WordDict::new();
    assert_eq!(dict.try_insert(1, 10), Ok(()));
    let refusal = dict.try_insert(1, 11).unwrap_err();
    assert_eq!(refusal, OccupiedError { present: 10, refused: 11 });
    assert_eq!(refusal.to_string(), "the key has a value already");
    assert_eq!(dict.get(&1), Some(10));
    assert_eq!(dict.len(), 1);
}

#[test]
fn of_callers_who_race_to_insert_one_wins() {
    let dict = WordDict::new();
    let keys = MANY / 10;
    let threads = 4;
    let results: Vec<Vec<u64>> = thread::scope(|scope| {
        let dict = &dict;
        let run = move |own| (0..keys).map(|key| dict.get_or_insert_with(key, || own)).collect();
        let all: Vec<_> = (0..threads).map(|own| scope.spawn(move || run(own))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for key in 0..keys {
        let winner = dict.get(&key).unwrap();
        assert!(results.iter().all(|values| values[key as usize] == winner));
    }
    assert_eq!(dict.len() as u64, keys);
}

#[test]
fn many_are_looked_up_as_one_by_one() {
    for count in [0, 1, 15, 16, 17, 100] {
        let dict = squares(count, RandomState::new());
        let keys: Vec<_> = (0..count * 2).rev().collect();
        // Whatever was in the places before is overwritten.
        let mut values = vec![Some(u64::MAX); keys.len()];
        dict.get_many(&keys, &mut values);
        assert!(keys.iter().zip(values).all(|(key, value)| value == dict.get(key)));
    }
    WordDict::<u64, u64>::new().get_many(&[], &mut []);
}

#[test]
#[should_panic(expected = "as many places for values as there are keys")]
fn many_keys_want_as_many_places() {
    squares(3, RandomState::new()).get_many(&[1, 2], &mut [None]);
}

#[test]
fn many_are_put_in_in_order() {
    for count in [0, 1, 15, 16, 17, 48, 100_u64] {
        let dict = WordDict::from([(0, 7)]);
        let twice = (0..count).map(|key| (key, 1)).chain((0..count).map(|key| (key, 2)));
        assert_eq!(dict.insert_many(twice) as u64, count.saturating_sub(1));
        assert_eq!(dict.len() as u64, count.max(1));
        assert!((0..count).all(|key| dict.get(&key) == Some(2)), "the later value stays");
    }
}

#[test]
fn updates_tell_what_is_there_then() {
    let dict = squares(10, RandomState::new());
    assert_eq!(dict.update(&3, |value| value + 1), Some(10));
    assert_eq!(dict.update(&30, |value| value + 1), None);
    assert_eq!(dict.update_or_insert(30, |value| value + 1, 5), 5);
    assert_eq!(dict.update_or_insert(30, |value| value + 1, 5), 6);
    assert_eq!(dict.update_or_insert_with(31, |value| value + 1, || 5), 5);
    assert_eq!(dict.swap(&31, 8), Some(5));
    assert_eq!(dict.swap(&32, 8), None);
    assert_eq!(dict.len(), 12);
}

#[test]
fn compute_does_what_it_is_told() {
    let dict = WordDict::new();
    let mut asked = Vec::new();
    let mut compute = |op| {
        dict.compute(1, |value| {
            asked.push(value);
            op
        })
    };
    assert_eq!(compute(Op::Keep), Computed::Kept(None));
    assert_eq!(compute(Op::Remove), Computed::Kept(None));
    assert_eq!(compute(Op::Insert(5)), Computed::Inserted(5));
    assert_eq!(compute(Op::Keep), Computed::Kept(Some(5)));
    assert_eq!(compute(Op::Insert(6)), Computed::Replaced { old: 5, new: 6 });
    assert_eq!(compute(Op::Remove), Computed::Removed(6));
    assert_eq!(asked, [None, None, None, Some(5), Some(5), Some(6)]);
    assert!(dict.is_empty());
    assert_eq!((Computed::Removed(6).before(), Computed::Removed(6).after()), (Some(6), None));
    assert_eq!((Computed::Inserted(6).before(), Computed::Inserted(6).after()), (None, Some(6)));
    let replaced = Computed::Replaced { old: 5, new: 6 };
    assert_eq!((replaced.before(), replaced.after()), (Some(5), Some(6)));
    assert!(replaced.is_change() && !Computed::Kept(Some(1)).is_change());
}

#[test]
fn comparisons_are_of_bits() {
    let dict = WordDict::new();
    assert_eq!(dict.compare_and_set(1, Some(0.0), 1.0), Err(CompareError { present: None }));
    assert_eq!(dict.compare_and_set(1, None, 0.0), Ok(()));
    assert_eq!(dict.compare_and_set(1, None, 2.0), Err(CompareError { present: Some(0.0) }));
    assert_eq!(dict.compare_and_set(1, Some(-0.0), 2.0), Err(CompareError { present: Some(0.0) }));
    assert_eq!(dict.compare_and_set(1, Some(0.0), f64::NAN), Ok(()));
    assert_eq!(dict.compare_and_set(1, Some(f64::NAN), 2.0), Ok(()));
    let refusal = dict.compare_and_remove(&1, 3.0).unwrap_err();
    assert_eq!(refusal.to_string(), "the key has another value");
    assert_eq!(dict.compare_and_remove(&1, 2.0), Ok(()));
    assert_eq!(dict.compare_and_remove(&1, 2.0).unwrap_err().to_string(), "the key has no value");
}

#[test]
fn numbers_are_calculated_as_atomics_do() {
    let dict = WordDict::from([('a', i8::MAX), ('b', 0b0101)]);
    assert_eq!(dict.fetch_add(&'a', 1), Some(i8::MAX));
    assert_eq!(dict.fetch_sub(&'a', 1), Some(i8::MIN));
    assert_eq!(dict.get(&'a'), Some(i8::MAX));
    assert_eq!(dict.fetch_min(&'a', -3), Some(i8::MAX));
    assert_eq!(dict.fetch_min(&'a', 3), Some(-3));
    assert_eq!(dict.fetch_max(&'a', -4), Some(-3));
    assert_eq!(dict.fetch_max(&'a', 4), Some(-3));
    assert_eq!(dict.get(&'a'), Some(4));
    assert_eq!(dict.fetch_and(&'b', 0b0110), Some(0b0101));
    assert_eq!(dict.fetch_or(&'b', 0b0011), Some(0b0100));
    assert_eq!(dict.fetch_xor(&'b', 0b1001), Some(0b0111));
    assert_eq!(dict.get(&'b'), Some(0b1110));
    assert_eq!(dict.fetch_add(&'c', 1), None);
    assert!(!dict.contains_key(&'c'));
    assert_eq!(dict.add_or_insert('c', -1), None);
    assert_eq!(dict.add_or_insert('c', -1), Some(-1));
    assert_eq!(dict.get(&'c'), Some(-2));
}

#[test]
fn no_change_is_lost() {
    let dict = WordDict::from([(0, 0)]);
    let (threads, rounds) = (4, MANY / 4);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    dict.fetch_add(&0, 1);
                    dict.update(&0, |value| value + 1);
                    dict.add_or_insert(1, 1);
                    dict.update_or_insert(2, |value| value + 1, 1);
                    let increment = |value: Option<u64>| Op::Insert(value.unwrap_or(0) + 1);
                    dict.compute(3, increment);
                    let mut seen = dict.get(&4);
                    while let Err(error) = dict.compare_and_set(4, seen, seen.unwrap_or(0) + 1) {
                        seen = error.present;
                    }
                }
            });
        }
    });
    let all = threads * rounds;
    assert_eq!(sorted(&dict), [(0, all * 2), (1, all), (2, all), (3, all), (4, all)].into());
}

#[test]
fn removals_under_conditions() {
    let dict = squares(10, RandomState::new());
    assert_eq!(dict.remove_if(&3, |value| value != 9), None);
    assert_eq!(dict.remove_if(&3, |value| value == 9), Some(9));
    assert_eq!(dict.remove_if(&3, |_| unreachable!("there is none")), None);
    dict.retain(|key, value| {
        assert_eq!(value, key * key);
        key >= 5
    });
    assert_eq!(sorted(&dict), (5..10).map(|key| (key, key * key)).collect());
    assert_eq!(dict.len(), 5);
}

#[test]
fn a_retained_value_is_looked_at_again() {
    let dict = WordDict::from([(1, 10)]);
    let mut seen = Vec::new();
    dict.retain(|key, value| {
        seen.push(value);
        // Somebody is faster than the removal.
        dict.insert(key, 11);
        value == 11
    });
    assert_eq!(seen, [10, 11]);
    assert_eq!(dict.get(&1), Some(11));
}

#[test]
fn clearing_takes_all_and_keeps_the_room() {
    for dict in [squares(0, RandomState::new()), squares(1, RandomState::new()), squares(MANY, RandomState::new())] {
        dict.clear();
        assert_eq!((dict.len(), dict.iter().count(), dict.get(&0)), (0, 0, None));
        dict.insert(5, 6);
        assert_eq!(dict.to_vec(), [(5, 6)]);
    }
    let dict = WordDict::with_capacity(1000);
    dict.insert_many((0..500).map(|key| (key, 0)));
    dict.clear();
    assert!(dict.capacity() >= 1000);
    let colliding = squares(100, Same);
    colliding.clear();
    assert_eq!((colliding.len(), colliding.get(&7)), (0, None));
    assert_eq!(colliding.insert(7, 8), None);
}

#[test]
fn clearing_while_others_insert_loses_no_count() {
    let dict = WordDict::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let clear = scope.spawn(|| {
            while !done.load(Relaxed) {
                dict.clear();
            }
        });
        let insert = |own: u64| {
            for key in 0..MANY / 2 {
                dict.insert(key * 2 + own, key);
            }
        };
        let others = [scope.spawn(move || insert(0)), scope.spawn(move || insert(1))];
        others.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Relaxed);
        clear.join().unwrap();
    });
    assert_eq!(dict.len(), dict.iter().count());
    dict.clear();
    assert_eq!((dict.len(), dict.iter().count()), (0, 0));
}

#[test]
fn what_was_there_before_a_clearing_is_gone_after_it() {
    // Those of others, which come and go, make the table grow and shrink meanwhile.
    let dict = WordDict::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                (0..MANY / 10).for_each(|key| _ = dict.insert(key + MANY, 0));
                (0..MANY / 10).for_each(|key| _ = dict.remove(&(key + MANY)));
            }
        });
        for _ in 0..if cfg!(miri) { 3 } else { 50 } {
            let own = MANY / 100;
            dict.insert_many((0..own).map(|key| (key, 1)));
            dict.clear();
            let left = (0..own).filter(|key| dict.contains_key(key)).count();
            done.store(left > 0, Relaxed);
            assert_eq!(left, 0);
        }
        done.store(true, Relaxed);
    });
}

#[test]
fn draining_gives_each_entry_to_one() {
    let dict = squares(MANY, RandomState::new());
    let drain = || dict.drain().map(|(key, value)| (value == key * key).then_some(key).unwrap()).collect::<Vec<_>>();
    let mut all = thread::scope(|scope| {
        let threads = [scope.spawn(drain), scope.spawn(drain)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    all.sort_unstable();
    assert!(all.into_iter().eq(0..MANY));
    assert_eq!(dict.len(), 0);
}

#[test]
fn what_a_drain_has_not_given_stays() {
    let dict = squares(100, RandomState::new());
    let taken: Vec<_> = dict.drain().take(30).collect();
    assert_eq!(taken.len(), 30);
    assert_eq!(dict.len(), 70);
    assert!(taken.iter().all(|(key, _)| !dict.contains_key(key)));
    // One that goes, or gets another value, before it is its turn.
    let mut drain = dict.drain();
    let (first, _) = drain.next().unwrap();
    let keys: Vec<_> = dict.keys().collect();
    dict.remove(&keys[0]);
    dict.insert(keys[1], 1);
    let rest: BTreeMap<_, _> = drain.collect();
    assert_eq!(rest.len(), 68);
    assert!(!rest.contains_key(&first) && !rest.contains_key(&keys[0]));
    assert_eq!(rest[&keys[1]], 1);
}

#[test]
fn room_is_kept_until_it_is_given_up() {
    const COUNT: usize = if cfg!(miri) { 250 } else { 5000 };
    let dict = WordDict::<u64, u64>::with_capacity(COUNT);
    let room = dict.capacity();
    assert!((COUNT..COUNT + 20).contains(&room));
    dict.insert_many((0..COUNT as u64).map(|key| (key, 0)));
    (10..COUNT as u64).for_each(|key| _ = dict.remove(&key));
    assert!(dict.capacity() >= room);
    dict.shrink_to_fit();
    assert!(dict.capacity() < 200, "{}", dict.capacity());
    assert_eq!(sorted(&dict), (0..10).map(|key| (key, 0)).collect());
    dict.reserve(COUNT);
    assert!((COUNT + 10..COUNT + 30).contains(&dict.capacity()), "{}", dict.capacity());
    assert_eq!(sorted(&dict).len(), 10);
    dict.remove(&0);
    assert!(dict.capacity() >= COUNT + 10);
}

#[test]
fn a_dict_without_room_has_none_to_give_up() {
    let dict = WordDict::<u64, u64>::new();
    dict.reserve(0);
    dict.shrink_to_fit();
    dict.clear();
    assert_eq!((dict.capacity(), dict.len(), dict.remove(&1), dict.drain().next()), (0, 0, None, None));
    dict.reserve(100);
    assert!(dict.capacity() >= 100);
}

#[test]
fn dicts_shrink_by_themselves() {
    let dict = squares(MANY, RandomState::new());
    let room = dict.capacity();
    (0..MANY).for_each(|key| _ = dict.remove(&key));
    assert!(dict.capacity() < room, "{room}");
    dict.shrink_to_fit();
    assert!(dict.capacity() < 50, "{} of {room}", dict.capacity());
}

#[test]
fn room_is_made_while_others_work() {
    let dict = WordDict::new();
    thread::scope(|scope| {
        for own in 0..2 {
            let dict = &dict;
            scope.spawn(move || {
                for key in (0..MANY).filter(|key| key % 2 == own) {
                    dict.insert(key, key);
                    assert_eq!(dict.get(&(key / 2 * 2 + own)), Some(key));
                }
            });
        }
        scope.spawn(|| {
            for round in 0..20 {
                if round % 2 == 0 {
                    dict.reserve(MANY as usize / 20 * round);
                } else {
                    dict.shrink_to_fit();
                }
            }
        });
    });
    assert!(sorted(&dict).into_iter().eq((0..MANY).map(|key| (key, key))));
    assert_eq!(dict.len() as u64, MANY);
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn too_much_room_is_refused() {
    drop(WordDict::<u64, u64>::with_capacity(usize::MAX));
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn too_much_room_is_refused_later() {
    squares(3, RandomState::new()).reserve(usize::MAX);
}

#[test]
fn fixed_dicts_stay_as_large_as_they_are() {
    let dict = WordDict::<u64, u64>::builder().capacity(10).growth(Growth::Fixed).huge_pages(false).build();
    let room = dict.capacity();
    dict.insert_many((0..SOME).map(|key| (key, key)));
    assert_eq!((dict.capacity(), dict.len() as u64), (room, SOME));
    assert!((0..SOME).all(|key| dict.get(&key) == Some(key)));
    (0..SOME).for_each(|key| assert_eq!(dict.remove(&key), Some(key)));
    assert_eq!(dict.capacity(), room);
    let copy = dict.clone();
    copy.insert_many((0..SOME).map(|key| (key, key)));
    assert_eq!(copy.capacity(), room);
    dict.reserve(1000);
    assert!(dict.capacity() >= 1000);
    dict.shrink_to_fit();
    assert!(dict.capacity() < 1000);
}

#[test]
fn builders_build_what_they_are_told() {
    let builder = DictBuilder::<WordDict<u8, u8>>::new().capacity(77).hasher(Same);
    assert!(format!("{builder:?}").contains("77"));
    let dict = builder.clone().build();
    assert!(dict.capacity() >= 77);
    assert_eq!(dict.hasher().hash_one(1), dict.hasher().hash_one(2));
    assert_eq!(DictBuilder::<WordDict<u8, u8>>::default().build().capacity(), 0);
    let set = WordSet::builder().hasher(FastState::default()).capacity(5).build();
    assert!(set.insert('a') && set.capacity() >= 5);
}

#[test]
fn all_collide_and_are_found() {
    let dict = squares(SOME, Same);
    assert!((0..SOME).all(|key| dict.get(&key) == Some(key * key)));
    assert_eq!(dict.get(&SOME), None);
    assert_eq!(sorted(&dict).len() as u64, SOME);
    (0..SOME).step_by(2).for_each(|key| _ = dict.remove(&key));
    assert_eq!(sorted(&dict), (0..SOME).skip(1).step_by(2).map(|key| (key, key * key)).collect());
    dict.retain(|key, _| key >= SOME / 2);
    dict.shrink_to_fit();
    assert_eq!(dict.snapshot().len() as u64, SOME / 4);
    assert_eq!(dict.into_iter().count() as u64, SOME / 4);
}

#[test]
fn iterators_meet_what_is_there_once() {
    for count in [0, 1, 10, MANY] {
        let dict = squares(count, RandomState::new());
        assert_eq!(sorted(&dict), (0..count).map(|key| (key, key * key)).collect());
        assert_eq!(dict.keys().sum::<u64>(), (0..count).sum());
        assert_eq!(dict.values().max(), count.checked_sub(1).map(|key| key * key));
        let mut entries = dict.iter();
        let (clone, half) = (entries.clone(), entries.by_ref().take(count as usize / 2).count() as u64);
        assert_eq!((clone.count() as u64, entries.count() as u64), (count, count - half));
        assert!(dict.iter().size_hint().1.is_none());
        let mut owned = dict.into_iter();
        assert_eq!(owned.len() as u64, count);
        assert_eq!(owned.next().is_some(), count > 0);
        assert_eq!(owned.len() as u64, count.saturating_sub(1));
        assert_eq!(owned.map(|(key, value)| assert_eq!(value, key * key)).count() as u64, count.saturating_sub(1));
    }
}

#[test]
fn an_iterator_from_before_the_first_entry_meets_all() {
    let dict = WordDict::<u64, u64>::with_capacity(0);
    let none = dict.iter();
    dict.insert_many((0..100).map(|key| (key, key)));
    assert_eq!(none.count(), 100);
}

#[test]
fn an_iterator_that_has_ended_does_not_begin_again() {
    let dict = WordDict::new();
    let (mut empty, mut drain) = (dict.iter(), dict.drain());
    assert_eq!((empty.next(), drain.next()), (None, None));
    dict.insert_many((0..100).map(|key| (key, key)));
    assert_eq!((empty.next(), drain.next()), (None, None));
    assert_eq!(dict.iter().count(), 100);
}

#[test]
fn iterators_meet_what_stays_while_all_else_changes() {
    let dict = squares(MANY / 10, RandomState::new());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                dict.insert_many((0..MANY).map(|key| (key + MANY, key)));
                (0..MANY).for_each(|key| _ = dict.remove(&(key + MANY)));
                dict.shrink_to_fit();
            }
        });
        for _ in 0..if cfg!(miri) { 2 } else { 5 } {
            let staying = sorted(&dict).into_iter().filter(|&(key, _)| key < MANY);
            assert!(staying.eq((0..MANY / 10).map(|key| (key, key * key))));
        }
        done.store(true, Relaxed);
    });
}

#[test]
fn snapshots_are_of_one_moment() {
    // Each round changes the entries in order, so at no moment does a later one have more than an earlier one.
    let keys = MANY / 50;
    let dict: WordDict<u64, u64> = (0..keys).map(|key| (key, 0)).collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                (0..keys).for_each(|key| _ = dict.fetch_add(&key, 1));
            }
        });
        for _ in 0..if cfg!(miri) { 3 } else { 100 } {
            let snapshot = dict.snapshot();
            let values: Vec<u64> = (0..keys).map(|key| *snapshot.get(&key).unwrap()).collect();
            let good = values.is_sorted_by(|a, b| a >= b) && values[0] - values[values.len() - 1] <= 1;
            done.store(!good, Relaxed);
            assert!(good, "{values:?}");
        }
        done.store(true, Relaxed);
    });
}

#[test]
fn snapshots_are_looked_up_and_walked() {
    let dict = squares(100, RandomState::new());
    let snapshot = dict.snapshot();
    dict.clear();
    assert_eq!((snapshot.len(), snapshot.is_empty()), (100, false));
    assert!((0..100).all(|key| snapshot.get(&key) == Some(&(key * key))));
    assert!(!snapshot.contains_key(&100) && snapshot.contains_key(&99));
    assert_eq!(snapshot.iter().len(), 100);
    assert_eq!(snapshot.keys().sum::<u64>(), 4950);
    assert_eq!(snapshot.values().copied().max(), Some(99 * 99));
    assert_eq!(snapshot.as_slice().len(), 100);
    let copy = snapshot.clone();
    assert_eq!(copy, snapshot);
    assert_ne!(copy, Snapshot::default());
    assert!((&copy).into_iter().all(|(key, value)| key * key == *value));
    let entries: BTreeMap<_, _> = copy.into_iter().collect();
    assert_eq!(entries.len(), 100);
    assert_eq!(snapshot.into_vec().len(), 100);
    assert_eq!(format!("{:?}", WordDict::from([(1, 2)]).snapshot()), "{1: 2}");
    assert_eq!(Snapshot::<u64, u64>::default().get(&1), None);
}

#[test]
fn dicts_do_as_other_collections_do() {
    let mut dict: WordDict<u64, u64> = (0..10).map(|key| (key, key)).collect();
    dict.extend([(10, 10)]);
    (&dict).extend([(11, 11)]);
    assert_eq!(dict.len(), 12);
    let other = dict.clone();
    assert_eq!(dict, other);
    other.insert(3, 4);
    assert_ne!(dict, other);
    other.remove(&3);
    assert_ne!(dict, other);
    assert_eq!(WordDict::from([(1, 2), (3, 4)]), WordDict::from([(3, 4), (1, 2)]));
    assert_eq!(squares(5, Same), squares(5, RandomState::new()));
    assert_eq!(format!("{:?}", WordDict::from([(1, 'a')])), "{1: 'a'}");
    assert!(WordDict::<u8, u8, FastState>::default().is_empty());
}

#[test]
fn sets_make_room_and_give_it_back() {
    let set = WordSet::from([7]);
    set.reserve(100);
    assert!(set.capacity() >= 100);
    set.shrink_to_fit();
    assert!(set.capacity() < 100);
}
