//! Filled dictionaries, the books that are kept of them, and the threads that work on them.
//!
//! Every thread writes down what it put in, changed and took out. From the books follows what must be left, whatever the
//! threads did to each other: operations on one key have an order, and what one of them takes out is what another one
//! put in. An audit looks every key up.
//!
//! Small dictionaries are made anew for each run. Large ones take longer to fill than to measure, so they are kept
//! for the rounds to come, until one of another kind is asked for; their books go on, and are audited now and then.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::key::{self, Key};
use super::table::{BATCH, Seat, Table};
use super::{Job, KEPT, THROUGHPUT, WALL};
use crate::machine::allowed_cores;
use crate::rng::SplitMix;
use crate::team::{self, Repeat};
use crate::workload::{Outcome, Report};

/// From this size on dictionaries are kept.
const LARGE: u64 = 100_000;
/// A large one is audited in each round that this divides.
const AUDITED: usize = 5;
/// A run of several threads that is shorter than this has no clean windows.
const SHORTEST: Duration = Duration::from_millis(15);
/// A run on a large dictionary that is shorter than this tells how the caches are filled again after another
/// contender's run.
const WARMING: Duration = Duration::from_millis(100);

/// With what a dictionary of some size is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// With so many entries, which nobody changes.
    Fixed,
    /// With so many entries, whose values change.
    Counted,
    /// With about every other one of twice as many keys, which come and go.
    Half,
}

/// What was done to a dictionary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    /// Entries put in and not taken out; they wrap, as threads take out what others put in.
    pub(super) entries: u64,
    /// The sum of the values put in, less those replaced and taken out.
    pub(super) sum: u64,
    /// Answers that cannot be.
    pub(super) wrong: u64,
}

impl Books {
    /// Notes that `value` went in, in the place of `old`.
    #[inline]
    pub(super) fn put(&mut self, value: u64, old: Option<u64>) {
        self.sum = self.sum.wrapping_add(value);
        self.entries = self.entries.wrapping_add(1);
        self.take(old);
    }

    /// Notes that `old` was taken out.
    #[inline]
    pub(super) fn take(&mut self, old: Option<u64>) {
        if let Some(old) = old {
            self.sum = self.sum.wrapping_sub(old);
            self.entries = self.entries.wrapping_sub(1);
        }
    }

    /// Notes that `more` was added to a value.
    #[inline]
    pub(super) fn add(&mut self, more: u64) {
        self.sum = self.sum.wrapping_add(more);
    }

    /// Adds another thread's.
    pub(super) fn join(&mut self, other: Self) {
        self.entries = self.entries.wrapping_add(other.entries);
        self.sum = self.sum.wrapping_add(other.sum);
        self.wrong += other.wrong;
    }

    /// Looks every key of the numbers below `universe` up, and says what does not agree.
    pub(super) fn audit<K: Key, T: Table<K>>(&self, table: &T, universe: u64) -> Result<(), String> {
        if self.wrong > 0 {
            return Err(format!("{} answers were wrong", self.wrong));
        }
        let mut found = Self::default();
        let mut seat = table.seat();
        let mut key = K::new(0);
        for number in 0..universe {
            key.set(number);
            if let Some(value) = seat.get(&key) {
                found.put(value, None);
            }
        }
        drop(seat);
        let len = table.len() as u64;
        if (found, len) != (*self, self.entries) {
            let Self { entries, sum, .. } = *self;
            return Err(format!(
                "{entries} entries with a sum of {sum:#x} were left: {} with {:#x} are found, and it says {len}",
                found.entries, found.sum
            ));
        }
        Ok(())
    }
}

/// A dictionary with its books.
pub(super) struct Fixture<K, T> {
    table: T,
    books: Mutex<Books>,
    universe: u64,
    keys: PhantomData<fn(K)>,
}

impl<K: Key, T: Table<K>> Fixture<K, T> {
    fn new(size: u64, fill: Fill) -> Self {
        let universe = if fill == Fill::Half { 2 * size } else { size };
        let mut choice = SplitMix::new(size);
        let table = T::new(0);
        let mut books = Books::default();
        let mut seat = table.seat();
        for number in 0..universe {
            if fill != Fill::Half || choice.draw() & 1 == 0 {
                let value = key::value(number);
                books.put(value, seat.insert(K::new(number), value));
            }
        }
        drop(seat);
        Self { table, books: Mutex::new(books), universe, keys: PhantomData }
    }

    /// The dictionary.
    pub(super) fn table(&self) -> &T {
        &self.table
    }

    /// What must be in it.
    pub(super) fn books(&self) -> Books {
        *self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the job's threads repeat `operation`, which is `each` operations in one. On more threads than cores, one
    /// for each core does so before, for comparison.
    pub(super) fn contend<'a>(
        &'a self,
        job: &Job<'_>,
        each: usize,
        operation: impl Fn(&mut Member<'a, K, T::Seat<'a>>) + Sync,
    ) -> Outcome {
        let seed = |index: usize| (job.round << 8 | index) as u64;
        let report = rates(job, each as f64, &|index| {
            team::each(Member::new(&self.table, &self.books, seed(index)), &operation)
        });
        self.check(job)?;
        Ok(report)
    }

