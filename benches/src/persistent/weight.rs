//! What collections weigh: the bytes that malloc has handed out for them.
//!
//! The allocator's own books are read, so that no row pays for a counting wrapper; they include the headers and the rounding of
//! allocations, which a program pays for, too. They take what a thread has freed and keeps for itself for handed out: so
//! collections are built by a thread of their own, whose hoard is given back when it ends.

use std::hint::black_box;
use std::thread;

use super::Job;
use super::key::{Key, value};
use super::kinds::{Map, Persistent, Sequence, entries, grown};
use super::lap::Lap;
use super::step::{HELD, HELD_COLLECTED, KEPT_VERSION};
use crate::regions::process::held;
use crate::workload::Outcome;

/// Small collections are weighed together, as many as have so many entries.
const ENOUGH: u64 = 20_000;
/// So many versions are weighed together.
const VERSIONS: u64 = 256;

/// Makes something, and tells its bytes.
fn of<T: Send>(make: impl FnOnce() -> T + Send) -> (T, Option<f64>) {
    // The first thread gets a part of the heap, which the next one takes over: that part's own books are not weighed.
    on_a_thread(|| drop(black_box(Box::new(0u8))));
    let before = held();
    let made = on_a_thread(make);
    let after = held();
    (made, after.zip(before).map(|(after, before)| after - before))
}

fn on_a_thread<T: Send>(make: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(make).join().expect("building does not panic"))
}

/// Makes collections of `size` entries, one or more, and tells the bytes of an entry.
pub(super) fn of_each<T: Send>(size: u64, make: impl Fn() -> T + Send) -> (Vec<T>, Option<f64>) {
    let count = (ENOUGH / size).max(1);
    let (made, bytes) = of(move || (0..count).map(|_| make()).collect::<Vec<_>>());
    (made, bytes.map(|bytes| bytes / (count * size) as f64))
}

/// An entry of a map, and a version with one entry more.
pub(super) fn versions<K: Key, M: Persistent<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let maps = entry::<K, M>(&mut lap, job);
    let base = &maps[0];
    let plus = |number| base.plus(K::new(number), value(number));
    let (kept, bytes) = of(|| (job.size..job.size + VERSIONS).map(plus).collect::<Vec<M>>());
    lap.check("a version has lost entries", kept.iter().all(|version| version.count() as u64 == job.size + 1));
    lap.weigh(&KEPT_VERSION, bytes.map(|bytes| bytes / VERSIONS as f64));
    lap.finish()
}

/// An entry of a map.
pub(super) fn entries_alone<K: Key, M: Map<K>>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    entry::<K, M>(&mut lap, job);
    lap.finish()
}

fn entry<K: Key, M: Map<K>>(lap: &mut Lap, job: &Job) -> Vec<M> {
    let (maps, bytes) = of_each(job.size, || grown::<K, M>(job.size));
    lap.weigh(&HELD, bytes);
    lap.weigh(&HELD_COLLECTED, of_each(job.size, || M::collect(entries::<K>(job.size))).1);
    maps
}

/// An element of a vector, and a version with one element more.
pub(super) fn vectors<S: Sequence>(job: &Job) -> Outcome {
    let mut lap = Lap::new(job.slice);
    let grown = || {
        let mut vector = S::empty();
        (0..job.size).for_each(|element| vector.put(element));
        vector
    };
    let (vectors, bytes) = of_each(job.size, grown);
    lap.weigh(&HELD, bytes);
    lap.weigh(&HELD_COLLECTED, of_each(job.size, || S::collect(job.size)).1);
    let base = &vectors[0];
    let (kept, bytes) = of(|| (0..VERSIONS).map(|element| base.plus(element)).collect::<Vec<S>>());
    lap.check("a version has lost elements", kept.iter().all(|version| version.count() as u64 == job.size + 1));
    lap.weigh(&KEPT_VERSION, bytes.map(|bytes| bytes / VERSIONS as f64));
    lap.finish()
}
