//! Two threads that swap values: each brings the number of the round and must get the other's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use polder_sync::Exchanger;

use super::plain::Swap;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const WALL: Metric = Metric::lower("exchange", "ns");
const CPU: Metric = Metric::lower("exchange CPU", "ns");

/// What is swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value {
    from: usize,
    round: u64,
    /// Whether there is no round after this one.
    last: bool,
}

/// Where two threads meet and swap.
trait Exchange: Send + Sync + 'static {
    fn new() -> Self;
    fn exchange(&self, value: Value) -> Value;
}

macro_rules! exchangers {
    ($($exchanger:ident)+) => {$(
        impl Exchange for $exchanger<Value> {
            fn new() -> Self {
                Self::new()
            }

            #[inline]
            fn exchange(&self, value: Value) -> Value {
                self.exchange(value)
            }
        }
    )+};
}

exchangers! { Exchanger Swap }

pub(super) fn group() -> Group {
    Group {
        family: "locks",
        workload: "exchanger",
        about: "Two threads swap numbers, over and over, with nothing else to do; each must get the other's of the same \
                round. An exchange, of which each thread does one, is by wall time over the whole run, and by the CPU \
                time of both.",
        size: 0,
        key: String::new(),
        threads: 2,
        weight: 0.25,
        backends: vec![
            Backend::new("polder-exchanger", run::<Exchanger<Value>>),
            Backend::new("plain-lock", run::<Swap<Value>>),
        ],
    }
}

fn run<E: Exchange>(budget: &Budget) -> Outcome {
    let exchanger = E::new();
    let stop = AtomicBool::new(false);
    // The rounds of a thread, and in how many it got something else than it should.
    let rounds = |from: usize| {
        let (mut round, mut wrong) = (0, 0);
        loop {
            round += 1;
            // Relaxed: only when it is seen matters. One thread looks and tells the other.
            let last = from == 0 && stop.load(Ordering::Relaxed);
            let got = exchanger.exchange(Value { from, round, last });
            wrong += u64::from(got != Value { from: 1 - from, round, last: got.last });
            if last || got.last {
                return (round, wrong);
            }
        }
    };
    let meanwhile = || {
        thread::sleep(budget.slice);
        stop.store(true, Ordering::Relaxed);
    };
    let (all, took) = team::together(2, |index| index, rounds, meanwhile);
    let exchanges = all[0].0;
    if all != [(exchanges, 0); 2] {
        return Err(format!("the two threads had these rounds, and so many of them wrong: {all:?}"));
    }
    let mut report = Report::new(0);
    report.push(WALL, took.wall_ns_per(exchanges));
    report.push(CPU, took.cpu_ns_per(exchanges));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// It gives everyone back what they bring, but for the end.
    struct Mirror(AtomicBool);

    impl Exchange for Mirror {
        fn new() -> Self {
            Self(AtomicBool::new(false))
        }

        fn exchange(&self, value: Value) -> Value {
            let last = self.0.fetch_or(value.last, Ordering::Relaxed) || value.last;
            Value { last, ..value }
        }
    }

    #[test]
    fn what_does_not_swap_is_found_out() {
        let budget = Budget { slice: Duration::from_millis(2), round: 1 };
        assert!(run::<Mirror>(&budget).is_err());
        assert!(run::<Swap<Value>>(&budget).is_ok());
    }
}
