//! What a dict of entries does.
#![cfg(feature = "std")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasher, Hasher},
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use polder_collections::{ComputedRef, Dict, DictSet, Equivalent, Growth, Op, Ref, Removed};
use polder_sync::reclaim::DropPolicy;

const MANY: u64 = if cfg!(miri) { 30 } else { 20_000 };
const FEW: u64 = if cfg!(miri) { 12 } else { 2_000 };

/// All keys have one hash.
#[derive(Clone, Copy, Debug, Default)]
struct Constant;

impl BuildHasher for Constant {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self
    }
}

impl Hasher for Constant {
    fn finish(&self) -> u64 {
        7
    }

    fn write(&mut self, _: &[u8]) {}
}

/// Counts those of its kind that are there.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>, u64);

impl Counted {
    fn new(live: &Arc<AtomicUsize>, value: u64) -> Self {
        live.fetch_add(1, Relaxed);
        Self(Arc::clone(live), value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Flushes until so many are kept: tests beside this one may be pinned for a moment.
fn flush<K, V, S>(dict: &Dict<K, V, S>, kept: usize) {
    loop {
        dict.flush();
        if dict.garbage().kept == kept {
            return;
        }
        thread::yield_now();
    }
}

#[test]
fn what_is_put_in_is_found() {
    let dict = Dict::new();
    assert!(dict.get("1").is_none());
    for key in 0..MANY {
        assert!(dict.insert(key.to_string(), key).is_none());
    }
    assert_eq!(dict.len() as u64, MANY);
    for key in 0..MANY {
        let entry = dict.get(key.to_string().as_str()).unwrap();
        assert_eq!((entry.key().as_str(), *entry), (key.to_string().as_str(), key));
        assert!(!dict.contains_key((key + MANY).to_string().as_str()));
    }
    let seen: BTreeMap<_, _> = dict.iter().map(|entry| (entry.key().clone(), *entry)).collect();
    assert_eq!(seen.len() as u64, MANY);
    let snapshot: BTreeMap<_, _> = dict.snapshot().into_iter().collect();
    assert_eq!(snapshot, seen);
    for key in 0..MANY {
        let text = key.to_string();
        assert_eq!(*dict.insert(text.clone(), key + 1).unwrap(), key);
        assert_eq!(*dict.update(text.as_str(), |value| value * 2).unwrap(), key * 2 + 2);
        assert_eq!(*dict.remove(text.as_str()).unwrap(), key * 2 + 2);
        assert!(dict.remove(text.as_str()).is_none());
        assert!(dict.get(text.as_str()).is_none());
    }
    assert!(dict.is_empty());
    assert_eq!(dict.iter().count(), 0);
}

#[test]
fn all_with_one_hash_are_told_apart() {
    let dict = Dict::with_hasher(Constant);
    for key in 0..FEW / 4 {
        assert!(dict.insert(key, key).is_none());
    }
    for key in 0..FEW / 4 {
        assert_eq!(dict.get(&key).map(|value| *value), Some(key));
        assert_eq!(dict.insert(key, key + 1).map(|value| *value), Some(key));
    }
    assert_eq!(dict.iter().count() as u64, FEW / 4);
    for key in (0..FEW / 4).step_by(2) {
        assert_eq!(dict.remove(&key).map(|value| *value), Some(key + 1));
    }
    for key in 0..FEW / 4 {
        assert_eq!(dict.contains_key(&key), key % 2 == 1);
    }
}

#[test]
fn everything_is_dropped_once() {
    let live = Arc::new(AtomicUsize::new(0));
    let new = |value| Counted::new(&live, value);
    let dict = Dict::new();
    for key in 0..FEW {
        dict.insert(key, new(key));
    }
    for key in 0..FEW / 2 {
        dict.insert(key, new(key + 1));
    }
    for key in 0..FEW / 4 {
        assert_eq!(dict.remove(&key).unwrap().1, key + 1);
    }
    assert!(dict.try_insert(FEW - 1, new(0)).is_err());
    dict.get_or_insert_with(FEW - 1, || unreachable!());
    flush(&dict, 0);
    assert_eq!(live.load(Relaxed), dict.len());
    let mut entries = dict.into_iter();
    assert_eq!(entries.len() as u64, FEW - FEW / 4);
    let some: Vec<_> = entries.by_ref().take(3).collect();
    drop(entries);
    assert_eq!(live.load(Relaxed), some.len(), "what is not asked for is dropped with the iterator");
    drop(some);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn a_dict_drops_what_it_has_and_what_it_had() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::new();
    for key in 0..FEW {
        dict.insert(key % 10, Counted::new(&live, key));
    }
    drop(dict);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn a_ref_outlives_its_entry() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::from([(1, Counted::new(&live, 1))]);
    let found = dict.get(&1).unwrap();
    let again = dict.get(&1).unwrap();
    dict.insert(1, Counted::new(&live, 2));
    dict.remove(&1);
    for key in 2..FEW {
        dict.insert(key, Counted::new(&live, key));
        dict.remove(&key);
    }
    dict.flush();
    assert_eq!((found.1, again.1), (1, 1));
    assert!(dict.garbage().kept > 0);
    drop(found);
    dict.flush();
    assert_eq!(again.1, 1);
    drop(again);
    flush(&dict, 0);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn what_was_removed_holds_nothing_else_up() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::from([(1, Counted::new(&live, 1)), (2, Counted::new(&live, 2))]);
    let one = dict.remove(&1).unwrap();
    dict.remove(&2);
    flush(&dict, 0);
    assert_eq!(live.load(Relaxed), 1);
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!((*one.key(), one.1), (1, 1)));
    });
    flush(&dict, 0);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn nothing_is_locked_while_entries_are_held() {
    let dict: Dict<u64, u64> = (0..10).map(|n| (n, n)).collect();
    let held: Vec<_> = dict.iter().collect();
    for entry in &held {
        dict.insert(*entry.key(), 100);
        dict.remove(entry.key());
        dict.insert(*entry.key(), 200);
        dict.read(entry.key(), |_| dict.update(entry.key(), |_| dict.len() as u64));
        dict.compute(*entry.key(), |_| {
            dict.retain(|_, _| true);
            drop(dict.snapshot());
            Op::Keep
        });
    }
    assert!(held.iter().all(|entry| entry.key() == entry.value()));
    dict.clear();
    assert_eq!(dict.len(), 0);
}

#[test]
fn try_insert_gives_back_what_it_refuses() {
    let dict = Dict::from([("a".to_owned(), "1".to_owned())]);
    let error = dict.try_insert("a".to_owned(), "2".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "the key has a value already");
    assert_eq!((error.present.as_str(), error.refused), ("1", ("a".to_owned(), "2".to_owned())));
    assert_eq!(*dict.try_insert("b".to_owned(), "2".to_owned()).unwrap(), "2");
}

#[test]
fn compute_does_what_it_is_told() {
    let dict = Dict::new();
    assert!(matches!(dict.compute(1, |_| Op::Keep), ComputedRef::Kept(None)));
    assert!(matches!(dict.compute(1, |_| Op::<&str>::Remove), ComputedRef::Kept(None)));
    assert!(
        matches!(dict.compute(1, |value| Op::Insert(value.map_or("a", |_| "b"))), ComputedRef::Inserted(new) if *new == "a")
    );
    assert!(matches!(dict.compute(1, |_| Op::Keep), ComputedRef::Kept(Some(entry)) if *entry == "a"));
    let replaced = dict.compute(1, |value| Op::Insert(value.map_or("a", |_| "b")));
    assert_eq!(format!("{replaced:?}"), r#"Replaced { old: "a", new: "b" }"#);
    assert!(matches!(dict.compute(1, |_| Op::Remove), ComputedRef::Removed(old) if *old == "b"));
    assert!(dict.is_empty());
}

#[test]
fn closures_run_again_when_the_entry_was_changed_meanwhile() {
    let dict = Dict::from([(1, 10)]);
    let mut runs = 0;
    let new = dict.update(&1, |&value| {
        runs += 1;
        if runs == 1 {
            dict.insert(1, 20);
        }
        value + 1
    });
    assert_eq!((new.as_deref(), runs), (Some(&21), 2));

    let mut runs = 0;
    dict.compute(2, |value| {
        runs += 1;
        if runs == 1 {
            dict.insert(2, 5);
        }
        Op::Insert(value.copied().unwrap_or(0) + 1)
    });
    assert_eq!((dict.get_cloned(&2), runs), (Some(6), 2));

    let mut runs = 0;
    let removed = dict.remove_if(&2, |_, _| {
        runs += 1;
        if runs == 1 {
            dict.insert(2, 7);
        }
        true
    });
    assert_eq!((removed.as_deref(), runs), (Some(&7), 2));

    assert_eq!(
        *dict.get_or_insert_with(3, || {
            dict.insert(3, 1);
            2
        }),
        1,
        "who comes second gets what is there"
    );
}

#[test]
fn values_are_exchanged_for_what_they_are() {
    let dict = Dict::from([("a", 1)]);
    assert_eq!(*dict.swap("a", 2).unwrap(), 1);
    assert_eq!(dict.swap("b", 2).unwrap_err(), 2);
    assert_eq!(*dict.compare_and_set("a", &2, 3).unwrap(), 2);
    let error = dict.compare_and_set("a", &2, 4).unwrap_err();
    assert_eq!(error.to_string(), "the key has another value");
    assert_eq!((error.present.as_deref(), error.refused), (Some(&3), 4));
    let error = dict.compare_and_set("b", &2, 4).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.present.is_none()), ("the key has no value", true));
    assert_eq!(dict.take("a"), Some(3));
    assert_eq!(dict.take("a"), None);
}

