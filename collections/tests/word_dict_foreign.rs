//! Foreign code in dicts of words: closures, iterators, `Hash`, and the methods of `Word`, which panic or use the dict themselves.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::LazyLock,
};

use polder_collections::{Op, Word, WordDict, WordKey};

thread_local! {
    /// How many calls go well until one panics; none does if it is negative.
    static FUSE: Cell<i64> = const { Cell::new(-1) };
    /// Whether foreign code uses the dict at present.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What foreign code does: it may panic.
fn burn() {
    let left = FUSE.get();
    FUSE.set(left - 1);
    if left == 0 {
        // Not `panic!`, which would print.
        resume_unwind(Box::new("the fuse"));
    }
}

/// A word all of whose methods may panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fused(u64);

impl Hash for Fused {
    fn hash<H: Hasher>(&self, state: &mut H) {
        burn();
        self.0.hash(state);
    }
}

impl Word for Fused {
    fn to_bits(self) -> u64 {
        burn();
        self.0
    }

    fn from_bits(bits: u64) -> Self {
        burn();
        Self(bits)
    }
}

impl WordKey for Fused {}

type Dict = WordDict<Fused, Fused>;

/// Entries that are there at the beginning.
const COUNT: u64 = if cfg!(miri) { 4 } else { 40 };
const NEW: Fused = Fused(COUNT * 10);

fn value(key: u64) -> Fused {
    Fused(key + 1000)
}

/// Runs a work so often that each of its calls of foreign code has panicked once. Afterwards an entry is there as before, or as the work is
/// to leave it, and the dict goes on as if nothing had been.
fn at_each_call(work: impl Fn(&Dict)) {
    let before: BTreeMap<_, _> = (0..COUNT).map(|key| (Fused(key), value(key))).collect();
    let fill = || before.iter().map(|(&key, &value)| (key, value)).collect::<Dict>();
    let whole = fill();
    work(&whole);
    let after: BTreeMap<_, _> = whole.iter().collect();
    for calls in 0.. {
        let dict = fill();
        FUSE.set(calls);
        let result = catch_unwind(AssertUnwindSafe(|| work(&dict)));
        FUSE.set(-1);
        let entries: BTreeMap<_, _> = dict.iter().collect();
        assert_eq!(entries.len(), dict.len(), "after {calls} calls");
        for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (now, old, new) = (entries.get(key), before.get(key), after.get(key));
            assert!(now == old || now == new, "{key:?} has {now:?} after {calls} calls");
            assert_eq!(dict.get(key).as_ref(), now);
            dict.insert(*key, Fused(7));
            assert_eq!(dict.remove(key), Some(Fused(7)));
        }
        assert!(dict.is_empty());
        if result.is_ok() {
            assert_eq!(entries, after);
            assert!(calls > 0, "nothing foreign is called");
            return;
        }
    }
}

#[test]
fn panics_in_operations_on_one_key() {
    at_each_call(|dict| _ = dict.get(&Fused(1)));
    at_each_call(|dict| _ = dict.contains_key(&NEW));
    at_each_call(|dict| _ = dict.insert(Fused(1), NEW));
    at_each_call(|dict| _ = dict.insert(NEW, NEW));
    at_each_call(|dict| _ = dict.try_insert(NEW, NEW));
    at_each_call(|dict| _ = dict.try_insert(Fused(1), NEW));
    at_each_call(|dict| _ = dict.swap(&Fused(1), NEW));
    at_each_call(|dict| _ = dict.remove(&Fused(1)));
    at_each_call(|dict| _ = dict.compare_and_set(Fused(1), Some(value(1)), NEW));
    at_each_call(|dict| _ = dict.compare_and_set(Fused(1), None, NEW));
    at_each_call(|dict| _ = dict.compare_and_remove(&Fused(1), value(1)));
}

#[test]
fn panics_in_closures() {
    fn burnt<T>(value: T) -> T {
        burn();
        value
    }
    at_each_call(|dict| _ = dict.get_or_insert_with(NEW, || burnt(NEW)));
    at_each_call(|dict| _ = dict.update(&Fused(1), |_| burnt(NEW)));
    at_each_call(|dict| _ = dict.update_or_insert_with(NEW, burnt, || burnt(NEW)));
    at_each_call(|dict| _ = dict.compute(Fused(1), |_| burnt(Op::Remove)));
    at_each_call(|dict| _ = dict.compute(NEW, |_| burnt(Op::Insert(NEW))));
    at_each_call(|dict| _ = dict.remove_if(&Fused(1), |_| burnt(true)));
    at_each_call(|dict| dict.for_each(|_, _| burn()));
}

#[test]
fn panics_in_operations_on_many_keys() {
    let keys: Vec<_> = (COUNT / 2..COUNT * 3).map(Fused).collect();
    at_each_call(|dict| dict.get_many(&keys, &mut vec![None; keys.len()]));
    at_each_call(|dict| {
        dict.insert_many(keys.iter().map(|&key| {
            burn();
            (key, NEW)
        }));
    });
    at_each_call(|dict| {
        dict.retain(|key, _| {
            burn();
            key.0 % 2 == 0
        });
    });
    at_each_call(|dict| dict.drain().take(COUNT as usize).for_each(drop));
    at_each_call(|dict| assert_eq!(dict.iter().count() as u64, COUNT));
    at_each_call(|dict| assert_eq!(dict.snapshot().len() as u64, COUNT));
    at_each_call(|dict| assert_eq!(*dict, dict.clone()));
    // Keys are hashed anew as bins are split.
    at_each_call(|dict| {
        dict.reserve(COUNT as usize * 10);
        assert_eq!(dict.len() as u64, COUNT);
        dict.get(&NEW);
    });
}

