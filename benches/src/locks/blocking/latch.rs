//! Latches: made, counted down and passed by one thread; proved by threads that each bring something.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_utils::sync::WaitGroup;

use super::{Alone, alone};
use crate::locks::plain::Countdown;
use crate::workload::{Budget, Outcome};

/// What a latch counts down from.
const COUNT: u8 = 8;
/// Latches that are proved in each run.
const PROOFS: usize = 3;
/// What the last one keeps the others waiting for: a latch that opens too early has the time to.
const LATE: Duration = Duration::from_micros(200);

/// A latch that one thread makes, counts down and passes.
pub(super) trait Latch: 'static {
    /// Makes one that counts from this, counts it down, and waits for it once.
    fn cycle(count: u8);
    /// Lets so many threads `bring` something before they count one down, and waits for it.
    fn gather(count: u8, bring: impl Fn(u8) + Sync, opened: impl FnOnce());
}

/// A latch that can be waited for again.
pub(super) trait Open: Latch + Send + Sync {
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

            fn gather(count: u8, bring: impl Fn(u8) + Sync, opened: impl FnOnce()) {
                let latch = Self::new(count.into());
                thread::scope(|scope| {
                    for member in 0..count {
                        let (latch, bring) = (&latch, &bring);
                        scope.spawn(move || {
                            bring(member);
                            latch.count_down();
                        });
                    }
                    latch.wait();
                    opened();
                });
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

    fn gather(count: u8, bring: impl Fn(u8) + Sync, opened: impl FnOnce()) {
        let group = Self::new();
        thread::scope(|scope| {
            for member in 0..count {
                let (group, bring) = (group.clone(), &bring);
                scope.spawn(move || {
                    bring(member);
                    drop(group);
                });
            }
            group.wait();
            opened();
        });
    }
}

/// One thread makes latches, counts them down and waits for them.
pub(super) fn cycle<L: Latch>(budget: &Budget) -> Outcome {
    let Alone { report, .. } = alone(budget, || L::cycle(black_box(COUNT)));
    (0..PROOFS).try_for_each(|_| prove::<L>())?;
    Ok(report)
}

/// One thread waits for a latch that is open.
pub(super) fn open<L: Open>(budget: &Budget) -> Outcome {
    let latch = L::open();
    let Alone { report, .. } = alone(budget, || black_box(&latch).wait());
    (0..PROOFS).try_for_each(|_| prove::<L>())?;
    Ok(report)
}

/// Whether everything is there when the latch opens.
fn prove<L: Latch>() -> Result<(), String> {
    let there = [const { AtomicBool::new(false) }; COUNT as usize];
    let mut missing = 0;
    L::gather(
        COUNT,
        |member| {
            if member + 1 == COUNT {
                thread::sleep(LATE);
            }
            // Relaxed: it is the latch that has to publish it.
            there[usize::from(member)].store(true, Ordering::Relaxed);
        },
        || missing = there.iter().filter(|there| !there.load(Ordering::Relaxed)).count(),
    );
    if missing == 0 { Ok(()) } else { Err(format!("the latch opened with {missing} of {COUNT} missing")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A latch that nobody waits for: it is open from the beginning.
    struct Ajar;

    impl Latch for Ajar {
        fn cycle(_: u8) {}

        fn gather(count: u8, bring: impl Fn(u8) + Sync, opened: impl FnOnce()) {
            thread::scope(|scope| {
                for member in 0..count {
                    let bring = &bring;
                    scope.spawn(move || bring(member));
                }
                opened();
            });
        }
    }

    #[test]
    fn what_opens_too_early_is_found_out() {
        // Late is not for ever: the system may keep the one who looks waiting for longer, but not each time.
        assert!((0..1000).any(|_| prove::<Ajar>().is_err()));
        assert_eq!(prove::<Countdown>(), Ok(()));
    }
}
