//! Time in which a core ran nobody: mostly, its hypervisor ran another guest there. Whoever was running has a hole in its
//! time then, of which no account of threads knows.
//!
//! # Probes
//!
//! On each core that this process may use the kernel's timer goes off each [`PERIOD`], whoever runs there, and notes when that
//! was (`perf`). Where a note is missing for [`LATE`] longer, the core did not even serve its timer from the moment that was due
//! until the next note: it was stolen, or had shut interrupts out, which is the same to those who want to run there.
//!
//! What is found is less than what was stolen, never more: a core may have been gone since just after a note, which is up to a
//! period before the next one was due; and what it had back before [`LATE`] is not found. The notes are read when the work
//! is over, as a stolen core makes its note when it is back.
//!
//! # What it does to the others
//!
//! A timer that goes off is an interrupt, and no more: nobody is woken, and nobody else is chosen to run. In a virtual machine
//! whose timer leaves the guest that is some 20 µs, or 4 % of each core: a thread that reads the clock over and over does so
//! 34.2 million times in a second of its own CPU time instead of 35.7 million. All contenders pay it alike.
//!
//! Why not a real-time thread on each core that sleeps for a period over and over, and notes when it wakes up late? It costs
//! no less, and after each of its turns the scheduler chooses anew among the others: they get their cores for a period
//! at a time instead of for some milliseconds, which is another workload.
//!
//! # What cannot disturb it
//!
//! Load, priorities, load balancing, and the limits that the kernel sets to real-time threads: no thread takes part.
//!
//! # Where
//!
//! On Linux, with the privilege to watch whole cores: `CAP_PERFMON`, or a `perf_event_paranoid` of 0 or less. Elsewhere there
//! are no probes, and nothing is found.

use std::sync::OnceLock;
use std::time::Duration;

use crate::clock::monotonic;
use crate::machine::allowed_cores;
use crate::perf::{Event, Note, Ring};

/// From one note to the next, in ns.
const PERIOD: u64 = 500_000;
/// A note so much after it was due is late, in ns: several times what it takes when nothing is in the way.
const LATE: u64 = 150_000;

/// Does `work` with probes on all cores, where there may be any: what came of it, and when a core was stolen, as begin and
/// end on [`monotonic`], in no order. Of work that takes much more than `about` only the beginning is watched.
pub(crate) fn watch<T>(about: Duration, work: impl FnOnce() -> T) -> (T, Vec<(u64, u64)>) {
    // Its preparations take time as well.
    let room = (about + about / 4 + Duration::from_secs(1)).as_nanos() as u64 / PERIOD;
    let probe = |core| Some((Ring::open(Event::Timer { core, period: PERIOD }, room as usize)?, monotonic()));
    let probes: Vec<_> = allowed_cores().into_iter().filter_map(probe).collect();
    let done = work();
    let found = probes.into_iter().flat_map(|(mut ring, begun)| {
        let mut gaps = Gaps::since(begun);
        if ring.take(|at, note| {
            if note == Note::Tick {
                gaps.note(at)
            }
        }) {
            // A core that is gone right now has not noted it yet.
            gaps.note(monotonic());
        }
        gaps.found
    });
    (done, found.collect())
}

/// Whether probes are possible here.
pub(crate) fn is_possible() -> bool {
    static POSSIBLE: OnceLock<bool> = OnceLock::new();
    *POSSIBLE.get_or_init(|| {
        let probe = |&core: &usize| Ring::open(Event::Timer { core, period: PERIOD }, 1);
        allowed_cores().first().and_then(probe).is_some()
    })
}

/// Where notes of one core are missing.
struct Gaps {
    last: u64,
    found: Vec<(u64, u64)>,
}

impl Gaps {
    fn since(begun: u64) -> Self {
        Self { last: begun, found: Vec::new() }
    }

    /// The next note was made then.
    fn note(&mut self, at: u64) {
        let due = self.last + PERIOD;
        if at >= due + LATE {
            self.found.push((due, at));
        }
        self.last = at;
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_note_that_comes_late_is_a_gap_from_when_it_was_due() {
        let mut gaps = Gaps::since(1000);
        let mut at = 1000;
        for wait in [PERIOD, PERIOD + LATE - 1, PERIOD + LATE, 0, PERIOD / 2, 10 * PERIOD, PERIOD] {
            at += wait;
            gaps.note(at);
        }
        let first = 1000 + 2 * PERIOD + LATE - 1;
        let second = first + PERIOD + LATE + PERIOD / 2;
        let expected = [(first + PERIOD, first + PERIOD + LATE), (second + PERIOD, second + 10 * PERIOD)];
        assert_eq!(gaps.found, expected);
    }

    #[test]
    fn what_is_found_lies_in_the_work_and_each_core_has_it_once() {
        let begun = monotonic();
        let (given, found) = watch(Duration::from_millis(20), || {
            thread::sleep(Duration::from_millis(20));
            17
        });
        let ended = monotonic();
        assert_eq!(given, 17);
        for &(due, at) in &found {
            assert!(begun < due && due + LATE <= at && at <= ended, "{found:?}");
            // At no time are more cores gone than there are.
            let meanwhile = found.iter().filter(|(from, to)| *from <= due && due < *to).count();
            assert!(meanwhile <= allowed_cores().len(), "{found:?}");
        }
    }

    #[test]
    fn a_core_that_is_there_makes_notes() {
        let core = *allowed_cores().first().unwrap_or(&0);
        let Some(mut ring) = Ring::open(Event::Timer { core, period: PERIOD }, 10_000) else { return };
        let mut ticks = 0;
        // Until the core was there for some periods; no core is away for a minute.
        for _ in 0..60_000 {
            thread::sleep(Duration::from_millis(1));
            ring.take(|_, note| ticks += u32::from(note == Note::Tick));
            if ticks >= 10 {
                return;
            }
        }
        panic!("{ticks} notes in a minute");
    }
}