#[test]
fn the_very_entry_is_another_than_an_equal_one() {
    let dict = Dict::from([("a", 1)]);
    let first = dict.get("a").unwrap();
    assert_eq!(*dict.replace_entry(&first, 1).unwrap(), 1);
    assert_eq!(dict.replace_entry(&first, 2).unwrap_err(), 2);
    assert!(dict.remove_entry(&first).is_none());
    let second = dict.get("a").unwrap();
    assert!(Dict::from([("a", 1)]).remove_entry(&second).is_none(), "another dict's");
    assert_eq!(*dict.remove_entry(&second).unwrap(), 1);
    assert!(dict.is_empty());
}

#[test]
fn retain_drain_and_clear_take_out_what_they_should() {
    let dict: Dict<u64, u64> = (0..FEW).map(|n| (n, n)).collect();
    dict.retain(|key, _| key % 3 == 0);
    let kept: BTreeSet<_> = dict.iter().map(|entry| *entry.key()).collect();
    assert!(kept.iter().copied().eq((0..FEW).step_by(3)));
    let drained: BTreeSet<_> = dict.drain().map(|removed| *removed.key()).collect();
    assert_eq!(drained, kept);
    assert_eq!((dict.len(), dict.iter().count()), (0, 0));
    dict.insert_many((0..FEW).map(|n| (n, n)));
    drop(dict.drain().next());
    assert_eq!((dict.len(), dict.iter().count()), (0, 0), "the rest goes with the iterator");
    dict.insert_many((0..FEW).map(|n| (n, n)));
    dict.clear();
    assert_eq!((dict.len(), dict.iter().count()), (0, 0));
    assert_eq!(dict.insert_many([(1, 1), (2, 2), (1, 3)]), 2);
    assert_eq!(dict.get_cloned(&1), Some(3));
}

