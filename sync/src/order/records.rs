//! What each thread holds, and the checks before it takes more.
//!
//! Orderings: none that a proof relies on. Numbers of locks are drawn and set by read-modify-writes, and nothing is read on the
//! strength of one; the switch is advice.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    marker::PhantomData,
    panic::Location,
    sync::atomic::Ordering::Relaxed,
    thread::{self, Thread},
};

use super::{
    Kind,
    graph::{Cycle, Edge, Seen, graph},
};
use crate::primitive::{AtomicU32, AtomicU64, per_thread};

/// From at least this many of the held locks an edge is recorded, from more only where no edge stands for them (I5). A
/// program that holds thousands at once would else record the square of that.
pub(super) const NEAREST: usize = if cfg!(miri) { 4 } else { 32 };

/// As many edges a thread knows; then it forgets them all and asks the graph again. More than most programs have, and few
/// beside the memory that a thread takes anyway.
pub(super) const KNOWN: usize = if cfg!(miri) { 32 } else { 1024 };

/// The number of the next lock. Starts at 1: 0 is that of locks that no thread has taken yet.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Whether orders are checked: 1 or 0.
static CHECKING: AtomicU32 = AtomicU32::new(1);

per_thread! {
    static RECORDS: RefCell<Records> = RefCell::new(Records::new());
}

/// What the check knows about a thread.
#[derive(Debug)]
struct Records {
    /// In the order of acquisition.
    held: Vec<Held>,
    /// Edges that are in the graph, or were until one of their locks was dropped: `(held, wanted)`.
    known: BTreeSet<(u64, u64)>,
    /// The lock of the latest check, if the graph now has the edges from all held ones to it, or stands for them.
    linked: Option<u64>,
    /// How many behaviours the thread is inside.
    behaviours: usize,
}

/// A lock that a thread holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    lock: u64,
    kind: Kind,
    taken_at: &'static Location<'static>,
    /// I5.
    covers: bool,
}

/// A lock's part in the check: a number. A field of each lock.
#[derive(Debug)]
pub(crate) struct LockId(AtomicU64);

impl LockId {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Called before an acquisition that may wait without end.
    ///
    /// # Panics
    ///
    /// If the wait could be for the thread itself, or closes a cycle of orders, or the thread is inside a behaviour; not
    /// while a panic unwinds.
    #[track_caller]
    pub(crate) fn before_blocking(&self, kind: Kind, site: &'static Location<'static>) {
        let objection = with_records(|records| records.check(self, kind, site)).and_then(Result::err);
        match objection {
            None => {}
            Some(objection) if !thread::panicking() => panic!("{objection}"),
            // Not another panic, which would abort, but not a silent hang either.
            Some(objection) => eprintln!("polder: {objection}"),
        }
    }

    /// Called when the calling thread has taken the lock, in whatever way.
    pub(crate) fn acquired(&self, kind: Kind, site: &'static Location<'static>) {
        let lock = self.number();
        with_records(|records| {
            let covers = records.linked.take() == Some(lock);
            records.held.push(Held { lock, kind, taken_at: site, covers });
        });
    }

    /// Called before the calling thread frees the lock. Does nothing if another one took it.
    pub(crate) fn released(&self) {
        let lock = self.number();
        with_records(|records| {
            if let Some(place) = records.held.iter().rposition(|held| held.lock == lock) {
                records.held.remove(place);
            }
        });
    }

    /// The lock's number, drawn now if it has none.
    pub(super) fn number(&self) -> u64 {
        // Relaxed, here and below: the number is all there is to it.
        match self.0.load(Relaxed) {
            0 => {
                let drawn = NEXT.fetch_add(1, Relaxed);
                // If another thread was faster its number stands.
                self.0.compare_exchange(0, drawn, Relaxed, Relaxed).map_or_else(|first| first, |_| drawn)
            }
            number => number,
        }
    }
}

impl Drop for LockId {
    fn drop(&mut self) {
        let lock = *self.0.get_mut();
        if lock == 0 {
            return;
        }
        // A record is left if the thread has forgotten a guard.
        with_records(|records| records.held.retain(|held| held.lock != lock));
        if let Some(mut graph) = graph() {
            graph.remove(lock);
        }
    }
}

/// Where the calling thread took the lock that it took last of those it holds, if it holds any.
pub(crate) fn holds_any() -> Option<&'static Location<'static>> {
    with_records(|records| records.held.last().map(|held| held.taken_at)).flatten()
}

/// Inside it the thread runs a behaviour: waiting for a lock is an error, as it can hold up the thread that would release
/// it.
#[derive(Debug)]
#[must_use = "the behaviour is over when it is dropped"]
pub(crate) struct InBehaviour {
    /// The mark is on this thread.
    _not_send: PhantomData<*const ()>,
}

