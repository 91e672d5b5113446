//! The stopwatch of the family: one [`Lap`] follows one run of one contender.
//!
//! Slices are of the process's CPU time: on a busy machine one of wall time may be over before anything was done.

use std::hint::black_box;
use std::time::Duration;

use super::step::Step;
use crate::clock::{Stopwatch, Took, process_cpu};
use crate::workload::{Outcome, Report};

/// What one call took longer than is timed by itself; of shorter ones several are timed together.
const LONG: Duration = Duration::from_micros(100);
/// So many of them.
const TOGETHER: usize = 64;

/// Readings of one run, and what was wrong with its answers.
#[derive(Debug)]
pub(super) struct Lap {
    slice: Duration,
    idle: Duration,
    readings: Vec<Reading>,
    wrong: Option<String>,
}

#[derive(Debug)]
struct Reading {
    step: &'static Step,
    sum: Sum,
}

#[derive(Debug)]
enum Sum {
    Time { took: Took, operations: u64 },
    Weight(Option<f64>),
}

impl Lap {
    /// Work without an end of its own goes on for a `slice`.
    pub(super) fn new(slice: Duration) -> Self {
        // What reading the clock costs by itself, which counts where what is timed is short.
        let idle = (0..64).map(|_| Stopwatch::start().read().cpu).min().unwrap_or_default();
        Self { slice, idle, readings: Vec::new(), wrong: None }
    }

    /// Times `f`, which does so many operations, and adds that to what the step has.
    pub(super) fn once<T>(&mut self, step: &'static Step, operations: u64, f: impl FnOnce() -> T) -> T {
        // The way into the kernel and back is warm, whatever came before did to the caches.
        black_box(Stopwatch::start().read());
        let watch = Stopwatch::start();
        let made = black_box(f());
        let read = watch.read();
        self.add(step, Took { cpu: read.cpu.saturating_sub(self.idle), wall: read.wall }, operations);
        made
    }

    fn add(&mut self, step: &'static Step, more: Took, count: u64) {
        for reading in &mut self.readings {
            if let Sum::Time { took, operations } = &mut reading.sum
                && std::ptr::eq(reading.step, step)
            {
                took.cpu += more.cpu;
                took.wall += more.wall;
                *operations += count;
                return;
            }
        }
        self.readings.push(Reading { step, sum: Sum::Time { took: more, operations: count } });
    }

    /// Does `f`, which is so many operations, over and over for a slice, a quarter of one of which is not timed.
    pub(super) fn repeat(&mut self, step: &'static Step, operations: u64, mut f: impl FnMut()) {
        over_and_over(self.slice / 4, &mut f);
        let slice = self.slice;
        let watch = Stopwatch::start();
        let calls = over_and_over(slice, &mut f);
        let took = watch.read();
        self.add(step, took, calls * operations);
    }

    /// Makes what `f` makes, over and over for a slice. Dropping it is not timed.
    pub(super) fn make<T>(&mut self, step: &'static Step, mut f: impl FnMut() -> T) {
        let begun = process_cpu();
        let first = black_box(f());
        let count = if process_cpu() - begun > LONG { 1 } else { TOGETHER };
        drop(first);
        let mut made = Vec::with_capacity(count);
        let begun = process_cpu();
        loop {
            self.once(step, count as u64, || made.extend((0..count).map(|_| black_box(f()))));
            made.clear();
            if process_cpu() - begun >= self.slice {
                break;
            }
        }
    }

    /// Lives `life` over and over for a slice. The first one warms up, and its readings are dropped.
    pub(super) fn lives(&mut self, mut life: impl FnMut(&mut Self)) {
        let before = self.readings.len();
        life(self);
        self.readings.truncate(before);
        let begun = process_cpu();
        loop {
            life(self);
            if process_cpu() - begun >= self.slice {
                break;
            }
        }
    }

    /// Records a weight, or that nobody knows it. The last one of a step counts.
    pub(super) fn weigh(&mut self, step: &'static Step, weight: Option<f64>) {
        let sum = Sum::Weight(weight);
        match self.readings.iter_mut().find(|reading| std::ptr::eq(reading.step, step)) {
            Some(reading) => reading.sum = sum,
            None => self.readings.push(Reading { step, sum }),
        }
    }

    /// Notes that an answer must be right. The first one that is not is told.
    pub(super) fn check(&mut self, what: &str, right: bool) {
        if !right && self.wrong.is_none() {
            self.wrong = Some(what.to_owned());
        }
    }

    /// The figures.
    pub(super) fn finish(self) -> Outcome {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut report = Report::new(0);
        for Reading { step, sum } in self.readings {
            match sum {
                Sum::Weight(weight) => report.push_maybe(step.metric, weight),
                Sum::Time { took, operations } => {
                    report.push(step.metric, took.cpu_ns_per(operations) / step.scale);
                    if let Some(wall) = step.wall {
                        report.push(wall, took.wall_ns_per(operations) / step.scale);
                    }
                }
            }
        }
        Ok(report)
    }
}

/// Calls `f` for about so long. How often.
fn over_and_over(slice: Duration, f: &mut impl FnMut()) -> u64 {
    let begun = process_cpu();
    let (mut calls, mut batch) = (0, 1);
    loop {
        for _ in 0..batch {
            f();
        }
        calls += batch;
        let passed = process_cpu() - begun;
        if passed >= slice {
            return calls;
        }
        if passed < slice / 8 {
            batch *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::{COLLECT, DIFF, DROP, HELD, HIT, UNION};
    use super::*;

    const SLICE: Duration = Duration::from_millis(1);

    fn names(report: &Report) -> Vec<&'static str> {
        report.samples.iter().map(|sample| sample.metric.name).collect()
    }

    #[test]
    fn lives_add_up_and_the_first_is_forgotten() {
        let mut lap = Lap::new(SLICE);
        let mut count = 0;
        lap.lives(|lap| {
            count += 1;
            lap.once(&COLLECT, 10, || std::thread::sleep(SLICE));
            lap.weigh(&HELD, Some(f64::from(count)));
            lap.once(&DROP, 10, || ());
        });
        assert!(count >= 2);
        let report = lap.finish().unwrap();
        assert_eq!(names(&report), ["collect", "collect wall", "held", "drop", "drop wall"]);
        assert!(report.samples[1].value.is_some_and(|ns| ns >= 1e5), "a millisecond for ten entries");
        assert_eq!(report.samples[2].value, Some(f64::from(count)));
    }

    #[test]
    fn every_call_is_counted_and_what_is_made_is_dropped() {
        let mut lap = Lap::new(SLICE);
        let (mut calls, mut others) = (0u64, 0);
        lap.repeat(&HIT, 1, || calls += 1);
        let made = std::cell::Cell::new(0);
        struct One<'a>(&'a std::cell::Cell<i32>);
        impl Drop for One<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        lap.make(&UNION, || {
            others += 1;
            made.set(made.get() + 1);
            One(&made)
        });
        assert!(calls > 1 && others > 1 && made.get() == 0);
        let report = lap.finish().unwrap();
        assert_eq!(names(&report), ["hit", "hit wall", "union", "union wall"]);
    }

    #[test]
    fn a_wrong_answer_is_the_outcome() {
        let mut lap = Lap::new(SLICE);
        lap.once(&DIFF, 1, || ());
        lap.check("right", true);
        lap.check("the first", false);
        lap.check("the second", false);
        assert_eq!(lap.finish().unwrap_err(), "the first");
    }
}