/// As many as are taken at once, and more or fewer.
const LOTS: [u64; 7] = [0, 1, 15, 16, 17, 32, 75];

#[test]
fn many_keys_are_looked_up_in_their_order() {
    let dict: Dict<String, u64> = (0..60).map(|number| (number.to_string(), number)).collect();
    let pinned = dict.pin();
    for count in LOTS {
        // Each third is absent, and others come twice.
        let numbers: Vec<u64> = (0..count).map(|nth| if nth % 3 == 0 { nth + 60 } else { nth * 7 % 40 }).collect();
        let keys: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let mut found = pinned.get_many(&keys);
        assert_eq!(found.size_hint(), (keys.len(), Some(keys.len())));
        for (nth, number) in numbers.iter().enumerate() {
            assert_eq!(found.next(), Some((*number < 60).then_some(number)), "{nth} of {count}");
            assert_eq!(found.size_hint(), (keys.len() - nth - 1, Some(keys.len() - nth - 1)));
        }
        assert_eq!((found.next(), found.next()), (None, None), "no more than {count}");
    }
    let keys = ["1", "x", "2"].into_iter();
    assert_eq!(dict.pin_owned().get_many(keys).collect::<Vec<_>>(), [Some(&1), None, Some(&2)]);
    assert_eq!(Dict::<u64, u64>::new().pin().get_many(&[1, 2]).collect::<Vec<_>>(), [None, None]);
}

