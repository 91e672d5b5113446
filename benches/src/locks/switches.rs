//! When the calling thread had no core, and whether it wanted one: its context switches, as the kernel notes them.
//!
//! `runqueue` tells how long a thread was ready to run without a core, all in all; this tells when. A thread that had to leave
//! its core although it could have gone on was in a run queue until it was back. One that waited for something was
//! asleep for an unknown part of its absence, and in a run queue for the rest.
//!
//! The price is two notes in memory for each absence. Linux gives them where `perf_event_paranoid` is 2 or less.

use crate::perf::{Event, Note, Ring};

/// A stretch without a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Absence {
    /// When it began, in ns on [`monotonic`](crate::clock::monotonic).
    pub(super) from: u64,
    /// When it ended.
    pub(super) to: u64,
    /// Whether all of it was in a run queue.
    pub(super) ready: bool,
}

/// The absences of the thread that made it.
#[derive(Debug)]
pub(super) struct Switches(Ring);

impl Switches {
    /// Notes between two readings. Threads that run for 0.1 ms read; for eight of them it is about what anybody may lock
    /// in memory.
    const ROOM: usize = 4096;

    /// `None` where the system does not tell.
    pub(super) fn open() -> Option<Self> {
        Ring::open(Event::Switches, Self::ROOM).map(Self)
    }

    /// Forgets all absences until now.
    pub(super) fn forget(&mut self) {
        self.0.forget();
    }

    /// Gives and forgets all absences since it last forgot, in order; false if some are missing.
    pub(super) fn take(&mut self, mut each: impl FnMut(Absence)) -> bool {
        let mut left = None;
        self.0.take(|to, note| match (note, left) {
            (Note::Left { ready }, _) => left = Some((to, ready)),
            (Note::Back, Some((from, ready))) => {
                each(Absence { from, to, ready });
                left = None;
            }
            (Note::Back, None) | (Note::Tick, _) => {}
        })
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::clock::monotonic;

    #[test]
    fn a_sleep_is_an_absence() {
        let Some(mut switches) = Switches::open() else { return };
        switches.forget();
        let begun = monotonic();
        thread::sleep(Duration::from_millis(2));
        let ended = monotonic();
        let mut absences = Vec::new();
        assert!(switches.take(|absence| absences.push(absence)));
        assert!(absences.iter().all(|one| one.from <= one.to), "{absences:?}");
        assert!(absences.is_sorted_by_key(|one| one.from));
        // One before the clock was read may be there as well.
        let slept = absences.iter().filter(|one| !one.ready && begun <= one.from && one.to <= ended);
        let slept = slept.map(|one| one.to - one.from);
        assert!(slept.max().is_some_and(|longest| longest > 1_000_000), "{absences:?}");
    }
}
