//! Vectors, whose elements are their indices.

use std::hint::black_box;

use super::Job;
use super::kinds::{Cut, Fronted, Past, Sequence};
use super::lap::Lap;
use super::step::{COLLECT, CONCAT, DROP, INDEX_IN_ORDER, INDEX_RANDOM, ITERATE, ONE_BY_ONE, PUSH, PUSH_FRONT, SLICE};
use crate::rng::SplitMix;
use crate::workload::Outcome;

/// So many old versions are kept.
const KEPT: usize = 32;
/// After so many pushes it begins anew, with the same vector.
const CHAIN: u64 = 1024;

/// What a walk over the numbers below `size` comes to.
const fn expected(size: u64) -> (u64, u64) {
    (size, size * (size - 1) / 2)
}

fn grown<S: Sequence>(size: u64) -> S {
    let mut vector = S::empty();
    for element in 0..size {
        vector.put(element);
    }
    vector
}

/// Builds by both ways, and drops.
pub(super) fn build<S: Sequence>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let right = expected(job.size);
    lap.lives(|lap| {
        let vector = lap.once(&COLLECT, job.size, || S::collect(job.size));
        lap.check("a collected vector has other elements", vector.walk() == right);
        drop(vector);
        let vector: S = lap.once(&ONE_BY_ONE, job.size, || grown(job.size));
        lap.check("a vector built one by one has other elements", vector.walk() == right);
        lap.once(&DROP, job.size, || drop(vector));
    });
    lap.finish()
}

/// Elements by index, and one after the other.
pub(super) fn index<S: Sequence>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let vector: S = grown(job.size);
    let mut choice = SplitMix::new(job.size);
    let size = job.size as usize;
    let mut wrong = 0;
    lap.repeat(&INDEX_RANDOM, 1, || {
        let index = choice.below(size);
        wrong += u64::from(vector.find(index) != Some(index as u64));
    });
    let right = expected(job.size);
    lap.repeat(&INDEX_IN_ORDER, job.size, || {
        let vector = black_box(&vector);
        let sum = (0..size).fold(0, |sum: u64, index| sum.wrapping_add(vector.find(index).unwrap_or_default()));
        wrong += u64::from(sum != right.1);
    });
    lap.repeat(&ITERATE, job.size, || wrong += u64::from(black_box(&vector).walk() != right));
    lap.check("a vector has other elements", wrong == 0);
    lap.finish()
}

/// Versions, each with one element more than the one before.
pub(super) fn push<S: Sequence>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let base: S = grown(job.size);
    let mut past = Past::<S, KEPT>::new();
    let mut wrong = 0;
    lap.repeat(&PUSH, CHAIN, || {
        let mut last = base.clone();
        for element in 0..CHAIN {
            let newer = last.plus(element);
            past.step(&mut last, newer);
        }
        wrong += u64::from(last.count() as u64 != job.size + CHAIN);
    });
    lap.check("a version has too many or too few elements", wrong == 0);
    lap.finish()
}

/// Builds from the other end.
pub(super) fn push_front<S: Fronted>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    lap.lives(|lap| {
        let vector = lap.once(&PUSH_FRONT, job.size, || {
            let mut vector = S::empty();
            for element in (0..job.size).rev() {
                vector.put_front(element);
            }
            vector
        });
        lap.check("a vector built from behind has other elements", vector.walk() == expected(job.size));
        lap.check("and in another order", vector.find(0) == Some(0));
    });
    lap.finish()
}

/// Joins a vector with itself, and cuts its middle half out.
pub(super) fn cut<S: Cut>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let vector: S = grown(job.size);
    let size = job.size as usize;
    let (start, end) = (size / 4, size * 3 / 4);
    let (long, short) = (vector.concat(&vector), vector.slice(start, end));
    lap.check("a concatenation has other elements", long.walk() == (2 * job.size, 2 * expected(job.size).1));
    let is_middle = (start..end).all(|index| short.find(index - start) == Some(index as u64));
    lap.check("a slice has other elements", short.count() == end - start && is_middle);
    drop((long, short));
    lap.make(&CONCAT, || vector.concat(&vector));
    lap.make(&SLICE, || vector.slice(start, end));
    lap.finish()
}