#[test]
fn many_keys_are_looked_up_when_they_are_asked_for() {
    let dict = Dict::from([(1, 'a'), (2, 'b')]);
    let pinned = dict.pin();
    let mut found = pinned.get_many(&[1, 2, 3]);
    let first = found.next();
    dict.remove(&1);
    dict.insert(2, 'c');
    dict.insert(3, 'd');
    assert_eq!((first, found.next(), found.next()), (Some(Some(&'a')), Some(Some(&'c')), Some(Some(&'d'))));
}

#[test]
fn many_entries_are_put_in_in_their_order() {
    for hashes_differ in [true, false] {
        for count in LOTS {
            let check = |inserted: usize, mut entries: Vec<(u64, u64)>| {
                entries.sort_unstable();
                let expected: Vec<_> = (0..count).map(|key| (key, key + count)).collect();
                assert_eq!(
                    (inserted as u64, entries),
                    (count, expected),
                    "{count} keys, hashes differ: {hashes_differ}"
                );
            };
            // Each key twice, the later one counts, within a lot and beyond.
            let twice = (0..2 * count).map(|nth| (nth % count.max(1), nth));
            if hashes_differ {
                let dict = Dict::new();
                check(dict.insert_many(twice), dict.into_iter().collect());
            } else {
                let dict = Dict::with_hasher(Constant);
                check(dict.insert_many(twice), dict.into_iter().collect());
            }
        }
    }
}

#[test]
fn an_iterator_that_panics_leaves_in_what_was_put_in() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::new();
    let entries = (0..100).map(|key| (key, Counted::new(&live, if key < 40 { key } else { panic!("no more") })));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dict.insert_many(entries)));
    assert!(outcome.is_err());
    assert!((25..=40).contains(&dict.len()), "all but fifteen at most");
    assert!((0..dict.len() as u64).all(|key| dict.contains_key(&key)), "the first ones");
    assert_eq!(live.load(Relaxed), dict.len(), "the others are dropped");
}

#[test]
fn room_is_made_and_given_back() {
    let dict = Dict::new();
    assert_eq!(dict.capacity(), 0);
    dict.reserve(1000);
    let room = dict.capacity();
    assert!(room >= 1000);
    dict.insert_many((0..10_u64).map(|n| (n, n)));
    assert_eq!(dict.capacity(), room);
    dict.shrink_to_fit();
    assert!(dict.capacity() < room);
    assert_eq!(dict.iter().count(), 10);
    let fixed: Dict<_, _> = Dict::<u64, u64>::builder().capacity(20).growth(Growth::Fixed).huge_pages(false).build();
    let room = fixed.capacity();
    fixed.insert_many((0..FEW).map(|n| (n, n)));
    assert_eq!((fixed.capacity(), fixed.len() as u64), (room, FEW));
    assert_eq!(fixed.clone().capacity(), fixed.clone().capacity());
    assert_eq!(fixed, fixed.clone());
}