#[test]
fn an_iterator_goes_on_after_a_panic_and_repeats_nothing() {
    let dict: Dict = (0..COUNT).map(|key| (Fused(key), value(key))).collect();
    for calls in 0..COUNT as i64 {
        let mut entries = dict.iter();
        let mut seen = BTreeMap::new();
        FUSE.set(calls);
        let mut is_over = false;
        while !is_over {
            match catch_unwind(AssertUnwindSafe(|| entries.next())) {
                Ok(Some((key, value))) => assert_eq!(seen.insert(key, value), None),
                Ok(None) => is_over = true,
                Err(_) => {}
            }
        }
        assert!(seen.len() as u64 + 1 >= COUNT);
    }
    FUSE.set(-1);
}

#[test]
fn closures_may_use_the_dict() {
    let dict = WordDict::from([(1, 10), (2, 20)]);
    let use_it = |seed: u64| {
        dict.insert(seed, seed);
        dict.fetch_add(&2, 1);
        dict.update(&2, |value| value + 1);
        assert_eq!(dict.iter().count(), dict.len());
        assert_eq!(dict.snapshot().get(&seed), Some(&seed));
        dict.remove(&seed);
        dict.shrink_to_fit();
    };
    let updated = dict.update(&1, |value| {
        use_it(5);
        value + 1
    });
    assert_eq!(updated, Some(11));
    dict.get_or_insert_with(3, || {
        use_it(6);
        30
    });
    dict.compute(3, |value| {
        use_it(7);
        assert_eq!(value, Some(30));
        Op::Remove
    });
    dict.retain(|_, _| {
        use_it(8);
        true
    });
    let more = if cfg!(miri) { 5 } else { 100 };
    dict.insert_many((100..100 + more).inspect(|&key| use_it(key + 1000)).map(|key| (key, key)));
    dict.for_each(|key, _| use_it(key + 1000));
    assert_eq!(dict.len() as u64, 2 + more);
}

#[test]
fn a_closure_that_changes_its_own_entry_is_run_again() {
    let dict = WordDict::from([(1, 10)]);
    let mut runs = 0;
    let result = dict.update(&1, |value| {
        runs += 1;
        if runs < 5 {
            dict.fetch_add(&1, 100);
        }
        value + 1
    });
    assert_eq!((runs, result, dict.get(&1)), (5, Some(411), Some(411)));
    // It goes while its end is decided about.
    assert_eq!(dict.update(&1, |value| dict.remove(&1).unwrap_or(value)), None);
    assert_eq!(dict.get(&1), None);
    // It comes while another one is made.
    assert_eq!(dict.get_or_insert_with(1, || dict.get_or_insert(1, 5) + 1), 5);
    assert_eq!(dict.remove_if(&1, |value| dict.insert(1, 6) == Some(value)), Some(6));
}

/// A key that looks around in its dict whenever it is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Curious(u64);

static CURIOUS: LazyLock<WordDict<Curious, u64>> = LazyLock::new(WordDict::new);

impl Curious {
    fn look_around(self) {
        if !IS_INSIDE.replace(true) {
            CURIOUS.get(&self);
            CURIOUS.insert(Self(u64::MAX - self.0 % 100), 1);
            CURIOUS.update_or_insert(Self(u64::MAX - 200), |value| value + 1, 0);
            CURIOUS.remove(&Self(u64::MAX - self.0 % 100));
            IS_INSIDE.set(false);
        }
    }
}

impl Hash for Curious {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.look_around();
        self.0.hash(state);
    }
}

impl Word for Curious {
    fn to_bits(self) -> u64 {
        self.look_around();
        self.0
    }

    fn from_bits(bits: u64) -> Self {
        Self(bits).look_around();
        Self(bits)
    }
}

impl WordKey for Curious {}

#[test]
fn keys_may_use_the_dict() {
    let count = if cfg!(miri) { 8 } else { 500 };
    for key in 0..count {
        assert_eq!(CURIOUS.insert(Curious(key), key), None);
        assert_eq!(CURIOUS.get(&Curious(key)), Some(key));
    }
    CURIOUS.reserve(count as usize * 2);
    assert!(CURIOUS.iter().filter(|(key, _)| key.0 < count).all(|(key, value)| key.0 == value));
    CURIOUS.retain(|key, _| key.0 >= count || key.0 % 2 == 0);
    assert_eq!(CURIOUS.drain().filter(|(key, _)| key.0 < count).count() as u64, count / 2);
    CURIOUS.clear();
    assert!(CURIOUS.is_empty());
}

/// A key that is hashed anew each time: no hash at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fickle(u64);

impl Hash for Fickle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let call = FUSE.get();
        FUSE.set(call - 1);
        call.hash(state);
    }
}

impl Word for Fickle {
    fn to_bits(self) -> u64 {
        self.0
    }

    fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl WordKey for Fickle {}

#[test]
fn keys_without_a_hash_are_lost_and_nothing_else() {
    let count = if cfg!(miri) { 20 } else { 5_000 };
    let dict = WordDict::new();
    for key in 0..count {
        dict.insert(Fickle(key), key);
        dict.get(&Fickle(key / 2));
        dict.remove(&Fickle(key / 3));
    }
    dict.retain(|key, value| key.0 == value);
    dict.reserve(count as usize * 2);
    assert!(dict.len() as u64 <= count);
    dict.shrink_to_fit();
    dict.clear();
    assert_eq!((dict.len(), dict.to_vec().len()), (0, 0));
}
