//! Threads that share a piece of work of a fixed size.

use std::time::{Duration, Instant};

use crate::clock::{Stopwatch, Took};
use crate::locks::runqueue;
use crate::team;

/// What a crew took for its work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    /// From the common start until the last one had ended.
    pub(super) took: Took,
    /// The longest that any of them was at it, less the time in which it was ready to run and the kernel ran another.
    pub(super) busy: Duration,
}

impl Spent {
    /// Operations per second: by processor time on one thread, by the longest busy time on more. There are no clean
    /// windows here, as no two moments of such work are alike.
    pub(super) fn rate(&self, threads: usize, operations: u64) -> f64 {
        let time = if threads == 1 { self.took.cpu } else { self.busy };
        operations as f64 / time.as_secs_f64()
    }
}

/// A thread's part of the work.
pub(super) type Part<'a, U> = Box<dyn FnOnce() -> U + 'a>;

/// Lets each of `threads` threads take its part of the work, and then, all at once, do it. What they came to, in order.
/// One thread is the calling one; where there is a core for each, each is pinned to one.
pub(super) fn share<'a, U: Send>(threads: usize, take: &(dyn Fn(usize) -> Part<'a, U> + Sync)) -> (Vec<U>, Spent) {
    let timed = |part: Part<'a, U>| {
        runqueue::take();
        let begun = Instant::now();
        let result = part();
        let wall = begun.elapsed();
        (result, wall.saturating_sub(Duration::from_nanos(runqueue::take())))
    };
    let (ends, took) = if threads == 1 {
        let part = take(0);
        let watch = Stopwatch::start();
        let end = timed(part);
        (vec![end], watch.read())
    } else {
        team::together(threads, take, timed, || ())
    };
    let (results, times): (Vec<U>, Vec<Duration>) = ends.into_iter().unzip();
    (results, Spent { took, busy: times.into_iter().max().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_does_its_part_and_the_longest_counts() {
        const NAP: Duration = Duration::from_millis(5);
        for threads in [1, 3] {
            let (results, spent) = share(threads, &|index| {
                Box::new(move || {
                    thread::sleep(NAP * (index + 1) as u32);
                    index * 10
                })
            });
            assert_eq!(results, (0..threads).map(|index| index * 10).collect::<Vec<_>>());
            // A sleeper is not in a run queue, but for the moment before it runs on.
            assert!(spent.busy >= NAP * threads as u32 / 2 && spent.busy <= spent.took.wall);
        }
    }
}