#[test]
fn deferred_drops_wait_to_be_collected() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::<u64, Counted>::builder().drop_policy(DropPolicy::Deferred).build();
    for key in 0..FEW {
        dict.insert(0, Counted::new(&live, key));
    }
    while dict.garbage().free as u64 != FEW - 1 {
        dict.flush();
        thread::yield_now();
    }
    assert_eq!(live.load(Relaxed) as u64, FEW);
    assert_eq!(dict.collect(5), 5);
    assert_eq!(dict.collect(usize::MAX) as u64, FEW - 6);
    assert_eq!(live.load(Relaxed), 1);
}

#[test]
fn keys_are_found_by_what_is_equivalent() {
    #[derive(Hash)]
    struct Pair<'a>(&'a str, u32);

    impl Equivalent<(String, u32)> for Pair<'_> {
        fn equivalent(&self, key: &(String, u32)) -> bool {
            (self.0, self.1) == (key.0.as_str(), key.1)
        }
    }

    let dict = Dict::from([(("a".to_owned(), 1), "one")]);
    assert_eq!(dict.get(&Pair("a", 1)).as_deref(), Some(&"one"));
    assert!(dict.remove(&Pair("a", 2)).is_none());
    assert!(dict.remove(&Pair("a", 1)).is_some());
}

#[test]
fn a_dict_may_borrow() {
    let text = "a b a".to_owned();
    let dict: Dict<&str, &str> = text.split(' ').map(|word| (word, word)).collect();
    assert_eq!(dict.len(), 2);
    assert_eq!(*dict.remove("a").unwrap(), "a");
}

#[test]
fn a_dict_that_stays_on_its_thread_holds_anything() {
    use std::{cell::Cell, rc::Rc};

    let dict = Dict::from([(Rc::new(1), Cell::new(1))]);
    dict.get(&1).unwrap().set(2);
    assert_eq!(dict.remove(&1).unwrap().get(), 2);
}

#[test]
fn std_traits() {
    let dict: Dict<_, _> = [("a", 1)].into_iter().collect();
    assert_eq!(format!("{dict:?}"), r#"{"a": 1}"#);
    let mut copy = dict.clone();
    assert_eq!(copy, dict);
    copy.extend([("b", 2)]);
    assert_ne!(copy, dict);
    (&dict).extend([("b", 3)]);
    assert_ne!(copy, dict);
    dict.insert("b", 2);
    assert_eq!(copy, dict);
    assert_eq!(copy.into_iter().collect::<BTreeMap<_, _>>(), BTreeMap::from([("a", 1), ("b", 2)]));
    let found = dict.get("a").unwrap();
    assert_eq!((format!("{found:?}"), format!("{found}")), ("1".to_owned(), "1".to_owned()));
    let one: &i32 = found.as_ref();
    assert_eq!(one, &1);
    assert!(Dict::<u64, u64>::default().is_empty());
}

#[test]
fn pinned_references_live_as_long_as_the_pin() {
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::new();
    let mut pinned = dict.pin();
    assert!(pinned.insert(1, Counted::new(&live, 1)).is_none());
    let one = pinned.get(&1).unwrap();
    let old = pinned.insert(1, Counted::new(&live, 2)).unwrap();
    let two = pinned.remove(&1).unwrap();
    let three = pinned.get_or_insert_with(1, || Counted::new(&live, 3));
    assert!(std::ptr::eq(one, old));
    dict.flush();
    assert_eq!((one.1, two.1, three.1, live.load(Relaxed)), (1, 2, 3, 3));
    assert_eq!(pinned.iter().map(|(key, value)| key + value.1).sum::<u64>(), 4);
    assert_eq!((pinned.keys().count(), pinned.values().count(), (&pinned).into_iter().count()), (1, 1, 1));
    assert!(pinned.contains_key(&1) && pinned.get_key_value(&2).is_none());
    assert!(pinned.refresh());
    flush(&dict, 0);
    assert_eq!(live.load(Relaxed), 1);
}

#[test]
fn an_owned_pin_moves_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }

    let dict = Dict::from([(1, "one".to_owned())]);
    let pinned = dict.pin_owned();
    let one = pinned.get(&1).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            dict.remove(&1);
            dict.flush();
        });
    });
    assert_eq!((one.as_str(), dict.garbage().kept), ("one", 1));
    let future = is_send(async {
        let pinned = dict.pin_owned();
        let found = pinned.insert(2, "two".to_owned());
        std::future::ready(()).await;
        assert!(found.is_none() && pinned.get(&2).is_some());
    });
    drop(future);
    thread::scope(|scope| {
        scope.spawn(move || assert!(pinned.get(&2).is_none()));
    });
    flush(&dict, 0);
}