impl InBehaviour {
    /// The calling thread begins a behaviour, perhaps inside another one.
    pub(crate) fn enter() -> Self {
        with_records(|records| records.behaviours += 1);
        Self { _not_send: PhantomData }
    }
}

impl Drop for InBehaviour {
    fn drop(&mut self) {
        with_records(|records| records.behaviours -= 1);
    }
}

/// Switches the check of orders; returns whether it was on.
pub(super) fn switch(on: bool) -> bool {
    // Relaxed: see the documentation of the public function.
    CHECKING.swap(u32::from(on), Relaxed) == 1
}

/// Runs `f` on the records of the calling thread, if it has not got beyond having some. `f` calls nobody else's code.
fn with_records<U>(f: impl FnOnce(&mut Records) -> U) -> Option<U> {
    RECORDS.try_with(|records| f(&mut records.borrow_mut())).ok()
}

impl Records {
    const fn new() -> Self {
        Self { held: Vec::new(), known: BTreeSet::new(), linked: None, behaviours: 0 }
    }

    /// Whether the thread may wait for `lock`; if so, the orders are recorded.
    fn check(&mut self, lock: &LockId, kind: Kind, site: &'static Location<'static>) -> Result<(), String> {
        self.linked = None;
        if self.held.is_empty() && self.behaviours == 0 {
            return Ok(());
        }
        let wanted = lock.number();
        self.not_for_itself(wanted, kind, site)?;
        if thread::panicking() {
            return Ok(());
        }
        if self.behaviours > 0 {
            return Err(format!(
                "a behaviour waits for a lock at {site}; behaviours name all they need when they are made"
            ));
        }
        if CHECKING.load(Relaxed) == 1 {
            self.in_order(wanted, site).map_err(|cycle| cycle.to_string())?;
        }
        Ok(())
    }

    /// Whether the thread would wait for itself.
    fn not_for_itself(&self, wanted: u64, kind: Kind, site: &'static Location<'static>) -> Result<(), String> {
        match self.held.iter().rev().find(|held| held.lock == wanted) {
            None => Ok(()),
            Some(Held { lock, taken_at, kind: held, .. }) => Err(match (*held, kind) {
                (Kind::Exclusive, _) => format!(
                    "deadlock: a thread wants lock {lock} at {site}, while it holds that lock itself, taken at {taken_at}"
                ),
                (_, Kind::Exclusive) => format!(
                    "deadlock: a thread wants lock {lock} alone at {site}, while it shares that lock itself, taken at {taken_at}"
                ),
                (_, Kind::Shared) => format!(
                    "potential deadlock: a thread wants to share lock {lock} at {site}, while it shares that lock already, \
                     taken at {taken_at}; a writer that comes between the two waits for the first and holds up the second"
                ),
            }),
        }
    }

    /// Whether the orders that this acquisition shows go with those seen before; if so they are recorded.
    fn in_order(&mut self, wanted: u64, site: &'static Location<'static>) -> Result<(), Box<Cycle>> {
        let new = self.unknown(wanted);
        if !new.is_empty() {
            let Some(mut graph) = graph() else { return Ok(()) };
            let thread = thread::current();
            let edge = |held: Held| Edge { held: held.lock, wanted, seen: held.seen(&thread, site) };
            let begins = new.iter().map(|held| held.lock).collect();
            if let Some(way) = graph.way(wanted, &begins) {
                let last = way[way.len() - 1].wanted;
                let closing = new.iter().find(|held| held.lock == last).expect("the way leads to one of these");
                return Err(Box::new(Cycle { closing: edge(*closing), way }));
            }
            for held in new {
                // Adds nothing if another thread has.
                graph.add(edge(held));
                self.known.insert((held.lock, wanted));
            }
        }
        if self.known.len() > KNOWN {
            self.known.clear();
        }
        self.linked = Some(wanted);
        Ok(())
    }

    /// Those of the held locks from which the thread knows no edge to `wanted`.
    fn unknown(&self, wanted: u64) -> Vec<Held> {
        let mut unknown = Vec::new();
        for (above, &held) in self.held.iter().rev().enumerate() {
            if !self.known.contains(&(held.lock, wanted)) {
                unknown.push(held);
            }
            if above + 1 >= NEAREST && held.covers {
                break;
            }
        }
        unknown
    }
}

impl Held {
    fn seen(self, thread: &Thread, wanted_at: &'static Location<'static>) -> Seen {
        Seen { thread: thread.clone(), held_at: self.taken_at, wanted_at }
    }
}

/// The size of a thread's memory of edges, for the tests.
#[cfg(test)]
pub(super) fn known() -> usize {
    with_records(|records| records.known.len()).unwrap_or_default()
}
