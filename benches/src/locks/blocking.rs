//! What blocks and is no lock: semaphore, latch, event. Each alone, by one thread, with nothing to wait for; beside the
//! best crates for it and what one would write with a mutex and a condition variable ([`plain`](super::plain)).

use std::convert::identity;
use std::hint::black_box;

use crossbeam_utils::sync::WaitGroup;
use rsevents::{Awaitable, EventState, ManualResetEvent};

use super::plain::{Countdown, Flag, Permits};
use super::uncontended::repeat;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const CPU: Metric = Metric::lower("operation", "ns");
const WALL: Metric = Metric::lower("operation wall", "ns");

/// Operations between two looks at the clock.
const BATCH: u64 = 10_000;
/// More permits than anyone takes.
const PERMITS: usize = 4;
/// What a latch counts down from.
const COUNT: u8 = 8;

/// One kind of permit.
trait Semaphore: Send + Sync + 'static {
    fn new(permits: usize) -> Self;
    /// Takes a permit, does the work and gives the permit back.
    fn hold(&self, work: impl FnOnce());
}

/// Each with the way to a permit, which is given back when dropped, and from what that gives to the permit itself.
macro_rules! semaphores {
    ($([$($semaphore:ident)::+] $acquire:ident => $permit:expr;)+) => {$(
        impl Semaphore for $($semaphore)::+ {
            fn new(permits: usize) -> Self {
                Self::new(permits)
            }

            #[inline]
            fn hold(&self, work: impl FnOnce()) {
                let _permit = $permit(self.$acquire());
                work();
            }
        }
    )+};
}

semaphores! {
    // It blocks no threads, only tasks: where there is a permit this is its way to it.
    [tokio::sync::Semaphore] try_acquire => |permit: Result<_, _>| permit.expect("there are permits");
    [polder_sync::Semaphore] acquire => |permit: Result<_, _>| permit.expect("nobody closes it");
    [async_lock::Semaphore] acquire_blocking => identity;
    [Permits] acquire => identity;
}

/// A latch that one thread makes, counts down and passes.
trait Latch: 'static {
    /// Makes one that counts from this, counts it down, and waits for it once.
    fn cycle(count: u8);
}

/// A latch that can be waited for again.
trait Open: Latch + Send + Sync {
    /// One that was counted down.
    fn open() -> Self;
    fn wait(&self);
}

macro_rules! latches {
    ($([$($latch:ident)::+])+) => {$(
        impl Latch for $($latch)::+ {
            #[inline]
            fn cycle(count: u8) {
                let latch = black_box(Self::new(count.into()));
                (0..count).for_each(|_| latch.count_down());
                latch.wait();
            }
        }

        impl Open for $($latch)::+ {
            fn open() -> Self {
                let latch = Self::new(1);
                latch.count_down();
                latch
            }

            #[inline]
            fn wait(&self) {
                self.wait();
            }
        }
    )+};
}

latches! {
    [polder_sync::CountDownLatch]
    [latches::futex::Latch]
    [Countdown]
}

/// It counts its clones, and waiting consumes one.
impl Latch for WaitGroup {
    #[inline]
    fn cycle(count: u8) {
        let group = black_box(Self::new());
        let members: [Self; COUNT as usize] = std::array::from_fn(|_| group.clone());
        assert_eq!(usize::from(count), members.len());
        members.into_iter().for_each(drop);
        group.wait();
    }
}

/// A flag that is set, awaited and reset.
trait Event: Send + Sync + 'static {
    fn new() -> Self;
    fn set(&self);
    fn reset(&self);
    fn is_set(&self) -> bool;
    fn wait(&self);
}

macro_rules! events {
    ($([$($event:ident)::+] $new:expr, $is_set:expr, $wait:expr;)+) => {$(
        impl Event for $($event)::+ {
            fn new() -> Self {
                $new
            }

            #[inline]
            fn set(&self) {
                self.set();
            }

            #[inline]
            fn reset(&self) {
                self.reset();
            }

            #[inline]
            fn is_set(&self) -> bool {
                $is_set(self)
            }

            #[inline]
            fn wait(&self) {
                $wait(self);
            }
        }
    )+};
}

