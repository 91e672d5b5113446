//! Maps that change: version by version, and in place.

use super::Job;
use super::key::{Key, changed, value};
use super::kinds::{Map, Past, Persistent, grown};
use super::lap::Lap;
use super::reads::scale;
use super::step::{DIFF, EQUAL, INSERT, INSERT_IN_PLACE, REMOVE, REMOVE_IN_PLACE, UNION};
use crate::rng::SplitMix;
use crate::workload::Outcome;

/// So many old versions are kept: what is dropped is not what was just made.
const KEPT: usize = 32;
/// After so many changes it begins anew, with the same map.
const CHAIN: u64 = 1024;
/// A tenth of the entries, and no fewer than these, are put in and taken out again in place.
const IN_PLACE: u64 = 1000;

/// Versions, each with one entry more or less than the one before.
pub(super) fn versions<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let base: M = grown(job.size);
    let chain = (job.size / 8).clamp(1, CHAIN);
    let mut choice = SplitMix::new(job.size);
    let mut past = Past::<M, KEPT>::new();
    let mut wrong = 0;
    lap.repeat(&INSERT, chain, || {
        let first = job.size + scale(choice.draw(), job.size);
        let mut last = base.clone();
        for number in first..first + chain {
            let newer = last.plus(K::new(number), value(number));
            past.step(&mut last, newer);
        }
        wrong += u64::from(last.count() as u64 != job.size + chain);
    });
    let mut key = K::new(0);
    lap.repeat(&REMOVE, chain, || {
        let first = scale(choice.draw(), job.size - chain);
        let mut last = base.clone();
        for number in first..first + chain {
            key.set(number);
            let newer = last.minus(&key);
            past.step(&mut last, newer);
        }
        wrong += u64::from(last.count() as u64 != job.size - chain);
    });
    lap.check("a version has too many or too few entries", wrong == 0);
    lap.finish()
}

/// A map that nobody shares, with a tenth more entries and without them again.
pub(super) fn in_place<K: Key, M: Map<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let mut map: M = grown(job.size);
    let more = (job.size / 10).max(IN_PLACE.min(job.size));
    let mut key = K::new(0);
    lap.lives(|lap| {
        lap.once(&INSERT_IN_PLACE, more, || {
            for number in job.size..job.size + more {
                map.put(K::new(number), value(number));
            }
        });
        lap.check("entries were not put in", map.count() as u64 == job.size + more);
        let removed = lap.once(&REMOVE_IN_PLACE, more, || {
            let cut = |removed, number| {
                key.set(number);
                removed + u64::from(map.cut(&key))
            };
            (job.size..job.size + more).fold(0, cut)
        });
        lap.check("entries were not taken out", removed == more && map.count() as u64 == job.size);
    });
    lap.finish()
}

/// Two versions that are ten keys apart.
pub(super) fn near<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    apart::<K, M>(job, 10)
}

/// Two versions with a tenth of the keys between them.
pub(super) fn far<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    apart::<K, M>(job, job.size / 10)
}

/// Joins, tells apart and compares versions. What was joined is dropped without being timed.
fn apart<K: Key, M: Persistent<K>>(job: &Job, keys: u64) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let base: M = grown(job.size);
    // One half is new keys, the other new values of old ones, some everywhere.
    let half = keys / 2;
    let stride = job.size / half;
    let mut newer = base.clone();
    for number in 0..half {
        newer.put(K::new(job.size + number), value(job.size + number));
        newer.put(K::new(number * stride), changed(number * stride));
    }
    // As many keys that were changed and changed back: equal to the first one, and not the same.
    let mut again = base.clone();
    let stride = job.size / keys;
    for number in (0..keys).map(|number| number * stride) {
        again.put(K::new(number), changed(number));
        again.put(K::new(number), value(number));
    }
    let joined = base.joined(&newer);
    lap.check("a union has too many or too few entries", joined.count() as u64 == job.size + half);
    let of_either = |number: u64| {
        let found = joined.find(&K::new(number));
        found == Some(value(number)) || found == newer.find(&K::new(number))
    };
    lap.check("a union has an entry of neither", (0..job.size + half).all(of_either));
    drop(joined);
    lap.make(&UNION, || base.joined(&newer));
    let mut wrong = 0;
    lap.repeat(&DIFF, 1, || wrong += u64::from(base.changes(&newer) != 2 * half));
    lap.check("a diff has too many or too few changes", wrong == 0);
    lap.check("versions with different entries are equal", !base.is_same(&newer));
    lap.repeat(&EQUAL, 1, || wrong += u64::from(!base.is_same(&again)));
    lap.check("versions with equal entries are not equal", wrong == 0);
    lap.finish()
}
