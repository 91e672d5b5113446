//! Entering a critical section of a reclamation scheme and leaving it: what a traversal of a shared structure pays.

use super::effort::{self, Clock, Job};
use crate::workload::Outcome;

/// Enters and leaves, over and over.
fn pins(job: &Job, pin: impl Fn() + Sync) -> Outcome {
    const WARM: u32 = 4096;
    (0..WARM).for_each(|_| pin());
    let effort = match job.threads {
        1 => effort::alone(job.length, Clock::Process, &mut (), |()| pin(), |()| ()),
        // The first one registers the thread, before the time is taken.
        _ => effort::together(job, &pin, |()| pin()),
    };
    Ok(effort::report(&effort))
}

/// polder: the process-wide scheme.
pub(super) fn polder(job: &Job) -> Outcome {
    // As where something was retired before; until then nobody can know whether the kernel's barrier works.
    polder_sync::fence::heavy();
    pins(job, || drop(polder_sync::reclaim::pin()))
}

/// seize: a local guard of one collector.
pub(super) fn seize(job: &Job) -> Outcome {
    let collector = seize::Collector::new();
    pins(job, || drop(collector.enter()))
}

/// crossbeam-epoch: the default collector.
pub(super) fn epoch(job: &Job) -> Outcome {
    pins(job, || drop(crossbeam_epoch::pin()))
}

/// sdd: a guard.
pub(super) fn sdd(job: &Job) -> Outcome {
    pins(job, || drop(sdd::Guard::new()))
}

/// kovan: the global state.
pub(super) fn kovan(job: &Job) -> Outcome {
    pins(job, || drop(kovan::pin()))
}
