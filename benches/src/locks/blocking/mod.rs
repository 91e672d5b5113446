//! What blocks and is no lock: semaphore, latch, event. Each alone, by one thread, with nothing to wait for; beside the
//! best crates for it and what one would write with a mutex and a condition variable ([`plain`](super::plain)). A fresh
//! one is then used by several threads, untimed, in a way that shows whether it does what it is for: a row of a
//! primitive that does not is an error.
//!
//! std is no rival here: it has neither a latch nor an event, and the semaphore that it once had was taken out before it
//! was stable. What one writes with std instead is the row `plain-lock`.

mod event;
mod latch;
mod semaphore;

use crossbeam_utils::sync::WaitGroup;
use rsevents::ManualResetEvent;

use super::plain::{Countdown, Flag, Permits};
use super::uncontended::repeat;
use crate::workload::{Backend, Budget, Group, Metric, Report};

const CPU: Metric = Metric::lower("operation", "ns");
const WALL: Metric = Metric::lower("operation wall", "ns");

/// Operations between two looks at the clock.
const BATCH: u64 = 10_000;

/// The groups.
pub(super) fn groups() -> [Group; 5] {
    let group = |workload, about, backends| Group {
        family: "locks",
        workload,
        about,
        size: 0,
        key: String::new(),
        threads: 1,
        weight: 0.2,
        backends,
    };
    [
        group(
            "semaphore",
            "One thread takes one of four permits and gives it back, over and over. tokio's semaphore blocks no \
             threads: it is asked by try_acquire. std has no stable one; plain-lock is what one writes with its Mutex and \
             Condvar. More threads than permits prove each of them afterwards.",
            vec![
                Backend::new("polder-semaphore", semaphore::cycle::<polder_sync::Semaphore>),
                Backend::new("tokio", semaphore::cycle::<tokio::sync::Semaphore>),
                Backend::new("async-lock", semaphore::cycle::<async_lock::Semaphore>),
                Backend::new("plain-lock", semaphore::cycle::<Permits>),
            ],
        ),
        group(
            "latch",
            "One thread makes a latch, counts it down from eight and waits for it. crossbeam is a WaitGroup: it clones \
             and drops members. std has no latch; plain-lock is what one writes with its Mutex and Condvar. Eight \
             threads prove each of them afterwards.",
            vec![
                Backend::new("polder-latch", latch::cycle::<polder_sync::CountDownLatch>),
                Backend::new("latches", latch::cycle::<latches::futex::Latch>),
                Backend::new("crossbeam", latch::cycle::<WaitGroup>),
                Backend::new("plain-lock", latch::cycle::<Countdown>),
            ],
        ),
        group(
            "latch-open",
            "One thread waits for a latch that has been counted down, over and over.",
            vec![
                Backend::new("polder-latch", latch::open::<polder_sync::CountDownLatch>),
                Backend::new("latches", latch::open::<latches::futex::Latch>),
                Backend::new("plain-lock", latch::open::<Countdown>),
            ],
        ),
        group(
            "event",
            "One thread sets an event, asks whether it is set, resets it and asks again. std has no event. Two threads \
             that send each other numbers prove each of them afterwards.",
            vec![
                Backend::new("polder-event", event::switch::<polder_sync::Event>),
                Backend::new("rsevents", event::switch::<ManualResetEvent>),
                Backend::new("plain-lock", event::switch::<Flag>),
            ],
        ),
        group(
            "event-set",
            "One thread waits for an event that is set, over and over.",
            vec![
                Backend::new("polder-event", event::wait::<polder_sync::Event>),
                Backend::new("rsevents", event::wait::<ManualResetEvent>),
                Backend::new("plain-lock", event::wait::<Flag>),
            ],
        ),
    ]
}

/// What one thread did.
struct Alone {
    operations: u64,
    report: Report,
}

/// Repeats `operation`.
fn alone(budget: &Budget, operation: impl FnMut()) -> Alone {
    let (operations, took) = repeat(budget, BATCH, operation);
    let mut report = Report::new(0);
    report.push(CPU, took.cpu_ns_per(operations));
    report.push(WALL, took.wall_ns_per(operations));
    Alone { operations, report }
}
