//! Graphs that nobody changes any more, walked by several threads at once.
//!
//! A walk of a million nodes takes milliseconds, and no window in which every thread ran is that long on a machine with
//! other work. So a walk is cut into strides that begin where the last one ended: the clean windows of
//! [`crate::window`] see those. Wall time counts, so that a stall on a line that another walker writes is in the
//! figure; the CPU time of the whole run stands beside it, for machines too busy to have clean windows. The latter
//! flatters whoever counts or locks: a preempted walker leaves the others in peace.

use std::num::NonZero;
use std::thread;

use super::lap::Lap;
use super::step::Step;
use crate::team;

/// Nodes per operation of a walker, so that keeping the books costs next to nothing.
const STRIDE: usize = 64;
/// Further slices to look for clean windows in.
const TRIES: usize = 3;

/// Walks from `head` on `threads` threads at once, over and over. `hop` gives a node's value and the node after it; a
/// place `P` is whatever a walker holds on to the node that it is at.
pub(super) fn together<P: Clone + Send + Sync>(
    lap: &mut Lap,
    threads: usize,
    head: &Option<P>,
    hop: impl Fn(P) -> (u64, Option<P>) + Sync,
) {
    let mut sum = 0u64;
    let mut at = head.clone();
    while let Some(place) = at {
        let (val, next) = hop(place);
        sum = sum.wrapping_add(val);
        at = next;
    }
    lap.check(sum);

    let work = || {
        team::work(
            threads,
            lap.slice(),
            |_| (head.clone(), 0u64),
            |(at, sum)| {
                // Locals, not the state itself: a walk through memory would wait for its own stores.
                let (mut place, mut here) = (at.take(), *sum);
                for _ in 0..STRIDE {
                    let Some(node) = place else { break };
                    let (val, next) = hop(node);
                    here = here.wrapping_add(val);
                    place = next;
                }
                *sum = here;
                *at = place.or_else(|| head.clone());
            },
        )
    };
    let mut effort = work();
    // Where there is a core for each thread, clean windows are a matter of patience.
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..TRIES {
        if threads > cores || effort.clean_rate().per_second.is_some() {
            break;
        }
        effort = work();
    }
    let hops = |rate: f64| (threads * 1_000_000_000) as f64 / (rate * STRIDE as f64);
    lap.put_figure(Step::Frozen.metric(), effort.clean_rate().per_second.map(hops));
    lap.put_figure(Step::FrozenCpu.metric(), Some(effort.took.cpu_ns_per(effort.total()) / STRIDE as f64));
}
