//! The workloads, each for any contender that can do it.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::arena::{Arena, Books, Member, WARM};
use super::effort::{self, Clock, Job};
use super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use crate::team::Effort;
use crate::workload::{Metric, Outcome};

/// What was put off and not done when the threads had settled, before they ended.
pub(super) const KEPT: Metric = Metric::lower("values kept", "values");
/// How often the other thread really stored.
pub(super) const STORES: Metric = Metric::higher("stores beside", "per ms");

/// How often the other thread of the background workload stores.
const PERIOD: Duration = Duration::from_micros(100);
/// How many threads have existed in the workload of that name.
const PAST: usize = 8;

/// Loads of a value that nobody replaces any more.
pub(super) fn load<R: Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let effort = arena.contend(job, Clock::Process, Member::warm, Member::load);
    arena.close()?.check_left()?;
    Ok(effort::report(&effort))
}

/// The same, for a contender that cannot replace the value.
pub(super) fn load_only<R: Reference>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let warm = |member: &mut Member<'_, R>| (0..WARM).for_each(|_| member.load());
    let effort = arena.contend(job, Clock::Process, warm, Member::load);
    arena.close()?.check_left()?;
    Ok(effort::report(&effort))
}

/// Loads that give out an owner.
pub(super) fn load_full<R: LoadFull + Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let effort = arena.contend(job, Clock::Process, Member::warm, Member::load_full);
    arena.close()?.check_left()?;
    Ok(effort::report(&effort))
}

/// Stores of new values.
pub(super) fn store<R: Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let effort = arena.contend(job, Clock::Process, Member::warm, Member::store);
    written(&effort, arena.close()?)
}

/// Stores by one thread, when others have used the reference all at once and are gone.
pub(super) fn store_after_threads<R: Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job) + PAST);
    let all_there = Barrier::new(PAST);
    thread::scope(|scope| {
        for _ in 0..PAST {
            scope.spawn(|| {
                let mut member = arena.enter();
                member.store();
                all_there.wait();
            });
        }
    });
    let effort = arena.contend(job, Clock::Process, Member::warm, Member::store);
    written(&effort, arena.close()?)
}

/// Exchanges of the value for a new one.
pub(super) fn swap<R: Swap + Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let warm = |member: &mut Member<'_, R>| (0..WARM).for_each(|_| member.swap());
    let effort = arena.contend(job, Clock::Process, warm, Member::swap);
    let books = arena.close()?;
    if books.stored != books.taken.wrapping_add(books.left) {
        return Err("what was taken out and what is left is not what was stored".to_owned());
    }
    written(&effort, books)
}

/// New values worked out from the old ones.
pub(super) fn rcu<R: Rcu>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let warm = |member: &mut Member<'_, R>| (0..WARM).for_each(|_| member.rcu());
    let effort = arena.contend(job, Clock::Process, warm, Member::rcu);
    let books = arena.close()?;
    let (left, done) = (books.left, effort.total() + WARM);
    if left != done {
        return Err(format!("{done} times one was added to 0, and {left} is left"));
    }
    let mut report = effort::report(&effort);
    report.push(KEPT, kept(&books));
    Ok(report)
}

/// Ninety-nine loads to a store.
pub(super) fn mix<R: Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job));
    let effort = arena.contend(job, Clock::Process, Member::warm, Member::mix);
    written(&effort, arena.close()?)
}

/// Loads while another thread stores now and then: only the loads count.
pub(super) fn background<R: Store>(job: &Job) -> Outcome {
    let arena = Arena::<R>::new(Arena::<R>::members(job) + 1);
    let (warm, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let (effort, rate) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // Relaxed, as below: only when they are seen matters. If the readers panic, the end comes first.
            while !warm.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
                thread::sleep(PERIOD);
            }
            let mut member = arena.enter();
            let mut stores = 0u64;
            let begun = Instant::now();
            let mut next = begun;
            while !stop.load(Ordering::Relaxed) {
                next += PERIOD;
                match next.checked_duration_since(Instant::now()) {
                    Some(rest) => thread::sleep(rest),
                    // The core was not to be had for so long: what was missed is not made up for.
                    None => next = Instant::now(),
                }
                member.store();
                stores += 1;
            }
            stores as f64 / (begun.elapsed().as_secs_f64() * 1e3)
        });
        let when_done = StopAtEnd(&stop);
        // The writer begins when all is warm: what a contender does once, at its first store, is not for the readers.
        let warm_up = |member: &mut Member<'_, R>| {
            member.warm();
            warm.store(true, Ordering::Relaxed);
        };
        let effort = arena.contend(job, Clock::Thread, warm_up, Member::load);
        drop(when_done);
        (effort, writer.join().expect("storing does not panic"))
    });
    let mut report = written(&effort, arena.close()?)?;
    report.push(STORES, rate);
    Ok(report)
}

/// Ends the writer even if the readers panic: the scope waits for it.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The figures of a workload that stores.
fn written(effort: &Effort, books: Books) -> Outcome {
    books.check_left()?;
    let mut report = effort::report(effort);
    report.push(KEPT, kept(&books));
    Ok(report)
}

/// What is living beside the value that is in use.
fn kept(books: &Books) -> f64 {
    (books.living - 1).max(0) as f64
}