    fn check(&self, job: &Job<'_>) -> Result<(), String> {
        let books = self.books();
        if job.size < LARGE || job.round.is_multiple_of(AUDITED) {
            return books.audit::<K, T>(&self.table, self.universe);
        }
        if books.wrong > 0 { Err(format!("{} answers were wrong", books.wrong)) } else { Ok(()) }
    }
}

/// The rates of the job's threads.
fn rates<'a>(job: &Job<'_>, each: f64, make: &(dyn Fn(usize) -> Repeat<'a> + Sync)) -> Report {
    let shortest = match (job.size, job.threads) {
        (LARGE.., _) => WARMING,
        (_, 1) => Duration::ZERO,
        _ => SHORTEST,
    };
    let run = |threads: usize, slice: Duration| team::repeat(threads, slice.max(shortest), make);
    let cores = allowed_cores().len().max(1);
    let crowded = job.threads > cores && cores > 1;
    let alone = crowded.then(|| run(cores, job.slice / 2).wall_rate());
    let effort = run(job.threads, job.slice);
    // As `put_rates`, with several operations in one.
    let rate = if job.threads == 1 { Some(effort.cpu_rate()) } else { effort.clean_rate().per_second };
    let mut report = Report::new(0);
    report.push_maybe(THROUGHPUT, rate.map(|rate| rate * each / 1e6));
    report.push(WALL, effort.wall_rate() * each / 1e6);
    if let Some(alone) = alone {
        report.push(KEPT, effort.wall_rate() / alone);
    }
    report
}

/// A thread at work on a fixture.
pub(super) struct Member<'a, K, S> {
    pub(super) seat: S,
    pub(super) choice: SplitMix,
    /// For the key of an operation.
    pub(super) key: K,
    /// For those of an operation on several.
    pub(super) keys: [K; BATCH],
    /// For what one operation leaves to the next; any number to begin with.
    pub(super) state: u64,
    pub(super) books: Books,
    all: &'a Mutex<Books>,
}

impl<'a, K: Key, S: Seat<K>> Member<'a, K, S> {
    fn new<T: Table<K, Seat<'a> = S>>(table: &'a T, all: &'a Mutex<Books>, seed: u64) -> Self {
        let keys = std::array::from_fn(|_| K::new(0));
        let mut choice = SplitMix::new(seed);
        let state = choice.draw();
        Self { seat: table.seat(), choice, key: K::new(0), keys, state, books: Books::default(), all }
    }
}

impl<K, S> Drop for Member<'_, K, S> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).join(self.books);
    }
}

/// What large dictionaries have in common that are kept at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    size: u64,
    fill: Fill,
    key: &'static str,
}

/// Large dictionaries of one kind, one of each type.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    kind: Option<Kind>,
    fixtures: HashMap<TypeId, Box<dyn Any + Send>>,
}

impl Shelf {
    /// Takes the fixture of this type, if there is one; forgets all those of another kind.
    fn take<F: 'static>(&self, kind: Kind) -> Option<Box<F>> {
        let mut kept = self.kept();
        if kept.kind != Some(kind) {
            *kept = Kept { kind: Some(kind), fixtures: HashMap::new() };
        }
        kept.fixtures.remove(&TypeId::of::<F>())?.downcast().ok()
    }

    fn put<F: Send + 'static>(&self, fixture: Box<F>) {
        self.kept().fixtures.insert(TypeId::of::<F>(), fixture);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works on a dictionary of the job's size.
pub(super) fn with<K: Key, T: Table<K>>(
    job: &Job<'_>,
    fill: Fill,
    work: impl FnOnce(&Fixture<K, T>) -> Outcome,
) -> Outcome {
    let kind = Kind { size: job.size, fill, key: K::NAME };
    let fixture = job.shelf.take::<Fixture<K, T>>(kind).unwrap_or_else(|| Box::new(Fixture::new(job.size, fill)));
    let report = work(&fixture)?;
    if job.size >= LARGE {
        job.shelf.put(fixture);
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::super::tables::OneMutex;
    use super::*;

    #[test]
    fn an_audit_finds_what_was_lost() {
        let fixture = Fixture::<u64, OneMutex<u64>>::new(100, Fill::Half);
        let books = fixture.books();
        assert!((60..140).contains(&books.entries));
        assert_eq!(books.audit::<u64, _>(fixture.table(), 200), Ok(()));
        let gone = (0..200).find_map(|number| fixture.table().seat().remove(&<u64 as Key>::new(number)));
        assert!(gone.is_some() && books.audit::<u64, _>(fixture.table(), 200).is_err());
        let mut righted = books;
        righted.take(gone);
        assert_eq!(righted.audit::<u64, _>(fixture.table(), 200), Ok(()));
        righted.wrong = 1;
        assert!(righted.audit::<u64, _>(fixture.table(), 200).is_err());
    }

    #[test]
    fn the_shelf_keeps_one_kind() {
        let kind = |size| Kind { size, fill: Fill::Fixed, key: "u64" };
        let shelf = Shelf::default();
        assert!(shelf.take::<u8>(kind(1)).is_none());
        shelf.put(Box::new(7u8));
        assert_eq!(shelf.take::<u8>(kind(1)), Some(Box::new(7)));
        shelf.put(Box::new(7u8));
        assert!(shelf.take::<u8>(kind(2)).is_none() && shelf.take::<u8>(kind(1)).is_none());
    }
}
