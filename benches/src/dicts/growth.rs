//! The workloads that fill a dictionary once. They run in a process of their own, where memory is new for everyone.

use super::fixture::Books;
use super::key::{Key, value};
use super::steady::{Mix, Next, scale};
use super::table::{Seat, Table};
use super::{Job, KEPT, THROUGHPUT, WALL, crew};
use crate::machine::allowed_cores;
use crate::rng::SplitMix;
use crate::workload::{Outcome, Report};

/// 5/80/5/10.
const RAPID: Mix = Mix { gets: 5, inserts: 80, removes: 5 };

/// One of several threads that fill a dictionary. The numbers of its keys are its own.
struct Filler<K, S> {
    seat: S,
    key: K,
    index: u64,
    threads: u64,
    books: Books,
}

impl<K: Key, S: Seat<K>> Filler<K, S> {
    fn new<'a, T: Table<K, Seat<'a> = S>>(table: &'a T, index: usize, threads: usize) -> Self {
        let (index, threads) = (index as u64, threads as u64);
        Self { seat: table.seat(), key: K::new(0), index, threads, books: Books::default() }
    }

    /// How many of `size` are its part.
    fn part(&self, size: u64) -> u64 {
        (size + self.threads - 1 - self.index) / self.threads
    }

    /// The number of its `place`th key.
    fn number(&self, place: u64) -> u64 {
        place * self.threads + self.index
    }

    fn insert(&mut self, place: u64) {
        let number = self.number(place);
        let value = value(number);
        let old = self.seat.insert(K::new(number), value);
        self.books.put(value, old);
    }

    /// Puts in what is its part.
    fn build(&mut self, size: u64) {
        for place in 0..self.part(size) {
            self.insert(place);
        }
    }

    /// Its part of the operations of the mix. What is not an insertion goes to one of the keys that it has put in.
    fn grow(&mut self, operations: u64) {
        let mut choice = SplitMix::new(self.index);
        let mut places = 0;
        for _ in 0..self.part(operations) {
            let drawn = choice.draw();
            let next = RAPID.next(drawn);
            if next == Next::Insert || places == 0 {
                self.insert(places);
                places += 1;
                continue;
            }
            let number = self.number(scale(drawn, places));
            self.key.set(number);
            match next {
                Next::Remove => {
                    let old = self.seat.remove(&self.key);
                    self.books.take(old);
                }
                Next::Update => {
                    let there = self.seat.update(&self.key, |value| value.wrapping_add(1));
                    self.books.add(u64::from(there));
                }
                Next::Get | Next::Insert => {
                    std::hint::black_box(self.seat.get(&self.key));
                }
            }
        }
    }
}

fn cores() -> usize {
    allowed_cores().len().max(1)
}

/// Lets `threads` threads fill a new dictionary: the rate, where there is a core for each, and that of the whole run, in
/// operations per second.
fn fill<K: Key, T: Table<K>>(
    job: &Job<'_>,
    threads: usize,
    room: u64,
    work: impl for<'a> Fn(&mut Filler<K, T::Seat<'a>>) + Sync,
) -> Result<(Option<f64>, f64), String> {
    let table = T::new(room as usize);
    let (all, spent) = crew::share(threads, &|index| {
        let mut filler = Filler::new(&table, index, threads);
        let work = &work;
        Box::new(move || {
            work(&mut filler);
            filler.books
        })
    });
    let mut books = Books::default();
    all.into_iter().for_each(|own| books.join(own));
    books.audit::<K, T>(&table, job.size)?;
    let rate = (threads <= cores()).then(|| spent.rate(threads, job.size));
    Ok((rate, job.size as f64 / spent.took.wall.as_secs_f64()))
}

/// The figures of a dictionary that is filled; with more threads than cores, one for each core does so before.
fn filled<K: Key, T: Table<K>>(
    job: &Job<'_>,
    room: u64,
    work: impl for<'a> Fn(&mut Filler<K, T::Seat<'a>>) + Sync,
) -> Outcome {
    let crowded = job.threads > cores() && cores() > 1;
    let alone = if crowded { Some(fill::<K, T>(job, cores(), room, &work)?.1) } else { None };
    let (rate, whole) = fill::<K, T>(job, job.threads, room, &work)?;
    let mut report = Report::new(0);
    report.push_maybe(THROUGHPUT, rate.map(|rate| rate / 1e6));
    report.push(WALL, whole / 1e6);
    if let Some(alone) = alone {
        report.push(KEPT, whole / alone);
    }
    Ok(report)
}

/// Puts all entries into an empty dictionary.
pub(super) fn build<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    filled::<K, T>(job, 0, |filler| filler.build(job.size))
}

/// Puts all entries into one that was made for so many.
pub(super) fn build_preset<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    filled::<K, T>(job, job.size, |filler| filler.build(job.size))
}

/// Mostly inserts, from an empty dictionary.
pub(super) fn rapid_grow<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    filled::<K, T>(job, 0, |filler| filler.grow(job.size))
}

#[cfg(test)]
mod tests {
    use super::super::tables::OneMutex;
    use super::*;

    #[test]
    fn parts_add_up_and_numbers_are_below_the_size() {
        let table = OneMutex::<u64>::new(0);
        for size in [1, 7, 9, 100] {
            let fillers: Vec<_> = (0..3).map(|index| Filler::<u64, _>::new(&table, index, 3)).collect();
            let all = fillers.iter().flat_map(|filler| (0..filler.part(size)).map(|place| filler.number(place)));
            let mut all: Vec<u64> = all.collect();
            all.sort_unstable();
            assert_eq!(all, (0..size).collect::<Vec<_>>());
        }
    }
}
