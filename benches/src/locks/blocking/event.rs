//! Events: set, asked, reset and passed by one thread; proved by two that send each other numbers.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rsevents::{Awaitable, EventState, ManualResetEvent};

use super::{Alone, alone};
use crate::locks::plain::Flag;
use crate::workload::{Budget, Outcome};

/// Numbers that go back and forth.
const ROUNDS: u32 = 50;

/// A flag that is set, awaited and reset.
pub(super) trait Event: Send + Sync + 'static {
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

/// One thread sets an event and resets it, and looks each time.
pub(super) fn switch<E: Event>(budget: &Budget) -> Outcome {
    let event = E::new();
    let mut seen = 0;
    let Alone { operations, report } = alone(budget, || {
        let event = black_box(&event);
        event.set();
        seen += u64::from(event.is_set());
        event.reset();
        seen += u64::from(!event.is_set());
    });
    if seen != 2 * operations {
        return Err(format!("{operations} times set and reset were seen {seen} times, not twice as often"));
    }
    prove::<E>()?;
    Ok(report)
}

/// One thread waits for an event that is set.
pub(super) fn wait<E: Event>(budget: &Budget) -> Outcome {
    let event = E::new();
    event.set();
    let Alone { report, .. } = alone(budget, || black_box(&event).wait());
    if !event.is_set() {
        return Err("the event that was waited for is no longer set".to_owned());
    }
    prove::<E>()?;
    Ok(report)
}

/// A number and the event that says that it is there.
struct Letter<E> {
    event: E,
    number: AtomicU32,
}

impl<E: Event> Letter<E> {
    fn new() -> Self {
        Self { event: E::new(), number: AtomicU32::new(0) }
    }

    fn send(&self, number: u32) {
        // Relaxed, and below: it is the event that has to publish it.
        self.number.store(number, Ordering::Relaxed);
        self.event.set();
    }

    fn receive(&self) -> u32 {
        self.event.wait();
        self.event.reset();
        self.number.load(Ordering::Relaxed)
    }
}

/// Whether each number that two threads send each other arrives.
fn prove<E: Event>() -> Result<(), String> {
    let (there, back) = (Letter::<E>::new(), Letter::<E>::new());
    let wrong = thread::scope(|scope| {
        let other = scope.spawn(|| {
            let answered = (1..=ROUNDS).filter(|&round| {
                let wrong = there.receive() != round;
                back.send(round);
                wrong
            });
            answered.count()
        });
        let own = (1..=ROUNDS).filter(|&round| {
            there.send(round);
            back.receive() != round
        });
        own.count() + other.join().expect("events do not panic")
    });
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!("{wrong} of {} numbers were not there when the event was", 2 * ROUNDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody waits for it.
    struct Always;

    impl Event for Always {
        fn new() -> Self {
            Self
        }

        fn set(&self) {}

        fn reset(&self) {}

        fn is_set(&self) -> bool {
            true
        }

        fn wait(&self) {}
    }

    #[test]
    fn what_does_not_wait_is_found_out() {
        assert!((0..1000).any(|_| prove::<Always>().is_err()));
        assert_eq!(prove::<Flag>(), Ok(()));
    }
}