events! {
    [polder_sync::Event] Self::new(false), Self::is_set, Self::wait;
    [ManualResetEvent] Self::new(EventState::Unset), |event: &Self| event.try_wait0().is_ok(), Awaitable::wait;
    [Flag] Self::new(), Self::is_set, Self::wait;
}

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
             threads: it is asked by try_acquire.",
            vec![
                Backend::new("polder-semaphore", semaphore::<polder_sync::Semaphore>),
                Backend::new("tokio", semaphore::<tokio::sync::Semaphore>),
                Backend::new("async-lock", semaphore::<async_lock::Semaphore>),
                Backend::new("plain-lock", semaphore::<Permits>),
            ],
        ),
        group(
            "latch",
            "One thread makes a latch, counts it down from eight and waits for it. crossbeam is a WaitGroup: it clones \
             and drops members.",
            vec![
                Backend::new("polder-latch", cycle::<polder_sync::CountDownLatch>),
                Backend::new("latches", cycle::<latches::futex::Latch>),
                Backend::new("crossbeam", cycle::<WaitGroup>),
                Backend::new("plain-lock", cycle::<Countdown>),
            ],
        ),
        group(
            "latch-open",
            "One thread waits for a latch that has been counted down, over and over.",
            vec![
                Backend::new("polder-latch", open::<polder_sync::CountDownLatch>),
                Backend::new("latches", open::<latches::futex::Latch>),
                Backend::new("plain-lock", open::<Countdown>),
            ],
        ),
        group(
            "event",
            "One thread sets an event, asks whether it is set, resets it and asks again.",
            vec![
                Backend::new("polder-event", switch::<polder_sync::Event>),
                Backend::new("rsevents", switch::<ManualResetEvent>),
                Backend::new("plain-lock", switch::<Flag>),
            ],
        ),
        group(
            "event-set",
            "One thread waits for an event that is set, over and over.",
            vec![
                Backend::new("polder-event", wait::<polder_sync::Event>),
                Backend::new("rsevents", wait::<ManualResetEvent>),
                Backend::new("plain-lock", wait::<Flag>),
            ],
        ),
    ]
}

/// Repeats `operation`. A latch or an event that lost something would not come back from it.
fn alone(budget: &Budget, operation: impl FnMut()) -> (u64, Report) {
    let (operations, took) = repeat(budget, BATCH, operation);
    let mut report = Report::new(0);
    report.push(CPU, took.cpu_ns_per(operations));
    report.push(WALL, took.wall_ns_per(operations));
    (operations, report)
}

fn semaphore<S: Semaphore>(budget: &Budget) -> Outcome {
    let semaphore = S::new(PERMITS);
    let mut held = 0;
    let (operations, report) = alone(budget, || black_box(&semaphore).hold(|| held += 1));
    if held != operations {
        return Err(format!("{operations} operations held a permit {held} times"));
    }
    Ok(report)
}

fn cycle<L: Latch>(budget: &Budget) -> Outcome {
    Ok(alone(budget, || L::cycle(black_box(COUNT))).1)
}

fn open<L: Open>(budget: &Budget) -> Outcome {
    let latch = L::open();
    Ok(alone(budget, || black_box(&latch).wait()).1)
}

fn switch<E: Event>(budget: &Budget) -> Outcome {
    let event = E::new();
    let mut seen = 0;
    let (operations, report) = alone(budget, || {
        let event = black_box(&event);
        event.set();
        seen += u64::from(event.is_set());
        event.reset();
        seen += u64::from(!event.is_set());
    });
    if seen != 2 * operations {
        return Err(format!("{operations} times set and reset were seen {seen} times, not twice as often"));
    }
    Ok(report)
}

fn wait<E: Event>(budget: &Budget) -> Outcome {
    let event = E::new();
    event.set();
    Ok(alone(budget, || black_box(&event).wait()).1)
}
