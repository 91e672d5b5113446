//! Permits: taken and given back by one thread; proved by more threads than there are permits.

use std::convert::identity;
use std::hint::black_box;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Alone, alone};
use crate::locks::plain::{Permit, Permits};
use crate::workload::{Budget, Outcome};

/// More permits than the timed thread takes.
const PERMITS: usize = 4;
/// More threads than permits, and how often each takes one.
const THREADS: usize = PERMITS + 2;
const ROUNDS: usize = 50;

/// A number of permits.
pub(super) trait Semaphore: Send + Sync + 'static {
    /// Given back when dropped.
    type Permit<'a>;

    fn new(permits: usize) -> Self;
    fn take(&self) -> Self::Permit<'_>;
    /// Without waiting.
    fn try_take(&self) -> Option<Self::Permit<'_>>;
}

/// Each with the two ways to a permit, and the way from what they give to the permit itself.
macro_rules! semaphores {
    ($([$($semaphore:ident)::+] $permit:ty, $acquire:expr => $taken:expr, $try_acquire:expr => $tried:expr;)+) => {$(
        impl Semaphore for $($semaphore)::+ {
            type Permit<'a> = $permit;

            fn new(permits: usize) -> Self {
                Self::new(permits)
            }

            #[inline]
            fn take(&self) -> Self::Permit<'_> {
                $taken($acquire(self))
            }

            fn try_take(&self) -> Option<Self::Permit<'_>> {
                $tried($try_acquire(self))
            }
        }
    )+};
}

semaphores! {
    [polder_sync::Semaphore] polder_sync::Permit<'a>,
        Self::acquire => |permit: Result<_, _>| permit.expect("nobody closes it"), Self::try_acquire => Result::ok;
    // It blocks no threads, only tasks: one that has to wait for a permit asks again.
    [tokio::sync::Semaphore] tokio::sync::SemaphorePermit<'a>,
        asked => identity, Self::try_acquire => Result::ok;
    [async_lock::Semaphore] async_lock::SemaphoreGuard<'a>,
        Self::acquire_blocking => identity, Self::try_acquire => identity;
    [Permits] Permit<'a>, Self::acquire => identity, Self::try_acquire => identity;
}

#[inline]
fn asked(semaphore: &tokio::sync::Semaphore) -> tokio::sync::SemaphorePermit<'_> {
    loop {
        match semaphore.try_acquire() {
            Ok(permit) => return permit,
            Err(_) => thread::yield_now(),
        }
    }
}

/// One thread takes a permit and gives it back, over and over.
pub(super) fn cycle<S: Semaphore>(budget: &Budget) -> Outcome {
    let semaphore = S::new(PERMITS);
    let Alone { report, .. } = alone(budget, || drop(black_box(semaphore.take())));
    all_there(&semaphore)?;
    prove(&semaphore)?;
    all_there(&semaphore)?;
    Ok(report)
}

/// Whether there are as many permits as in the beginning: none lost, none too many.
fn all_there<S: Semaphore>(semaphore: &S) -> Result<(), String> {
    let free = iter::from_fn(|| semaphore.try_take()).take(PERMITS + 1).collect::<Vec<_>>().len();
    if free == PERMITS { Ok(()) } else { Err(format!("of {PERMITS} permits {free} are free")) }
}

/// Lets more threads than there are permits take them, and counts who is inside.
fn prove<S: Semaphore>(semaphore: &S) -> Result<(), String> {
    let [inside, most, held] = [const { AtomicUsize::new(0) }; 3];
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let permit = semaphore.take();
                    // Relaxed: counts, which order nothing; the joins publish them.
                    most.fetch_max(inside.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::Relaxed);
                    held.fetch_add(1, Ordering::Relaxed);
                    drop(permit);
                }
            });
        }
    });
    let [inside, most, held] = [inside, most, held].map(AtomicUsize::into_inner);
    if most > PERMITS || (inside, held) != (0, THREADS * ROUNDS) {
        return Err(format!("{most} threads at a time had one of {PERMITS} permits, {held} times altogether"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It lets everyone in.
    struct Generous;

    impl Semaphore for Generous {
        type Permit<'a> = ();

        fn new(_: usize) -> Self {
            Self
        }

        fn take(&self) {}

        fn try_take(&self) -> Option<()> {
            Some(())
        }
    }

    #[test]
    fn what_lets_everyone_in_is_found_out() {
        assert!(all_there(&Generous).unwrap_err().contains("5 are free"));
        // A thread may be done before the next has begun, but not each time.
        assert!((0..1000).any(|_| prove(&Generous).is_err()));
    }

    #[test]
    fn a_permit_that_is_not_given_back_is_missed() {
        let semaphore = Permits::new(PERMITS);
        assert_eq!((all_there(&semaphore), prove(&semaphore)), (Ok(()), Ok(())));
        std::mem::forget(semaphore.acquire());
        assert!(all_there(&semaphore).unwrap_err().contains("3 are free"));
    }
}
