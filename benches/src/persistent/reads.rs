//! Maps that are built, read and dropped.

use std::hint::black_box;

use super::Job;
use super::key::{Key, value};
use super::kinds::{Lookup, Map, entries, expected, grown};
use super::lap::Lap;
use super::step::{COLLECT, DEPENDENT_HIT, DROP, DROP_WHOLE, HELD_COLLECTED, HIT, ITERATE, MISS, ONE_BY_ONE};
use super::weight;
use crate::rng::SplitMix;
use crate::workload::Outcome;

/// Flat maps are dropped several at a time: so many, or as many as have so many entries.
const DROPPED: u64 = 16;
const DROPPED_ENTRIES: u64 = 4_000_000;

/// A number below `bound`, from the upper bits of a draw.
#[inline]
pub(super) fn scale(drawn: u64, bound: u64) -> u64 {
    ((u128::from(drawn) * u128::from(bound)) >> 64) as u64
}

/// Builds by both ways, and drops what has grown one by one.
pub(super) fn build<K: Key, M: Map<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let right = expected::<K>(job.size);
    lap.lives(|lap| {
        let given = entries::<K>(job.size);
        let map = lap.once(&COLLECT, job.size, || M::collect(given));
        lap.check("a collected map has other entries", map.walk() == right);
        drop(map);
        let given = entries::<K>(job.size);
        let map = lap.once(&ONE_BY_ONE, job.size, || {
            let mut map = M::empty();
            for (key, value) in given {
                map.put(key, value);
            }
            map
        });
        lap.check("a map built one by one has other entries", map.walk() == right);
        lap.once(&DROP, job.size, || drop(map));
    });
    lap.finish()
}

/// Fills the caches nearest to the core with something else: a small map is as far away then as a large one.
fn cool() {
    const BYTES: usize = 32 << 20;
    black_box(vec![1u8; BYTES]);
}

/// Looks up keys that are there, also one after the other, and keys that are not there.
pub(super) fn get<K: Key, M: Map<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    look_up(&mut lap, job, &grown::<K, M>(job.size));
    lap.finish()
}

fn look_up<K: Key, L: Lookup<K>>(lap: &mut Lap, job: &Job, map: &L) {
    let mut choice = SplitMix::new(job.size);
    let mut key = K::new(0);
    let mut wrong = 0;
    lap.repeat(&HIT, 1, || {
        let number = scale(choice.draw(), job.size);
        key.set(number);
        wrong += u64::from(map.find(&key) != Some(value(number)));
    });
    let mut state = 0;
    lap.repeat(&DEPENDENT_HIT, 1, || {
        // The draw does not wait for the answer. It keeps the chain from running in a short circle.
        let number = scale(choice.draw() ^ state, job.size);
        key.set(number);
        state = map.find(&key).unwrap_or_default();
        wrong += u64::from(state != value(number));
    });
    lap.repeat(&MISS, 1, || {
        key.set(job.size + scale(choice.draw(), job.size));
        wrong += u64::from(map.find(&key).is_some());
    });
    lap.check("a lookup is wrong", wrong == 0);
}

/// Looks at all entries.
pub(super) fn iterate<K: Key, M: Map<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    walk(&mut lap, job, &grown::<K, M>(job.size));
    lap.finish()
}

fn walk<K: Key, L: Lookup<K>>(lap: &mut Lap, job: &Job, map: &L) {
    let right = expected::<K>(job.size);
    let mut all = true;
    lap.repeat(&ITERATE, job.size, || all &= black_box(map).walk() == right);
    lap.check("a walk finds other entries than there are", all);
}

/// All that can be done with a map that is never changed.
pub(super) fn flat<K: Key, L: Lookup<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let map = L::collect(entries::<K>(job.size));
    lap.check("a map has lost entries", map.count() as u64 == job.size);
    look_up(&mut lap, job, &map);
    walk(&mut lap, job, &map);
    drop(map);
    lap.lives(|lap| {
        let given = entries::<K>(job.size);
        drop(lap.once(&COLLECT, job.size, || L::collect(given)));
    });
    let count = (DROPPED_ENTRIES / job.size).clamp(1, DROPPED);
    let mut maps: Vec<L> = (0..count).map(|_| L::collect(entries::<K>(job.size))).collect();
    cool();
    lap.once(&DROP_WHOLE, count, || maps.clear());
    lap.weigh(&HELD_COLLECTED, weight::of_each(job.size, || L::collect(entries::<K>(job.size))).1);
    lap.finish()
}
