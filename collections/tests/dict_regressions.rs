//! What other concurrent maps got wrong with entries behind pointers, each in tests named after the report.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/random.rs"]
mod random;
#[path = "support/tally.rs"]
mod tally;

/// scc #232: a panic in the middle of an operation, and a value was dropped twice. Here the drops themselves panic, of keys and of
/// values, one drop in each run or all of them: whatever an operation was about to do is done, or not begun; each is dropped
/// once, and the dict goes on.
mod scc_232_what_panics_when_it_is_dropped_is_dropped_once {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering::Relaxed},
        },
        thread,
    };

    use polder_collections::{Dict, Op};
    use polder_sync::reclaim::DropPolicy;

    use crate::{
        random::Random,
        tally::{Counted, Tally},
    };

    type Counting = Dict<Counted, Counted>;

    /// Entries that are there at first.
    const KEYS: u64 = if cfg!(miri) { 4 } else { 20 };
    /// Of keys that no test puts in.
    const ABSENT: u64 = 1_000;
    const ROUNDS: u64 = if cfg!(miri) { 30 } else { 4_000 };

    /// Says which drops panic.
    #[derive(Default)]
    struct Fuse {
        /// The drops from now on, or until the fuse is lit.
        drops: AtomicU64,
        /// The first that panics, and how many do; none, if this is zero.
        from: AtomicU64,
        many: AtomicU64,
    }

    impl Fuse {
        fn light(&self, from: u64, many: u64) {
            self.drops.store(0, Relaxed);
            self.from.store(from, Relaxed);
            self.many.store(many, Relaxed);
        }

        /// How many drops there were since it was lit.
        fn put_out(&self) -> u64 {
            self.many.store(0, Relaxed);
            self.drops.load(Relaxed)
        }

        fn burn(&self) {
            let drop = self.drops.fetch_add(1, Relaxed);
            if drop.checked_sub(self.from.load(Relaxed)).is_some_and(|late| late < self.many.load(Relaxed)) {
                panic!("drop {drop} panics");
            }
        }
    }

    fn counting(most: usize) -> (Tally, Arc<Fuse>) {
        let fuse = Arc::<Fuse>::default();
        let burns = Arc::clone(&fuse);
        (Tally::new(most, move || burns.burn()), fuse)
    }

    fn filled(tally: &Tally, policy: DropPolicy) -> Counting {
        let dict = Counting::builder().drop_policy(policy).build();
        dict.insert_many((0..KEYS).map(|key| (tally.new_one(key), tally.new_one(key))));
        dict
    }

    /// Frees what was taken out, also while other tests are pinned for a moment.
    fn free_all(dict: &Counting) {
        while dict.garbage().kept > 0 {
            dict.flush();
            dict.collect(usize::MAX);
            thread::yield_now();
        }
    }

    /// The same entries by iteration, by number and by lookup, and nothing else is alive; others can be put in and taken out.
    fn assert_sound(dict: &Counting, tally: &Tally, run: &str) {
        free_all(dict);
        let keys: Vec<u64> = dict.iter().map(|entry| entry.key().number()).collect();
        assert_eq!(keys.len(), dict.len(), "{run}: the number of entries");
        assert_eq!(tally.alive(), 2 * keys.len(), "{run}: something is left that is not in the dict");
        for &key in &keys {
            assert_eq!(dict.read(&tally.new_one(key), |value| value.number() % ABSENT), Some(key), "{run}");
        }
        for key in 2 * ABSENT..2 * ABSENT + KEYS {
            assert!(dict.insert(tally.new_one(key), tally.new_one(key)).is_none(), "{run}: {key} was never there");
        }
        for key in 2 * ABSENT..2 * ABSENT + KEYS {
            assert_eq!(dict.take(&tally.new_one(key)).map(|value| value.number()), Some(key), "{run}: {key} is lost");
        }
        free_all(dict);
        assert_eq!(tally.alive(), 2 * dict.len(), "{run}: something is left of what came and went");
    }

    /// Runs the work with so many panics in a row, that begin with the first drop, with the second, and so on.
    fn at_each_drop(policy: DropPolicy, many: u64, work: impl Fn(&Counting, &Tally)) {
        let mut from = 0;
        loop {
            let (tally, fuse) = counting(2_000);
            let dict = filled(&tally, policy);
            fuse.light(from, many);
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&dict, &tally)));
            let drops = fuse.put_out();
            let run = format!("{many} panics from drop {from} on, {policy:?}");
            assert_eq!(outcome.is_err(), drops > from, "{run}: a panic was swallowed, or another one came");
            assert_sound(&dict, &tally, &run);
            fuse.light(from, many);
            let outcome = catch_unwind(AssertUnwindSafe(|| drop(dict)));
            assert_eq!(outcome.is_err(), fuse.put_out() > from, "{run}: in the end");
            assert_eq!(tally.alive(), 0, "{run}: something is left behind by the dict");
            if drops <= from {
                assert_ne!(from, 0, "nothing is dropped");
                return;
            }
            // Miri is slow.
            from += if cfg!(miri) { 7 } else { 1 };
        }
    }

    macro_rules! survivors {
        ($($name:ident: |$dict:ident, $new:ident| $work:expr;)*) => {$(
            #[test]
            fn $name() {
                for policy in [DropPolicy::Inline, DropPolicy::Deferred] {
                    // Under Miri, which is slow, one with each.
                    let (least, most) = if cfg!(miri) && policy == DropPolicy::Inline { (1, 1) } else { (1, u64::MAX) };
                    for many in [least, most] {
                        at_each_drop(policy, many, |$dict, tally| {
                            let $new = |number| tally.new_one(number);
                            $work;
                            // What was replaced or removed goes here at the latest.
                            free_all($dict);
                        });
                    }
                }
            }
        )*};
    }

    survivors! {
        insert: |dict, new| (0..KEYS + 3).for_each(|key| drop(dict.insert(new(key), new(key + ABSENT))));
        try_insert: |dict, new| for key in KEYS - 2..KEYS + 2 {
            assert_eq!(dict.try_insert(new(key), new(key)).is_ok(), key >= KEYS);
        };
        insert_many: |dict, new| dict.insert_many((2..2 * KEYS).map(|key| (new(key), new(key + ABSENT))));
        remove: |dict, new| (1..KEYS + 2).for_each(|key| drop(dict.remove(&new(key))));
        remove_if: |dict, new| (0..KEYS).for_each(|key| drop(dict.remove_if(&new(key), |key, _| key.number() % 2 == 0)));
        take: |dict, new| (0..3).for_each(|key| drop(dict.take(&new(key))));
        clear: |dict, _new| dict.clear();
        retain: |dict, _new| dict.retain(|key, _| key.number() % 3 == 0);
        drain: |dict, _new| dict.drain().for_each(drop);
        drain_the_first: |dict, _new| drop(dict.drain().next());
        removed_entries_that_are_kept: |dict, new| {
            let mut removed = Vec::new();
            for key in 0..3 {
                // Kept before the key is dropped: a value on its way out of a closure would be lost by that panic.
                let key = new(key);
                removed.push(dict.remove(&key));
            }
            removed.into_iter().for_each(drop);
        };
        update: |dict, new| (0..KEYS + 2).for_each(|key| drop(dict.update(&new(key), |old| new(old.number() + ABSENT))));
        swap: |dict, new| drop(dict.swap(&new(1), new(1 + ABSENT)));
        compare_and_set: |dict, new| {
            drop(dict.compare_and_set(&new(1), &new(1), new(1 + ABSENT)));
            drop(dict.compare_and_set(&new(2), &new(1), new(1)));
        };
        compute: |dict, new| for key in 0..KEYS {
            dict.compute(new(key), |_| match key % 3 {
                0 => Op::Keep,
                1 => Op::Remove,
                _ => Op::Insert(new(key + ABSENT)),
            });
        };
        get_or_insert: |dict, new| (KEYS - 2..KEYS + 2).for_each(|key| drop(dict.get_or_insert(new(key), new(key))));
        pinned: |dict, new| {
            let pinned = dict.pin();
            pinned.insert(new(1), new(1 + ABSENT));
            pinned.remove(&new(2));
        };
        transact: |dict, new| dict.transact(|transaction| {
            transaction.insert(new(1), new(1));
            transaction.insert(new(1), new(1 + ABSENT));
            transaction.remove(&new(2));
            transaction.insert(new(KEYS), new(KEYS));
        });
        // Of a copy, whose entries go one by one.
        into_iter: |dict, _new| dict.clone().into_iter().take(3).for_each(drop);
    }

    /// The same in several threads, each of which goes on after the panics of what it happens to drop.
    #[test]
    fn in_many_threads() {
        const THREADS: u64 = 3;
        let (tally, fuse) = counting(8 * (THREADS * ROUNDS) as usize);
        let dict = filled(&tally, DropPolicy::Inline);
        let panics: u64 = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (dict, tally, fuse) = (&dict, &tally, &fuse);
                    scope.spawn(move || {
                        let mut random = Random::new(thread + 1);
                        let mut panics = 0;
                        for round in 0..ROUNDS {
                            let (key, kind) = (random.below(2 * KEYS), random.below(8));
                            let work = || {
                                let new = |number| tally.new_one(number);
                                match kind {
                                    0..3 => drop(dict.insert(new(key), new(key))),
                                    3 | 4 => drop(dict.remove(&new(key))),
                                    5 => drop(dict.update(&new(key), |old| new(old.number()))),
                                    6 if round % 16 == 0 => dict.retain(|other, _| other.number() % 5 != key % 5),
                                    7 if round % 64 == 0 => dict.clear(),
                                    _ => {
                                        let found = dict.read(&new(key), Counted::number);
                                        assert!(found.is_none_or(|found| found == key), "the value of another key");
                                    }
                                }
                            };
                            fuse.light(random.below(6), 1);
                            panics += u64::from(catch_unwind(AssertUnwindSafe(work)).is_err());
                        }
                        panics
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
        });
        fuse.put_out();
        assert_ne!(panics, 0, "no drop has panicked");
        assert_sound(&dict, &tally, "many threads");
        drop(dict);
        assert_eq!(tally.alive(), 0, "something is left behind by the dict");
    }
}