/// What may go to other threads, and be shared by them.
#[test]
fn auto_traits() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Dict<String, std::cell::Cell<u32>>>();
    sync::<Dict<String, AtomicUsize>>();
    sync::<Ref<'_, String, AtomicUsize>>();
    send::<Removed<'_, String, AtomicUsize>>();
    sync::<Removed<'_, String, AtomicUsize>>();
    send::<polder_collections::OwnedPinned<'_, u32, AtomicUsize, Constant>>();
    send::<polder_collections::IntoIter<u32, std::cell::Cell<u32>>>();
    send::<polder_collections::Drain<'_, u32, u32>>();
}

#[test]
fn sets_give_out_their_items() {
    let a: DictSet<String> = ["a", "b"].into_iter().map(str::to_owned).collect();
    let b: DictSet<String> = ["b", "c"].into_iter().map(str::to_owned).collect();
    let texts = |items: &mut dyn Iterator<Item = polder_collections::SetRef<'_, String>>| {
        items.map(|item| item.clone()).collect::<BTreeSet<_>>().into_iter().collect::<String>()
    };
    assert_eq!(texts(&mut a.union(&b)), "abc");
    assert_eq!(texts(&mut a.intersection(&b)), "b");
    assert_eq!(texts(&mut a.difference(&b)), "a");
    assert_eq!(texts(&mut a.symmetric_difference(&b)), "ac");
    assert!(!a.is_superset(&b) && b.insert("a".to_owned()) && b.is_superset(&a));
    assert_eq!(b.get("a").as_deref().map(String::as_str), Some("a"));
    assert_eq!(b.take("a").as_deref().map(String::as_str), Some("a"));
    assert_eq!(b.replace("c".to_owned()).as_deref().map(String::as_str), Some("c"));
}

#[test]
fn threads_do_not_disturb_each_other() {
    const THREADS: u64 = 4;
    let live = Arc::new(AtomicUsize::new(0));
    let dict = Dict::new();
    thread::scope(|scope| {
        for own in 0..THREADS {
            let (dict, live) = (&dict, &live);
            scope.spawn(move || {
                for round in 0..2 {
                    for key in (0..FEW).map(|key| key * THREADS + own) {
                        assert!(dict.insert(key, Counted::new(live, key + round)).is_none());
                        assert_eq!(dict.get(&key).unwrap().1, key + round);
                    }
                    for key in (0..FEW).map(|key| key * THREADS + own) {
                        assert_eq!(dict.remove(&key).unwrap().1, key + round);
                    }
                }
            });
        }
    });
    assert_eq!(dict.len(), 0);
    drop(dict);
    assert_eq!(live.load(Relaxed), 0);
}

#[test]
fn updates_of_one_key_are_not_lost() {
    const THREADS: usize = 4;
    let dict = Dict::from([(1, 0)]);
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..FEW {
                    dict.update(&1, |count| count + 1);
                    dict.compute(2, |count| Op::Insert(count.map_or(1, |count| count + 1)));
                }
            });
        }
    });
    assert_eq!(dict.get_cloned(&1), Some(FEW * THREADS as u64));
    assert_eq!(dict.get_cloned(&2), Some(FEW * THREADS as u64));
}

