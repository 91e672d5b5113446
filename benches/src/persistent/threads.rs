//! Threads that share a map, each with versions of its own.

use std::hint::black_box;

use super::key::{Key, value};
use super::kinds::{Persistent, grown};
use super::reads::scale;
use super::{Job, THROUGHPUT, WALL};
use crate::rng::SplitMix;
use crate::team;
use crate::workload::{Outcome, Report};

/// Each clones the same map and drops the clone.
pub(super) fn clone<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    let base: M = grown(job.size);
    let effort = team::work(job.threads, job.slice, |_| (), |()| drop(black_box(base.clone())));
    let mut report = Report::new(0);
    effort.put_rates(&mut report, THROUGHPUT, WALL);
    check::<K, M>(job, &base)?;
    Ok(report)
}

/// Each makes a version with one more entry of the same map, and drops it: all count the same nodes up and down.
pub(super) fn derive<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    let base: M = grown(job.size);
    let make = |index: usize| SplitMix::new(index as u64);
    let effort = team::work(job.threads, job.slice, make, |choice| {
        let number = job.size + scale(choice.draw(), job.size);
        drop(black_box(base.plus(K::new(number), value(number))));
    });
    let mut report = Report::new(0);
    effort.put_rates(&mut report, THROUGHPUT, WALL);
    check::<K, M>(job, &base)?;
    Ok(report)
}

/// The map is as it was.
fn check<K: Key, M: Persistent<K>>(job: &Job, base: &M) -> Result<(), String> {
    let right = super::kinds::expected::<K>(job.size);
    if base.walk() == right { Ok(()) } else { Err("a map that was cloned has other entries".to_owned()) }
}
