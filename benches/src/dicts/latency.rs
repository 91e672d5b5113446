//! How long single operations take while a dictionary grows.
//!
//! Each is timed by itself, with the clock in it: some 20 ns. What of a long one was spent ready to run but not running
//! is no property of the dictionary and is subtracted (`runqueue`).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use hdrhistogram::Histogram;

use super::fixture::Books;
use super::key::{Key, value};
use super::table::{Seat, Table};
use super::{Job, crew};
use crate::locks::runqueue;
use crate::rng::SplitMix;
use crate::workload::{Metric, Outcome, Report};

const INSERT: [Metric; 4] = [
    Metric::lower("insert p99", "µs"),
    Metric::lower("insert p99.9", "µs"),
    Metric::lower("insert p50", "µs"),
    Metric::lower("insert max", "ms"),
];
const GET: [Metric; 4] = [
    Metric::lower("get p99", "µs"),
    Metric::lower("get p99.9", "µs"),
    Metric::lower("get p50", "µs"),
    Metric::lower("worst get", "ms"),
];

/// All that is measured here.
pub(super) const METRICS: [Metric; 8] = [INSERT[0], INSERT[1], INSERT[2], INSERT[3], GET[0], GET[1], GET[2], GET[3]];

/// Operations shorter than this, in ns, had no part in a run queue: not worth a system call.
const SUSPECT: u64 = 5_000;
/// The longest time that is told apart, in ns.
const LONGEST: u64 = 60_000_000_000;
/// How many entries there are before the reader begins.
const HEAD: u64 = 1000;
/// After so many insertions the writer tells the reader.
const STRIDE: u64 = 64;

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("constant bounds")
}

/// Times operations one after another: the end of one is the beginning of the next.
struct Timer {
    begun: Instant,
    last: u64,
    times: Histogram<u64>,
}

impl Timer {
    fn new() -> Self {
        let begun = Instant::now();
        runqueue::take();
        Self { begun, last: begun.elapsed().as_nanos() as u64, times: histogram() }
    }

    /// Notes the operation that has just ended.
    #[inline]
    fn note(&mut self) {
        let now = self.begun.elapsed().as_nanos() as u64;
        let mut time = now - self.last;
        self.last = now;
        if time > SUSPECT {
            time -= runqueue::take().min(time);
            self.last = self.begun.elapsed().as_nanos() as u64;
        }
        self.times.saturating_record(time.max(1));
    }
}

/// The figures of some times: percentiles in µs, and the longest in ms.
fn put(report: &mut Report, metrics: [Metric; 4], times: &Histogram<u64>) {
    let [p99, p999, p50, longest] = metrics;
    for (metric, quantile) in [(p99, 0.99), (p999, 0.999), (p50, 0.5)] {
        report.push(metric, times.value_at_quantile(quantile) as f64 / 1e3);
    }
    report.push(longest, times.max() as f64 / 1e6);
}

/// Inserts into an empty dictionary until it has its size, each of several threads its part.
pub(super) fn insert<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    let table = T::new(0);
    let threads = job.threads as u64;
    let (parts, _) = crew::share(job.threads, &|index| {
        let mut seat = table.seat();
        Box::new(move || {
            let mut books = Books::default();
            let mut timer = Timer::new();
            let mut number = index as u64;
            while number < job.size {
                let value = value(number);
                let old = seat.insert(K::new(number), value);
                timer.note();
                books.put(value, old);
                number += threads;
            }
            (timer.times, books)
        })
    });
    let (mut times, mut books) = (histogram(), Books::default());
    for (own, part) in parts {
        times.add(own).expect("the same bounds");
        books.join(part);
    }
    books.audit::<K, T>(&table, job.size)?;
    let mut report = Report::new(0);
    put(&mut report, INSERT, &times);
    Ok(report)
}

/// Looks up what is there, while another thread inserts into the dictionary, which was empty, until it has its size.
pub(super) fn reader<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    let table = T::new(0);
    let there = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let write = || {
        let mut seat = table.seat();
        let mut books = Books::default();
        for number in 0..job.size {
            let value = value(number);
            books.put(value, seat.insert(K::new(number), value));
            if number % STRIDE == STRIDE - 1 {
                // Release, and Acquire on the other side: who reads the number finds all the keys below it.
                there.store(number + 1, Ordering::Release);
            }
        }
        done.store(true, Ordering::Release);
        books
    };
    let read = || {
        let mut seat = table.seat();
        let mut choice = SplitMix::new(job.round as u64);
        let mut key = K::new(0);
        let mut books = Books::default();
        while there.load(Ordering::Acquire) < HEAD && !done.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        let mut timer = Timer::new();
        while !done.load(Ordering::Relaxed) {
            let known = there.load(Ordering::Acquire).max(1);
            let number = super::steady::scale(choice.draw(), known);
            key.set(number);
            let found = seat.get(&key);
            timer.note();
            books.wrong += u64::from(known > 1 && found != Some(value(number)));
        }
        (timer.times, books)
    };
    let (write, read) = (&write, &read);
    let (ends, _) = crew::share(2, &|index| {
        if index == 0 { Box::new(move || (histogram(), write())) } else { Box::new(read) }
    });
    let (mut times, mut books) = (histogram(), Books::default());
    for (own, part) in ends {
        times.add(own).expect("the same bounds");
        books.join(part);
    }
    books.audit::<K, T>(&table, job.size)?;
    let mut report = Report::new(0);
    if times.is_empty() {
        // The writer was done before the reader had begun.
        GET.into_iter().for_each(|metric| report.push_maybe(metric, None));
    } else {
        put(&mut report, GET, &times);
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timer_notes_each_operation() {
        let mut timer = Timer::new();
        for _ in 0..99 {
            timer.note();
        }
        thread::sleep(Duration::from_millis(3));
        timer.note();
        let times = &timer.times;
        // Asleep is not in a run queue: it counts.
        assert!(times.len() == 100 && times.max() >= 2_000_000 && times.value_at_quantile(0.5) < 1_000_000);
        let mut report = Report::new(0);
        put(&mut report, INSERT, times);
        let figure = |name: &str| report.samples.iter().find(|sample| sample.metric.name == name)?.value;
        assert!(figure("insert max").is_some_and(|longest| (2.0..1000.0).contains(&longest)));
        assert!(figure("insert p50").is_some_and(|half| half < 1000.0));
    }
}