#[test]
fn one_of_racing_insertions_wins() {
    const THREADS: u64 = 4;
    let dict = Dict::new();
    let wins = AtomicUsize::new(0);
    let agreed: Vec<HashMap<u64, u64>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS)
            .map(|own| {
                let (dict, wins) = (&dict, &wins);
                scope.spawn(move || {
                    let mut got = HashMap::new();
                    for key in 0..FEW {
                        wins.fetch_add(usize::from(dict.try_insert(key, own).is_ok()), Relaxed);
                        got.insert(key, *dict.get_or_insert_with(key, || unreachable!()));
                        got.insert(key + FEW, *dict.get_or_insert(key + FEW, own));
                    }
                    got
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(wins.load(Relaxed) as u64, FEW);
    assert!(agreed.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn what_is_there_throughout_is_met_once_while_others_come_and_go() {
    let dict: Dict<u64, u64> = (0..FEW).map(|n| (n, n)).collect();
    thread::scope(|scope| {
        let dict = &dict;
        let changer = scope.spawn(move || {
            for round in 0..3 {
                for key in FEW..FEW * 3 {
                    dict.insert(key, round);
                }
                for key in FEW..FEW * 3 {
                    dict.remove(&key);
                }
                for key in 0..FEW {
                    dict.insert(key, key);
                }
            }
        });
        while !changer.is_finished() {
            let mut met = HashMap::new();
            for entry in dict {
                *met.entry(*entry.key()).or_insert(0) += 1;
            }
            assert!((0..FEW).all(|key| met.remove(&key) == Some(1)));
            assert!(met.values().all(|&count| count == 1), "no key twice");
            let snapshot = dict.snapshot();
            assert!((0..FEW).all(|key| snapshot.get(&key) == Some(&key)));
            thread::yield_now();
        }
    });
}

#[test]
fn threads_that_end_may_use_a_dict() {
    struct AtTheEnd(Arc<Dict<u64, String>>);

    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            let all: Vec<_> = self.0.iter().collect();
            self.0.clear();
            self.0.flush();
            assert!(all.iter().all(|entry| entry.value() == &entry.key().to_string()));
            assert!(self.0.insert(0, String::new()).is_none());
        }
    }

    thread_local!(static LAST: std::cell::RefCell<Option<AtTheEnd>> = const { std::cell::RefCell::new(None) });

    let dict: Arc<Dict<_, _>> = Arc::new((0..10).map(|n| (n, n.to_string())).collect());
    let theirs = Arc::clone(&dict);
    thread::spawn(move || {
        LAST.set(Some(AtTheEnd(Arc::clone(&theirs))));
        // Registers the thread: its node is given back before the value above is dropped, or after.
        assert!(theirs.get(&1).is_some());
    })
    .join()
    .unwrap();
    assert_eq!(dict.len(), 1);
}

#[cfg(feature = "serde")]
#[test]
fn serde_makes_a_map_and_a_sequence() {
    let dict: Dict<String, u32> = serde_json::from_str(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
    assert_eq!((dict.len(), dict.get_cloned("a")), (2, Some(3)), "the last of equal keys");
    let back: Dict<String, u32> = serde_json::from_str(&serde_json::to_string(&dict).unwrap()).unwrap();
    assert_eq!(back, dict);
    let set: DictSet<String> = serde_json::from_str(r#"["a", "b", "a"]"#).unwrap();
    let back: DictSet<String> = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
    assert_eq!((set.len(), back), (2, set));
    assert!(serde_json::from_str::<Dict<String, u32>>(r#"{"a": "b"}"#).is_err());
    assert!(serde_json::from_str::<DictSet<String>>("{}").is_err());
}

#[cfg(all(feature = "rayon", not(miri)))]
#[test]
fn rayon_meets_each_entry_once() {
    use rayon::prelude::*;

    let mut dict: Dict<u64, u64> = (0..MANY).into_par_iter().map(|n| (n, n)).collect();
    dict.par_extend((0..MANY).map(|n| (n + MANY, n)).collect::<Vec<_>>());
    let pinned = dict.pin_owned();
    let mut keys: Vec<u64> = pinned.par_iter().map(|(&key, _)| key).collect();
    keys.par_sort_unstable();
    assert!(keys.into_iter().eq(0..2 * MANY));
    drop(pinned);
    assert_eq!(dict.into_par_iter().map(|(_, value)| value).sum::<u64>(), MANY * (MANY - 1));
}
